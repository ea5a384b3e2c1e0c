"""The templates that one command works with, and the worker processes that share them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self, TypeVar

from sagelift.errors import SageliftError
from sagelift.fleet import pool, releases, rendering
from sagelift.fleet.releases import Template

Item = TypeVar("Item")
Result = TypeVar("Result")


class Session:
    """Templates that were brought onto this machine once; everything temporary goes when it ends."""

    def __init__(self, sources: Iterable[str]) -> None:
        """Remember the templates, as repositories record them."""
        self._sources = list(sources)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Bring the templates."""
        # What a killed worker still writes there must not hide why it was killed.
        folder = self._stack.enter_context(TemporaryDirectory(prefix="sagelift-", ignore_cleanup_errors=True))
        self._folder = Path(folder)
        self._templates = releases.mirror(self._sources, self._folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove them, with all that the workers left."""
        self._stack.close()

    def template(self, source: str) -> Template:
        """Return a template.

        Raises:
            SageliftError: It cannot be had.
        """
        template = self._templates[source]
        if isinstance(template, SageliftError):
            raise template
        return template

    def run(
        self,
        task: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        jobs: int | None = None,
        timeout: float | None = None,
    ) -> Iterator[tuple[Item, Result | SageliftError]]:
        """Run a task on each item in worker processes that share the templates; see `pool.run`."""
        found = {source: item.mirror for source, item in self._templates.items() if isinstance(item, Template)}
        return pool.run(
            task, items, jobs=jobs, timeout=timeout, initializer=rendering.share, arguments=[found, self._folder]
        )
