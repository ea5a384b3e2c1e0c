"""The backend of matplotlib while a step runs: Agg, whose `show` saves what a screen would show."""

from matplotlib.backend_bases import _Backend
from matplotlib.backends.backend_agg import _BackendAgg

from handover import figures


@_Backend.export
class _Screen(_BackendAgg):
    @staticmethod
    def show(*args, **kwargs):
        figures.show(*args, **kwargs)
