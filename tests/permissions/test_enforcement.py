"""The decisions of IAM, as its documentation gives them."""

from collections.abc import Mapping
from typing import Any

import pytest
from permissions.enforcement import (
    ContextValue,
    Decision,
    Permission,
    PolicyError,
    Request,
    decide,
    decide_for,
    permissions,
    without,
)

QUEUE = "arn:aws:sqs:eu-west-1:111111111111:jobs/one"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}


def allows(
    statement: dict[str, Any],
    action: str = "sqs:SendMessage",
    resource: str = QUEUE,
    context: Mapping[str, ContextValue] | None = None,
) -> bool:
    whole = {"Action": "*", "Resource": "*", **statement}
    for element in ("Action", "Resource"):
        if f"Not{element}" in statement:
            del whole[element]
    return decide([policy(whole)], Request("role", action, resource, context or {})) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("sqs:SendMessage", "sqs:SendMessage", True),
        ("SQS:sendmessage", "sqs:SendMessage", True),
        ("sqs:Send*", "sqs:SendMessage", True),
        ("sqs:*Message", "sqs:SendMessage", True),
        ("sqs:Send???????", "sqs:SendMessage", True),
        ("sqs:Send?", "sqs:SendMessage", False),
        ("sqs:Send", "sqs:SendMessage", False),
        ("*", "sqs:SendMessage", True),
        (["sns:Publish", "sqs:SendMessage"], "sqs:SendMessage", True),
        ([], "sqs:SendMessage", False),
    ],
)
def test_action(pattern: str | list[str], action: str, *, expected: bool) -> None:
    assert allows({"Action": pattern}, action) is expected
    assert allows({"NotAction": pattern}, action) is not expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (QUEUE, True),
        (QUEUE.upper().replace("ARN", "arn"), False),
        ("arn:aws:sqs:eu-west-1:111111111111:jobs/*", True),
        ("arn:aws:sqs:eu-west-1:111111111111:*", True),
        ("arn:aws:sqs:*:*:jobs/on?", True),
        ("arn:aws:sqs:*:jobs/one:*", False),
        ("arn:*:jobs/one:x:x:x", False),
        ("arn:aws:sqs:eu-west-1:111111111111:job", False),
        ("*", True),
        (["arn:aws:sqs:eu-west-1:111111111111:other", QUEUE], True),
    ],
)
def test_resource(pattern: str | list[str], *, expected: bool) -> None:
    assert allows({"Resource": pattern}) is expected
    assert allows({"NotResource": pattern}) is not expected


def test_wildcard_of_the_last_segment_passes_its_colons_and_slashes() -> None:
    stream = "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/jobs:log-stream:a/b"
    assert allows({"Resource": "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/jobs:*"}, resource=stream)


def test_action_without_resources_is_allowed_on_nothing_but_everything() -> None:
    assert allows({"Resource": "*"}, resource="*")
    assert not allows({"Resource": "arn:*:*:*:*:*"}, resource="*")


