"""A terminal, and somebody who types."""

import os
import pty
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

import pytest
from rich.console import Console

END = "\x04"
"""Ctrl-D: the end of the input."""


@dataclass
class Terminal:
    """A terminal at which somebody types ahead; `user` and `program` are its two ends."""

    user: int
    program: TextIO

    def console(self, typed: list[str]) -> Console:
        """Return the console of a program that reads these lines from standard input."""
        for text in typed:
            os.write(self.user, (text if text == END else f"{text}\n").encode())
        return Console(file=self.program, highlight=False, width=200)

    @property
    def shown(self) -> str:
        """What it shows since that was asked last; the system keeps no more than 4 KiB of it."""
        pieces = []
        while select.select([self.user], [], [], 0)[0]:
            pieces.append(os.read(self.user, 4096))
        return b"".join(pieces).decode()


@contextmanager
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Open a terminal, and let standard input come from it."""
    user, program = pty.openpty()
    with os.fdopen(user, "rb"), os.fdopen(program, closefd=False) as stdin, os.fdopen(program, "w") as shown:
        # A moving picture would fill what the system keeps of it, and then wait for a reader.
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setattr(sys, "stdin", stdin)
        yield Terminal(user, shown)
