"""Git repositories that tests make: the template's own, and those generated from it."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it prints."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder, changed or not; it becomes a repository where it is none."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def files(folder: Path) -> set[str]:
    """Return the files of a folder, except git's own, as paths with slashes."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if path.parts[0] != ".git"}


@dataclass(frozen=True)
class TemplateRepository:
    """A repository that holds copier.yml and template/ as they are in the working tree, committed or not."""

    root: Path

    @property
    def configuration(self) -> dict[str, Any]:
        """The content of copier.yml."""
        configuration: dict[str, Any] = yaml.safe_load((self.root / "copier.yml").read_text(encoding="utf-8"))
        return configuration

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        """The questions of copier.yml, by name."""
        return {name: entry for name, entry in self.configuration.items() if not name.startswith("_")}

    @property
    def files(self) -> list[str]:
        """The files under template/, as paths from there."""
        return [path.removeprefix("template/") for path in git(self.root, "ls-files", "template").splitlines()]

    def copy_to(self, root: Path) -> "TemplateRepository":
        """Return a copy, which a test may change."""
        shutil.copytree(self.root, root)
        return TemplateRepository(root)

    def release(self, version: str) -> None:
        """Commit everything and tag it."""
        commit(self.root, version)
        git(self.root, "tag", version)


class Render(Protocol):
    """The function that generates repositories for tests."""

    def __call__(
        self, answers: Mapping[str, str] | None = None, *, name: str = ..., template: TemplateRepository = ...
    ) -> Path:
        """Generate a repository as a user would who gives these answers and trusts nobody; return its folder."""
