"""Who edited a file of the template sees what became of it after an update; nothing is overwritten silently."""

import subprocess
from pathlib import Path

import pytest
from copier import run_copy
from repositories import TemplateRepository, commit, git
from update.lived_in import LivedIn

OLD = [f"line {number}" for number in range(1, 31)]
NEW = ["the template's line" if line == "line 5" else line for line in OLD]
MINE = ["my line" if line == "line 5" else line for line in OLD]


@pytest.fixture(scope="module")
def versions(small_template: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> TemplateRepository:
    """The template with two releases, in each of which it has some more files."""
    changing = ["same-lines", "other-lines", "deleted", "renamed"]
    repository = small_template.copy_to(tmp_path_factory.mktemp("versions") / "sagelift")
    write(repository.root / "template", dict.fromkeys([*changing, "unchanged", "dropped"], OLD))
    repository.release("v1.1.0")
    write(repository.root / "template", dict.fromkeys([*changing, "arriving", "arriving-alike"], NEW))
    (repository.root / "template" / "dropped.txt").unlink()
    repository.release("v1.2.0")
    return repository


def edited(versions: TemplateRepository, root: Path) -> LivedIn:
    """Generate a repository from the first release, in which a user then worked on all of these files."""
    run_copy(str(versions.root), root, vcs_ref="v1.1.0", defaults=True, quiet=True, unsafe=False)
    commit(root, "Generate")
    write(root, dict.fromkeys(["same-lines", "unchanged", "dropped", "arriving"], MINE))
    write(root, {"other-lines": [*OLD, "my line"], "arriving-alike": NEW})
    (root / "deleted.txt").unlink()
    (root / "renamed.txt").rename(root / "mine.txt")
    commit(root, "Edit the template's files")
    return LivedIn(root, {})


@pytest.fixture(scope="module")
def updated(versions: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a repository after an update to the second release."""
    repository = edited(versions, tmp_path_factory.mktemp("updated") / "repository")
    repository.update("v1.2.0")
    return repository.root


def test_lines_that_both_changed_stand_between_markers(updated: Path) -> None:
    between = ["<<<<<<< before updating", "my line", "=======", "the template's line", ">>>>>>> after updating"]

    assert read(updated, "same-lines") == [*OLD[:4], *between, *OLD[5:]]


def test_a_users_file_where_the_template_puts_one_stands_beside_it_between_markers(updated: Path) -> None:
    lines = read(updated, "arriving")

    assert {"<<<<<<< before updating", "my line", "the template's line", ">>>>>>> after updating"} <= set(lines)


def test_git_names_the_conflicts_and_refuses_to_commit(updated: Path) -> None:
    checked = subprocess.run(["git", "diff", "--check"], cwd=updated, check=False, capture_output=True, text=True)
    committed = subprocess.run(["git", "commit", "-m", "Update"], cwd=updated, check=False, capture_output=True)

    assert checked.returncode == 2
    assert {line.partition(":")[0] for line in checked.stdout.splitlines()} == {"arriving.txt", "same-lines.txt"}
    assert committed.returncode == 128


def test_other_lines_are_merged(updated: Path) -> None:
    assert read(updated, "other-lines") == [*NEW, "my line"]


def test_an_edit_of_what_the_template_did_not_change_is_kept(updated: Path) -> None:
    assert read(updated, "unchanged") == MINE


def test_what_was_deleted_or_renamed_stays_so(updated: Path) -> None:
    assert not (updated / "deleted.txt").exists()
    assert not (updated / "renamed.txt").exists()
    assert read(updated, "mine") == OLD


def test_a_file_that_the_template_now_brings_just_as_the_user_wrote_it_is_no_conflict(updated: Path) -> None:
    assert read(updated, "arriving-alike") == NEW
    assert not git(updated, "status", "--porcelain", "arriving-alike.txt")


def test_a_file_that_the_template_gave_up_is_deleted_where_git_shows_it_and_has_the_edit(updated: Path) -> None:
    """Copier deletes it, edited or not; the edit is safe because an update needs everything committed."""
    assert git(updated, "status", "--porcelain", "dropped.txt") == " D dropped.txt\n"
    assert git(updated, "show", "HEAD:dropped.txt").splitlines() == MINE


def test_with_files_of_rejected_changes_the_users_lines_are_in_those(
    versions: TemplateRepository, tmp_path: Path
) -> None:
    repository = edited(versions, tmp_path / "repository")

    repository.update("v1.2.0", conflict="rej")

    assert read(repository.root, "same-lines") == NEW
    for name in ("same-lines", "arriving"):
        assert "+my line" in (repository.root / f"{name}.txt.rej").read_text().splitlines()
        assert git(repository.root, "status", "--porcelain", f"{name}.txt.rej").startswith("??")


def write(folder: Path, texts: dict[str, list[str]]) -> None:
    """Write lines into text files."""
    for name, lines in texts.items():
        (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(folder: Path, name: str) -> list[str]:
    """Read the lines of a text file."""
    return (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
