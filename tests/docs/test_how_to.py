"""The how-tos: what they show is sound, and does what they say."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from accounts import account
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cloudformation import evaluate
from moto.events.models import EventPattern
from ops.cli import app
from tools import asl_validator

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "how-to"


def blocks(name: str, language: str) -> list[str]:
    """Return the code blocks of a page."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_every_command_exists(page: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]

    for line in re.findall(r"uv run ops ([^`\n]*)", page.read_text(encoding="utf-8")):
        verb, *arguments = line.split()
        known = {option for parameter in commands[verb].params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known, line


def call() -> dict[str, Any]:
    """Return the state that calls the workflow."""
    state: dict[str, Any] = json.loads(blocks("call-from-another-workflow", "json")[0])
    return state


def test_the_call_is_a_state(tmp_path: Path) -> None:
    path = tmp_path / "larger.asl.json"
    path.write_text(json.dumps({"StartAt": "Call", "States": {"Call": call()}}))

    done = subprocess.run([asl_validator(), "--json-path", path], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_takes_the_input_of_the_call_and_gives_what_is_selected(tmp_path: Path) -> None:
    # moto's interpreter cannot call another workflow: what the call hands over is handed over here.
    values = {"$.batch_uri": "s3://bucket/input/batch/", "$$.Execution.Id": "arn:larger"}
    given = {name.removesuffix(".$"): values[value] for name, value in call()["Parameters"]["Input"].items()}
    with account(tmp_path) as made:
        made.put("s3://bucket/input/batch/b.csv")
        arn = made.start(given=given)

        assert made.wait(arn).status == "SUCCEEDED"
        output = json.loads(made.stepfunctions.describe_execution(executionArn=arn)["output"])
        selected = {name: output[path.removeprefix("$.Output.")] for name, path in call()["ResultSelector"].items()}
        assert made.keys(selected["output_uri.$"]) == ["b.csv"]


def test_permissions_of_the_caller_are_for_this_workflow_alone() -> None:
    _, policy = map(json.loads, blocks("call-from-another-workflow", "json"))

    assert not [statement for statement in policy["Statement"] if statement["Resource"] == "*"]


def rule() -> dict[str, Any]:
    """Return the resources of the stack that starts executions."""
    [template] = blocks("start-on-new-objects", "yaml")
    parameters = {"Bucket": "my-bucket"}
    resources: dict[str, Any] = evaluate(yaml.safe_load(template), parameters, "eu-west-1", "111111111111")
    return resources


def test_cfn_lint_finds_nothing() -> None:
    [template] = blocks("start-on-new-objects", "yaml")

    assert lint(template, config=ManualArgs(regions=["eu-west-1"])) == []


@pytest.mark.parametrize(
    ("key", "starts"),
    [("batches/2026-11-20", True), ("input/batches/2026-11-20/a.csv", False), ("output/batches/a.csv", False)],
)
def test_only_a_marker_starts_an_execution(key: str, *, starts: bool) -> None:
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "my-bucket"}, "object": {"key": key}},
    }
    pattern = EventPattern.load(json.dumps(rule()["Rule"]["Properties"]["EventPattern"]))

    assert pattern.matches_event(event) is starts


def test_the_execution_gets_the_batch_of_the_marker() -> None:
    [target] = rule()["Rule"]["Properties"]["Targets"]
    transformer = target["InputTransformer"]
    detail = {"$.detail.bucket.name": "my-bucket", "$.detail.object.key": "batches/2026-11-20"}

    given = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        given = given.replace(f"<{name}>", detail[path])

    assert json.loads(given) == {"input_uri": "s3://my-bucket/input/batches/2026-11-20/"}
    assert target["Arn"] == "arn:aws:states:eu-west-1:111111111111:stateMachine:my-model-dev:live"
