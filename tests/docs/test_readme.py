"""The README: short, and true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from markdown_it import MarkdownIt
from ops.cli import app

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_is_short_enough_to_be_read() -> None:
    assert len(README.splitlines()) <= 200
    assert max(map(len, README.splitlines())) < 500


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    tokens = [token for block in MarkdownIt().enable("table").parse(text) for token in block.children or []]
    links = [token.attrGet("href") or token.attrGet("src") for token in tokens if token.type in {"link_open", "image"}]

    for link in map(str, links):
        if not link.startswith("https://"):
            assert (ROOT / link.partition("#")[0]).exists(), link


def test_the_workflow_is_the_one_that_is_generated() -> None:
    definition = (ROOT / "template" / "workflow" / "state_machine.asl.json").read_text(encoding="utf-8")
    [diagram] = re.findall(r"^```mermaid\nflowchart LR\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

    assert [line.strip() for line in diagram.splitlines()] == list(flowchart(json.loads(definition)))


def test_make_has_every_target() -> None:
    makefiles = [(ROOT / folder / "Makefile").read_text(encoding="utf-8") for folder in ("", "template")]

    targets = re.findall(r"^(\w+):", "".join(makefiles), re.MULTILINE)

    assert set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE)) <= set(targets)


def test_every_verb_exists() -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]

    rows = re.findall(r"^\|.*`uv run ops (\w+)`(.*?)\|", README, re.MULTILINE)
    assert rows
    for verb, others in rows:
        assert {verb, *re.findall(r"`(\w+)`", others)} <= verbs.keys()


def test_the_picture_is_of_a_run_that_succeeded() -> None:
    picture = (ROOT / "docs" / "images" / "run.svg").read_text(encoding="utf-8")

    assert picture.count("succeeded") == 3
    assert "http" not in re.sub(r'xmlns="[^"]*"|<!--.*?-->', "", picture)


def flowchart(definition: dict[str, Any]) -> Iterator[str]:
    """Yield the transitions between the jobs, and the choices that lead to different ones."""
    states = definition["States"]

    def arrive(name: str) -> str:
        ways = {arrive(target) for _, target in transitions(states[name])}
        return ways.pop() if states[name]["Type"] != "Task" and len(ways) == 1 else name

    shapes = {"Choice": "{{{}}}", "Task": "[[{}]]", "Pass": "([{}])"}
    seen: set[str] = set()
    todo = [arrive(definition["StartAt"])]
    while todo:
        name = todo.pop(0)
        labels: dict[str, list[str]] = {}
        for label, target in transitions(states[name]):
            labels.setdefault(arrive(target), []).append(label)
        for target, several in labels.items():
            arrow = f" -- {' or '.join(several)} --> " if all(several) else " --> "
            ends = [end + shapes[states[end]["Type"]].format(end) if end not in seen else end for end in (name, target)]
            seen |= {name, target}
            yield arrow.join(ends)
        todo += [target for target in labels if target not in todo]


def transitions(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where a state leads to, and on which value."""
    for rule in state.get("Choices", []):
        yield str(rule.get("StringEquals", "")), rule["Next"]
    for key in ("Next", "Default"):
        if key in state:
            yield "", state[key]
