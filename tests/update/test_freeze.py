"""The frozen releases are what was released, and a release cannot be published unfrozen."""

import gzip
import subprocess
import sys
from pathlib import Path

import freeze
import pytest
from repositories import commit, git

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository that the script acts on: a template, about to be released as v1.2.3."""
    for name, text in {
        "CHANGELOG.md": "# Changelog\n\n## v1.2.3\n\n- Something.\n",
        "copier.yml": "_subdirectory: template\n",
        "pyproject.toml": '[project]\nversion = "1.2.3"\n',
        "hooks/README.md": "No migration.\n",
        "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
        "template/settings.json": "{}\n",
        "tests/update/releases/v1.2.2.txt": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    commit(tmp_path, "Prepare v1.2.3")
    monkeypatch.setattr(freeze, "ROOT", tmp_path)
    monkeypatch.setattr(freeze, "RELEASES", tmp_path / "tests" / "update" / "releases")
    return tmp_path


def run(*arguments: str) -> str:
    """Run the script; return its complaint, or nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["freeze.py", *arguments])
        try:
            freeze.main()
        except SystemExit as ended:
            return str(ended.code)
    return ""


def test_every_release_of_the_changelog_is_frozen() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    released = [line.removeprefix("## ") for line in lines if line.startswith("## v")]

    assert released == freeze.frozen()[::-1]


@pytest.mark.parametrize("version", freeze.frozen())
def test_a_frozen_template_is_the_one_of_its_commit(version: str) -> None:
    archived = freeze.archive(version).read_bytes()
    named = subprocess.run(
        ["git", "get-tar-commit-id"], input=gzip.decompress(archived), check=True, capture_output=True
    )
    revision = named.stdout.decode().strip()
    known = subprocess.run(["git", "cat-file", "-e", revision], cwd=ROOT, check=False, capture_output=True)
    if known.returncode:
        pytest.skip(f"The history here does not reach back to {version}.")

    assert freeze.content(archived) == freeze.content(freeze.template_at(revision))


@pytest.mark.parametrize("version", freeze.frozen())
def test_a_frozen_template_generates_what_it_generated_when_it_was_released(version: str) -> None:
    assert freeze.generated(freeze.archive(version).read_bytes(), version) == freeze.listing(version).read_text()


def test_a_release_is_frozen_tagged_and_checked(project: Path) -> None:
    assert not run("v1.2.3")
    commit(project, "Freeze v1.2.3")
    git(project, "tag", "v1.2.3")

    assert not run("--check", "v1.2.3")
    assert (project / "tests/update/releases/v1.2.3.txt").read_text().splitlines()[-1].endswith("\tsettings.json")


@pytest.mark.parametrize(
    ("version", "file", "text", "complaint"),
    [
        ("1.2.3", "notes.md", "", "1.2.3 is no version: use v and three numbers"),
        ("v1.2.4", "notes.md", "", "pyproject.toml says 1.2.3, not 1.2.4: run uv version 1.2.4."),
        (
            "v1.2.3",
            "CHANGELOG.md",
            "## Unreleased\n",
            "CHANGELOG.md has no section v1.2.3: give the name to Unreleased.",
        ),
        ("v1.2.3", "template/settings.json", "[]", "copier.yml, hooks, template hold uncommitted changes: commit them"),
        ("v1.2.3", "template/new.json", "[]", "copier.yml, hooks, template hold uncommitted changes: commit them"),
        ("v1.2.3", "tests/update/releases/v1.2.3.tar.gz", "", "v1.2.3 is frozen already: choose the next version"),
    ],
)
def test_what_is_not_ready_is_not_frozen(project: Path, version: str, file: str, text: str, complaint: str) -> None:
    (project / file).write_text(text)

    assert run(version).startswith(f"error: {complaint}")
    assert not (project / "tests/update/releases/v1.2.3.txt").exists()


def test_a_tag_of_another_template_than_the_frozen_one_is_not_published(project: Path) -> None:
    assert run("--check", "v1.2.3").startswith("error: There is no tag v1.2.3 here")
    git(project, "tag", "v1.2.3")
    assert run("--check", "v1.2.3").startswith("error: v1.2.3 is not frozen: run make freeze VERSION=v1.2.3")
    assert not run("v1.2.3")
    (project / "template" / "settings.json").write_text("[]")
    commit(project, "Change the template after all")
    git(project, "tag", "--force", "v1.2.3")

    assert run("--check", "v1.2.3").startswith("error: The template tagged v1.2.3 is not the one that was frozen")