def test_deny_wins() -> None:
    document = policy({"Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "sqs:Send*", "Resource": QUEUE})
    assert decide([document], Request("role", "sqs:SendMessage", QUEUE)) is Decision.EXPLICITLY_DENIED
    assert decide([document], Request("role", "sqs:GetQueueUrl", QUEUE)) is Decision.ALLOWED
    assert decide([], Request("role", "sqs:GetQueueUrl", QUEUE)) is Decision.IMPLICITLY_DENIED


def test_deny_in_another_policy_wins() -> None:
    documents = [policy({"Action": "*", "Resource": "*"}), policy({"Effect": "Deny", "Action": "*", "Resource": "*"})]
    assert decide(documents, Request("role", "sqs:SendMessage", QUEUE)) is Decision.EXPLICITLY_DENIED


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("StringEquals", "abc", "abc", True),
        ("StringEquals", "abc", "ABC", False),
        ("StringEquals", "a*", "abc", False),
        ("StringEquals", ["x", "abc"], "abc", True),
        ("StringEquals", "abc", None, False),
        ("StringEqualsIfExists", "abc", None, True),
        ("StringEqualsIfExists", "abc", "x", False),
        ("StringEqualsIgnoreCase", "abc", "ABC", True),
        ("StringNotEquals", "abc", "abc", False),
        ("StringNotEquals", ["x", "abc"], "abc", False),
        ("StringNotEquals", "abc", "x", True),
        ("StringNotEquals", "abc", None, True),
        ("StringNotEqualsIgnoreCase", "abc", "ABC", False),
        ("StringLike", "a*", "abc", True),
        ("StringLike", "a?", "abc", False),
        ("StringLike", "a*", None, False),
        ("StringNotLike", "a*", "abc", False),
        ("StringNotLike", "a*", None, True),
        ("ArnLike", "arn:aws:sqs:*:111111111111:*", QUEUE, True),
        ("ArnLike", "arn:aws:*:jobs/one", QUEUE, PolicyError),
        ("ArnEquals", "arn:aws:sqs:*:111111111111:jobs/*", QUEUE, True),
        ("ArnNotLike", "arn:aws:sqs:*:111111111111:*", QUEUE, False),
        ("ArnLike", "arn:aws:sqs:*:111111111111:*", None, False),
        ("ArnNotEquals", "arn:aws:sqs:*:111111111111:*", None, True),
        ("Bool", "true", "true", True),
        ("Bool", True, "true", True),
        ("Bool", "true", "false", False),
        ("Bool", "false", None, False),
        ("BoolIfExists", "true", None, True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", "10", False),
        ("NumericLessThan", 10, "9", True),
        ("NumericLessThan", 10, "10", False),
        ("NumericLessThanEquals", 10, "10", True),
        ("NumericGreaterThan", 9, "10", True),
        ("NumericGreaterThanEquals", 10, "9", False),
        ("Null", "true", None, True),
        ("Null", "true", "x", False),
        ("Null", "false", "x", True),
        ("Null", "false", None, False),
        ("ForAnyValue:StringEquals", ["a", "b"], ("b", "c"), True),
        ("ForAnyValue:StringEquals", ["a", "b"], ("c",), False),
        ("ForAnyValue:StringEquals", "a", "a", True),
        ("ForAnyValue:StringEquals", "a", None, False),
        ("ForAnyValue:StringNotEquals", "a", ("a", "b"), True),
        ("ForAnyValue:StringNotEquals", "a", ("a",), False),
        ("ForAnyValue:StringNotEquals", "a", None, False),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
        ("ForAllValues:StringEquals", "a", None, True),
        ("ForAllValues:StringEquals", "a", (), True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ("a", "c"), False),
        ("ForAllValues:StringLike", "a*", ("ab", "ac"), True),
        ("StringEquals", "a", ("a", "b"), PolicyError),
        ("DateLessThan", "2026-01-01", "2025-01-01", PolicyError),
        ("IpAddress", "10.0.0.0/8", "10.1.1.1", PolicyError),
        ("StringEqual", "a", "a", PolicyError),
        ("StringEqualsIfExist", "a", "a", PolicyError),
        ("ForSomeValues:StringEquals", "a", "a", PolicyError),
        ("NullIfExists", "true", None, PolicyError),
        ("NotStringEquals", "a", "a", PolicyError),
    ],
)
def test_condition(
    operator: str,
    wanted: str | list[str],
    given: str | tuple[str, ...] | None,
    expected: bool | type[Exception],  # noqa: FBT001  a column of the table
) -> None:
    statement = {"Condition": {operator: {"aws:Key": wanted}}}
    context = {} if given is None else {"aws:key": given}
    if isinstance(expected, bool):
        assert allows(statement, context=context) is expected
    else:
        with pytest.raises(expected):
            allows(statement, context=context)


def test_all_operators_and_all_keys_have_to_hold() -> None:
    statement = {"Condition": {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}}
    assert allows(statement, context={"aws:a": "1", "aws:b": "2", "aws:c": "true"})
    assert not allows(statement, context={"aws:a": "1", "aws:b": "x", "aws:c": "true"})
    assert not allows(statement, context={"aws:a": "1", "aws:b": "2", "aws:c": "false"})


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*", "arn:aws:s3:::bucket/risk/a.csv", True),
        ("arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*", "arn:aws:s3:::bucket/sales/a.csv", False),
        ("arn:aws:s3:::bucket/${aws:PrincipalTag/none}/*", "arn:aws:s3:::bucket/risk/a.csv", False),
        ("arn:aws:s3:::bucket/${aws:PrincipalTag/none, 'risk'}/*", "arn:aws:s3:::bucket/risk/a.csv", True),
        # What a variable holds is no pattern.
        ("arn:aws:s3:::bucket/${aws:PrincipalTag/star}", "arn:aws:s3:::bucket/risk", False),
        ("arn:aws:s3:::bucket/${aws:PrincipalTag/star}", "arn:aws:s3:::bucket/*", True),
        ("arn:aws:s3:::bucket/${*}/${?}/${$}", "arn:aws:s3:::bucket/*/?/$", True),
        ("arn:aws:s3:::bucket/${*}", "arn:aws:s3:::bucket/x", False),
        ("arn:aws:s3:::bucket/$*", "arn:aws:s3:::bucket/$x", True),
    ],
)
def test_variables(pattern: str, resource: str, *, expected: bool) -> None:
    tags = {"aws:PrincipalTag/team": "risk", "aws:PrincipalTag/star": "*"}
    request = Request("role", "s3:GetObject", resource, tags)
    decision = decide([policy({"Action": "*", "Resource": pattern})], request)
    assert (decision is Decision.ALLOWED) is expected


