"""Open figures: matplotlib pickles each, but neither its number nor which color comes next."""

from __future__ import annotations

import importlib
import itertools
import sys
from typing import Any

CYCLES = ("_get_lines", "_get_patches_for_fill")
LONGEST_CYCLE = 64


def opened() -> dict[str, Any]:
    """Return the open figures by number, the current one, and the position of each of their cycles."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is None or not plt.get_fignums():
        return {}
    current = plt.gcf().number
    figures = {number: plt.figure(number) for number in plt.get_fignums()}
    plt.figure(current)
    cycles = {number: [_positions(axes) for axes in figure.axes] for number, figure in figures.items()}
    return {"figures": figures, "current": current, "cycles": cycles}


def restore(found: dict[str, Any]) -> None:
    """Open figures again: under their numbers, each cycle where it was."""
    if not found:
        return
    plt: Any = importlib.import_module("matplotlib.pyplot")
    Gcf: Any = importlib.import_module("matplotlib._pylab_helpers").Gcf  # noqa: N806  matplotlib's name

    managers = {number: figure.canvas.manager for number, figure in found["figures"].items()}
    # Loading has opened them again, numbered in the order in which it came upon them.
    Gcf.figs.clear()
    for number, manager in managers.items():
        manager.num = number
        manager.canvas.figure.number = number
        Gcf.figs[number] = manager
    for number, cycles in found["cycles"].items():
        for axes, positions in zip(found["figures"][number].axes, cycles):
            for cycle, values in positions.items():
                vars(getattr(axes, cycle)).update(_wound_up(values))
    plt.figure(found["current"])


def _positions(axes: Any) -> dict[str, dict[str, Any]]:
    """Return what each cycle of an axes gives next."""
    found = {}
    for cycle in CYCLES:
        held = vars(getattr(axes, cycle, None) or object)
        found[cycle] = {key: held[key] for key in ("_idx", "_cycler_items", "_prop_keys") if key in held}
        if "prop_cycler" in held:  # matplotlib < 3.8
            found[cycle]["prop_cycler"] = _peeked(held["prop_cycler"])
    return found


def _peeked(cycle: Any) -> list[Any]:
    """Return one turn of an endless iterator, and leave it where it was."""
    seen = list(itertools.islice(cycle, 2 * LONGEST_CYCLE))
    turn = next(n for n in range(1, len(seen) + 1) if seen[n:] == seen[: len(seen) - n])
    for _ in range(-len(seen) % turn):
        next(cycle)
    return seen[:turn]


def _wound_up(values: dict[str, Any]) -> dict[str, Any]:
    if "prop_cycler" not in values:
        return values
    return {**values, "prop_cycler": itertools.cycle(values["prop_cycler"])}
