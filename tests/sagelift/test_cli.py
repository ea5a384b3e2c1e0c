"""The command line: what works ends with 0, and every fault with one sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import TemplateRepository

from sagelift import cli
from sagelift.errors import SageliftError

MANIFEST = "repository,model_name\nchurn,churn\nbad,not good\n"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run `sagelift` and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["sagelift", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_a_fault_is_one_sentence_and_a_traceback_only_if_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fleet", "status", "[gone].csv") == 1
    said = capsys.readouterr()
    assert said.err == "error: There is no manifest [gone].csv: name a CSV or YAML file that lists the repositories.\n"
    assert not said.out

    monkeypatch.setattr(sys, "argv", ["sagelift", "fleet", "status", "gone.csv", "--debug"])
    with pytest.raises(SageliftError):
        cli.main()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--wrap", "--split"], "--wrap and --split exclude each other: give one of them, or none."),
        (["--path", "churn.csv"], "--path takes NAME=VALUE, not churn.csv."),
        (["--data", "=churn"], "--data takes NAME=VALUE, not =churn."),
    ],
)
def test_options_of_import_that_make_no_sense_are_refused(
    options: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", "gone.py", "churn", *options) == 1
    assert capsys.readouterr().err == f"error: {sentence}\n"


def test_what_stands_behind_two_hyphens_is_the_script_s(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", "gone.py", "churn", "--", "--debug") == 1
    assert capsys.readouterr().err == "error: gone.py cannot be read: No such file or directory.\n"


def test_help_comes_without_the_libraries_of_the_verbs() -> None:
    code = "import sys; from sagelift import cli; print(*{'copier', 'pebble', 'yaml'} & sys.modules.keys())"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.split() == []


@pytest.mark.slow
def test_a_fleet_is_made_looked_at_and_updated(
    small: TemplateRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "fleet.csv"
    manifest.write_text(MANIFEST)
    monkeypatch.setenv("COLUMNS", "200")

    template = ("--template", str(small.root), "--version", "v1.0.0")
    assert run(monkeypatch, "fleet", "new", str(manifest), *template) == 1
    said = capsys.readouterr().out
    assert "Validation error for question 'model_name'" in said
    manifest.write_text(MANIFEST.rsplit("\n", 2)[0] + "\n")
    assert run(monkeypatch, "fleet", "update", str(manifest), "--no-tests") == 0
    assert "1 updated" in capsys.readouterr().out
    assert run(monkeypatch, "fleet", "status", str(manifest), "--json") == 0
    [status] = json.loads(capsys.readouterr().out)
    assert (status["behind"], status["last_update"]["state"]) == (1, "updated")
    assert run(monkeypatch, "fleet", "status", str(manifest)) == 0
    assert "updated v1.1.0" in capsys.readouterr().out
