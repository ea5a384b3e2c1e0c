"""The templates of a fleet and their versions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

from sagelift.errors import SageliftError
from sagelift.git import GitError, git


@dataclass(frozen=True)
class Template:
    """A template, and a mirror of its repository on this machine, from which all workers clone."""

    source: str
    """What Copier records of it: a URL or an absolute path."""
    mirror: Path

    @cached_property
    def versions(self) -> list[str]:
        """The tags that are released versions by PEP 440, oldest first, as Copier chooses among them."""
        tags = {tag: _version(tag) for tag in git(self.mirror, "tag").splitlines()}
        released = {tag: version for tag, version in tags.items() if version and not version.is_prerelease}
        return sorted(released, key=released.__getitem__)

    def choose(self, version: str | None) -> str:
        """Return a version: the newest, or the tag, branch or commit that was asked for.

        Where nothing is released yet, the newest is the last commit, as for Copier.

        Raises:
            SageliftError: There is none.
        """
        if version is None:
            version = self.versions[-1] if self.versions else "HEAD"
        try:
            commit = git(self.mirror, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{version}^{{commit}}")
        except GitError:
            known = f"it has {', '.join(self.versions[-5:])}" if self.versions else "it has none"
            message = f"The template {self.source} has no version {version}: {known}."
            raise SageliftError(message) from None
        # Copier takes HEAD for the work tree, which a mirror has none of.
        return commit if version == "HEAD" else version

    def behind(self, version: str) -> int | None:
        """Return how many released versions are newer; None for what is no version, nor a commit after one."""
        # Copier records a commit as `git describe` does: v1.2.0-3-gf744b0f.
        recorded = _version(re.sub(r"-\d+-g[0-9a-f]+$", "", version))
        return None if recorded is None else sum(Version(released) > recorded for released in self.versions)

    def questions(self, version: str) -> list[str]:
        """Return the names of the questions that a version asks."""
        return [name for name in self._configuration(version) if not name.startswith("_")]

    def choices(self, version: str, question: str) -> list[str]:
        """Return what may be answered to a question of a version."""
        return [str(choice) for choice in self._configuration(version)[question]["choices"]]

    def _configuration(self, version: str) -> dict[str, Any]:
        configuration: dict[str, Any] = yaml.safe_load(git(self.mirror, "show", f"{version}:copier.yml"))
        return configuration


def mirror(sources: Iterable[str], folder: Path) -> dict[str, Template | SageliftError]:
    """Bring each template onto this machine, once.

    Args:
        sources: The templates, as repositories record them; their duplicates are left out.
        folder: An empty folder, which gets the mirrors.

    Returns:
        Each source, with its template or with the reason why it cannot be had.
    """
    templates: dict[str, Template | SageliftError] = {}
    for number, source in enumerate(dict.fromkeys(sources)):
        target = folder / f"template-{number}.git"
        try:
            git(folder, "clone", "--quiet", "--mirror", "--", _address(source), target)
        except GitError as error:
            templates[source] = SageliftError(f"The template {source} cannot be had: {error}")
        else:
            templates[source] = Template(source, target)
    return templates


def _address(source: str) -> str:
    """Return what git understands of a template's source: Copier has shortcuts of its own."""
    for shortcut, host in {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}.items():
        if source.startswith(shortcut):
            return host + source.removeprefix(shortcut).removeprefix("/")
    return str(Path(source).expanduser()) if source.startswith("~") else source.removeprefix("git+")


def _version(tag: str) -> Version | None:
    try:
        return Version(tag)
    except InvalidVersion:
        return None
