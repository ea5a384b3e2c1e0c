"""Stands for a program that the process of the tests executes, where CLOUD says that it listens (see forwarding.py)."""

import os
import sys
from multiprocessing.connection import Client
from pathlib import Path


def main(program: str, arguments: list[str]) -> None:
    """Hand over all that the program is given, pass on what it prints, and end as it does."""
    given = {
        "arguments": arguments,
        "folder": str(Path.cwd()),
        "environment": dict(os.environ),
        "stdin": sys.stdin.read(),
    }
    with Client(os.environ["CLOUD"]) as connection:
        connection.send((program, given))
        while isinstance(said := connection.recv(), str):
            sys.stdout.write(said)
            sys.stdout.flush()
    sys.exit(said)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