def test_variables_in_conditions() -> None:
    statement = {"Condition": {"StringEquals": {"aws:a": "${aws:b}"}, "StringLike": {"aws:c": "${aws:b}/${*}*"}}}
    assert allows(statement, context={"aws:a": "x", "aws:b": "x", "aws:c": "x/*yz"})
    assert not allows(statement, context={"aws:a": "x", "aws:b": "x", "aws:c": "x/yz"})
    assert not allows(statement, context={"aws:a": "x", "aws:c": "x/*yz"})


@pytest.mark.parametrize("variable", ["${Prefix}", "${}", "${aws:a, x}", "${aws:several}"])
def test_unknown_variable(variable: str) -> None:
    context: Mapping[str, ContextValue] = {"aws:k": "x", "aws:several": ("x", "y")}
    with pytest.raises(PolicyError):
        allows({"Condition": {"StringEquals": {"aws:k": variable}}}, context=context)


@pytest.mark.parametrize(
    "document",
    [
        {"Version": "2008-10-17", "Statement": []},
        {"Statement": []},
        policy({"Action": "*", "Resource": "*", "Conditions": {}}),
        policy({"Action": "*", "Resource": "*", "Effect": "allow"}),
        policy({"Action": "*", "NotAction": "*", "Resource": "*"}),
        policy({"Action": "*", "Resource": "jobs"}),
        policy({"Action": "*", "Resource": "*", "Principal": "*"}),
    ],
)
def test_unknown_policy(document: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        decide([document], Request("role", "sqs:SendMessage", QUEUE))


# Roles


@pytest.mark.parametrize(
    ("role", "service", "expected"),
    [
        ("arn:aws:iam::111111111111:role/jobs", "sagemaker.amazonaws.com", True),
        ("arn:aws:iam::111111111111:role/jobs", "ecs-tasks.amazonaws.com", False),
        ("arn:aws:iam::111111111111:role/jobs", None, False),
        ("arn:aws:iam::111111111111:role/admin", "sagemaker.amazonaws.com", False),
        ("arn:aws:iam::111111111111:role/service-role/jobs", "sagemaker.amazonaws.com", False),
    ],
)
def test_pass_role(role: str, service: str | None, *, expected: bool) -> None:
    statement = {
        "Action": "iam:PassRole",
        "Resource": "arn:aws:iam::111111111111:role/jobs",
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }
    context = {"iam:PassedToService": service} if service else {}
    assert allows(statement, "iam:PassRole", role, context) is expected


ROLES = {
    "jobs.policy": policy(
        {"Sid": "Read", "Action": ["s3:Get", "s3:List"], "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}
    ),
    "jobs-more.policy": policy({"Sid": "Write", "Action": "s3:Put", "Resource": "arn:aws:s3:::a"}),
    "workflow.policy": policy({"Sid": "All", "Action": "s3:*", "Resource": "*"}),
    "jobs.trust": policy({"Sid": "Service", "Action": "sts:AssumeRole", "Principal": {"Service": "x.amazonaws.com"}}),
}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request("jobs", "s3:Get", "arn:aws:s3:::a"), True),
        (Request("jobs", "s3:Put", "arn:aws:s3:::a"), True),
        (Request("jobs", "s3:Delete", "arn:aws:s3:::a"), False),
        (Request("workflow", "s3:Delete", "arn:aws:s3:::a"), True),
        (Request("other", "s3:Get", "arn:aws:s3:::a"), False),
        (Request("jobs", "sts:AssumeRole", "role", principal="x.amazonaws.com"), True),
        (Request("jobs", "sts:AssumeRole", "role", principal="y.amazonaws.com"), False),
        (Request("workflow", "sts:AssumeRole", "role", principal="x.amazonaws.com"), False),
    ],
)
def test_policies_of_a_role(request_: Request, *, expected: bool) -> None:
    assert (decide_for(ROLES, request_) is Decision.ALLOWED) is expected


def test_permission_is_removed_and_no_other() -> None:
    removed = Permission("jobs.policy", "Read", "s3:Get", "arn:aws:s3:::b")
    assert removed in permissions(ROLES)
    assert permissions(without(ROLES, removed)) == [other for other in permissions(ROLES) if other != removed]


def test_permission_of_a_trust_policy_is_removed() -> None:
    removed = Permission("jobs.trust", "Service", "sts:AssumeRole", None)
    request = Request("jobs", "sts:AssumeRole", "role", principal="x.amazonaws.com")
    assert decide_for(without(ROLES, removed), request) is Decision.IMPLICITLY_DENIED
