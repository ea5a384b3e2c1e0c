"""A first commit has no noise: what is generated is formatted, linted and typed."""

import subprocess
import sys
from pathlib import Path

import pytest
from repositories import Render, files

ROOT = Path(__file__).resolve().parents[2]
SEEDED_PYTHON = ["template/src", "template/tests/test_model.py"]


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"]])
def test_a_generated_repository_satisfies_its_own_rules(render: Render, command: list[str]) -> None:
    passes(command, render())


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"]])
def test_the_seeded_scripts_satisfy_the_rules_of_this_repository(command: list[str]) -> None:
    passes([*command, "--config", "pyproject.toml", *SEEDED_PYTHON], ROOT)


def test_the_template_is_typed_as_it_stands() -> None:
    passes(["mypy", "template/ops", "template/src", "template/tests"], ROOT)


def test_text_is_as_editorconfig_wants_it(render: Render) -> None:
    generated = render()

    for name in sorted(files(generated)):
        text = (generated / name).read_bytes().decode("utf-8")
        assert "\r" not in text, name
        assert text == "" or text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        assert all(line == line.rstrip() for line in text.split("\n")), name


def passes(command: list[str], folder: Path) -> None:
    """Run a tool of this environment, which must find nothing."""
    result = subprocess.run([sys.executable, "-m", *command], cwd=folder, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
