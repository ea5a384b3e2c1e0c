"""The guard of the account, and errors of AWS in plain words."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError
from fake_aws import FakeService, Fault
from moto import mock_aws
from ops import aws
from ops.errors import OpsError
from ops.parameters import Parameters


def _parameters(**changes: str) -> Parameters:
    document = {
        "input_uri": "s3://bucket/input/",
        "output_uri": "s3://bucket/output/",
        "instance_type": "ml.m5.xlarge",
        "region": "eu-west-1",
        "account": "123456789012",
        **changes,
    }
    return Parameters.model_validate_json(json.dumps(document))


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


def test_the_account_of_the_parameters_is_entered() -> None:
    with aws.connect(_parameters(region="cn-north-1"), "dev") as account:
        assert (account.account, account.region, account.partition) == ("123456789012", "cn-north-1", "aws-cn")
        assert account.client("s3").meta.region_name == "cn-north-1"


def test_another_account_is_refused() -> None:
    refusal = pytest.raises(
        OpsError, match=r"belong to account 123456789012 .*parameters/prod.json names .* 222222222222"
    )
    with refusal, aws.connect(_parameters(account="222222222222"), "prod"):
        pytest.fail("entered")


def test_without_credentials_one_is_told_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session(boto3.Session):  # type: ignore[misc]
        def client(self, *_: object, **__: object) -> Any:  # noqa: ANN401
            raise exceptions.NoCredentialsError

    monkeypatch.setattr(boto3, "Session", Session)
    with pytest.raises(OpsError, match=r"no AWS credentials here.*log in"), aws.connect(_parameters(), "dev"):
        pytest.fail("entered")


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        ("ExpiredToken", "The security token included in the request is expired", "credentials have expired: log in"),
        ("ExpiredTokenException", "", "credentials have expired: log in"),
        ("InvalidClientTokenId", "The security token is invalid", "does not accept the credentials"),
        (
            "AccessDenied",
            "User: arn:aws:iam::1:user/x is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/k",
            "denied s3:PutObject on arn:aws:s3:::b/k: have it allowed",
        ),
        ("AccessDenied", "Access Denied", "denied ListBuckets: have it allowed"),
        ("ThrottlingException", "Rate exceeded", "throttles ListBuckets.*repeat the command"),
        ("NoSuchBucket", "The specified bucket does not exist", "uv run ops bootstrap --env dev"),
        ("RepositoryNotFoundException", "no such repository", "uv run ops bootstrap --env dev"),
        ("Strange", "It is strange.", r"refused ListBuckets: It is strange \(Strange\)\."),
    ],
)
def test_an_answer_of_aws_becomes_one_sentence(code: str, message: str, said: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "ListBuckets")
    with pytest.raises(OpsError, match=said) as raised, aws.explained("dev"):
        raise error
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (exceptions.ProfileNotFound(profile="x"), "correct AWS_PROFILE"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="it has expired"), "it has expired.*log in again"),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), "cannot be reached .*check the network"),
        (exceptions.DataNotFoundError(data_path="x"), "cannot be asked"),
    ],
)
def test_what_fails_before_an_answer_becomes_one_sentence(error: BotoCoreError, said: str) -> None:
    assert aws.explain(error, "dev").endswith(".")
    with pytest.raises(OpsError, match=said), aws.explained("dev"):
        raise error


def test_a_throttled_call_is_tried_again_adaptively() -> None:
    with aws.connect(_parameters(), "dev") as account:
        retries = account.client("sts").meta.config.retries
    assert retries["mode"] == "adaptive"
    assert retries["total_max_attempts"] > 3


def test_credentials_that_expire_in_the_middle_are_told_so() -> None:
    expired = Fault("ExpiredToken", "The provided token has expired")

    class FakeSts(FakeService):
        name = "sts"

        def get_session_token(self) -> dict[str, Any]:
            raise expired

    def work() -> None:
        with aws.connect(_parameters(), "dev") as account:
            FakeSts(account.session)
            account.client("sts").get_session_token()

    with pytest.raises(OpsError, match="have expired"):
        work()
