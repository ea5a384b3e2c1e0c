"""What runs of the same code do not do alike."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sagelift.legacy.parity import MOST_RUNS, Runs, compare

TEMPLATE = Path(__file__).resolve().parents[3] / "template"


class Original:
    """Code that prints one number after another."""

    def __init__(self, folder: Path, printed: Sequence[int]) -> None:
        """Print these, and then the last of them again and again."""
        self._folder = folder
        self._printed = [*printed]
        self.count = 0

    def run(self, name: str) -> Path:
        """Run it once."""
        self.count += 1
        output = self._folder / name
        output.mkdir()
        number = self._printed.pop(0) if len(self._printed) > 1 else self._printed[0]
        (output / "stdout.txt").write_text(f"accuracy {number}\nrows 150\n", encoding="utf-8")
        return output


MakeRuns = Callable[..., tuple[Runs, Original]]


@pytest.fixture
def runs(tmp_path: Path) -> MakeRuns:
    """Return what runs an original that prints these numbers."""

    def made(*printed: int) -> tuple[Runs, Original]:
        original = Original(tmp_path, printed)
        return Runs(TEMPLATE, original.run("run-1"), original.run, tmp_path / "recording.json"), original

    return made


def _unstable(recording: Path) -> object:
    return json.loads(recording.read_bytes())["unstable"]


def test_code_that_does_the_same_twice_runs_twice(runs: MakeRuns) -> None:
    recorded, original = runs(1)

    assert _unstable(recorded.compare()) == {}
    assert original.count == 2


def test_random_code_runs_more_often(runs: MakeRuns) -> None:
    recorded, original = runs(1, 2)

    assert _unstable(recorded.compare()) == {"stdout.txt": ["numbers of line 1"]}
    assert original.count == 4


def test_what_two_runs_did_alike_by_chance_comes_out_where_it_is_doubted(runs: MakeRuns, tmp_path: Path) -> None:
    recorded, original = runs(1, 1, 1, 2)
    recording = recorded.compare()
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "stdout.txt").write_text("accuracy 3\nrows 150\n", encoding="utf-8")
    assert compare(TEMPLATE, tmp_path / "run-1", tmp_path / "found", recording).verdict == "different"

    assert recorded.doubt()
    assert original.count == 4
    assert compare(TEMPLATE, tmp_path / "run-1", tmp_path / "found", recording).verdict == "identical where stable"


def test_doubt_comes_to_an_end(runs: MakeRuns) -> None:
    recorded, original = runs(1)
    recorded.compare()

    assert [recorded.doubt() for _ in range(MOST_RUNS)] == [False] * MOST_RUNS
    assert original.count == MOST_RUNS
