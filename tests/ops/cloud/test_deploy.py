"""`ops deploy`: what is deployed, and whatever may come between."""

# ruff: noqa: PLR0913, PLR0917  a parameter for each fixture

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from fake_aws import FakeCloudFormation, FakeStack, FakeStepFunctions, Fault
from ops import aws, cli
from ops.aws import Account
from ops.cloud import deploy, machine, registry, rollback
from ops.errors import OpsError
from ops.infrastructure import Deployment
from rich.console import Console
from typer.testing import CliRunner

Make = Callable[..., Deployment]
Push = Callable[..., str]
Shown = Callable[[], str]


@pytest.fixture(autouse=True)
def _bootstrapped(bucket: str, stepfunctions: FakeStepFunctions) -> None:
    assert bucket
    assert not stepfunctions.versions


def parameters(stepfunctions: FakeStepFunctions) -> dict[str, Any]:
    assert stepfunctions.live
    result: dict[str, Any] = json.loads(stepfunctions.versions[stepfunctions.live])["States"]["Defaults"]["Result"]
    return result


def test_what_the_repository_describes_is_deployed(
    account: Account, make_deployment: Make, push: Push, stepfunctions: FakeStepFunctions, console: Console
) -> None:
    deployment = make_deployment()
    image = push(deployment)
    deploy.run(account, deployment, console, image=None, yes=True)
    deployed = parameters(stepfunctions)
    assert deployed["custom_image_uri"] == image
    assert deployed["role"] == deployment.jobs_role
    bucket, _, prefix = deployed["code_uri"].removeprefix("s3://").partition("/")
    assert prefix.startswith("code/my-model-dev/")
    keys = account.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [item["Key"] for item in keys] == [f"{prefix}predict.py"]
    tags = account.client("ecr").describe_images(repositoryName=deployment.prefix)["imageDetails"][0]["imageTags"]
    assert any(tag.startswith("deployed-") for tag in tags)


def test_to_deploy_again_changes_nothing_and_succeeds(
    account: Account,
    make_deployment: Make,
    push: Push,
    cloudformation: FakeCloudFormation,
    console: Console,
    shown: Shown,
) -> None:
    deployment = make_deployment()
    push(deployment)
    deploy.run(account, deployment, console, image=None, yes=True)
    before = cloudformation.operations().count("execute_change_set")
    deploy.run(account, deployment, console, image=None, yes=True)
    assert cloudformation.operations().count("execute_change_set") == before
    assert "my-model-dev is up to date" in shown()


def test_changed_scripts_become_a_version_beside_the_earlier_one(
    account: Account, make_deployment: Make, push: Push, stepfunctions: FakeStepFunctions, console: Console
) -> None:
    deployment = make_deployment()
    push(deployment)
    deploy.run(account, deployment, console, image=None, yes=True)
    first = parameters(stepfunctions)["code_uri"]
    (deployment.repository.src / "predict.py").write_text("other")
    push(deployment)
    deploy.run(account, deployment, console, image=None, yes=True)
    second = parameters(stepfunctions)["code_uri"]
    assert stepfunctions.live == 2
    keys = [item["Key"] for item in account.client("s3").list_objects_v2(Bucket="bucket")["Contents"]]
    assert sorted(keys) == sorted(f"{uri.removeprefix('s3://bucket/')}predict.py" for uri in (first, second))


def test_a_failed_update_leaves_what_was_deployed(
    account: Account,
    make_deployment: Make,
    push: Push,
    cloudformation: FakeCloudFormation,
    stepfunctions: FakeStepFunctions,
    console: Console,
    shown: Shown,
) -> None:
    push(make_deployment())
    deploy.run(account, make_deployment(), console, image=None, yes=True)
    cloudformation.failure = ("StateMachine", "The role cannot be assumed")
    with pytest.raises(OpsError, match="StateMachine: The role cannot be assumed"):
        deploy.run(account, make_deployment({"volume_size": 99}), console, image=None, yes=True)
    assert "The role cannot be assumed" in shown()
    assert stepfunctions.live == 1
    deploy.run(account, make_deployment({"volume_size": 99}), console, image=None, yes=True)
    assert parameters(stepfunctions)["volume_size"] == 99


