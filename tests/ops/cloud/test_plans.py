"""`ops bootstrap --plan`, `--apply` and `--discard`: what was planned is made, and nothing else."""

# ruff: noqa: PLR0913, PLR0917  a parameter for each fixture

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_aws import FakeCloudFormation
from ops.aws import Account
from ops.cloud import bootstrap
from ops.cloud.shared import Shared
from ops.errors import OpsError
from ops.infrastructure import Deployment
from rich.console import Console

Make = Callable[..., Deployment]
SUBJECT = "repo:org@1/my-model@2:environment:dev"


@pytest.fixture
def write(account: Account, console: Console, tmp_path: Path) -> Callable[..., Path]:
    """Return what plans a deployment, and returns the file."""

    def write(deployment: Deployment, leave: tuple[Shared, ...] = ()) -> Path:
        path = tmp_path / "plans" / "my-model.json"
        bootstrap.plan(account, deployment, console, subject=SUBJECT, leave=leave, path=path)
        return path

    return write


def read(path: Path) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(path.read_bytes())
    return plan


def made(cloudformation: FakeCloudFormation) -> dict[str, str]:
    """Return the parameters of the one stack."""
    [stack] = cloudformation.stacks.values()
    return {item["ParameterKey"]: item["ParameterValue"] for item in stack.parameters}


