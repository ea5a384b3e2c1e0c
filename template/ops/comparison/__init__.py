"""Whether two folders of results hold the same: byte by byte, or by what the files say.

Only the standard library is needed, so that any Python from 3.11 runs it: `python -m ops.comparison EXPECTED FOUND`.
"""

from ops.comparison.folders import Comparison, FileResult, FileVerdict, Unstable, Verdict, compare, unstable
from ops.comparison.values import Tolerance

__all__ = ["Comparison", "FileResult", "FileVerdict", "Tolerance", "Unstable", "Verdict", "compare", "unstable"]
