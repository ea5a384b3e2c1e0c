"""The backend of matplotlib while a step runs: Agg, whose `show` saves what a screen would show."""

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from .figures import SCREEN, show

__all__ = ["FigureCanvas", "FigureManager", "show"]


class FigureManager(FigureManagerBase):
    """The window of a figure."""

    def show(self) -> None:
        """Save the figure, for `fig.show()`."""
        SCREEN.save(self.canvas.figure)


class FigureCanvas(FigureCanvasAgg):
    """What a figure is drawn on."""

    manager_class = FigureManager
