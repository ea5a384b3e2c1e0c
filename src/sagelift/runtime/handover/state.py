"""What crosses a cut: the variables that are still needed, and the state of the process that made them."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from . import objects, plots, settings
from .errors import CannotCross
from .pickling import DEFINED, MAIN, Unpickler, dumps

if TYPE_CHECKING:
    from pathlib import Path

FIX = {
    "generator": "Make it a list, or move what makes it to where it is used.",
    "TextIOWrapper": "Open it where it is used, and close it there.",
    "BufferedReader": "Open it where it is used, and close it there.",
    "BufferedWriter": "Open it where it is used, and close it there.",
    "Connection": "Connect where it is used.",
    "Cursor": "Connect where it is used.",
    "memmap": "Load it into memory: numpy.array(…).",
}
"""What helps, by the type of what cannot cross."""


class Before(NamedTuple):
    """A process before its script ran.

    Attributes:
        folder: Where the script and its modules lie.
        settings: What tells which settings have changed.
        objects: What tells what its modules, classes and functions hold that they did not hold before.
        passing: What those held that were left behind in an earlier step, and may be needed in a later one.
    """

    folder: str
    settings: dict[str, Any]
    objects: dict[Any, str]
    passing: dict[Any, Any]


def snapshot(folder: str) -> Before:
    """Note the state of this process."""
    DEFINED.update(vars(sys.modules[MAIN]))
    return Before(folder, settings.snapshot(), objects.snapshot(folder), {})


def dump(variables: dict[str, Any], path: Path, before: Before, root: Path) -> dict[str, Any]:
    """Write variables and the state of the process; return what is in the file, for people and for tools.

    Raises:
        CannotCross: One of them is bound to this process.
    """
    content = {
        "variables": variables,
        "figures": plots.opened(),
        "objects": {**before.passing, **objects.changed(before.folder, before.objects)},
        "settings": settings.changed(before.settings),
    }
    try:
        dumped = dumps(content, str(root))
    except CannotCross as error:
        raise CannotCross(_which(variables, error, root)) from error
    path.write_bytes(dumped.data)
    return {
        "variables": {name: _described(value) for name, value in variables.items()},
        "definitions": sorted(dumped.references),
        "opened": sorted(dumped.opened),
    }


def load(path: Path, root: Path, before: Before) -> dict[str, Any]:
    """Return the variables, after restoring the state of the process.

    What the variables are made of may load libraries, whose settings are noted as those from before the script.

    Raises:
        AttributeError: A class or function of the script is missing here.
    """
    with path.open("rb") as file:
        content = Unpickler(file, str(root)).load()
    settings.add_loaded(before.settings)
    before.passing.update(objects.restore(content["objects"], before.folder))
    plots.restore(content["figures"])
    settings.restore(content["settings"])
    variables: dict[str, Any] = content["variables"]
    return variables


def write_tables(variables: dict[str, Any], folder: Path) -> None:
    """Write tables for people to read, as Parquet where pyarrow is installed; nothing depends on these files."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return
    for name, value in variables.items():
        table = value.to_frame(str(value.name or name)) if isinstance(value, pandas.Series) else value
        if isinstance(table, pandas.DataFrame):
            folder.mkdir(exist_ok=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    table.to_parquet(str(folder / (name + ".parquet")))
                except Exception:  # noqa: BLE001 - no pyarrow, or columns that Parquet has no type for
                    table.to_csv(str(folder / (name + ".csv")))


def _which(variables: dict[str, Any], error: CannotCross, root: Path) -> str:
    """Return which variable cannot cross, why, and what helps."""
    for name, value in variables.items():
        kind = type(value).__name__
        try:
            dumps(value, str(root))
        except CannotCross as reason:
            text = f"{name} ({kind}) cannot cross to the next step: {reason}."
            return f"{text} {FIX[kind]}" if kind in FIX else text
    return f"The state of the process cannot cross to the next step: {error}."


def _described(value: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"type": f"{type(value).__module__}.{type(value).__qualname__}"}
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        described["shape"] = [int(n) if isinstance(n, int) else str(n) for n in shape]
    return described
