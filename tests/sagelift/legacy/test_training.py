"""Training is taken out of code where that is plain, and otherwise refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from sagelift.legacy import source, training
from sagelift.legacy.program import Program, take_apart

SCRIPT = '''\
"""Prices."""
from __future__ import annotations
import statistics

class Mean:
    def fit(self, values):
        print("trained")
        self.mean = statistics.mean(values)
        return self

    def predict(self):
        return self.mean

values = [1, 2, 6]
{training}
print(model.predict())
'''


def program(folder: Path, code: str) -> Program:
    """Take a script apart."""
    path = folder / "prices.py"
    path.write_text(code)
    return take_apart(source.read(path))


def run(folder: Path, code: str) -> str:
    """Run code and return what it prints."""
    (folder / "run.py").write_text(code)
    return subprocess.run([sys.executable, "run.py"], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "statements",
    [
        "model = Mean()\nmodel.fit(values)",
        "model = Mean().fit(\n    values,\n)",
        "first = Mean().fit([0])\nmodel = Mean().fit(values)",
    ],
)
def test_what_was_trained_is_loaded_and_training_is_gone(tmp_path: Path, statements: str) -> None:
    once = training.once(program(tmp_path, SCRIPT.format(training=statements)))

    assert "3\n" not in run(tmp_path, once.training.code)
    assert run(tmp_path, once.scoring.code) == "3\n"


def test_the_lines_of_what_remains_stay_those_of_the_file(tmp_path: Path) -> None:
    code = SCRIPT.format(training="model = Mean().fit(\n    values,\n)")
    once = training.once(program(tmp_path, code)).scoring

    number = once.code.splitlines().index("print(model.predict())") + 1
    assert str(once.place(number)) == f"line {code.splitlines().index('print(model.predict())') + 1}"


@pytest.mark.parametrize(
    "statements",
    [
        "for _ in range(2):\n    model = Mean().fit(values)",
        "model = Mean().fit(values); print('done')",
        "models = {}\nmodels['a'] = model = Mean().fit(values)",
    ],
)
def test_what_is_more_than_training_is_refused_by_its_line(tmp_path: Path, statements: str) -> None:
    with pytest.raises(training.CannotTrainOnceError, match=r"^line 1\d does more than train a model in a variable$"):
        training.once(program(tmp_path, SCRIPT.format(training=statements)))


def test_where_a_model_is_trained_is_told(tmp_path: Path) -> None:
    found = training.places(program(tmp_path, SCRIPT.format(training="model = Mean()\nmodel.fit(values)")))
    assert [str(place) for place in found] == ["line 16"]
    assert not training.places(program(tmp_path, "import pickle\nmodel = pickle.load(open('m.pkl', 'rb'))\n"))
