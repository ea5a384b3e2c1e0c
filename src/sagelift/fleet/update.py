"""`sagelift fleet update`: a branch with the template's newer version in each repository.

The work is done on a clone in a temporary folder. The repository itself gets one thing, when all went well: the branch,
by a single fetch. Until then it is as it was, whatever happens, and nobody's checkout is ever changed.
"""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from sagelift.errors import SageliftError
from sagelift.fleet import rendering, repository
from sagelift.fleet.manifest import Model
from sagelift.fleet.repository import BusyError, Recorded
from sagelift.git import GitError, git

CHECKS = ("lint", "test")
"""The verbs of the repository's own `ops` that must pass after an update."""


class State(StrEnum):
    """What came of the update of a repository."""

    UPDATED = "updated"
    WOULD_UPDATE = "would update"
    CURRENT = "current"
    SKIPPED = "skipped"
    CONFLICTS = "conflicts"
    FAILED = "failed"


BAD = {State.CONFLICTS, State.FAILED}
"""What a person has to look at, and what a next wave waits for."""


@dataclass(frozen=True)
class Result:
    """What came of one repository.

    Attributes:
        state: In a word.
        detail: The branch, or why there is none.
        before: The version that it was at, where that is known.
        after: The version that it was to be brought to.
        files: The files that change; of conflicts, those that conflict.
    """

    state: State
    detail: str
    before: str | None = None
    after: str | None = None
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Options:
    """How to update."""

    tests: bool = True
    dry_run: bool = False
    push: bool = False
    timeout: float = 1800
    """The seconds that one repository may take."""


@dataclass(frozen=True)
class Order:
    """One repository to update."""

    model: Model
    recorded: Recorded
    version: str
    options: Options

    def failed(self, fault: SageliftError) -> Result:
        """Return the result of an update that a fault ended."""
        state = State.SKIPPED if isinstance(fault, BusyError) else State.FAILED
        return Result(state, str(fault), self.recorded.version, self.version)


def branch_of(version: str) -> str:
    """Return the branch that an update to a version is on."""
    return f"template-update/{version}"


def update(order: Order) -> Result:
    """Update one repository, in a worker process.

    Raises:
        BusyError: Somebody is at work in the repository, which is left alone.
        SageliftError: It cannot be updated, or its checks fail then.
    """
    deadline = time.monotonic() + order.options.timeout
    folder, before, after = order.model.path, order.recorded.version, order.version
    name = branch_of(after)
    if before == after:
        return Result(State.CURRENT, "", before, after)
    if repository.has_branch(folder, name):
        return Result(State.UPDATED, f"The branch {name} waits to be merged.", before, after)
    repository.check_at_rest(folder)
    with TemporaryDirectory() as temporary:
        # Under the repository's own name, which a template may know.
        clone = Path(temporary, folder.name)
        git(folder, "clone", "--quiet", "--shared", "--no-tags", "--", folder, clone)
        rendering.update(clone, after)
        if conflicts := _names(clone, "--diff-filter=U"):
            detail = f"{_some(conflicts)} would conflict with what was changed there: run `uvx copier update` by hand."
            return Result(State.CONFLICTS, detail, before, after, conflicts)
        git(clone, "add", "--all")
        files = _names(clone, "--cached")
        if not order.options.dry_run:
            # The checks follow: hooks that a user has for all repositories would only take longer.
            message = f"Update the template to {after}"
            git(clone, *_identity(folder), "commit", "--quiet", "--no-verify", "--message", message)
        for verb in CHECKS if order.options.tests else ():
            _check(clone, verb, deadline)
        if order.options.dry_run:
            return Result(State.WOULD_UPDATE, f"{len(files)} files would change.", before, after, files)
        git(folder, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", clone, f"HEAD:refs/heads/{name}")
    if order.options.push:
        git(folder, "push", "--quiet", "--set-upstream", "origin", name)
    return Result(State.UPDATED, f"The branch {name} waits to be merged.", before, after, files)


def _names(clone: Path, which: str) -> list[str]:
    return [name for name in git(clone, "diff", "--name-only", "-z", which).split("\0") if name]


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _identity(folder: Path) -> list[str]:
    """Return the options by which git commits in the clone in the name that the repository itself has set."""
    options: list[str] = []
    for key in ("user.name", "user.email"):
        with suppress(GitError):
            options += ["-c", f"{key}={git(folder, 'config', '--get', key)}"]
    return options


def _check(clone: Path, verb: str, deadline: float) -> None:
    """Run one of the checks that a repository brings along.

    Raises:
        SageliftError: It fails, takes too long, or cannot be run.
    """
    command = ["uv", "run", "--quiet", "ops", verb]
    shown = f"`uv run ops {verb}`"
    try:
        process = subprocess.Popen(  # noqa: S603  the arguments are constants
            command,
            cwd=clone,
            env=repository.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # It starts others, which are to end with it.
            start_new_session=True,
        )
    except FileNotFoundError:
        message = "uv is missing, which runs the repositories' own tests: install it, or leave them out by --no-tests."
        raise SageliftError(message) from None
    with process:
        try:
            output, _ = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            message = f"{shown} took too long on the updated files: look into it, or allow more by --timeout."
            raise SageliftError(message) from None
        finally:
            _end(process)
    if process.returncode:
        said = [line.strip() for line in output.splitlines() if line.strip()] or ["nothing"]
        message = f"{shown} fails on the updated files; it ended with: {' | '.join(said[-3:])}"
        raise SageliftError(message)


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
