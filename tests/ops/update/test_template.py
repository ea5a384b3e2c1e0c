"""Copier and git in an update: what changed is listed, and whatever they refuse is one sentence and changes nothing."""

import shutil
from pathlib import Path

import pytest
from ops.errors import OpsError
from ops.repository import Repository
from ops.update import template
from ops.update.template import Changes, web_address
from repositories import commit, git
from template_versions import HARMLESS, MIGRATING, NEW, TOO_NEW, edit


def test_uncommitted_changes_are_refused(repository: Repository) -> None:
    template.check_clean(repository)
    (repository.root / "mine.txt").touch()

    with pytest.raises(OpsError, match="uncommitted changes, which an update would mix with its own: commit"):
        template.check_clean(repository)


def test_a_folder_that_is_no_repository_is_refused(repository: Repository) -> None:
    shutil.rmtree(repository.root / ".git")

    with pytest.raises(OpsError, match="is no git repository, and Copier updates no other: `git init`"):
        template.check_clean(repository)


def test_without_git_there_is_no_update(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(OpsError, match="git is missing, without which Copier cannot update: install it"):
        template.check_clean(repository)


def test_a_newer_version_is_found(repository: Repository) -> None:
    assert template.newer_version(repository)


@pytest.mark.parametrize("assignment", ["owner", "=me@example.com", ""])
def test_data_that_is_no_answer_is_refused(assignment: str) -> None:
    with pytest.raises(OpsError, match=f"^--data {assignment} is not of the form question=answer"):
        template.check_data(["owner=me@example.com", assignment])


def test_what_an_update_to_a_version_with_another_answer_changed_is_listed(repository: Repository) -> None:
    edit(repository.root)

    changes = template.update(repository, version=HARMLESS, data=["owner=fraud@example.com"])

    assert changes == Changes(
        added=["arriving.txt"],
        modified=[".copier-answers.yml", "settings.json"],
        deleted=["dropped.txt"],
        conflicts=["lines.txt"],
    )
    assert (repository.root / "arriving.txt").read_text(encoding="utf-8") == NEW
    settings = Repository(repository.root).settings
    assert (settings.template_version, settings.owner) == (HARMLESS, "fraud@example.com")


@pytest.mark.parametrize(
    ("version", "data", "sentence"),
    [
        (
            MIGRATING,
            [],
            "major one with migrations.*read the template's changelog, then run `uvx copier update --trust`",
        ),
        (TOO_NEW, [], r"requires Copier version >= 99\.0\.0.*: update once with `uvx copier update --defaults`"),
        ("v9.9.9", [], r"Copier could not update from .*sagelift: .*v9\.9\.9"),
        (HARMLESS, ["owner=nobody"], r"Copier could not update from .*: .*Use an address\.$"),
    ],
)
def test_what_copier_refuses_is_one_sentence_and_changes_nothing(
    repository: Repository, version: str, data: list[str], sentence: str
) -> None:
    with pytest.raises(OpsError, match=sentence) as refused:
        template.update(repository, version=version, data=data)

    assert "\n" not in str(refused.value)
    assert git(repository.root, "status", "--porcelain") == ""


def test_a_template_that_cannot_be_reached_is_named(repository: Repository, tmp_path: Path) -> None:
    for name in (".copier-answers.yml", "settings.json"):
        path = repository.root / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(repository.settings.template_source, str(tmp_path / "gone")), encoding="utf-8")
    commit(repository.root, "Name another template")

    with pytest.raises(OpsError, match=r"Copier could not update from .*/gone: ") as refused:
        template.newer_version(Repository(repository.root))

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("gh:example-org/sagelift", "https://github.com/example-org/sagelift"),
        ("gh:/example-org/sagelift.git", "https://github.com/example-org/sagelift"),
        ("https://github.com/example-org/sagelift", "https://github.com/example-org/sagelift"),
        ("https://github.com/example-org/sagelift.git", "https://github.com/example-org/sagelift"),
        ("git+https://github.com/example-org/sagelift.git", "https://github.com/example-org/sagelift"),
        ("git@github.com:example-org/sagelift.git", "https://github.com/example-org/sagelift"),
        ("https://git.example.com/example-org/sagelift", None),
        ("../sagelift", None),
        ("unknown", None),
    ],
)
def test_a_template_on_github_has_a_page(source: str, address: str | None) -> None:
    assert web_address(source) == address
