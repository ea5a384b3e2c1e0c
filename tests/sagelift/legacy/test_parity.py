"""What runs of the same code do not do alike."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sagelift.legacy.parity import MORE_RUNS, MOST_RUNS, Runs, compare

TEMPLATE = Path(__file__).resolve().parents[3] / "template"


class Original:
    """Code that prints one number after another."""

    def __init__(self, folder: Path, printed: Sequence[int]) -> None:
        """Print these, and then the last of them again and again; 9 without a seed if they begin with a 0."""
        self._folder = folder
        self._printed = [*printed]
        self._is_random = not printed[0]
        self.names: list[str] = []

    def run(self, name: str, *, seeded: bool) -> Path:
        """Run it once."""
        self.names.append(name)
        output = self._folder / name
        output.mkdir()
        number = 9
        if seeded or not self._is_random:
            number = self._printed.pop(0) if len(self._printed) > 1 else self._printed[0]
        (output / "stdout.txt").write_text(f"accuracy {number}\nrows 150\n", encoding="utf-8")
        return output


MakeRuns = Callable[..., tuple[Runs, Original]]


@pytest.fixture
def runs(tmp_path: Path) -> MakeRuns:
    """Return what runs an original that prints these numbers."""

    def made(*printed: int) -> tuple[Runs, Original]:
        original = Original(tmp_path, printed)
        return Runs(TEMPLATE, original.run("run-1", seeded=True), original.run, tmp_path / "recording.json"), original

    return made


def test_code_that_does_the_same_without_a_seed_runs_twice(runs: MakeRuns) -> None:
    recorded, original = runs(1)

    assert json.loads(recorded.compare().read_bytes()) == {"unstable": {}, "random": {}}
    assert recorded.notes("a.py") == []
    assert len(original.names) == 2


def test_random_numbers_that_begin_alike_are_compared(runs: MakeRuns) -> None:
    recorded, original = runs(0)

    assert json.loads(recorded.compare().read_bytes()) == {
        "unstable": {},
        "random": {"stdout.txt": ["numbers of line 1"]},
    }
    assert [note.partition(":")[0] for note in recorded.notes("a.py")] == ["a.py draws random numbers without a seed"]
    assert len(original.names) == 3


def test_what_a_seed_does_not_help_is_not_compared(runs: MakeRuns) -> None:
    recorded, original = runs(1, 2, 3)

    assert json.loads(recorded.compare().read_bytes()) == {
        "unstable": {"stdout.txt": ["numbers of line 1"]},
        "random": {},
    }
    assert len(original.names) == len(set(original.names)) == 5


def test_what_two_runs_did_alike_by_chance_comes_out_where_it_is_doubted(runs: MakeRuns, tmp_path: Path) -> None:
    recorded, original = runs(1, 1, 1, 2)
    recording = recorded.compare()
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "stdout.txt").write_text("accuracy 3\nrows 150\n", encoding="utf-8")
    assert compare(TEMPLATE, tmp_path / "run-1", tmp_path / "found", recording).verdict == "different"

    assert recorded.doubt()
    assert len(original.names) == 4
    assert compare(TEMPLATE, tmp_path / "run-1", tmp_path / "found", recording).verdict == "identical where stable"


def test_doubt_comes_to_an_end(runs: MakeRuns) -> None:
    recorded, original = runs(1)
    recorded.compare()

    assert [recorded.doubt() for _ in range(MOST_RUNS)] == [False] * MOST_RUNS
    assert len(original.names) <= MOST_RUNS + MORE_RUNS
