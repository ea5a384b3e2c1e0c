"""When two texts say the same: the same characters, and floating-point numbers that are nearly the same."""

import math
import re
from dataclasses import dataclass

NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")

_FRACTION = re.compile(r"[.eE]")


@dataclass(frozen=True)
class Tolerance:
    """How far two floating-point numbers may lie apart: by either of the two, as in `math.isclose`.

    The defaults are a few thousand units in the last place of a double: sums in another order stay within, and
    whatever somebody would see, or a model that was fitted otherwise would predict, does not.
    """

    relative: float = 1e-9
    absolute: float = 1e-12


def deviation(expected: str, found: str, tolerance: Tolerance) -> float | None:
    """Return by how much the numbers of two texts lie apart at most, relative to the greater; None if they differ.

    Only floating-point numbers may lie apart: counts, labels and dates must be the same.
    """
    if expected == found:
        return 0.0
    if NUMBER.sub("\0", expected) != NUMBER.sub("\0", found):
        return None
    largest = 0.0
    for left, right in zip(NUMBER.findall(expected), NUMBER.findall(found), strict=True):
        if left == right:
            continue
        if not (_FRACTION.search(left) and _FRACTION.search(right)):
            return None
        first, second = float(left), float(right)
        if not math.isclose(first, second, rel_tol=tolerance.relative, abs_tol=tolerance.absolute):
            return None
        greater = max(abs(first), abs(second))
        largest = max(largest, abs(first - second) / greater if greater else 0.0)
    return largest
