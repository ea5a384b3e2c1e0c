"""Trust policies as people write them: which let in whom they have to."""

from typing import Any

import pytest
from ops.cloud.trust import admits, is_open

SERVICE: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "sagemaker.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Condition": {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:eu-west-1:111111111111:processing-job/*"},
    },
}
PROVIDER = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
GITHUB: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Federated": PROVIDER},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {"github:aud": "sts.amazonaws.com", "github:sub": "repo:a@0/b@0:environment:dev"}},
}


def trust(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def github(operator: str, *subjects: str) -> dict[str, Any]:
    return {**GITHUB, "Condition": {operator: {"github:sub": list(subjects)}}}


ADMITTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (trust(SERVICE), SERVICE),
    ({"Statement": SERVICE}, SERVICE),
    (trust({**SERVICE, "Condition": {}}), SERVICE),
    (trust({**SERVICE, "Principal": {"Service": ["glue.amazonaws.com", "sagemaker.amazonaws.com"]}}), SERVICE),
    (trust({**SERVICE, "Action": ["sts:TagSession", "sts:assumerole"]}), SERVICE),
    (trust({**SERVICE, "Condition": {"StringLike": {"AWS:SourceArn": "arn:aws:sagemaker:*:111111111111:*"}}}), SERVICE),
    (trust({**SERVICE, "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}}), SERVICE),
    (trust({**SERVICE, "Effect": "Deny"}, SERVICE), SERVICE),
    (trust(github("StringEquals", "repo:a@12/b@34:environment:dev")), GITHUB),
    (trust(github("StringLike", "repo:x/y:*", "repo:a@12/*")), GITHUB),
    (trust(github("ForAnyValue:StringLike", "repo:a@12/b@34:*")), GITHUB),
    (trust(github("StringLike", "repo:a@12*:environment:dev")), GITHUB),
]

NOT_ADMITTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (trust(), SERVICE),
    (trust(GITHUB), SERVICE),
    (trust({**SERVICE, "Effect": "Deny"}), SERVICE),
    (trust({**SERVICE, "Principal": {"AWS": "sagemaker.amazonaws.com"}}), SERVICE),
    (trust({**SERVICE, "Principal": "*"}), SERVICE),
    (trust({**SERVICE, "Action": "sts:TagSession"}), SERVICE),
    (trust({**SERVICE, "Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}}}), SERVICE),
    (trust({**SERVICE, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:training-job/*"}}}), SERVICE),
    (trust({**GITHUB, "Principal": {"Federated": PROVIDER.replace("1" * 12, "2" * 12)}}), GITHUB),
    (trust(github("StringEquals", "repo:a@12/b@34:environment:prod")), GITHUB),
    (trust(github("StringEquals", "repo:a@12/b@34:*")), GITHUB),
    (trust(github("StringLike", "repo:a@12/other@34:*")), GITHUB),
    (trust(github("StringEquals", "repo:a/b:environment:dev")), GITHUB),
]


@pytest.mark.parametrize(("document", "wanted"), ADMITTED)
def test_is_admitted(document: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert admits(document, wanted)


@pytest.mark.parametrize(("document", "wanted"), NOT_ADMITTED)
def test_is_not_admitted(document: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert not admits(document, wanted)


@pytest.mark.parametrize(
    "open_statement",
    [
        {**GITHUB, "Condition": {}},
        {**GITHUB, "Condition": {"StringEquals": {"github:aud": "sts.amazonaws.com"}}},
        {**GITHUB, "Principal": "*", "Condition": {}},
    ],
)
def test_is_open_where_a_claim_is_not_looked_at(open_statement: dict[str, Any]) -> None:
    assert is_open(trust(open_statement), GITHUB)
    assert is_open(trust(GITHUB, open_statement), GITHUB)


def test_is_not_open_where_every_claim_is_looked_at() -> None:
    assert not is_open(trust(GITHUB), GITHUB)
    assert not is_open(trust(SERVICE, {**GITHUB, "Effect": "Deny", "Condition": {}}), GITHUB)
