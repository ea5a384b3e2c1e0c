"""What Copier says after a copy: the commands to type next."""

import shlex
from pathlib import Path

import pytest
from copier import run_copy
from repositories import TemplateRepository


@pytest.mark.parametrize("name", ["model", "my model's"])
def test_the_commands_lead_into_the_new_repository(
    template: TemplateRepository, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    run_copy(str(template.root), tmp_path / name, defaults=True)

    assert commands(capfd.readouterr().err)[0] == ["cd", str(tmp_path / name)]


def test_a_copy_into_the_working_directory_needs_no_change_of_directory(
    template: TemplateRepository, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    run_copy(str(template.root), ".", defaults=True)

    assert [command[0] for command in commands(capfd.readouterr().err)] == ["git", "make"]


def commands(said: str) -> list[list[str]]:
    """Return the indented lines of the message, split as a shell does."""
    _, _, message = said.partition("is ready.")
    return [shlex.split(line) for line in message.splitlines() if line.startswith("  ")]
