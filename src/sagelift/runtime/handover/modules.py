"""The script's own modules: they were imported from beside the job script, but look for files beside the script."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any, Iterator, Sequence

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


@contextlib.contextmanager
def imported(folder: Path, place: Path) -> Iterator[None]:
    """Let modules that are imported from a folder look for files as if they lay in another."""
    finder = _Finder(folder, place)
    # Not before: what is built in goes first.
    sys.meta_path.insert(sys.meta_path.index(PathFinder), finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder:
    def __init__(self, folder: Path, place: Path) -> None:
        self._folder = folder
        self._place = place

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            origin = Path(spec.loader.path).resolve()
            is_own = name.partition(".")[0] == __name__.partition(".")[0]
            if self._folder in origin.parents and not is_own:
                place = self._place / origin.relative_to(self._folder)
                spec.loader = _Loader(spec.loader.name, spec.loader.path, place)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, place: Path) -> None:
        super().__init__(name, path)
        self._place = place

    def exec_module(self, module: Any) -> None:
        module.__file__ = str(self._place)
        super().exec_module(module)
