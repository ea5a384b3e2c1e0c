"""`copier update` itself: what it says, and when it refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from copier import run_copy
from expected_tree import SEEDS
from freeze import frozen
from repositories import TemplateRepository, commit, git
from update.lived_in import Fresh, Generate, LivedIn, differences, state

OLDEST, *_ = frozen()


def copier_update(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command, in a terminal of 80 columns."""
    command = [sys.executable, "-m", "copier", "update", "--defaults", *options]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_the_newest_release_is_taken_and_the_next_commands_are_named(generate: Generate, fresh: Fresh) -> None:
    repository = generate(OLDEST)
    users_files = repository.users_files

    ran = copier_update(repository.root)

    assert ran.returncode == 0, ran.stderr
    templates_files = {name: file for name, file in fresh(repository.answers).items() if name not in SEEDS}
    assert differences(state(repository.root), {**templates_files, **users_files}) == set()
    assert not git(repository.root, "diff", "--check")
    for command in ("git status", "git diff --check", "uv run ops doctor", "uv run ops test"):
        assert command in ran.stderr
    assert max(map(len, ran.stderr.splitlines())) <= 80


def test_uncommitted_work_stops_it(generate: Generate) -> None:
    repository = generate(OLDEST)
    (repository.root / "src" / "predict.py").write_text("unfinished")
    before = state(repository.root)

    ran = copier_update(repository.root)

    assert ran.returncode != 0
    assert "Please commit or stash your local changes and retry." in ran.stderr
    assert "Traceback" not in ran.stderr
    assert differences(state(repository.root), before) == set()


@pytest.mark.parametrize("tagged", [True, False])
def test_a_repository_of_unreleased_work_is_updated_to_the_next_release(
    small_template: TemplateRepository, tmp_path: Path, *, tagged: bool
) -> None:
    """Between two releases, or before the first."""
    source = small_template.copy_to(tmp_path / "sagelift")
    if not tagged:
        git(source.root, "tag", "--delete", "v1.0.0")
    commit(source.root, "Work")
    repository = LivedIn(tmp_path / "repository", {})
    run_copy(str(source.root), repository.root, vcs_ref="HEAD", defaults=True, quiet=True, unsafe=False)
    repository.commit()
    (source.root / "template" / "new.txt").write_text("new")
    source.release("v1.1.0")

    repository.update("v1.1.0")

    changed = git(repository.root, "status", "--porcelain").splitlines()
    assert changed == [" M .copier-answers.yml", " M settings.json", "?? new.txt"]


def test_a_repository_may_be_a_folder_of_a_larger_one(small_template: TemplateRepository, tmp_path: Path) -> None:
    source = small_template.copy_to(tmp_path / "sagelift")
    repository = LivedIn(tmp_path / "models" / "churn", {})
    run_copy(str(source.root), repository.root, defaults=True, quiet=True, unsafe=False)
    (repository.root / "packages.txt").unlink()
    (repository.root / "src" / "predict.py").write_text("The user's.\n")
    commit(tmp_path / "models", "Generate, and work")
    (source.root / "template" / "new.txt").write_text("new")
    source.release("v1.1.0")

    repository.update("v1.1.0")

    changed = git(tmp_path / "models", "status", "--porcelain").splitlines()
    assert changed == [" M churn/.copier-answers.yml", " M churn/settings.json", "?? churn/new.txt"]
