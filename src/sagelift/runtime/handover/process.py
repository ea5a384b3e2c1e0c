"""The process as it was for the script: its folder, its arguments, its prompts, its standard output."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import io
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, Iterator, NoReturn, Sequence

from .errors import CannotCross
from .pickling import MAIN

if TYPE_CHECKING:
    from pathlib import Path

STDOUT = 1
"""The number of standard output among the open files of a process."""


def fix_hashes() -> None:
    """Start anew where the order of sets is random: the steps, each a process of its own, must agree on it."""
    if os.environ.get("PYTHONHASHSEED", "random") == "random":
        _start_anew({**os.environ, "PYTHONHASHSEED": "0"})


def seed_random_numbers() -> None:
    """Let random numbers that are drawn without a seed begin alike, where runs are to be compared."""
    seed = os.environ.get("HANDOVER_SEED")
    if seed:
        random.seed(int(seed))
        # Not all that a model needs is installed everywhere; once it is loaded, it draws by itself.
        with contextlib.suppress(ImportError):
            numpy: Any = importlib.import_module("numpy")
            numpy.random.seed(int(seed))


def _start_anew(environment: dict[str, str]) -> NoReturn:
    command = [sys.executable, *sys.argv]
    if os.name == "nt":
        # There, `execve` returns to the caller before the new process ends.
        sys.exit(subprocess.call(command, env=environment))  # noqa: S603 - this very script
    os.execve(sys.executable, command, environment)  # noqa: S606 - this very script


class Streams:
    """Standard input and output of the script."""

    def __init__(self, stdin: str, kept: BinaryIO) -> None:
        """Read from a text; write to the log of the job, and to a file that is written to unbuffered, at its end."""
        self._stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        self._kept = kept
        self._log = os.fdopen(os.dup(STDOUT), "wb", 0)
        # Nothing is held back, so that what a fault ends is in the log, too.
        self._stdout = io.TextIOWrapper(
            _Tee(self._log, kept), "utf-8", sys.stdout.errors, "\n", line_buffering=True, write_through=True
        )  # type: ignore[type-var]
        self._stderr = sys.stderr

    def begin(self) -> None:
        """Become those of this process; what programs print that the script calls goes to the file alone."""
        sys.stdout.flush()
        os.dup2(self._kept.fileno(), STDOUT)
        sys.stdin, sys.stdout = self._stdin, self._stdout

    def end(self) -> None:
        """Be those of this process no longer."""
        # What libraries of C hold back; elsewhere than on Linux and macOS it has another name.
        with contextlib.suppress(Exception):
            ctypes.CDLL(None).fflush(None)
        os.dup2(self._log.fileno(), STDOUT)
        self._log.close()

    def unread(self) -> str:
        """Return what the script has not read."""
        # `exit()` closes standard input.
        return "" if self._stdin.closed else self._stdin.read()

    def check(self) -> None:
        """Check that both outputs are what they were.

        Raises:
            CannotCross: The script has redirected one of them.
        """
        for name, stream in (("stdout", self._stdout), ("stderr", self._stderr)):
            if getattr(sys, name) is not stream:
                message = f"sys.{name} is redirected, which cannot cross to the next step. Redirect it there again."
                raise CannotCross(message)


class _Tee(io.RawIOBase):
    """Writes to two files."""

    def __init__(self, log: BinaryIO, kept: BinaryIO) -> None:
        self._log = log
        self._kept = kept

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._log.write(data)
        self._log.flush()
        self._kept.write(data)
        return len(data)

    def fileno(self) -> int:
        return self._kept.fileno()


@contextlib.contextmanager
def of_script(folder: Path, script: str | None, arguments: Sequence[str], streams: Streams) -> Iterator[None]:
    """Make the process look as it did for the script."""
    main: Any = sys.modules[MAIN]
    before = (os.getcwd(), main.__file__, sys.argv, sys.stdin, sys.stdout)  # noqa: PTH109 - what `chdir` takes
    os.chdir(str(folder))
    if script is not None:
        main.__file__ = str(folder / script)
    sys.argv = [script or sys.argv[0], *arguments]
    streams.begin()
    try:
        yield
    finally:
        streams.end()
        os.chdir(before[0])
        main.__file__, sys.argv, sys.stdin, sys.stdout = before[1:]


def flush_files() -> None:
    """Write out what open files hold back, as the end of a process does."""
    for candidate in gc.get_objects():
        if type(candidate) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom) and not candidate.closed:
            # One that is detached, or whose other end is gone, has nothing to write.
            with contextlib.suppress(ValueError, OSError):
                candidate.flush()
    # What ends by being closed, like an archive. Only now: of a text file and its buffer, either may go first.
    gc.collect()
