"""Runs git."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sagelift.errors import SageliftError


class GitError(SageliftError):
    """Git refused; the message ends with what it said."""


def git(folder: Path, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Run git in a folder and return what it prints, without the white space around it.

    Nobody is asked for a password: several calls may run at once.

    Raises:
        GitError: It failed, or is not installed.
    """
    # Looking at a repository must not write its index, nor wait for somebody who does.
    settings = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603  the arguments are this project's own, after which paths stand
            ["git", *map(str, arguments)],  # noqa: S607  users have their git on the PATH
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env={**os.environ, **settings, **(environment or {})},
        )
    except FileNotFoundError as error:
        if error.filename != "git":
            message = f"{folder} is no folder: look at its path in the manifest."
        else:
            message = "git is missing: install it."
        raise GitError(message) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
        message = f"git {arguments[0]} failed in {folder}; it said: {' '.join(said[-3:])}"
        raise GitError(message)
    return done.stdout.strip()
