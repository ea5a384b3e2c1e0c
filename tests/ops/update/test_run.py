"""`ops update` from beginning to end: its exit code, and what it reports."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ops import cli
from ops.errors import OpsError
from ops.proof.report import UNPROVED
from ops.repository import Repository
from ops.update import run as verb
from ops.update.report import JSON
from repositories import Render, TemplateRepository, commit, git
from rich.console import Console
from template_versions import FAILING, FIRST, HARMLESS, MIGRATING, NEWEST, OTHER_OUTPUT, edit

EVERY_CHECK = {"lint": True, "test": True, "run": True}


def update(repository: Repository, version: str | None = None) -> tuple[int, dict[str, Any]]:
    """Update, and return the exit code and the report."""
    code = verb.run(repository, Console(file=io.StringIO()), version=version, data=[])
    return code, json.loads((repository.build / JSON).read_text(encoding="utf-8"))


def test_an_update_to_the_newest_is_checked_and_compared_and_then_there_is_nothing_new(
    repository: Repository, verbs: Callable[[], list[str]]
) -> None:
    code, report = update(repository)

    assert code == 0
    assert verbs() == ["run", "lint", "test", "run"]
    assert (report["outcome"], report["before"], report["after"]) == ("updated", FIRST, NEWEST)
    assert (report["checks"], report["outputs"], report["differences"]) == (EVERY_CHECK, "same", {})
    commit(repository.root, "Update")

    code, report = update(Repository(repository.root))

    assert code == 0
    assert verbs() == ["run", "lint", "test", "run"]
    assert (report["outcome"], report["before"], report["after"]) == ("current", NEWEST, NEWEST)
    assert git(repository.root, "status", "--porcelain") == ""


def test_other_outputs_are_told_and_no_fault(repository: Repository) -> None:
    code, report = update(repository, OTHER_OUTPUT)

    assert code == 0
    assert (report["outcome"], report["outputs"]) == ("updated", "different")
    assert report["differences"] == {"predict/predictions.csv": "differs in 1 of 3 lines"}


def test_a_check_that_fails_is_a_fault(repository: Repository) -> None:
    code, report = update(repository, FAILING)

    assert code == 1
    assert (report["outcome"], report["checks"]) == ("failed", {**EVERY_CHECK, "test": False})


def test_a_workflow_that_failed_before_is_not_compared(repository: Repository) -> None:
    (repository.root / "exit_codes.txt").write_text("run 1\n")
    commit(repository.root, "Break the model")

    code, report = update(repository, HARMLESS)

    assert code == 1
    assert report["checks"] == {**EVERY_CHECK, "run": False}
    assert report["outputs"] == "unknown"


def test_conflicts_have_an_exit_code_of_their_own_and_nothing_is_checked(
    repository: Repository, verbs: Callable[[], list[str]]
) -> None:
    settings = repository.root / "settings.json"
    settings.write_text(settings.read_text().replace(FIRST, "v0.9.0"))
    edit(repository.root)

    code, report = update(repository, HARMLESS)

    assert code == verb.CONFLICTS == 3
    assert (report["outcome"], report["after"], report["checks"]) == ("conflicts", HARMLESS, {})
    assert report["conflicts"] == ["lines.txt", "settings.json"]
    assert verbs() == ["run"]
    assert "<<<<<<< before updating\nmy line\n" in (repository.root / "lines.txt").read_text()


@pytest.mark.parametrize(("proof", "passes"), [(1, False), (UNPROVED, True)])
def test_where_legacy_code_was_recorded_a_difference_from_it_is_a_fault(
    repository: Repository,
    verbs: Callable[[], list[str]],
    proof: int,
    passes: bool,  # noqa: FBT001
) -> None:
    repository.recording.parent.mkdir()
    repository.recording.write_text("{}")
    (repository.root / "exit_codes.txt").write_text(f"prove {proof}\n")
    commit(repository.root, "Record the legacy code")

    code, report = update(repository, HARMLESS)

    assert verbs() == ["run", "lint", "test", "run", "prove"]
    assert (code == 0, report["checks"]["prove"]) == (passes, passes)


def test_what_the_repository_changed_of_the_template_is_told(repository: Repository) -> None:
    manifest = repository.root / "ops" / "data" / "template_files.json"
    manifest.write_text(json.dumps({"kept.txt": "0" * 64, "gone.txt": "0" * 64}))
    commit(repository.root, "Have other hashes")

    _, report = update(repository, HARMLESS)

    assert report["kept"] == {"kept.txt": "modified", "gone.txt": "missing"}


def test_a_refused_update_leaves_no_report(repository: Repository, verbs: Callable[[], list[str]]) -> None:
    with pytest.raises(OpsError, match="--trust"):
        update(repository, MIGRATING)
    assert git(repository.root, "status", "--porcelain") == ""

    (repository.root / "mine.txt").touch()
    with pytest.raises(OpsError, match="uncommitted changes"):
        update(repository)

    assert verbs() == ["run"]
    assert not (repository.build / JSON).exists()


def test_the_command_ends_with_the_exit_code(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def run(*_: object, **options: object) -> int:
        given.update(options)
        return verb.CONFLICTS

    monkeypatch.setattr(verb, "run", run)
    monkeypatch.chdir(repository.root)
    monkeypatch.setattr(sys, "argv", ["ops", "update", "--to", HARMLESS, "--data", "owner=a@b", "--data", "x=y"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 3
    assert given == {"version": HARMLESS, "data": ["owner=a@b", "x=y"]}


@pytest.mark.slow
@pytest.mark.usefixtures("environments")
def test_a_generated_repository_updates_itself(template: TemplateRepository, render: Render, tmp_path: Path) -> None:
    released = template.copy_to(tmp_path / "sagelift")
    generated = render(template=released)
    commit(generated, "Generate")
    with (released.root / "template" / ".editorconfig").open("a") as file:
        file.write("\n# newer\n")
    released.release("v1.1.0")

    command = ["uv", "run", "ops", "update"]
    ended = subprocess.run(command, cwd=generated, check=False, capture_output=True, text=True)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads((generated / "build" / JSON).read_text(encoding="utf-8"))
    assert (report["outcome"], report["outputs"], report["checks"]) == ("updated", "same", EVERY_CHECK)
    assert set(report["modified"]) == {".copier-answers.yml", ".editorconfig", "settings.json"}
    assert git(generated, "status", "--porcelain", "uv.lock") == ""
