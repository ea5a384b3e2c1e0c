"""The how-to on fleets: its commands do what it says, in the order in which it shows them."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
import typer.main
import yaml
from docs.pages import blocks, commands
from repositories import TemplateRepository, git
from typer.testing import CliRunner

from sagelift import cli, template_source
from sagelift.fleet import manifest

PAGE = "how-to/run-a-fleet"


def test_every_command_is_one_that_sagelift_takes() -> None:
    group = typer.main.get_command(cli.app).commands["fleet"]  # type: ignore[attr-defined]
    shown = commands(PAGE, "sagelift fleet")

    for verb, *arguments in shown:
        group.commands[verb].make_context(verb, arguments)
    assert {verb for verb, *_ in shown} == group.commands.keys()


def test_manifests_are_answers_to_questions(template: TemplateRepository, tmp_path: Path) -> None:
    for language, name in (("csv", "fleet.csv"), ("yaml", "fleet.yaml")):
        [text] = blocks(PAGE, language)
        (tmp_path / name).write_text(text)

        manifest.load(tmp_path / name).check_questions(template.questions)


@pytest.mark.slow
def test_a_fleet_is_generated_and_updated(
    template: TemplateRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = template.copy_to(tmp_path / "sagelift")
    monkeypatch.setattr(template_source, "resolve", lambda *_: str(newer.root))
    # The tests of the repositories themselves are run elsewhere.
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{uv.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    [text] = blocks(PAGE, "csv")
    (tmp_path / "fleet.csv").write_text(text)
    folders = [tmp_path / row["repository"] for row in csv.DictReader(io.StringIO(text))]

    def run(*arguments: str) -> str:
        assert list(arguments) in commands(PAGE, "sagelift fleet")
        result = CliRunner().invoke(cli.app, ["fleet", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    run("new", "fleet.csv")
    for folder in folders:
        assert yaml.safe_load((folder / ".copier-answers.yml").read_text())["_commit"] == "v1.0.0"
    (newer.root / "template" / "iam" / "README.md").write_text("# Policies\n")
    newer.release("v1.1.0")
    assert "v1.0.0" in run("status", "fleet.csv")
    assert "iam/README.md" in run("update", "fleet.csv", "--dry-run")
    assert not any(git(folder, "branch", "--list", "template-update/*") for folder in folders)
    for _ in folders:  # a tenth of three is one
        run("update", "fleet.csv", "--wave", "10%")
    for folder in folders:
        assert "template-update/v1.1.0" in git(folder, "branch", "--list", "template-update/*")
    assert set(json.loads((tmp_path / "fleet.csv.journal.json").read_text())["begun"]) == {
        str(folder.relative_to(tmp_path)) for folder in folders
    }
