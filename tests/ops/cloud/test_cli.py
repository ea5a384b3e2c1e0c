"""The verbs on the command line: what is written without AWS, and what is refused before AWS is asked."""

# ruff: noqa: PLR0913, PLR0917  a parameter for each fixture

import json
from collections.abc import Callable

import pytest
from fake_aws import FakeStepFunctions
from ops import aws, cli
from ops.aws import Account
from ops.cloud import deploy
from ops.infrastructure import Deployment
from rich.console import Console
from typer.testing import CliRunner, Result

Make = Callable[..., Deployment]
Ops = Callable[..., Result]


@pytest.fixture
def ops(make_deployment: Make, monkeypatch: pytest.MonkeyPatch) -> Ops:
    """Return what runs the command line in a repository."""
    monkeypatch.chdir(make_deployment().repository.root)
    return lambda *arguments: CliRunner().invoke(cli.app, arguments)


@pytest.mark.usefixtures("account")
def test_what_is_assembled_is_what_is_deployed(
    account: Account,
    ops: Ops,
    make_deployment: Make,
    stepfunctions: FakeStepFunctions,
    push: Callable[..., str],
    bucket: str,
    console: Console,
) -> None:
    deployment = make_deployment({"output_uri": f"s3://{bucket}/output/"})
    assert ops("assemble", "--env", "dev").exit_code == 0
    build = deployment.repository.build
    written = {path.relative_to(build).as_posix() for path in build.rglob("*.json")}
    documents = ("bootstrap.template", "stack.template", "state_machine.asl")
    assert written >= {f"dev/{name}.json" for name in documents} | {"iam/dev/jobs.policy.json"}
    assembled = json.loads((build / "dev" / "state_machine.asl.json").read_text("utf-8"))
    image = push(deployment)
    deploy.run(account, deployment, console, image=None, yes=True)
    deployed = json.loads(stepfunctions.versions[1])
    # Before there is an image, its tag stands for the digest.
    assert (
        assembled["States"]["Defaults"]["Result"].pop("custom_image_uri").partition(":")[0] == image.partition("@")[0]
    )
    assert deployed["States"]["Defaults"]["Result"].pop("custom_image_uri") == image
    assert assembled == deployed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("assemble", "--env", "qa"), "qa.json does not exist"),
        (("assemble", "--env", "Not-a-name"), "cannot name an environment"),
        (("bootstrap", "--env", "dev", "--github-owner-id", "1"), "belong together"),
        (("bootstrap", "--env", "dev", "--plan", "plan.json", "--apply", "plan.json"), "give one of them"),
        (("bootstrap", "--env", "dev", "--leave", "bucket"), "--leave is for --plan"),
        (("logs", "--env", "dev", "--step", "training"), "is no step of the workflow"),
    ],
)
def test_a_wrong_option_is_said_before_aws_is_asked(
    ops: Ops, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr(aws, "connect", lambda *_: pytest.fail("asked AWS"))
    assert said in str(ops(*arguments).exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("bootstrap", "--classic-subject"),
        ("build", "--push"),
        ("deploy",),
        ("execute",),
        ("status",),
        ("logs",),
        ("rollback",),
        ("destroy",),
        ("doctor",),
    ],
)
@pytest.mark.usefixtures("account")
def test_every_verb_refuses_another_account(ops: Ops, make_deployment: Make, arguments: tuple[str, ...]) -> None:
    make_deployment({"account": "333333333333"})
    result = ops(*arguments, "--env", "dev")
    assert "names account 333333333333" in str(result.exception)


@pytest.mark.usefixtures("account")
def test_a_promotion_acts_in_the_account_of_its_target(ops: Ops) -> None:
    image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev@sha256:{'0' * 64}"
    result = ops("promote", "--from", "dev", "--to", "prod", "--image", image)
    assert "parameters/prod.json names account 222222222222" in str(result.exception)
