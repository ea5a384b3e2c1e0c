"""What legacy code shows: figures on a screen that is not there, and the last expression of a notebook's cell."""

from __future__ import annotations

import importlib
import io
import os
import pprint
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

BACKEND = "module://" + __name__.rpartition(".")[0] + ".screen"
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Screen:
    """Where figures are shown: a folder that gets `figure-01.png` and so on.

    Attributes:
        folder: None while nothing is shown.
        closes: Whether a figure is closed once it is shown, as in a notebook.
        count: How many figures the folder holds.
    """

    folder: Path | None = None
    closes = False
    count = 0

    def begin(self, folder: Path, *, closes: bool) -> None:
        """Show figures in a folder from now on; a backend that the script asks for is not loaded."""
        self.folder = folder
        self.closes = closes
        self.count = len(list(folder.glob("*.png")))
        os.environ["MPLBACKEND"] = BACKEND
        if "matplotlib" in sys.modules:
            hold_backend()

    def save(self, figure: Any) -> None:
        """Save one figure."""
        if self.folder is None:
            return
        drawn = io.BytesIO()
        try:
            figure.savefig(drawn, format="png")
        except Exception as error:  # noqa: BLE001 - anything that can be drawn may raise anything
            # Nor does a window that cannot draw end the script: a font of Windows, text that is no TeX.
            print(f"A figure cannot be drawn, and is left out: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count += 1
        (self.folder / f"figure-{self.count:02d}.png").write_bytes(drawn.getvalue())


SCREEN = Screen()


def hold_backend() -> None:
    """Let `matplotlib.use` be without effect: a backend with windows fails where there is no screen."""
    # By its name: requirements.txt need not give what only some scripts use.
    mpl: Any = importlib.import_module("matplotlib")
    mpl.use(BACKEND)
    mpl.use = lambda *_args, **_kwargs: None


def show(*_args: Any, **_kwargs: Any) -> None:
    """Save the open figures, as `plt.show()` would show them."""
    plt: Any = sys.modules["matplotlib.pyplot"]
    for number in plt.get_fignums():
        SCREEN.save(plt.figure(number))
    if SCREEN.closes:
        plt.close("all")


def display(*values: Any) -> None:
    """Print values as a notebook shows them, without the addresses that no two runs share; nothing for None."""
    for value in values:
        if value is None:
            continue
        if type(value).__module__.startswith("matplotlib"):
            if hasattr(value, "savefig"):
                SCREEN.save(value)
        elif isinstance(value, (list, dict, tuple, set)):
            print(ADDRESS.sub("", pprint.pformat(value)))  # noqa: T201
        else:
            print(ADDRESS.sub("", repr(value)))  # noqa: T201
