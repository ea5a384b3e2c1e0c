"""Changed migrations: what is changed, and when a change counts as caught."""

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
    """Answers by what was changed, the first text that the changed line holds; keeps what it was asked."""

    answers: Mapping[str, Result] = field(default_factory=dict)
    original: Mapping[str, str] = field(default_factory=lambda: SPLIT)
    changed: list[str] = field(default_factory=list)

    def run(self, scripts: Mapping[str, str]) -> Result:
        """Note the changed line."""
        assert scripts.keys() == self.original.keys()
        [name] = [name for name in scripts if scripts[name] != self.original[name]]
        [line] = set(scripts[name].splitlines()) - set(self.original[name].splitlines())
        self.changed.append(line.strip())
        return next((result for text, result in self.answers.items() if text in line), DIFFERENT)


def test_a_variable_and_an_operation_are_changed() -> None:
    bench = Bench()

    found = controls.try_out(SPLIT, bench.run)

    changes = {
        "variable": "preprocessing.py passes on None in the place of values",
        "operation": "line 10 of preprocessing.py: `value > LIMIT` becomes `value <= LIMIT`",
    }
    how = "stdout.txt is different"
    assert found == [controls.Control(kind, change, caught=True, how=how) for kind, change in changes.items()]
    assert sorted(bench.changed) == [
        "return [value for value in values if value <= LIMIT]",
        "step.pass_on(values=None, name=name)",
    ]


def test_what_makes_no_difference_is_followed_by_a_change_of_another_part() -> None:
    found = controls.try_out(SPLIT, Bench({"values=None": SAME, "value <= LIMIT": SAME, "[::-1]": SAME}).run)
    assert [control.change for control in found] == [
        "predict.py passes on None in the place of predictions",
        "line 2 of postprocessing.py: `0` becomes `1`",
    ]
    assert all(control.caught for control in found)


def test_other_results_are_better_than_a_fault_of_changed_code() -> None:
    found = controls.try_out(SPLIT, Bench({"value <= LIMIT": FAILED, "values=None": FAILED}).run)
    assert [control.how for control in found] == ["failed", "stdout.txt is different"]


def test_a_fault_is_better_than_nothing() -> None:
    found = controls.try_out(SPLIT, Bench({"[::-1]": FAILED, "": SAME}).run)
    assert [(control.caught, control.how) for control in found] == [
        (False, "the results are the same"),
        (True, "failed"),
    ]


def test_only_some_changes_are_tried() -> None:
    bench = Bench({"": SAME})
    found = controls.try_out(SPLIT, bench.run)
    assert [control.caught for control in found] == [False, False]
    assert len(bench.changed) <= 2 * controls.MOST_TRIES


def test_code_that_runs_whole_is_changed_itself() -> None:
    job = 'def main():\n    with handover.step("predict", last=True) as step:\n        step.run("churn.py")\n'
    code = "x = 1; y = 2\nz = x * 3\nif __name__ == '__main__':\n    print(z)\n"
    scripts = {"predict": job, "churn": code}
    bench = Bench(original=scripts)

    [control] = controls.try_out(scripts, bench.run)

    assert control.change == "line 2 of churn.py: `x * 3` becomes `x / 3`"
    assert bench.changed == ["z = x / 3"]


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
        # What is printed elsewhere, or changes nothing that is seen, tells nothing.
        ("print(a, end='')", None),
        ("a = b + 1", None),
        ("import a", None),
        ("'a text' 'of two'", None),
        ("save(a)", None),
    ],
)
def test_changes(line: str, changed: str | None) -> None:
    code = dedent(f"""\
        def predict():
            {line}
        """)
    bench = Bench(original={"predict": code})
    controls.try_out({"predict": code}, bench.run)
    assert bench.changed == ([changed] if changed else [])
