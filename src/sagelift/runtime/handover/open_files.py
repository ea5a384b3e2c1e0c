"""Open files, and what writes tables to them: opened again, they go on at the place that they had reached."""

from __future__ import annotations

import csv
import gc
import io
import os
import sys
from pathlib import Path
from typing import IO, Any

from .errors import CannotCross

STREAMS = ("stdin", "stdout", "stderr")
PLAIN = (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom)
WRITER = type(csv.writer(io.StringIO()))
DIALECT = (
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
)


def reduced(obj: Any, opened: set[str]) -> Any:
    """Return how an open file or a `csv.writer` is pickled; None for all else.

    Args:
        obj: Anything.
        opened: Gets the path of the file, as seen from the working folder: the next step needs it.

    Raises:
        CannotCross: It is no plain file, or how far it has been read cannot be told.
    """
    if type(obj) is WRITER:
        return _reduced_writer(obj)
    if not isinstance(obj, io.IOBase) or isinstance(obj, (io.StringIO, io.BytesIO)):
        return None
    for name in STREAMS:
        if obj is getattr(sys, name):
            return getattr, (sys, name)
    return _reduced_file(obj, opened)


def _reduced_writer(writer: Any) -> Any:
    # It keeps nothing but its dialect and how its file is written to.
    for part in gc.get_referents(writer):
        if getattr(part, "__name__", "") == "write":
            return table_writer, (part.__self__, {name: getattr(writer.dialect, name) for name in DIALECT})
    message = "its file cannot be told"
    raise CannotCross(message)


def _reduced_file(file: Any, opened: set[str]) -> Any:
    path = getattr(file, "name", "")
    if type(file) not in PLAIN or file.closed or not isinstance(path, str) or not Path(path).is_file():
        message = "it is an open file"
        raise CannotCross(message)
    again = (os.path.relpath(path), file.mode, getattr(file, "encoding", None), getattr(file, "errors", None))
    opened.add(again[0])
    file.flush()
    if not set(file.mode) & set("r+"):
        return reopened, (*again, file.tell())
    try:
        position, rest = file.tell(), file.read()
    except OSError as error:
        message = f"the open file {again[0]} cannot be read"
        raise CannotCross(message) from error
    with reopened(*again, position) as other:
        # A file that is read by a loop over its lines does not know where it is; nor does any tell its line ends.
        if other.read() != rest or (isinstance(rest, str) and b"\r" in Path(path).read_bytes()):
            message = f"how far the open file {again[0]} was read cannot be told"
            raise CannotCross(message)
    file.seek(position)
    return reopened, (*again, position)


def reopened(path: str, mode: str, encoding: str | None, errors: str | None, position: int) -> IO[Any]:
    """Open a file again, without losing what is in it.

    Args:
        path: As seen from the working folder.
        mode: That of the file as it was.
        encoding: None for bytes.
        errors: What is done about characters that it cannot hold; None for bytes.
        position: Where it had been.
    """
    letters = set(mode)
    kept = ("a" if "a" in letters else "r") + "+" * bool(letters & set("wx+")) + "b" * ("b" in letters)
    file: Any = Path(path).open(kept, encoding=encoding, errors=errors)  # noqa: SIM115 - the script closes it
    file.seek(position)
    if encoding is not None:
        file.mode = mode
    return file  # type: ignore[no-any-return]


def table_writer(file: Any, dialect: dict[str, Any]) -> Any:
    """Return a `csv.writer` that goes on in a file."""
    return csv.writer(file, **dialect)