def test_a_deployment_that_was_killed_while_it_uploaded_is_repeated(
    account: Account, make_deployment: Make, push: Push, stepfunctions: FakeStepFunctions, console: Console
) -> None:
    deployment = make_deployment()
    push(deployment)
    (deployment.repository.src / "zzz.py").write_text("zzz")
    push(deployment)
    with pytest.MonkeyPatch.context() as patch:

        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(registry, "keep", die)
        with pytest.raises(KeyboardInterrupt):
            deploy.run(account, deployment, console, image=None, yes=True)
    assert stepfunctions.live is None
    deploy.run(account, deployment, console, image=None, yes=True)
    assert stepfunctions.live == 1


def test_without_an_answer_or_with_no_nothing_is_changed(
    account: Account,
    make_deployment: Make,
    push: Push,
    cloudformation: FakeCloudFormation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deployment = make_deployment()
    push(deployment)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.chdir(deployment.repository.root)
    monkeypatch.setattr(boto3, "Session", lambda **_: account.session)
    for answer in ("", "n\n"):
        result = CliRunner().invoke(cli.app, ["deploy", "--env", "dev"], input=answer)
        assert "nothing was changed" in str(result.exception)
    assert "execute_change_set" not in cloudformation.operations()
    assert not cloudformation.change_sets
    assert CliRunner().invoke(cli.app, ["deploy", "--env", "dev"], input="y\n").exit_code == 0


def test_the_image_given_is_deployed_if_it_is_in_the_registry(
    account: Account, make_deployment: Make, push: Push, stepfunctions: FakeStepFunctions, console: Console
) -> None:
    deployment = make_deployment()
    image = push(deployment, "promoted")
    deploy.run(account, deployment, console, image=image, yes=True)
    assert parameters(stepfunctions)["custom_image_uri"] == image
    repository = image.partition("@")[0]
    for wrong, said in {
        "": "has no digest",
        f"{repository}:latest": "has no digest",
        f"{repository}@sha256:{'0' * 64}": "does not hold",
        f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'0' * 64}": "copy it there with `uv run ops promote`",
    }.items():
        with pytest.raises(OpsError, match=said):
            deploy.run(account, deployment, console, image=wrong, yes=True)


@pytest.mark.parametrize("name", [":own", "@{digest}", ":own@{digest}"])
def test_the_image_that_the_parameters_name_is_kept(
    account: Account, make_deployment: Make, push: Push, console: Console, name: str
) -> None:
    repository, _, digest = push(make_deployment(), "own").partition("@")
    deployment = make_deployment({"custom_image_uri": f"{repository}{name.format(digest=digest)}"})
    deploy.run(account, deployment, console, image=None, yes=True)
    [image] = account.client("ecr").describe_images(repositoryName=deployment.prefix)["imageDetails"]
    assert sorted(image["imageTags"]) == [f"deployed-{digest.removeprefix('sha256:')[:16]}", "own"]


@pytest.mark.parametrize("name", ["", ":other", f"@sha256:{'0' * 64}"])
def test_an_image_that_the_parameters_name_but_that_is_not_there_is_refused(
    account: Account, make_deployment: Make, push: Push, cloudformation: FakeCloudFormation, console: Console, name: str
) -> None:
    repository = push(make_deployment(), "own").partition("@")[0]
    deployment = make_deployment({"custom_image_uri": f"{repository}{name}"})
    with pytest.raises(OpsError, match=f"does not hold the image {repository}{name}: push it there"):
        deploy.run(account, deployment, console, image=None, yes=True)
    assert not cloudformation.stacks


def test_without_an_image_of_the_content_the_deployed_one_stays(
    account: Account,
    make_deployment: Make,
    push: Push,
    stepfunctions: FakeStepFunctions,
    console: Console,
    shown: Shown,
) -> None:
    deployment = make_deployment()
    with pytest.raises(OpsError, match="ops bootstrap --env dev"), aws.explained("dev"):
        deploy.run(account, deployment, console, image=None, yes=True)
    image = push(deployment, "other")
    with pytest.raises(OpsError, match=r"no image of the present content .*ops build --env dev --push"):
        deploy.run(account, deployment, console, image=None, yes=True)
    deploy.run(account, deployment, console, image=image, yes=True)
    deploy.run(account, make_deployment({"volume_size": 99}), console, image=None, yes=True)
    assert parameters(stepfunctions)["custom_image_uri"] == image
    assert "the deployed one stays" in shown()


