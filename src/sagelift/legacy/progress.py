"""What is seen of a migration while it is at work: one line for each of its steps, with the time that it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


class Progress:
    """The steps of a migration."""

    def __init__(self, console: Console) -> None:
        """Show them on a console; while a step lasts, on a terminal only."""
        self._console = console

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show a step while it lasts, and how long it took."""
        begin = time.monotonic()
        with self._console.status(f"{escape(what)}…"):
            yield
        self._console.print(f"[dim]{time.monotonic() - begin:6.1f} s[/]  {escape(what)}", soft_wrap=True)
