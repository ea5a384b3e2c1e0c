"""What legacy code shows: figures on a screen that is not there, and the last expression of a notebook's cell.

`handover.screen` is the backend of matplotlib while a step runs: `plt.show()` saves the open figures.
"""

import os
import sys

_shown = {"folder": None, "closes": False, "count": 0}


def begin(folder, closes):
    """Show figures by saving them into a folder from now on."""
    _shown.update(folder=folder, closes=closes, count=len(list(folder.glob("*.png"))) if folder.is_dir() else 0)
    os.environ["MPLBACKEND"] = "module://handover.screen"
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use("module://handover.screen")


def end():
    """Nothing is left to do: figures that were never shown were never seen."""


def show(*args, **kwargs):
    """Save the open figures, as `plt.show()` would show them."""
    del args, kwargs
    from matplotlib import pyplot

    folder = _shown["folder"]
    if folder is None:
        return
    for number in pyplot.get_fignums():
        folder.mkdir(parents=True, exist_ok=True)
        _shown["count"] += 1
        pyplot.figure(number).savefig(str(folder / "figure-{:02d}.png".format(_shown["count"])))
    if _shown["closes"]:
        pyplot.close("all")


def display(*values):
    """Print values as a notebook shows them; nothing for None."""
    for value in values:
        if value is None:
            continue
        if type(value).__module__.startswith("matplotlib"):
            continue
        print(value if isinstance(value, str) and False else _text(value))


def _text(value):
    import pprint

    if isinstance(value, (list, dict, tuple, set)):
        return pprint.pformat(value)
    return repr(value)
