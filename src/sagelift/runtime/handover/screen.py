"""The backend of matplotlib while a step runs: Agg, whose `show` saves what a screen would show."""

from __future__ import annotations

from typing import Any

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .figures import SCREEN, show

__all__ = ["FigureCanvas", "FigureManager", "new_figure_manager", "new_figure_manager_given_figure", "show"]


class FigureManager(FigureManagerBase):
    """The window of a figure."""

    def show(self) -> None:
        """Save the figure, for `fig.show()`."""
        SCREEN.save(self.canvas.figure)


class FigureCanvas(FigureCanvasAgg):
    """What a figure is drawn on."""

    manager_class = FigureManager


# Up to matplotlib 3.5, the classes alone do not make a backend.
def new_figure_manager(
    number: int,
    *arguments: Any,
    FigureClass: type[Figure] = Figure,  # noqa: N803 - matplotlib's name
    **options: Any,
) -> FigureManager:
    """Return the window of a new figure."""
    return new_figure_manager_given_figure(number, FigureClass(*arguments, **options))


def new_figure_manager_given_figure(number: int, figure: Figure) -> FigureManager:
    """Return the window of a figure."""
    return FigureManager(FigureCanvas(figure), number)
