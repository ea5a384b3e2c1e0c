"""The processes that a migration runs, from whatever thread: none of them outlives it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_running: "dict[subprocess.Popen[Any], float]" = {}


@contextmanager
def bound(process: "subprocess.Popen[Any]", grace: float = 0.0) -> Iterator[None]:
    """End a process when this ends, and those that it started.

    Args:
        process: The leader of a session of its own.
        grace: Seconds that it has to end by itself what leads a session of its own, too.
    """
    _running[process] = grace
    try:
        yield
    finally:
        _running.pop(process, None)
        _end(process, grace)


def stop() -> None:
    """End all that runs in other threads, which no interruption reaches."""
    for process, grace in [*_running.items()]:
        _end(process, grace)


def _end(process: "subprocess.Popen[Any]", grace: float) -> None:
    try:
        if grace and process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace)
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
