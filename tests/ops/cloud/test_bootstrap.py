"""`ops bootstrap`: what is made, and what is found and kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_aws import FakeCloudFormation
from ops.aws import Account
from ops.cloud import bootstrap, stacks
from ops.errors import OpsError
from ops.infrastructure import Deployment
from rich.console import Console

Make = Callable[..., Deployment]
Shown = Callable[[], str]
PROVIDER = "https://token.actions.githubusercontent.com"


def run(account: Account, deployment: Deployment, console: Console) -> dict[str, str]:
    """Bootstrap, and return the parameters of the stack."""
    bootstrap.run(account, deployment, console, subject=deployment.github_subject((1, 2)), yes=True)
    stack = stacks.bootstrap_of(account, deployment).describe()
    assert stack
    return {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}


def test_in_an_empty_account_all_is_made_once(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console, shown: Shown
) -> None:
    deployment = make_deployment()
    parameters = run(account, deployment, console)
    assert parameters["CreateBucket"] == "true"
    assert parameters["CreateOidcProvider"] == "true"
    assert parameters["GitHubSubject"] == "repo:org@1/my-model@2:environment:dev"
    [request] = [request for name, request in cloudformation.calls if name == "create_change_set"]
    assert request["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert {tag["Key"] for tag in request["Tags"]} >= {"sagelift:model", "sagelift:environment", "sagelift:owner"}
    assert deployment.deploy_role in shown()


def test_to_bootstrap_again_changes_nothing(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console, shown: Shown
) -> None:
    run(account, make_deployment(), console)
    # What the stack made is there now, and remains the stack's.
    account.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    tags = [{"Key": key, "Value": value} for key, value in make_deployment().tags.items()]
    account.client("s3").put_bucket_tagging(Bucket="bucket", Tagging={"TagSet": tags})
    account.client("iam").create_open_id_connect_provider(Url=PROVIDER, ThumbprintList=[])
    run(account, make_deployment(), console)
    assert cloudformation.operations().count("execute_change_set") == 1
    assert "is up to date" in shown()


def test_what_the_account_holds_already_is_kept(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, bucket: str, console: Console
) -> None:
    account.client("iam").create_open_id_connect_provider(Url=PROVIDER, ThumbprintList=[])
    parameters = run(account, make_deployment(), console)
    assert parameters["CreateBucket"] == "false"
    assert parameters["CreateOidcProvider"] == "false"
    assert parameters["OutputBucket"] == bucket
    assert cloudformation.status("my-model-dev-bootstrap") == "CREATE_COMPLETE"


def test_the_bucket_that_an_earlier_stack_left_is_taken_over(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, bucket: str, console: Console
) -> None:
    tags = [{"Key": key, "Value": value} for key, value in make_deployment().tags.items()]
    account.client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert run(account, make_deployment(), console)["CreateBucket"] == "true"
    [request] = [request for name, request in cloudformation.calls if name == "create_change_set"]
    assert request["ImportExistingResources"] is True


def test_images_and_logs_that_an_earlier_stack_left_are_taken_over(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console
) -> None:
    deployment = make_deployment()
    tags = [{"Key": key, "Value": value} for key, value in deployment.tags.items()]
    account.client("ecr").create_repository(repositoryName="my-model-dev", tags=tags)
    account.client("logs").create_log_group(logGroupName="/aws/vendedlogs/states/my-model-dev", tags=deployment.tags)
    run(account, deployment, console)
    assert cloudformation.status("my-model-dev-bootstrap") == "CREATE_COMPLETE"


def test_images_of_somebody_else_are_not_taken_over(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console
) -> None:
    account.client("ecr").create_repository(repositoryName="my-model-dev")
    with pytest.raises(OpsError, match=r"an image repository my-model-dev that is not this model's: .*model=my-model"):
        run(account, make_deployment(), console)
    assert not cloudformation.operations()


def test_logs_of_somebody_else_are_not_taken_over(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console
) -> None:
    name = "/aws/vendedlogs/states/my-model-dev"
    account.client("logs").create_log_group(logGroupName=name, tags={"team": "another"})
    with pytest.raises(OpsError, match=f"a log group {name} that is not this model's: .*model=my-model"):
        run(account, make_deployment(), console)
    assert not cloudformation.operations()


def test_a_changed_prefix_changes_the_stack(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console
) -> None:
    run(account, make_deployment(), console)
    assert cloudformation.status("my-model-dev-bootstrap") == "CREATE_COMPLETE"
    assert run(account, make_deployment({"input_uri": "s3://bucket/other/"}), console)["InputPrefix"] == "other/"


def test_without_github_there_is_no_deploy_role(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console, shown: Shown
) -> None:
    bootstrap.run(account, make_deployment(), console, subject=None, yes=True)
    [stack] = cloudformation.stacks.values()
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in stack.parameters}
    assert (parameters["GitHubSubject"], parameters["CreateOidcProvider"]) == ("", "false")
    assert "AWS_DEPLOY_ROLE" not in shown()


def test_an_existing_deploy_role_is_named_for_github(
    account: Account, make_deployment: Make, cloudformation: FakeCloudFormation, console: Console, shown: Shown
) -> None:
    role = "arn:aws:iam::123456789012:role/github/deploy"
    assert run(account, make_deployment({"deploy_role": role}), console)["GitHubSubject"] == ""
    assert cloudformation.status("my-model-dev-bootstrap") == "CREATE_COMPLETE"
    assert f"AWS_DEPLOY_ROLE of the environment dev to {role}" in shown()


@pytest.fixture
def install_gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts a gh there, given what the shell does."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(script: str) -> None:
        (folder / "gh").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "gh").chmod(0o755)

    return install


def test_the_ids_are_asked_of_github(make_deployment: Make, install_gh: Callable[[str], None]) -> None:
    answer: dict[str, Any] = {"id": 2, "owner": {"id": 1}}
    install_gh(f"[ \"$*\" = 'api repos/org/my-model' ] && echo '{json.dumps(answer)}'")
    assert bootstrap.repository_ids(make_deployment()) == (1, 2)


def test_without_an_answer_of_github_the_ids_have_to_be_given(
    make_deployment: Make, install_gh: Callable[[str], None]
) -> None:
    with pytest.raises(OpsError, match=r"gh is not here .*--github-owner-id and --github-repository-id"):
        bootstrap.repository_ids(make_deployment())
    install_gh("echo '{\"message\": \"Not Found\"}'; echo 'gh: Not Found (HTTP 404)' >&2; exit 1")
    with pytest.raises(OpsError, match=r"gh: Not Found \(HTTP 404\).*--classic-subject"):
        bootstrap.repository_ids(make_deployment())
