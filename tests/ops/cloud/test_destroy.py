"""`ops destroy`: what goes, and what stays."""

# ruff: noqa: PLR0913, PLR0917  a parameter for each fixture

from collections.abc import Callable

import pytest
from fake_aws import FakeCloudFormation
from ops.aws import Account
from ops.cloud import destroy, dialogue
from ops.errors import OpsError
from ops.infrastructure import Deployment
from rich.console import Console

Make = Callable[..., Deployment]
Push = Callable[..., str]


@pytest.fixture
def deployment(make_deployment: Make, cloudformation: FakeCloudFormation, account: Account, push: Push) -> Deployment:
    """A deployment with its stacks, a bucket and an image that bootstrap made, and an output in two versions."""
    make_deployment({"input_uri": "s3://production/input/", "output_uri": "s3://production/output/"}, "prod")
    deployment = make_deployment()
    for name in (deployment.stack, deployment.bootstrap_stack):
        cloudformation.add(name, "CREATE_COMPLETE", deployment.tags)
    push(deployment)
    tags = [{"Key": key, "Value": value} for key, value in deployment.tags.items()]
    arn = f"arn:aws:ecr:eu-west-1:{account.account}:repository/{deployment.prefix}"
    account.client("ecr").tag_resource(resourceArn=arn, tags=tags)
    return deployment


@pytest.fixture
def own_bucket(account: Account, deployment: Deployment, bucket: str) -> str:
    """The bucket, as bootstrap made it."""
    s3 = account.client("s3")
    tags = [{"Key": key, "Value": value} for key, value in deployment.tags.items()]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="output/x.csv", Body=body)
    s3.delete_object(Bucket=bucket, Key="output/x.csv")
    s3.put_object(Bucket=bucket, Key="output/y.csv", Body=b"y")
    return bucket


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what lets the user type a word."""
    return lambda word: monkeypatch.setattr(dialogue, "type_in", lambda _: word)


def buckets(account: Account) -> list[str]:
    return [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]


def repositories(account: Account) -> list[str]:
    return [
        repository["repositoryName"] for repository in account.client("ecr").describe_repositories()["repositories"]
    ]


def test_the_stacks_go_and_the_data_stays(
    account: Account,
    deployment: Deployment,
    own_bucket: str,
    cloudformation: FakeCloudFormation,
    typing: Callable[[str], None],
    console: Console,
) -> None:
    typing("my-model-dev")
    destroy.run(account, deployment, console, delete_data=False)
    assert cloudformation.status(deployment.stack) is None
    assert cloudformation.status(deployment.bootstrap_stack) is None
    assert buckets(account) == [own_bucket]
    assert repositories(account) == [deployment.prefix]
    # And once the user wants that, too:
    destroy.run(account, deployment, console, delete_data=True)
    assert buckets(account) == repositories(account) == []


@pytest.mark.parametrize("own", [True, False])
def test_only_own_logs_are_deleted(
    account: Account, deployment: Deployment, typing: Callable[[str], None], console: Console, *, own: bool
) -> None:
    logs, name = account.client("logs"), "/aws/vendedlogs/states/my-model-dev"
    logs.create_log_group(logGroupName=name, tags=deployment.tags if own else {"team": "another"})
    typing("my-model-dev")
    destroy.run(account, deployment, console, delete_data=True)
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ([] if own else [name])


def test_what_else_is_typed_deletes_nothing(
    account: Account,
    deployment: Deployment,
    cloudformation: FakeCloudFormation,
    typing: Callable[[str], None],
    console: Console,
) -> None:
    typing("yes")
    with pytest.raises(OpsError, match="nothing was deleted"):
        destroy.run(account, deployment, console, delete_data=True)
    assert not cloudformation.operations()


def test_a_bucket_that_was_there_before_is_never_deleted(
    account: Account,
    deployment: Deployment,
    bucket: str,
    typing: Callable[[str], None],
    console: Console,
    shown: Callable[[], str],
) -> None:
    account.client("s3").put_object(Bucket=bucket, Key="x", Body=b"")
    typing("my-model-dev")
    destroy.run(account, deployment, console, delete_data=True)
    assert buckets(account) == [bucket]
    assert "The bucket bucket stays" in shown()
    assert not repositories(account)


def test_a_bucket_that_another_environment_uses_is_not_deleted(
    account: Account, deployment: Deployment, own_bucket: str, make_deployment: Make, console: Console
) -> None:
    make_deployment({"input_uri": f"s3://{own_bucket}/elsewhere/", "output_uri": "s3://other/output/"}, "prod")
    with pytest.raises(OpsError, match=r"The bucket bucket is one of prod, too .*Nothing was deleted"):
        destroy.run(account, deployment, console, delete_data=True)
    assert buckets(account) == [own_bucket]


def test_stacks_of_somebody_else_are_not_even_asked_about(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console
) -> None:
    cloudformation.add("my-model-dev", "CREATE_COMPLETE")
    with pytest.raises(OpsError, match="not this model's"):
        destroy.run(account, make_deployment(), console, delete_data=True)


def test_an_interrupted_one_is_repeated(
    account: Account,
    deployment: Deployment,
    cloudformation: FakeCloudFormation,
    typing: Callable[[str], None],
    console: Console,
) -> None:
    next(iter(cloudformation.stacks.values())).status = "DELETE_IN_PROGRESS"
    next(iter(cloudformation.stacks.values())).to_come = ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    typing("my-model-dev")
    destroy.run(account, deployment, console, delete_data=False)
    assert cloudformation.status(deployment.bootstrap_stack) is None
