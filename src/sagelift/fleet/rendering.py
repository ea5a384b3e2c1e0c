"""Copier's copy and update, for many repositories in one process.

A repository gets from here, byte by byte, what `copier copy` and `copier update` would give it; tests hold the two
against each other. They take most of their time for what is the same for all repositories, which is done once here:
the clone of a version, the compilation of each file name and validator, and the question whether git minds file modes.

Copier has no public seam for that: the classes at the end override what their bases have for themselves alone.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from copier._jinja_ext import SandboxedEnvironment
from copier._main import Worker
from copier._subproject import Subproject
from copier._template import Template
from copier.errors import CopierError, UnsafeTemplateError
from jinja2.exceptions import TemplateError

from sagelift.errors import SageliftError
from sagelift.git import GitError, git

_mirrors: dict[str, Path] = {}


def share(mirrors: dict[str, Path], folder: Path) -> None:
    """Prepare this worker process.

    Args:
        mirrors: The local mirror of each template, by the source that repositories record.
        folder: Where this process puts everything temporary. Who starts it removes that folder, however it ends.
    """
    _mirrors.update(mirrors)
    tempfile.tempdir = str(folder)


def copy(source: str, version: str, target: Path, answers: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Generate a repository, as `copier copy --defaults` does; over what is there only if told so.

    Raises:
        SageliftError: Copier refused, such as for a wrong answer.
    """
    with _worker(source, target, vcs_ref=version, data=dict(answers), overwrite=overwrite) as worker:
        worker.run_copy()


def update(target: Path, version: str) -> None:
    """Update a repository, as `copier update --defaults` does; what conflicts is left with markers.

    Raises:
        SageliftError: Copier refused, such as for migrations, which need trust.
    """
    with _worker(None, target, vcs_ref=version, overwrite=True) as worker:
        worker.run_update()


def replaced_by_update(source: str, version: str, target: Path, answers: Mapping[str, Any]) -> list[Path]:
    """Generate a repository to compare with, and return those of its files that an update replaces, relative to it.

    Raises:
        SageliftError: Copier refused.
    """
    with _worker(source, target, vcs_ref=version, data=dict(answers)) as worker:
        worker.run_copy()
        names = [path.relative_to(target) for path in sorted(target.rglob("*")) if path.is_file()]
        return [name for name in names if name != worker.answers_relpath and not worker.match_skip(name)]


@contextmanager
def _worker(source: str | None, target: Path, **arguments: Any) -> Iterator["_Worker"]:  # noqa: ANN401  Copier's own
    try:
        with _Worker(source, target, defaults=True, quiet=True, **arguments) as worker:
            yield worker
    except UnsafeTemplateError:
        message = "The template asks for trust: read its changelog, and run `uvx copier update --trust` there by hand."
        raise SageliftError(message) from None
    except (CopierError, TemplateError, ValueError, OSError) as error:
        raise SageliftError(" ".join(str(error).split()) or type(error).__name__) from None


class _Template(Template):
    """A version of a template, cloned from the mirror when it is first needed."""

    @cached_property
    def url_expanded(self) -> str:
        mirror = _mirrors.get(self.url)
        return str(mirror) if mirror else super().url_expanded

    def _cleanup(self) -> None:
        """Keep the clone for the next repository; it goes with the temporary folder."""


@cache
def _template(source: str, version: str | None) -> _Template:
    return _Template(source, version)


class _Subproject(Subproject):
    """A repository, whose recorded template is shared."""

    @cached_property
    def template(self) -> Template | None:
        source = self.last_answers.get("_src_path")
        return _template(source, self.last_answers.get("_commit")) if source else None


class _Worker(Worker):
    """Copier's work on one repository."""

    @cached_property
    def subproject(self) -> Subproject:
        return _Subproject(self.dst_path.absolute(), self.answers_file or Path(".copier-answers.yml"))

    @cached_property
    def template(self) -> Template:
        source = self.src_path or (self.subproject.template and self.subproject.template.url)
        if not source:
            message = f"{self.dst_path} has no .copier-answers.yml that names its template: bring it back from git."
            raise SageliftError(message)
        return _template(source, self.resolved_vcs_ref)

    @cached_property
    def jinja_env(self) -> SandboxedEnvironment:
        key = (self.template.url, self.template.ref)
        if key not in _environments:
            _environments[key] = _compiling_once(super().jinja_env)
        return _environments[key]

    @cached_property
    def _index_holds_modes(self) -> bool:
        """Whether git takes the modes of files from its index alone, which holds for a whole repository."""
        try:
            return git(self.subproject.local_abspath, "config", "--type=bool", "--get", "core.fileMode") == "false"
        except GitError:
            return False

    def _sync_git_index_executable_bit(self, dst_relpath: Path, src_mode: int) -> None:
        if self._index_holds_modes:
            super()._sync_git_index_executable_bit(dst_relpath, src_mode)


_environments: dict[tuple[str, str | None], SandboxedEnvironment] = {}


def _compiling_once(environment: SandboxedEnvironment) -> SandboxedEnvironment:
    compiled = cache(environment.from_string)

    def from_string(source: Any) -> Any:  # noqa: ANN401  Copier relies on the TypeError for what is no text
        if isinstance(source, str):
            # Copier's extension forgets here what the source before yielded.
            environment.preprocess(source)
        return compiled(source)

    environment.from_string = from_string  # type: ignore[assignment,method-assign]
    return environment
