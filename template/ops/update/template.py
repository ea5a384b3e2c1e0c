"""Copier and git, as an update needs them."""

import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from ops.errors import OpsError
from ops.local.environments import find_uv
from ops.repository import Repository

_UNSAFE = 4
"""Copier's exit code when a template asks for trust: https://copier.readthedocs.io/en/stable/settings/#unsafe"""

_UNMERGED = {"DD", "AU", "UD", "UA", "DU", "AA", "UU"}
"""How `git status --porcelain` shows a file with conflicts."""


@dataclass(frozen=True)
class Changes:
    """The files that an update changed, as paths in the repository."""

    added: list[str]
    modified: list[str]
    deleted: list[str]
    conflicts: list[str]
    """Those that hold conflict markers, because the repository changed the same lines as the template."""


def check_clean(repository: Repository) -> None:
    """Refuse a repository whose files git could not bring back.

    Raises:
        OpsError: git is missing, the repository is none of git's, or it has uncommitted changes.
    """
    if which("git") is None:
        message = "git is missing, without which Copier cannot update: install it, then update again."
        raise OpsError(message)
    status = _git(repository, "status", "--porcelain")
    if status.returncode:
        message = (
            f"{repository.root} is no git repository, and Copier updates no other: `git init`, commit, and update."
        )
        raise OpsError(message)
    if status.stdout:
        message = "The repository has uncommitted changes, which an update would mix with its own: commit them first."
        raise OpsError(message)


def check_data(data: Iterable[str]) -> None:
    """Refuse what is no answer to a question.

    Raises:
        OpsError: one is not of the form `question=answer`.
    """
    for assignment in data:
        question, equals, _ = assignment.partition("=")
        if not (question and equals):
            message = f"--data {assignment} is not of the form question=answer, such as --data python_version=3.12."
            raise OpsError(message)


def newer_version(repository: Repository) -> bool:
    """Return whether the template has a newer version than the repository's.

    Raises:
        OpsError: Copier cannot tell.
    """
    answer = _copier(repository, "check-update", "--output-format", "json")
    _refuse(answer, repository)
    found: dict[str, Any] = json.loads(answer.stdout)
    return bool(found["update_available"])


def update(repository: Repository, *, version: str | None, data: Iterable[str]) -> Changes:
    """Update the files of the template and of the answers, and return what that changed.

    Args:
        repository: the generated repository, without uncommitted changes.
        version: a tag of the template; default: the newest.
        data: `question=answer` pairs, for answers that change.

    Raises:
        OpsError: Copier refuses.
    """
    options = ["--vcs-ref", version] if version else []
    for assignment in data:
        options += ["--data", assignment]
    _refuse(_copier(repository, "update", "--defaults", "--quiet", *options), repository)
    status = _git(repository, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    entries = [(entry[:2], entry[3:]) for entry in status.stdout.split("\0") if entry]
    return Changes(
        added=sorted(path for state, path in entries if state == "??"),
        modified=sorted(path for state, path in entries if "M" in state and state not in _UNMERGED),
        deleted=sorted(path for state, path in entries if "D" in state and state not in _UNMERGED),
        conflicts=sorted(path for state, path in entries if state in _UNMERGED),
    )


def web_address(source: str) -> str | None:
    """Return the page of a template on GitHub; None if it is elsewhere."""
    match = re.fullmatch(
        r"(?:git\+)?(?:gh:|https://github\.com/|git@github\.com:)/?([\w.-]+/[\w.-]+?)(?:\.git)?/?", source
    )
    return f"https://github.com/{match[1]}" if match else None


def environment() -> dict[str, str]:
    """Return the variables for another environment of uv's than the one that this process runs in."""
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}


def _copier(repository: Repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Isolated: the environment of ops stays as it is, and holds no Copier.
    command = [
        find_uv(repository.root),
        "run",
        "--quiet",
        "--isolated",
        "--frozen",
        "--only-group",
        "template",
        "copier",
        *arguments,
    ]
    return _run(command, repository.root)


def _refuse(answer: subprocess.CompletedProcess[str], repository: Repository) -> None:
    if answer.returncode == 0:
        return
    if answer.returncode == _UNSAFE:
        message = (
            "The newer version is a major one with migrations, which Copier runs for nobody but a person who trusts "
            "them: read the template's changelog, then run `uvx copier update --trust`."
        )
        raise OpsError(message)
    said = [line for line in re.sub(r"\x1b\[[0-9;]*m", "", answer.stderr).splitlines() if line.strip()]
    why = said[-1].strip() if said else f"exit code {answer.returncode}"
    if any("requires copier version" in line.lower() for line in said):
        message = f"{why.rstrip('.')}: update once with `uvx copier update --defaults`, which takes the newest Copier."
        raise OpsError(message)
    message = f"Copier could not update from {repository.settings.template_source}: {why.rstrip('.')}."
    raise OpsError(message)


def _git(repository: Repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(["git", *arguments], repository.root)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  arguments are ours
        command,
        cwd=folder,
        env=environment(),
        check=False,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
    )
