"""When two texts say the same."""

import pytest
from ops.comparison.values import Tolerance, deviation


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("0.1", "0.2"),
        ("12", "13"),
        # A count is no float: the tolerance would let 10 in ten thousand millions through.
        ("10000000000", "10000000001"),
        ("1", "1.0"),
        ("yes", "no"),
        ("nan", "0.5"),
        ("a 0.1", "b 0.1"),
        ("0.1 0.2", "0.1"),
        ("1e-9", "-1e-9"),
        ("0.30000000000000004  mean", "0.3 mean"),
    ],
)
def test_differences(expected: str, found: str) -> None:
    assert deviation(expected, found, Tolerance()) is None
    assert deviation(found, expected, Tolerance()) is None


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("mean 0.3", "mean 0.30000000000000004"),
        ("[-1.5e-3, 2.]", "[-1.5000000000001e-3, 2.]"),
        ("0.0", "-1e-13"),
    ],
)
def test_floats_within_the_tolerance(expected: str, found: str) -> None:
    apart = deviation(expected, found, Tolerance())
    assert apart is not None
    assert apart > 0


def test_the_tolerance_decides() -> None:
    assert deviation("1.0", "1.001", Tolerance()) is None
    assert deviation("1.0", "1.001", Tolerance(relative=0.01)) == pytest.approx(0.001, rel=0.01)
