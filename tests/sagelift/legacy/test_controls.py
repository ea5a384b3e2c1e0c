"""Changed migrations: what is changed, and when a change counts as caught."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

import pytest

from sagelift.legacy import controls

PREPROCESSING = '''\
"""Preprocessing."""

import handover

LIMIT = 3


def clean(values):
    """Drop 1 or 2 values."""
    return [value for value in values if value > LIMIT]


def preprocess():
    values = [1, 5, 9]
    unused = values[0] * 7
    return clean(values), "é"


def main():
    with handover.step("preprocessing", folder="1") as step:
        values, name = preprocess()
        step.pass_on(values=values, name=name)


if __name__ == "__main__":
    main()
'''

PREDICT = """\
def predict(values, model):
    predictions = model.predict(values)
    return predictions


def main():
    with handover.step("predict") as step:
        values, name = step.receive("values", "name")
        predictions = predict(values, model)
        step.pass_on(predictions=predictions, name=name)
"""

POSTPROCESSING = """\
def postprocess(predictions, name):
    print(f"{name}: {predictions[0]}")


def main():
    with handover.step("postprocessing") as step:
        predictions, name = step.receive("predictions", "name")
        postprocess(predictions, name)
"""

SPLIT = {"preprocessing": PREPROCESSING, "predict": PREDICT, "postprocessing": POSTPROCESSING}


@dataclass(frozen=True)
class Result:
    """What came of a changed migration."""

    verdict: str
    failure: str


SAME, DIFFERENT, FAILED = Result("identical", ""), Result("different", "stdout.txt is different"), Result("", "failed")


@dataclass
class Bench:
    """Answers by the first text that the changed line holds; keeps what it was asked, and from where."""

    answers: Mapping[str, Result] = field(default_factory=dict)
    original: Mapping[str, str] = field(default_factory=lambda: SPLIT)
    changed: list[tuple[str, str]] = field(default_factory=list)

    def run(self, scripts: Mapping[str, str], begin: str) -> Result:
        """Note the changed line."""
        assert scripts.keys() == self.original.keys()
        [name] = [name for name in scripts if scripts[name] != self.original[name]]
        [line] = set(scripts[name].splitlines()) - set(self.original[name].splitlines())
        self.changed.append((begin, line.strip()))
        return next((result for text, result in self.answers.items() if text in line), DIFFERENT)


def changes(found: list[controls.Control]) -> dict[tuple[str, str], str]:
    """Return what was changed, by part and kind."""
    return {(control.part, control.kind): control.change for control in found}


def test_each_part_loses_a_variable_and_has_an_operation_changed() -> None:
    bench = Bench()

    found = controls.try_out(SPLIT, bench.run)

    assert changes(found) == {
        ("preprocessing", "operation"): "line 10 of preprocessing.py: `value > LIMIT` becomes `value <= LIMIT`",
        ("predict", "operation"): "line 2 of predict.py: `model.predict(values)` becomes `model.predict(values)[::-1]`",
        ("predict", "variable"): "predict.py goes on with None in the place of values",
        ("postprocessing", "operation"): "line 2 of postprocessing.py: `0` becomes `1`",
        ("postprocessing", "variable"): "postprocessing.py goes on with None in the place of predictions",
    }
    assert all(control.caught and control.how == "stdout.txt is different" for control in found)


def test_nothing_runs_before_the_part_that_is_changed() -> None:
    bench = Bench()
    controls.try_out(SPLIT, bench.run)
    assert sorted(bench.changed) == [
        ("postprocessing", 'predictions, name = step.receive("predictions", "name"); predictions = None'),
        ("postprocessing", 'print(f"{name}: {predictions[1]}")'),
        ("predict", "predictions = model.predict(values)[::-1]"),
        ("predict", 'values, name = step.receive("values", "name"); values = None'),
        ("preprocessing", "return [value for value in values if value <= LIMIT]"),
    ]


def test_what_makes_no_difference_is_followed_by_another_change_of_the_part() -> None:
    found = controls.try_out(SPLIT, Bench({"predictions = None": SAME, "value <= LIMIT": SAME}).run)
    assert changes(found)["postprocessing", "variable"] == "postprocessing.py goes on with None in the place of name"
    assert changes(found)["preprocessing", "operation"] == "line 14 of preprocessing.py: `1` becomes `2`"
    assert all(control.caught for control in found)


def test_a_part_whose_changes_are_all_missed_is_told() -> None:
    found = controls.try_out(SPLIT, Bench({"predictions[": SAME, "end=": SAME, "pass": SAME}).run)
    [missed] = [control for control in found if not control.caught]
    assert (missed.part, missed.kind, missed.how) == ("postprocessing", "operation", "the results are the same")


def test_other_results_are_better_than_a_fault_of_changed_code() -> None:
    found = controls.try_out(SPLIT, Bench({"value <= LIMIT": FAILED, "values = None": FAILED}).run)
    how = {(control.part, control.kind): control.how for control in found}
    assert how["preprocessing", "operation"] == "stdout.txt is different"
    assert how["predict", "variable"] == "failed"


def test_a_fault_is_better_than_nothing() -> None:
    found = controls.try_out(SPLIT, Bench({"[::-1]": FAILED, "": SAME}).run)
    assert {(control.part, control.caught, control.how) for control in found} == {
        ("preprocessing", False, "the results are the same"),
        ("predict", True, "failed"),
        ("predict", False, "the results are the same"),
        ("postprocessing", False, "the results are the same"),
    }


@pytest.mark.parametrize(("result", "most"), [(SAME, controls.MOST_TRIES), (FAILED, controls.MOST_FAULTS)])
def test_only_some_changes_are_tried(result: Result, most: int) -> None:
    bench = Bench({"": result})
    controls.try_out(SPLIT, bench.run)
    operations = Counter(begin for begin, line in bench.changed if "receive" not in line)
    assert max(operations.values()) == most


def test_code_that_runs_whole_is_changed_itself() -> None:
    job = 'def main():\n    with handover.step("predict", last=True) as step:\n        step.run("churn.py")\n'
    code = "x = 1; y = 2\nz = x * 3\nif __name__ == '__main__':\n    print(z)\n"
    scripts = {"predict": job, "churn": code}
    bench = Bench(original=scripts)

    [control] = controls.try_out(scripts, bench.run)

    assert (control.part, control.change) == ("churn", "line 2 of churn.py: `x * 3` becomes `x / 3`")
    assert bench.changed == [("predict", "z = x / 3")]


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("print(a + b)", "print(a - b)"),
        ("print(a  -  b)", "print(a + b)"),
        ("total += a", "total -= a"),
        ("print(a == b)", "print(a != b)"),
        ("print(a and b, sep=' ')", "print(a and b, sep=' ', end=\"?\\n\")"),
        ("frame.to_csv('a', index=False)", "frame.to_csv('a', index=True)"),
        ("frame['a'] = 0.5", "frame['a'] = 0.25"),
        ("print('a' + b)", "print('a' + b, end=\"?\\n\")"),
        ("print(a, end='')", "pass"),
        ("save(a)", "pass"),
        # What changes nothing that is seen tells nothing.
        ("a = b + 1", None),
        ("import a", None),
        ("'a text' 'of two'", None),
    ],
)
def test_changes(line: str, changed: str | None) -> None:
    code = dedent(f"""\
        def predict():
            {line}
        """)
    bench = Bench(original={"predict": code})
    controls.try_out({"predict": code}, bench.run)
    assert bench.changed == ([("predict", changed)] if changed else [])
