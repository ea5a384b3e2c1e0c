"""The how-to on batches: its stack is sound, and starts what the page says."""

import json
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cloudformation import evaluate
from docs.pages import blocks
from moto.events.models import EventPattern


def rule() -> dict[str, Any]:
    """Return the resources of the stack that starts executions."""
    [template] = blocks("how-to/start-on-new-objects", "yaml")
    parameters = {"Bucket": "my-bucket"}
    resources: dict[str, Any] = evaluate(yaml.safe_load(template), parameters, "eu-west-1", "111111111111")
    return resources


def test_cfn_lint_finds_nothing() -> None:
    [template] = blocks("how-to/start-on-new-objects", "yaml")

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