def test_a_missing_bucket_names_bootstrap(
    account: Account, make_deployment: Make, push: Push, cloudformation: FakeCloudFormation, console: Console
) -> None:
    deployment = make_deployment({"output_uri": "s3://missing/output"})
    push(deployment)
    with pytest.raises(OpsError, match="ops bootstrap --env dev"), aws.explained("dev"):
        deploy.run(account, deployment, console, image=None, yes=True)
    assert not cloudformation.stacks


def test_a_stack_of_somebody_else_is_left_alone_before_anything_is_uploaded(
    account: Account, make_deployment: Make, push: Push, cloudformation: FakeCloudFormation, console: Console
) -> None:
    deployment = make_deployment()
    push(deployment)
    cloudformation.add(deployment.stack, "CREATE_COMPLETE", {"sagelift:model": "another"})
    with pytest.raises(OpsError, match="not this model's"):
        deploy.run(account, deployment, console, image=None, yes=True)
    assert "Contents" not in account.client("s3").list_objects_v2(Bucket="bucket")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", "credentials have expired"),
        ("Throttling", "throttles CreateChangeSet"),
        ("AccessDenied", "denied"),
    ],
)
def test_an_error_half_way_is_said_and_the_next_deployment_works(
    account: Account,
    make_deployment: Make,
    push: Push,
    cloudformation: FakeCloudFormation,
    stepfunctions: FakeStepFunctions,
    console: Console,
    code: str,
    said: str,
) -> None:
    deployment = make_deployment()
    push(deployment)
    cloudformation.faults["create_change_set"] = [Fault(code)]
    with pytest.raises(OpsError, match=said), aws.explained("dev"):
        deploy.run(account, deployment, console, image=None, yes=True)
    deploy.run(account, deployment, console, image=None, yes=True)
    assert stepfunctions.live == 1


def test_a_rollback_goes_back_and_the_next_deployment_forward(
    account: Account,
    make_deployment: Make,
    push: Push,
    stepfunctions: FakeStepFunctions,
    console: Console,
    shown: Shown,
) -> None:
    push(make_deployment())
    with pytest.raises(OpsError, match="is not deployed"):
        rollback.run(account, make_deployment(), console, version=None)
    for size in (10, 20, 30):
        deploy.run(account, make_deployment({"volume_size": size}), console, image=None, yes=True)
    rollback.run(account, make_deployment(), console, version=None)
    assert parameters(stepfunctions)["volume_size"] == 20
    rollback.run(account, make_deployment(), console, version=1)
    assert parameters(stepfunctions)["volume_size"] == 10
    with pytest.raises(OpsError, match="no version before 1 to go back to; there: 1, 2, 3"):
        rollback.run(account, make_deployment(), console, version=None)
    with pytest.raises(OpsError, match="no version 9"):
        rollback.run(account, make_deployment(), console, version=9)
    deploy.run(account, make_deployment(), console, image=None, yes=True)
    assert parameters(stepfunctions)["volume_size"] == 30
    assert "it had been rolled back" in shown()


def test_a_failed_update_leaves_the_version_that_was_rolled_back_to(
    account: Account,
    make_deployment: Make,
    push: Push,
    cloudformation: FakeCloudFormation,
    stepfunctions: FakeStepFunctions,
    console: Console,
    shown: Shown,
) -> None:
    push(make_deployment())
    for size in (10, 20):
        deploy.run(account, make_deployment({"volume_size": size}), console, image=None, yes=True)
    rollback.run(account, make_deployment(), console, version=None)

    def restore(stack: FakeStack) -> None:
        stepfunctions.live = machine.number(stack.outputs["VersionArn"])
        assert stepfunctions.live == 2

    cloudformation.undone = restore
    cloudformation.failure = ("Schedule", "The expression is wrong")
    with pytest.raises(OpsError, match="Schedule: The expression is wrong"):
        deploy.run(account, make_deployment({"volume_size": 99}), console, image=None, yes=True)
    assert stepfunctions.live == 1
    assert "my-model-dev runs version 1 again" in shown()


def test_what_was_uploaded_is_only_the_scripts(
    account: Account, make_deployment: Make, push: Push, console: Console
) -> None:
    deployment = make_deployment()
    Path(deployment.repository.src / ".env").write_text("SECRET=1")
    push(deployment)
    deploy.run(account, deployment, console, image=None, yes=True)
    keys = [item["Key"] for item in account.client("s3").list_objects_v2(Bucket="bucket")["Contents"]]
    assert [key.rpartition("/")[2] for key in keys] == ["predict.py"]
