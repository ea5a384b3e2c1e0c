"""What carries legacy code from step to step: its files, its variables, what it printed and what it plotted.

Each script of `src/` runs in a working folder that looks like the one that its code was written for. What it leaves
there goes on to the next step, together with the variables that are still needed; the last step leaves the results.

Runs on every Python from 3.7, in the model's own image; needs cloudpickle.
"""

from .errors import CannotCross
from .figures import display
from .steps import Step, step

__all__ = ["CannotCross", "Step", "display", "step"]
