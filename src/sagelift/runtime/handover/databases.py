"""Connections to SQLite files: opened again, as long as nothing of them is in memory only."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any, Iterator

from .errors import CannotCross

LEGACY_TRANSACTION_CONTROL = -1
"""What `sqlite3` calls so since Python 3.12: transactions as they always were."""
PROBED = "TEXT"


def reduced(obj: Any, opened: set[str]) -> Any:
    """Return how a connection or a cursor is pickled; None for all else.

    Args:
        obj: Anything.
        opened: Gets the path of the file, as seen from the working folder: the next step needs it.

    Raises:
        CannotCross: It holds what its file does not.
    """
    sqlite3 = sys.modules.get("sqlite3")
    if sqlite3 is None:
        return None
    if type(obj) is sqlite3.Connection:
        return _reduced_connection(sqlite3, obj, opened)
    if type(obj) is sqlite3.Cursor:
        if obj.description and obj.fetchall():
            message = "it is a cursor with rows that were not fetched"
            raise CannotCross(message)
        return cursor, (obj.connection, obj.row_factory, obj.arraysize)
    return None


def _reduced_connection(sqlite3: Any, connection: Any, opened: set[str]) -> Any:
    if connection.in_transaction:
        message = "it is a database with changes that were not committed"
        raise CannotCross(message)
    own = cursor(connection, None, 1)
    databases = [tuple(map(os.fsdecode, row[1:])) for row in own.execute("PRAGMA database_list")]
    if [name for name, _ in databases] != ["main"] or not databases[0][1]:
        message = "it is a database in memory, or one with others beside it"
        raise CannotCross(message)
    if getattr(connection, "autocommit", LEGACY_TRANSACTION_CONTROL) != LEGACY_TRANSACTION_CONTROL:
        message = "it is a database with transactions of its own kind"
        raise CannotCross(message)
    path = os.path.relpath(databases[0][1])
    opened.update(name for name in (path, path + "-wal") if os.path.exists(name))  # noqa: PTH110 - of a text
    options = {"detect_types": _detected(sqlite3, own), "isolation_level": connection.isolation_level}
    checks_keys = own.execute("PRAGMA foreign_keys").fetchone()[0]
    return connected, (path, options, checks_keys, connection.row_factory, connection.text_factory)


def _detected(sqlite3: Any, own: Any) -> int:
    """Return the `detect_types` of a connection, which only shows where something is converted."""
    with _converted(sqlite3):
        # As a database of its own, since there may be no table yet.
        own.execute("ATTACH ':memory:' AS handover")
        own.execute(f"CREATE TABLE handover.probe AS SELECT CAST('x' AS {PROBED}) AS value")
        by_type = own.execute("SELECT value FROM handover.probe").fetchall()[0][0]
        by_name = own.execute(f"SELECT 'x' AS 'value [{PROBED}]'").fetchall()[0][0]
        own.execute("DETACH handover")
    return (sqlite3.PARSE_DECLTYPES if by_type is sqlite3 else 0) | (
        sqlite3.PARSE_COLNAMES if by_name is sqlite3 else 0
    )


@contextlib.contextmanager
def _converted(sqlite3: Any) -> Iterator[None]:
    """Let text be converted into something that no text is, where anything is."""
    before = dict(sqlite3.converters)
    sqlite3.register_converter(PROBED, lambda _: sqlite3)
    try:
        yield
    finally:
        sqlite3.converters.clear()
        sqlite3.converters.update(before)


def connected(path: str, options: dict[str, Any], checks_keys: int, row_factory: Any, text_factory: Any) -> Any:
    """Connect again.

    Args:
        path: The file, as seen from the working folder.
        options: Those of `sqlite3.connect`.
        checks_keys: Whether it checks foreign keys.
        row_factory: What makes rows.
        text_factory: What makes text.
    """
    sqlite3: Any = importlib.import_module("sqlite3")
    connection = sqlite3.connect(path, **options)
    connection.execute(f"PRAGMA foreign_keys = {checks_keys}")
    connection.row_factory, connection.text_factory = row_factory, text_factory
    return connection


def cursor(connection: Any, row_factory: Any, arraysize: int) -> Any:
    """Return a new cursor of a connection."""
    made = connection.cursor()
    made.row_factory, made.arraysize = row_factory, arraysize
    return made
