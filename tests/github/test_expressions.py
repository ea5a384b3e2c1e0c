"""The evaluator that stands for GitHub's: the semantics that the workflows rely on."""

from typing import Any

import pytest
from runner.expressions import Lenient, condition, evaluate, interpolate

CONTEXT: dict[str, Any] = {
    "vars": Lenient(ROLE="arn"),
    "inputs": {"promote-from": "", "environment": "dev"},
    "github": {"event": Lenient(), "event_name": "push"},
    "hashFiles": {"parity/*.json": "a1b2"}.get,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("vars.ROLE != ''", True),
        ("vars.OTHER == ''", True),
        ("inputs.environment == 'DEV'", True),
        ("github.event.pull_request.number || 'run'", "run"),
        ("github.event_name == 'push' && 'a' || 'b'", "a"),
        ("github.event_name == 'release' && 'a' || 'b'", "b"),
        ("!(inputs.promote-from == '') || true", True),
        ("'it''s'", "it's"),
        ("null == false", True),
        ("hashFiles('parity/*.json') != ''", True),
        ("hashFiles('none') == ''", True),
    ],
)
def test_value(expression: str, value: object) -> None:
    assert evaluate(expression, CONTEXT) == value


@pytest.mark.parametrize(
    "expression", ["always()", "steps.a.outputs.b", "inputs.enviroment", "1 < 2", "'a' 'b'", "", "(true"]
)
def test_what_github_would_take_differently_is_refused(expression: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        evaluate(expression, CONTEXT)


def test_placeholders_become_text() -> None:
    assert interpolate("a-${{ inputs.environment }}-${{ vars.OTHER }}-${{ true }}", CONTEXT) == "a-dev--true"


@pytest.mark.parametrize("text", ["vars.ROLE", "${{ vars.ROLE }}", "true"])
def test_condition_holds(text: str) -> None:
    assert condition(text, CONTEXT)


def test_condition_does_not_hold_for_an_empty_text() -> None:
    assert not condition("inputs.promote-from", CONTEXT)
