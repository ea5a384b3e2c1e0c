"""What the script's own modules, classes and functions hold: counters, caches, attributes, lists that are defaults.

Every step imports or defines them anew. Only what changed since then crosses; all else, like a folder that a module
finds itself in, is right as it is.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from .errors import CannotCross
from .pickling import MAIN, dumps, fingerprint

Key = Tuple[str, str, str]
"""A module, the name of a class or function in it or nothing, and an attribute."""

CONSTANTS = (bool, bytes, float, int, str, tuple)
"""Types whose objects never change, and may be the same by chance."""

OF_FUNCTIONS = ("__defaults__", "__kwdefaults__", "__dict__")


def snapshot(folder: str) -> Dict[Key, str]:  # noqa: UP006 - read on Python 3.7
    """Return what tells later what has changed.

    Args:
        folder: Where the script and its modules lie.
    """
    return {key: fingerprint(value) for key, value in _data(folder)}


def changed(folder: str, since: dict[Key, str]) -> dict[Key, Any]:
    """Return what has changed, as far as it can cross."""
    found = {key: value for key, value in _data(folder) if fingerprint(value) != since.get(key)}
    return {key: value for key, value in found.items() if _crosses(value)}


def restore(found: dict[Key, Any], folder: str) -> dict[Key, Any]:
    """Give the modules, classes and functions of this process what those of another held.

    Args:
        found: What they held.
        folder: Where the script and its modules lie.

    Returns:
        What belongs to a class or function that this part does without, for the parts after it.
    """
    passing: dict[Key, Any] = {}
    for key, value in found.items():
        module, owner, attribute = key
        target: Any = sys.modules[MAIN] if module == MAIN else importlib.import_module(module)
        if owner:
            target = getattr(target, owner, None)
        if target is None:
            passing[key] = value
        elif attribute == "__dict__":
            vars(target).update(value)
        else:
            _replace(getattr(target, attribute, None), value, folder)
            setattr(target, attribute, value)
    return passing


def _replace(old: Any, new: Any, folder: str) -> None:
    """Give all names a new object that have an old one: `from settings import found` makes another name."""
    if old is None or isinstance(old, CONSTANTS):
        return
    for _, module in _own_modules(folder):
        for name, value in list(vars(module).items()):
            if value is old:
                setattr(module, name, new)


def _own_modules(folder: str) -> Iterator[tuple[str, types.ModuleType]]:
    for name, module in list(sys.modules.items()):
        # Not `__file__`, see `modules`.
        path = getattr(getattr(module, "__spec__", None), "origin", None)
        if name == MAIN or (path and str(Path(path).resolve().parent) == folder):
            yield name, module


def _data(folder: str) -> Iterator[tuple[Key, Any]]:
    for name, module in _own_modules(folder):
        is_main = name == MAIN
        for attribute, value in list(vars(module).items()):
            if getattr(value, "__module__", None) == name and isinstance(value, (type, types.FunctionType)):
                for inner, held in _held(value):
                    yield (name, attribute, inner), held
            elif not is_main and _is_data(attribute, value):
                yield (name, "", attribute), value


def _held(owner: Any) -> Iterator[tuple[str, Any]]:
    """Yield the data of a class or function."""
    if isinstance(owner, types.FunctionType):
        for attribute in OF_FUNCTIONS:
            if getattr(owner, attribute):
                yield attribute, getattr(owner, attribute)
    else:
        for attribute, value in list(vars(owner).items()):
            if _is_data(attribute, value) and not hasattr(value, "__get__"):
                yield attribute, value


def _is_data(name: str, value: Any) -> bool:
    is_code = isinstance(value, (type, types.ModuleType)) or callable(value)
    return not name.startswith("__") and not is_code


def _crosses(value: Any) -> bool:
    try:
        dumps(value)
    except CannotCross:
        return False
    return True
