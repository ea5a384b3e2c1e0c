"""The how-to on calling the workflow: its state is sound, and does what the page says."""

import json
import subprocess
from pathlib import Path
from typing import Any

from accounts import account
from docs.pages import blocks
from tools import asl_validator


def call() -> dict[str, Any]:
    """Return the state that calls the workflow."""
    state: dict[str, Any] = json.loads(blocks("how-to/call-from-another-workflow", "json")[0])
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
    _, policy = map(json.loads, blocks("how-to/call-from-another-workflow", "json"))

    assert not [statement for statement in policy["Statement"] if statement["Resource"] == "*"]
