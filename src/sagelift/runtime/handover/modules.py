"""The script's own modules: they were imported from beside the job script, but look for files beside the script."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Iterator

from .pickling import MAIN


def beside(folder: Path) -> Iterator[Any]:
    """Yield the modules that were imported from a folder; without this package, which a job script imports, too."""
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        is_own = name.partition(".")[0] == __name__.partition(".")[0]
        if origin and not is_own and folder in Path(origin).resolve().parents:
            yield module


def move(folder: Path, place: Path) -> None:
    """Let modules that were imported from a folder hold the paths that they would hold if they lay in another."""
    for module in (*beside(folder), sys.modules[MAIN]):
        for name, value in list(vars(module).items()):
            is_path = type(value) is str or isinstance(value, Path)
            if not is_path or (name.startswith("__") and (name != "__file__" or module is sys.modules[MAIN])):
                continue
            text = str(value)
            if text == str(folder) or text.startswith(str(folder) + os.sep):
                setattr(module, name, type(value)(str(place) + text[len(str(folder)) :]))