def test_a_plan_makes_nothing_and_tells_what_a_reviewer_asks(
    make_deployment: Make, cloudformation: FakeCloudFormation, write: Callable[..., Path]
) -> None:
    deployment = make_deployment()

    plan = read(write(deployment))

    assert cloudformation.status(plan["stack"]) == "REVIEW_IN_PROGRESS"
    assert cloudformation.operations() == ["create_change_set"]
    assert (plan["model"], plan["account"], plan["region"]) == ("my-model", "123456789012", "eu-west-1")
    assert plan["roles"]["deploy"] == deployment.deploy_role
    assert plan["github_subject"] == SUBJECT
    assert plan["registry"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev"
    added = {change["kind"] for change in plan["change_set"]["changes"] if change["action"] == "Add"}
    assert {"AWS::IAM::Role", "AWS::ECR::Repository", "AWS::S3::Bucket"} <= added
    root = deployment.repository.root
    assert plan["policies"].keys() == deployment.policies().keys()
    for name, digest in plan["policies"].items():
        assert hashlib.sha256((root / "iam" / f"{name}.json").read_bytes()).hexdigest() == digest
    trust = json.loads((root / "build" / "iam" / "dev" / "deploy.trust.json").read_bytes())
    assert SUBJECT in trust["Statement"][0]["Condition"]["StringEquals"].values()


def test_what_was_planned_is_made_whatever_the_repository_says_by_then(
    account: Account,
    make_deployment: Make,
    cloudformation: FakeCloudFormation,
    write: Callable[..., Path],
    console: Console,
    shown: Callable[[], str],
) -> None:
    path = write(make_deployment({"input_uri": "s3://bucket/input/"}))

    bootstrap.apply(account, make_deployment({"input_uri": "s3://bucket/other/"}), console, path)

    assert made(cloudformation)["InputPrefix"] == "input/"
    assert cloudformation.status("my-model-dev-bootstrap") == "CREATE_COMPLETE"
    assert "AWS_DEPLOY_ROLE" in shown()


def test_a_plan_that_the_stack_has_left_behind_is_not_made(
    account: Account,
    make_deployment: Make,
    cloudformation: FakeCloudFormation,
    write: Callable[..., Path],
    console: Console,
) -> None:
    path = write(make_deployment())
    bootstrap.run(account, make_deployment({"input_uri": "s3://bucket/other/"}), console, subject=SUBJECT, yes=True)

    with pytest.raises(
        OpsError, match=r"holds no longer, because the stack my-model-dev-bootstrap was changed .*--plan"
    ):
        bootstrap.apply(account, make_deployment(), console, path)

    assert made(cloudformation)["InputPrefix"] == "other/"


def test_a_plan_that_was_edited_is_not_made(
    account: Account,
    make_deployment: Make,
    cloudformation: FakeCloudFormation,
    write: Callable[..., Path],
    console: Console,
) -> None:
    path = write(make_deployment())
    plan = read(path)
    plan["change_set"]["changes"] = [it for it in plan["change_set"]["changes"] if it["kind"] != "AWS::IAM::Role"]
    path.write_text(json.dumps(plan))

    with pytest.raises(OpsError, match="nothing was made"):
        bootstrap.apply(account, make_deployment(), console, path)

    assert "execute_change_set" not in cloudformation.operations()


def test_what_is_up_to_date_is_planned_and_made_as_nothing(
    account: Account,
    make_deployment: Make,
    cloudformation: FakeCloudFormation,
    write: Callable[..., Path],
    console: Console,
    shown: Callable[[], str],
) -> None:
    bootstrap.apply(account, make_deployment(), console, write(make_deployment()))

    path = write(make_deployment())
    bootstrap.apply(account, make_deployment(), console, path)

    assert read(path)["change_set"] is None
    assert cloudformation.operations().count("execute_change_set") == 1
    assert "is up to date" in shown()


def test_a_plan_is_forgotten_with_its_change_set(
    account: Account,
    make_deployment: Make,
    cloudformation: FakeCloudFormation,
    write: Callable[..., Path],
    console: Console,
) -> None:
    path = write(make_deployment())

    bootstrap.discard(account, make_deployment(), console, path)

    assert not path.exists()
    assert not cloudformation.change_sets


def test_to_plan_again_forgets_the_earlier_plan(
    make_deployment: Make, cloudformation: FakeCloudFormation, write: Callable[..., Path]
) -> None:
    write(make_deployment())
    plan = read(write(make_deployment({"input_uri": "s3://bucket/other/"})))

    assert list(cloudformation.change_sets) == [plan["change_set"]["arn"]]


def test_a_plan_overwrites_no_other_file(
    make_deployment: Make, cloudformation: FakeCloudFormation, write: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "my-model.json").write_text("precious")

    with pytest.raises(OpsError, match=r"is not a plan of a bootstrap: .* or a new one for --plan"):
        write(make_deployment())

    assert (tmp_path / "plans" / "my-model.json").read_text() == "precious"
    assert not cloudformation.operations()


@pytest.mark.parametrize(
    ("leave", "made_here"),
    [((), ("true", "true")), ((Shared.BUCKET,), ("false", "true")), (tuple(Shared), ("false", "false"))],
)
def test_what_another_bootstrap_makes_is_left_to_it(
    account: Account,
    make_deployment: Make,
    cloudformation: FakeCloudFormation,
    write: Callable[..., Path],
    console: Console,
    leave: tuple[Shared, ...],
    made_here: tuple[str, str],
) -> None:
    bootstrap.apply(account, make_deployment(), console, write(make_deployment(), leave))

    parameters = made(cloudformation)
    assert (parameters["CreateBucket"], parameters["CreateOidcProvider"]) == made_here


@pytest.mark.usefixtures("cloudformation")
def test_what_the_stack_made_stays_its_own_even_if_it_is_left_to_others(
    account: Account,
    make_deployment: Make,
    write: Callable[..., Path],
    console: Console,
) -> None:
    bootstrap.apply(account, make_deployment(), console, write(make_deployment()))
    s3 = account.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": account.region})
    tags = [{"Key": key, "Value": value} for key, value in make_deployment().tags.items()]
    s3.put_bucket_tagging(Bucket="bucket", Tagging={"TagSet": tags})

    assert read(write(make_deployment(), tuple(Shared)))["change_set"] is None


@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_a_file_that_is_no_plan_is_named(
    account: Account, make_deployment: Make, console: Console, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(OpsError, match=r"plan\.json (does not exist|is not a plan of a bootstrap): .* --plan FILE"):
        bootstrap.apply(account, make_deployment(), console, path)


def test_the_plan_of_another_deployment_is_refused(
    account: Account,
    make_deployment: Make,
    cloudformation: FakeCloudFormation,
    write: Callable[..., Path],
    console: Console,
) -> None:
    path = write(make_deployment())

    with pytest.raises(OpsError, match=r"not what parameters/prod\.json names"):
        bootstrap.apply(account, make_deployment(environment="prod"), console, path)

    assert "execute_change_set" not in cloudformation.operations()
