"""The README of a generated repository: what it says agrees with what the repository does."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from markdown_it import MarkdownIt
from ops.cli import app
from ops.parameters import Parameters
from repositories import Render

NODE = re.compile(r"(?P<name>\w+)(?P<shape>\{\w+\}|\[\[\w+\]\])?")
SOURCES = {"scikit": "prebuilt", "custom": "own"}
SHAPES = {"Choice": "{{{}}}", "Task": "[[{}]]"}


@pytest.fixture
def readme(render: Render) -> str:
    """The README of a repository with default answers."""
    return (render() / "README.md").read_text(encoding="utf-8")


def test_the_workflow_diagram_is_the_definition(readme: str, render: Render) -> None:
    path = render(name="other") / "workflow" / "state_machine.asl.json"
    states = json.loads(path.read_text(encoding="utf-8"))["States"]

    nodes, edges = read_flowchart(diagrams(readme)[0])

    assert edges == set(transitions(states))
    assert nodes == {name: SHAPES.get(state["Type"], "").format(name) for name, state in states.items()}


@pytest.mark.parametrize("preprocessing", ["scikit", "custom", "none"])
@pytest.mark.parametrize("postprocessing", ["scikit", "custom", "none"])
def test_the_data_diagram_is_that_of_the_answers(render: Render, preprocessing: str, postprocessing: str) -> None:
    images = {"preprocessing": preprocessing, "predict": "custom", "postprocessing": postprocessing}
    generated = render({"preprocessing_image": preprocessing, "postprocessing_image": postprocessing})
    diagram = diagrams((generated / "README.md").read_text(encoding="utf-8"))[1]

    jobs = re.findall(r"^ +(\w+)\[\[", diagram, re.MULTILINE)
    sources = re.findall(r"(prebuilt|own) -\.-> (\w+)$", diagram, re.MULTILINE)
    declared = set(re.findall(r"^ +(\w+)\[", diagram, re.MULTILINE))
    linked = {name for line in diagram.splitlines() if "->" in line for name in re.findall(r"\w+", line)}

    assert jobs == [step for step, image in images.items() if image != "none"]
    assert sorted(sources) == sorted((SOURCES[images[job]], job) for job in jobs)
    assert linked == declared


def test_every_parameter_is_explained(readme: str) -> None:
    section = readme.partition("## Parameters")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]

    assert sorted(re.findall(r"`(\w+)`", "".join(rows))) == sorted(Parameters.model_fields.keys() - {"schema_"})


def test_every_command_exists(readme: str, render: Render) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    targets = re.findall(r"^(\w+):", (render(name="other") / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    for line in re.findall(r"^uv run ops (.*)$", readme, re.MULTILINE):
        verb, *arguments = shlex.split(line, comments=True)
        known = {option for parameter in commands[verb].params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known, line
    for target in re.findall(r"`make (\w+)`", readme):
        assert target in targets
        assert target in commands


def test_links_lead_to_files(readme: str, render: Render) -> None:
    generated = render(name="other")

    for block in MarkdownIt().parse(readme):
        for token in block.children or []:
            if token.type == "link_open":
                assert (generated / str(token.attrGet("href"))).is_file()


def diagrams(readme: str) -> list[str]:
    """Return the bodies of the Mermaid diagrams."""
    return re.findall(r"^```mermaid\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)


def read_flowchart(diagram: str) -> tuple[dict[str, str], set[tuple[str, str, str]]]:
    """Return the shape of each node, and the edges as (from, label, to)."""
    nodes: dict[str, str] = {}
    edges = set()
    for line in diagram.splitlines()[1:]:
        first, *rest = re.split(r"(?: -- (.+?))? --> ", line.strip())
        previous = read_node(first, nodes)
        for label, text in zip(rest[::2], rest[1::2], strict=True):
            node = read_node(text, nodes)
            edges.add((previous, label or "", node))
            previous = node
    return nodes, edges


def read_node(text: str, nodes: dict[str, str]) -> str:
    """Note the shape of a node, where it is given, and return its name."""
    match = NODE.fullmatch(text)
    assert match, text
    name = match["name"]
    nodes[name] = match["shape"] or nodes.get(name, "")
    return name


def transitions(states: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the transitions of a definition as (from, condition, to)."""
    for name, state in states.items():
        if "Next" in state:
            yield name, "", state["Next"]
        for rule in state.get("Choices", []):
            variable = rule["Variable"].rpartition(".")[2]
            yield name, rule.get("StringEquals") or f"{variable} is null", rule["Next"]
        if "Default" in state:
            yield name, "otherwise", state["Default"]
