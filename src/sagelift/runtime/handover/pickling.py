"""One pickle for all that crosses a cut, so that what was one object stays one object.

Functions and classes of the script cross by name: each script that needs them holds them.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import io
import os
import pickle
import sys
import types
from pathlib import Path
from typing import Any, NamedTuple, Set

import cloudpickle

from . import databases, libraries, open_files, sets, views
from .errors import CannotCross
from .memory import Memory

MAIN = "__main__"
PROTOCOL = 4  # the newest that Python 3.7 reads
NAMED = (type, types.FunctionType, functools._lru_cache_wrapper)  # noqa: SLF001 - nothing public is its type
KINDS = (open_files, databases, libraries, views)
"""The modules that know how to pickle what nobody else does."""
DEFINED: set[str] = set()
"""The names that the script had defined before it ran."""


class Dumped(NamedTuple):
    """What was pickled.

    Attributes:
        data: The pickle.
        references: The names of the script's own functions and classes that it refers to.
        opened: The files that are opened again when it is read, as seen from the working folder.
    """

    data: bytes
    references: Set[str]  # noqa: UP006 - read on Python 3.7
    opened: Set[str]  # noqa: UP006


def dumps(content: Any, root: str = "") -> Dumped:
    """Return the pickle, and what it needs.

    Args:
        content: What is to cross.
        root: The folder of the script's files, which lies elsewhere in the next step: paths into it change with it.

    Raises:
        CannotCross: A part of it is bound to this process.
    """
    memory = Memory()
    try:
        if "numpy" in sys.modules:
            Pickler(_Nowhere(), memory, root).dump(content)
            memory.settle()
        data = io.BytesIO()
        pickler = Pickler(data, memory, root)
        pickler.dump(content)
    except CannotCross:
        raise
    except Exception as error:
        raise CannotCross(str(error)) from error
    return Dumped(data.getvalue(), pickler.references, pickler.opened)


def fingerprint(value: Any) -> str:
    """Return what changes when a value changes; for what cannot be pickled, its text must do."""
    data = io.BytesIO()
    try:
        Pickler(data, Memory()).dump(value)
    except Exception:  # noqa: BLE001 - anybody's `__reduce__` may raise anything
        return repr(value)
    return hashlib.sha256(data.getvalue()).hexdigest()


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: bytes) -> int:
        return len(data)


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles by value what cloudpickle does, and takes care of what must not be copied.

    Attributes:
        references: See `Dumped`.
        opened: Likewise.
    """

    def __init__(self, file: Any, memory: Memory, root: str = "") -> None:
        """Pickle into a file, by what is known about the arrays that share memory, and the script's folder."""
        super().__init__(file, protocol=PROTOCOL)
        self._root = root
        self.references: set[str] = set()
        self.opened: set[str] = set()
        self._memory = memory
        self._sets: dict[int, tuple[int, Any]] = {}

    def persistent_id(self, obj: Any) -> Any:
        """Return what stands for a path into the folder of the script's files, the one NaN or a set, else None."""
        if type(obj) is float and obj is getattr(sys.modules.get("numpy"), "nan", None):
            # Code asks whether a value `is np.nan`, as those are that pandas reads.
            return float, "nan"
        if self._root and (type(obj) is str or isinstance(obj, Path)):
            text = str(obj)
            if text == self._root or text.startswith(self._root + os.sep):
                return type(obj), text[len(self._root) :]
        if self._root and type(obj) in (set, frozenset):
            return self._set(obj)
        return None

    def _set(self, items: Any) -> Any:
        """Return the number of a set and, the first time, the order to add its items in; None where any will do."""
        if id(items) in self._sets:
            return type(items), (self._sets[id(items)][0], None)
        order = sets.order_of_adding(items)
        if order is None:
            return None
        # With the set itself, so that no other one gets its id.
        self._sets[id(items)] = (len(self._sets), items)
        return type(items), (len(self._sets) - 1, order)

    def reducer_override(self, obj: Any) -> Any:
        """Return how an object is pickled, as `pickle.Pickler.reducer_override` does."""
        reduced = self._reduced(obj)
        return super().reducer_override(obj) if reduced is None else reduced

    if not hasattr(cloudpickle.Pickler, "reducer_override"):  # Python 3.7

        def save(self, obj: Any, save_persistent_id: bool = True) -> None:  # noqa: FBT001, FBT002 - pickle's own
            """Pickle an object, as `pickle._Pickler.save` does."""
            reduced = None if id(obj) in self.memo else self._reduced(obj)
            if isinstance(reduced, str):
                pickle._Pickler.save_global(self, obj, reduced)  # type: ignore[attr-defined]  # noqa: SLF001
            elif reduced is not None:
                self.save_reduce(*reduced, obj=obj)
            else:
                super().save(obj, save_persistent_id)

    def _reduced(self, obj: Any) -> Any:
        """Return the name of a global, a reduction, or None for all that is nothing special."""
        # Where only a change is to be told, no query is sent to a database of the script.
        for kind in KINDS if self._root else (open_files,):
            reduced = kind.reduced(obj, self.opened)
            if reduced is not None:
                return reduced
        if isinstance(obj, NAMED) and obj.__module__ == MAIN:
            name: str = obj.__qualname__
            if _definition(name) is obj:
                self.references.add(name.split(".", 1)[0])
                return name
        elif isinstance(obj, types.CodeType) and Path(obj.co_filename).is_absolute() and hasattr(obj, "replace"):
            # The folder that the script happens to lie in says nothing, and differs from run to run.
            return _itself, (obj.replace(co_filename=Path(obj.co_filename).name),)
        return self._memory.reduced(obj)


class Unpickler(pickle.Unpickler):
    """Reads what `Pickler` wrote."""

    def __init__(self, file: Any, root: str) -> None:
        """Read from a file, for a script whose files lie in this folder."""
        super().__init__(file)
        self._root = root
        self._sets: dict[int, Any] = {}

    def persistent_load(self, pid: Any) -> Any:
        """Return a path into the folder of the script's files, the one NaN, or a set."""
        kind, rest = pid
        if kind is float:
            return importlib.import_module("numpy").nan
        if kind in (set, frozenset):
            number, order = rest
            if order is not None:
                self._sets[number] = kind(order)
            return self._sets[number]
        return kind(self._root + rest)


def _definition(name: str) -> Any:
    """Return what the script defines by this name: not what it assigns while it runs, which no other step defines."""
    first, *rest = name.split(".")
    found = vars(sys.modules[MAIN]).get(first) if first in DEFINED else None
    for attribute in rest:
        found = getattr(found, attribute, None)
    return found


def _itself(value: Any) -> Any:
    return value
