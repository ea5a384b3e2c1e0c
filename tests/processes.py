"""Processes that tests wait for."""

import os
import select
from pathlib import Path


class Lifeline:
    """A pipe that ends when the last process that opened it has ended."""

    def __init__(self, path: Path) -> None:
        """Make the pipe."""
        os.mkfifo(path)
        self.path = path
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> bytes:
        """Return what a process wrote, or nothing when all have ended."""
        ready, _, _ = select.select([self._end], [], [], 60)
        assert ready, "A process still runs."
        return os.read(self._end, 100)

    def close(self) -> None:
        """Close this end."""
        os.close(self._end)
