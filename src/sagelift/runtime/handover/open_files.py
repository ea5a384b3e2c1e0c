"""Open files: those that are written cross, and are written on at the place that they had reached."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import IO, Any

from .errors import CannotCross

STREAMS = ("stdin", "stdout", "stderr")


def reduced(file: Any) -> Any:
    """Return how an open file is pickled.

    Raises:
        CannotCross: It is only read from, and the next step may not have it; or it is no plain file.
    """
    for name in STREAMS:
        if file is getattr(sys, name):
            return getattr, (sys, name)
    is_plain = type(file) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom) and not file.closed
    mode, path = getattr(file, "mode", ""), getattr(file, "name", "")
    if not (is_plain and isinstance(path, str) and set(mode) & set("wax+") and Path(path).is_file()):
        message = "it is an open file"
        raise CannotCross(message)
    file.flush()
    kind = ("a" if "a" in mode else "r+") + ("b" if "b" in mode else "")
    return reopened, (os.path.relpath(path), kind, getattr(file, "encoding", None), file.tell())


def reopened(path: str, mode: str, encoding: str | None, position: int) -> IO[Any]:
    """Open a file again.

    Args:
        path: As seen from the working folder.
        mode: In which it can be written on.
        encoding: None for bytes.
        position: Where it had been.
    """
    file = Path(path).open(mode, encoding=encoding)  # noqa: SIM115 - the script closes it
    file.seek(position)
    return file
