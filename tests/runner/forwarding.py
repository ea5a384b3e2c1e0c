"""Programs that a step starts and this process executes, so that they share what it holds in its memory."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from typing import Any


@dataclass(frozen=True)
class Call:
    """A program that was started: all that it was given, and where its output goes."""

    arguments: list[str]
    folder: str
    environment: Mapping[str, str]
    stdin: str
    say: Callable[[str], None]


Program = Callable[[Call], None]
"""Ends as a script does: with exit code 0, or by SystemExit."""


@contextlib.contextmanager
def forwarded(programs: Mapping[str, Program]) -> Iterator[str]:
    """Execute programs that `stand_ins/forward.py` stands for; yield the address that it finds them at."""
    with Listener() as listener:
        address = str(listener.address)
        server = threading.Thread(target=_serve, args=(listener, programs))
        server.start()
        try:
            yield address
        finally:
            with Client(address) as connection:
                connection.send(None)
            server.join()


def _serve(listener: Listener, programs: Mapping[str, Program]) -> None:
    while True:
        connection = listener.accept()
        if (call := connection.recv()) is None:
            connection.close()
            return
        # On a thread of its own: a program may start another, and wait for it.
        threading.Thread(target=_answer, args=(connection, programs, *call)).start()


def _answer(connection: Connection, programs: Mapping[str, Program], name: str, given: dict[str, Any]) -> None:
    # Whatever else goes wrong ends the connection, and with it the stand-in, which has no exit code then.
    with connection:
        connection.send(_execute(programs[name], Call(**given, say=connection.send)))


def _execute(program: Program, call: Call) -> int:
    try:
        program(call)
    except SystemExit as end:
        if isinstance(end.code, str):
            call.say(f"{end.code}\n")
            return 1
        return end.code or 0
    return 0
