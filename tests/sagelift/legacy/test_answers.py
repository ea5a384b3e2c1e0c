"""What legacy code answers by itself is valid, and what it cannot answer is left to the default."""

import json
from pathlib import Path

import pytest
from repositories import Render

from sagelift.legacy import answers, source


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The path of a script."""
    return tmp_path / "03_Churn model (final).py"


def notebook(path: Path, *cells: tuple[str, str]) -> Path:
    """Write a notebook of cells, each a type and a text."""
    content: list[dict[str, object]] = [
        {"cell_type": kind, "metadata": {}, "source": text}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for kind, text in cells
    ]
    path.write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("churn-model", "churn-model"),
        ("03_Churn model (final)", "churn-model-final"),
        ("2024 sales", "sales"),
        ("7days", "days"),
        ("A very long name of a model that nobody types", "a-very-long-name-of-a"),
        ("x" * 40, "x" * 25),
        ("модель", ""),
    ],
)
def test_a_model_is_named_after_a_file_or_folder(name: str, expected: str) -> None:
    assert answers.model_name(name) == expected


def test_the_folder_names_the_model_and_the_file_where_it_cannot(script: Path) -> None:
    script.write_text("pass\n")
    assert answers.infer(source.read(script), "risk", "3.11")["model_name"] == "risk"
    assert answers.infer(source.read(script), "2024", "3.11")["model_name"] == "churn-model-final"


def test_a_docstring_describes_a_script(script: Path) -> None:
    script.write_text('"""\n=====\nWho leaves next month.\n\nMore of it.\n"""\n')
    assert answers.infer(source.read(script), "churn", "3.11")["description"] == "Who leaves next month"


def test_a_script_without_docstring_keeps_the_default(script: Path) -> None:
    script.write_text("# read\n")
    assert "description" not in answers.infer(source.read(script), "churn", "3.11")


def test_the_first_heading_describes_a_notebook(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "churn.ipynb",
        ("markdown", "some words"),
        ("code", "# no heading\nx = 1"),
        ("markdown", "## <b>Who</b> *leaves* [next](https://example.com) month"),
    )
    assert answers.infer(source.read(path), "churn", "3.11")["description"] == "Who leaves next month"


def test_a_long_description_ends_at_a_word(script: Path) -> None:
    script.write_text(f'"""{"word " * 60}"""\n')
    description = answers.infer(source.read(script), "churn", "3.11")["description"]
    assert len(description) <= answers.LONGEST_DESCRIPTION
    assert description.endswith("word…")


@pytest.mark.parametrize(("version", "expected"), [("3.7", "3.8"), ("3.10", "3.10"), ("3.14", "3.13"), ("3.9", "3.10")])
def test_the_nearest_python_stands_in(version: str, expected: str) -> None:
    assert answers.nearest(version, ["3.8", "3.10", "3.13"]) == expected


def test_the_template_takes_the_answers(script: Path, render: Render) -> None:
    script.write_text(f'"""{"wörd " * 60}"""\n')
    given = answers.infer(source.read(script), "x" * 40, "3.12")
    settings = json.loads((render(given) / "settings.json").read_text())
    assert {question: settings[question] for question in given} == given
