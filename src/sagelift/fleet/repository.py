"""One generated repository: what it records, and whether it may be worked on."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from sagelift.errors import SageliftError
from sagelift.fleet.manifest import Model
from sagelift.git import GitError, git

ANSWERS = ".copier-answers.yml"

_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG")
"""What lies in git's folder while a merge, a rebase and the like wait to be finished."""


class BusyError(SageliftError):
    """Somebody is at work in the repository, which is left alone."""


@dataclass(frozen=True)
class Recorded:
    """What a repository remembers of its template."""

    source: str
    version: str


def survey(models: Iterable[Model], jobs: int | None) -> Iterator[tuple[Model, Recorded | SageliftError]]:
    """Bring the repositories, and look at what each records.

    Args:
        models: The repositories.
        jobs: How many to fetch at once; default: one for each processor.

    Yields:
        Each with what it records, or with the fault that keeps it from being worked on.
    """
    with ThreadPoolExecutor(jobs or os.cpu_count()) as threads:
        yield from zip(models := list(models), threads.map(_look, models), strict=True)


def _look(model: Model) -> Recorded | SageliftError:
    try:
        folder = bring(model)
        check_repository(folder)
        return recorded(folder)
    except SageliftError as error:
        return error


def bring(model: Model) -> Path:
    """Return the folder of a model's repository; that of a URL is cloned, or brought up to date where that is safe.

    Raises:
        SageliftError: There is none, or the URL cannot be reached.
    """
    if model.url is None:
        if not model.path.is_dir():
            message = f"{model.path} does not exist: make it with `sagelift fleet new`, or correct {model.where}."
            raise SageliftError(message)
    elif not (model.path / ".git").exists():
        model.path.parent.mkdir(parents=True, exist_ok=True)
        git(model.path.parent, "clone", "--quiet", "--", model.url, model.path)
    else:
        git(model.path, "fetch", "--quiet", "--prune", "origin")
        if not changes(model.path) and branch(model.path) and _upstream(model.path):
            git(model.path, "merge", "--quiet", "--ff-only", "@{upstream}")
    return model.path


def recorded(folder: Path) -> Recorded:
    """Return what a repository remembers of its template.

    Raises:
        SageliftError: It was not generated from one, or its answers are damaged.
    """
    path = folder / ANSWERS
    try:
        answers = yaml.safe_load(path.read_text(encoding="utf-8"))
        source, version = answers["_src_path"], answers["_commit"]
    except FileNotFoundError:
        message = f"{path} is missing: this is no generated repository, or git has to bring that file back."
        raise SageliftError(message) from None
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError):
        message = f"{path} does not name the template and its version: bring the file back from the history of git."
        raise SageliftError(message) from None
    return Recorded(str(source), str(version))


def check_repository(folder: Path) -> None:
    """Refuse a folder that is not the top of a git repository with a commit.

    Raises:
        SageliftError: It is not.
    """
    if not (folder / ".git").exists():
        message = f"{folder} is no git repository: run `git init` there, and commit what it holds."
        raise SageliftError(message)
    if not git(folder, "rev-list", "--max-count=1", "--all"):
        message = f"{folder} has no commit: commit what it holds."
        raise SageliftError(message)


def check_at_rest(folder: Path) -> None:
    """Refuse a repository that somebody is at work in.

    Raises:
        BusyError: It has uncommitted changes, waits for a merge to be finished, or is not on its default branch.
    """
    if files := changes(folder):
        message = f"It has uncommitted changes, such as in {files[0]}: commit or stash them."
        raise BusyError(message)
    git_folder = folder / git(folder, "rev-parse", "--git-dir")
    if unfinished := [name for name in _UNFINISHED if (git_folder / name).exists()]:
        message = f"Something is unfinished there, as {git_folder / unfinished[0]} tells: end or abort it."
        raise BusyError(message)
    default, current = _default_branch(folder), branch(folder)
    if current != default:
        where = f"on the branch {current}" if current else "on no branch"
        message = f"It is {where}: switch to {default} when that work is done."
        raise BusyError(message)


def changes(folder: Path) -> list[str]:
    """Return the files that are changed or new since the last commit."""
    lines = git(folder, "-c", "core.quotePath=false", "status", "--porcelain", "--no-renames").splitlines()
    return [line.split(maxsplit=1)[1].strip('"') for line in lines]


def branch(folder: Path) -> str | None:
    """Return the branch that is checked out, if one is."""
    try:
        return git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    except GitError:
        return None


def has_branch(folder: Path, name: str) -> bool:
    """Tell whether there is a local branch of this name."""
    return bool(git(folder, "branch", "--list", "--format=%(refname:short)", name))


def environment() -> dict[str, str]:
    """Return the environment for a repository's own commands, which is not that of sagelift."""
    return {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}


def _default_branch(folder: Path) -> str | None:
    try:
        return git(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    except GitError:
        return next((name for name in ("main", "master") if has_branch(folder, name)), branch(folder))


def _upstream(folder: Path) -> bool:
    try:
        git(folder, "rev-parse", "--verify", "--quiet", "@{upstream}")
    except GitError:
        return False
    return True
