"""`sagelift fleet bootstrap`: the real `ops` of every repository acts on an account that moto stands for."""

import contextlib
import io
import json
import os
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import botocore.session
import ops.cli
import pytest
from botocore.loaders import create_loader
from cloudformation import evaluate
from deployments import make_repository
from fake_aws import FakeCloudFormation
from moto import mock_aws
from ops.cloud import stacks
from runner.forwarding import Call, forwarded
from typer.testing import CliRunner, Result

from sagelift import cli
from sagelift.fleet import administrator

ACCOUNT, REGION = "123456789012", "eu-west-1"
FORWARD = Path(__file__).resolve().parents[2] / "runner" / "stand_ins" / "forward.py"

# Shared, because it keeps the service models, which take long to read.
_LOADER = create_loader()


class CloudFormation(FakeCloudFormation):
    """Leaves out what the conditions of a template leave out."""

    def create_change_set(self, StackName: str, ChangeSetType: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401, D102, N803
        template = json.loads(request["TemplateBody"])
        parameters = {item["ParameterKey"]: item["ParameterValue"] for item in request["Parameters"]}
        template["Resources"] = {
            name: template["Resources"][name] for name in evaluate(template, parameters, REGION, ACCOUNT)
        }
        request["TemplateBody"] = json.dumps(template)
        return super().create_change_set(StackName, ChangeSetType, **request)

    def made(self) -> list[str]:
        """Return the names of the stacks whose changes were made, or begun, in that order."""
        stacks_of = (request["StackName"] for name, request in self.calls if name == "execute_change_set")
        return [self.stacks[stack].name.removesuffix("-dev-bootstrap") for stack in stacks_of]

    def holds(self, model: str, kind: str) -> bool:
        """Return whether a model's stack has a resource of a kind."""
        stack = self._by_name(f"{model}-dev-bootstrap")
        return stack is not None and kind in {resource["Type"] for resource in stack.resources.values()}


PROVIDER, BUCKET = "AWS::IAM::OIDCProvider", "AWS::S3::Bucket"


@dataclass
class Fleet:
    """Repositories, their manifest, and the account that they belong to."""

    root: Path
    cloudformation: CloudFormation
    calls: list[Call] = field(default_factory=list)
    """Those of `ops`."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, model: str, **parameters: Any) -> Path:  # noqa: ANN401  JSON
        """Add a repository; all have the same bucket, unless told otherwise."""
        with (self.root / "fleet.csv").open("a") as manifest:
            manifest.write(f"{model}\n")
        settings = {"model_name": model, "github_repository": f"org/{model}"}
        return make_repository(self.root / model, {"dev": {"account": ACCOUNT, **parameters}}, settings).root

    def bootstrap(self, *arguments: str, answer: str = "y\n") -> Result:
        """Bootstrap all of it."""
        command = ["fleet", "bootstrap", str(self.root / "fleet.csv"), "--env=dev", "--classic-subject", *arguments]
        return CliRunner().invoke(cli.app, command, input=answer, env={"COLUMNS": "200"})

    @property
    def folder(self) -> Path:
        """Where the plans are."""
        return self.root / "fleet-bootstrap-dev"

    def ops(self, call: Call) -> None:
        """Execute the `ops` of a repository; one at a time, for they share a process here."""
        self.calls.append(call)
        output = io.StringIO()
        try:
            with (
                self._lock,
                contextlib.chdir(call.folder),
                mock.patch.object(sys, "argv", ["ops", *call.arguments]),
                mock.patch.object(boto3, "Session", self._session),
                mock.patch.object(stacks, "POLL", 0),
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
            ):
                ops.cli.main()
        finally:
            call.say(output.getvalue())

    def _session(self, region_name: str) -> Any:  # noqa: ANN401  boto3 has no types
        made = session(region_name)
        self.cloudformation.serve(made)
        return made


def session(region: str) -> Any:  # noqa: ANN401
    core = botocore.session.Session()
    core.register_component("data_loader", _LOADER)
    return boto3.session.Session(botocore_session=core, region_name=region)


@pytest.fixture(autouse=True)
def _temporary() -> None:
    """Leave the temporary folder as it is: the one where `forwarded` listens serves all tests of the process."""


@pytest.fixture
def install_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what puts a `uv` there, given what the shell does."""
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    def install(script: str) -> None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return install


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install_uv: Callable[[str], None]) -> Iterator[Fleet]:
    """A fleet without a repository."""
    install_uv(
        '[ "$1 $2 $3 $4" = "run --quiet --frozen ops" ] || exit 99\n'
        f'shift 4; exec {shlex.join([sys.executable, str(FORWARD), "ops"])} "$@"'
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    (tmp_path / "fleet.csv").write_text("repository\n")
    with mock_aws():
        made = Fleet(tmp_path, CloudFormation(session(REGION)))
        with forwarded({"ops": made.ops}) as address:
            monkeypatch.setenv("CLOUD", address)
            yield made


@pytest.fixture
def three(fleet: Fleet) -> Fleet:
    """A fleet of three models."""
    for model in ("churn", "fraud", "risk"):
        fleet.add(model)
    return fleet


def test_one_answer_makes_all_of_it_and_what_is_shared_once_and_first(three: Fleet) -> None:
    result = three.bootstrap()

    assert result.exit_code == 0, result.output
    assert result.stdout.count("[y/N]") == 1
    assert "Made for 3 models." in result.stdout
    made = three.cloudformation.made()
    assert (made[0], set(made)) == ("churn", {"churn", "fraud", "risk"})
    for kind in (PROVIDER, BUCKET):
        assert [three.cloudformation.holds(model, kind) for model in made] == [True, False, False]
    for model in made:
        assert three.cloudformation.status(f"{model}-dev-bootstrap") == "CREATE_COMPLETE"


def test_nothing_is_made_before_the_answer(three: Fleet) -> None:
    result = three.bootstrap("--plan-only", answer="")

    assert result.exit_code == 0, result.output
    assert not three.cloudformation.made()


def test_what_stands_is_left_as_it_is(three: Fleet) -> None:
    three.bootstrap()
    three.add("sales")

    result = three.bootstrap()

    assert "Make this for 1 model?" in result.stdout
    assert result.stdout.count("as it is") == 3
    assert three.cloudformation.made()[3:] == ["sales"]
    assert "Nothing is to be made." in three.bootstrap().stdout


def test_the_page_tells_what_is_the_same_once(three: Fleet) -> None:
    three.bootstrap("--plan-only")

    page = (three.folder / "plan.md").read_text()

    assert page.count("JobsRole") == 2  # of the first, which makes more, and of the two others
    assert "fraud, risk" in page
    for model in ("churn", "fraud", "risk"):
        assert f"repo:org/{model}:environment:dev" in page
        assert f"arn:aws:iam::{ACCOUNT}:role/{model}-dev-jobs" in page
    policies = [line for line in page.splitlines() if line.startswith("| jobs.policy |")]
    assert len(policies) == 1
    assert "| 3 |" in policies[0]


def test_a_policy_that_somebody_changed_stands_out(three: Fleet) -> None:
    policy = three.root / "fraud" / "iam" / "jobs.policy.json"
    policy.write_text(policy.read_text().replace('"s3:GetObject"', '"s3:*"'))
    three.bootstrap("--plan-only")

    page = (three.folder / "plan.md").read_text()

    lines = [line for line in page.splitlines() if line.startswith("| jobs.policy |")]
    assert sorted("| 1 |" in line and "of fraud |" in line for line in lines) == [False, True]


def test_what_cannot_be_planned_stops_no_other(three: Fleet) -> None:
    (three.root / "churn" / "parameters" / "dev.json").write_text(json.dumps({"account": ACCOUNT, "output_uri": "s3:"}))
    (three.root / "fraud" / "settings.json").unlink()

    result = three.bootstrap()

    assert result.exit_code == 1
    assert "churn cannot be planned: " in result.stdout
    assert "fraud cannot be planned: " in result.stdout
    assert three.cloudformation.made() == ["risk"]
    # What the first was to make for all is made by who comes next.
    assert three.cloudformation.holds("risk", PROVIDER)


def test_what_relies_on_something_that_failed_is_left_as_it_is(three: Fleet) -> None:
    three.cloudformation.failure = ("OidcProvider", "Access denied")

    result = three.bootstrap()

    assert result.exit_code == 1
    assert "churn was not made: The change of the stack churn-dev-bootstrap failed" in result.stdout
    assert result.stdout.count("relies on what was to be made for churn first") == 2
    assert three.cloudformation.made() == ["churn"]
    assert three.bootstrap().exit_code == 0
    assert three.cloudformation.holds("risk", "AWS::IAM::Role")


def test_one_that_fails_stops_no_other(fleet: Fleet) -> None:
    for model in ("churn", "fraud"):
        fleet.add(model, output_uri=f"s3://{model}/output/")
    fleet.cloudformation.failure = ("JobsRole", "A role of this name is there")

    result = fleet.bootstrap("--no-github", "--jobs=1")

    assert "churn was not made: " in result.stdout
    assert fleet.cloudformation.status("fraud-dev-bootstrap") == "CREATE_COMPLETE"


@pytest.mark.parametrize(("answer", "said"), [("n\n", "you declined"), ("", "there was no answer")])
def test_without_agreement_nothing_is_made_and_nothing_stays_planned(three: Fleet, answer: str, said: str) -> None:
    result = three.bootstrap(answer=answer)

    assert said in str(result.exception)
    assert not three.cloudformation.made()
    assert not three.cloudformation.change_sets
    assert "still to be made" in str(three.bootstrap("--apply").exception)


def test_a_plan_that_was_reviewed_is_made_whatever_the_repository_holds_by_then(three: Fleet) -> None:
    three.bootstrap("--plan-only")
    policy = three.root / "fraud" / "iam" / "jobs.policy.json"
    policy.write_text(policy.read_text().replace('"s3:GetObject"', '"s3:*"'))

    result = three.bootstrap("--apply", "--yes", answer="")

    assert result.exit_code == 0, result.output
    [stack] = [stack for stack in three.cloudformation.stacks.values() if stack.name == "fraud-dev-bootstrap"]
    assert '"s3:GetObject"' in stack.template
    assert '"s3:*"' not in json.dumps(stack.resources["JobsRole"])
    assert "still to be made" in str(three.bootstrap("--apply").exception)


def test_a_stack_that_was_changed_since_the_review_is_not(three: Fleet) -> None:
    three.bootstrap("--plan-only")
    stack = three.cloudformation.stacks
    [other] = [it for it in stack.values() if it.name == "risk-dev-bootstrap"]
    three.cloudformation.change_sets = {
        arn: it for arn, it in three.cloudformation.change_sets.items() if it["stack"] is not other
    }

    result = three.bootstrap("--apply", "--yes")

    assert "risk was not made: " in result.stdout
    assert "holds no longer, because the stack risk-dev-bootstrap was changed since" in result.stdout
    assert sorted(three.cloudformation.made()) == ["churn", "fraud"]


def test_an_interrupted_apply_goes_on_where_it_stopped(three: Fleet) -> None:
    three.bootstrap("--plan-only")
    for model in ("fraud", "risk"):
        (three.folder / ACCOUNT / f"{model}.json").rename(three.root / model / "put-aside.json")
    three.bootstrap("--apply", "--yes")
    for model in ("fraud", "risk"):
        (three.root / model / "put-aside.json").rename(three.folder / ACCOUNT / f"{model}.json")

    result = three.bootstrap("--apply", "--yes")

    assert "Made for 2 models." in result.stdout
    assert three.cloudformation.made()[0] == "churn"


def test_models_that_share_a_bucket_have_it_made_by_the_first_of_them(fleet: Fleet) -> None:
    fleet.add("churn", output_uri="s3://own/output/")
    fleet.add("fraud", output_uri="s3://shared/fraud/")
    fleet.add("risk", output_uri="s3://shared/risk/", deploy_role=f"arn:aws:iam::{ACCOUNT}:role/ci")

    assert fleet.bootstrap().exit_code == 0

    assert [fleet.cloudformation.holds(model, BUCKET) for model in ("churn", "fraud", "risk")] == [True, True, False]
    assert fleet.cloudformation.made() == ["churn", "fraud", "risk"]


def test_two_repositories_of_one_model_are_not_both_bootstrapped(three: Fleet) -> None:
    settings = three.root / "risk" / "settings.json"
    settings.write_text(settings.read_text().replace('"risk"', '"churn"'))

    result = three.bootstrap()

    assert f"risk cannot be planned: churn has the model_name churn in account {ACCOUNT}, too" in result.stdout
    assert sorted(three.cloudformation.made()) == ["churn", "fraud"]


def test_each_account_has_its_profile_which_holds_against_keys(three: Fleet) -> None:
    three.bootstrap(f"--profile={ACCOUNT}=administrator", "--plan-only")

    for call in three.calls:
        assert call.environment["AWS_PROFILE"] == "administrator"
        assert "AWS_ACCESS_KEY_ID" not in call.environment


def test_credentials_of_another_account_are_named(fleet: Fleet) -> None:
    fleet.add("churn", account="222222222222")

    assert "parameters/dev.json names account 222222222222" in fleet.bootstrap().stdout
    assert not fleet.cloudformation.operations()


def test_an_older_repository_has_to_be_updated_first(three: Fleet, install_uv: Callable[[str], None]) -> None:
    install_uv("echo 'Usage: ops bootstrap [OPTIONS]'; echo 'Error: No such option: --plan' >&2; exit 2")

    result = three.bootstrap()

    assert "churn cannot be planned: Its ops is that of v1.2.3" in result.stdout
    assert "sagelift fleet update" in result.stdout


def test_ops_that_hangs_is_ended(
    three: Fleet, install_uv: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administrator, "TIMEOUT", 0.1)
    install_uv("exec sleep 60")

    assert "churn cannot be planned: `ops` did not end within 0 minutes" in three.bootstrap().stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--plan-only", "--apply"), "give one of them"),
        (("--profile", "administrator"), "write it as ACCOUNT=PROFILE"),
        (("--env", "../prod"), "names no environment"),
        (("--apply",), "holds no plan that is still to be made"),
    ],
)
def test_a_wrong_option_is_named(three: Fleet, arguments: tuple[str, ...], said: str) -> None:
    assert said in str(three.bootstrap(*arguments).exception)
    assert not three.calls
