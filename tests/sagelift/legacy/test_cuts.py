"""Where a program is cut, and what is moved for it."""

from pathlib import Path

import pytest
from programs import parts, parts_of, program

from sagelift.legacy.cuts import propose

PLAIN = """
import pandas as pd
import joblib

model = joblib.load("churn.joblib")
df = pd.read_csv("in.csv")
print(len(df))
df["y"] = model.predict(df)
df.to_csv("out.csv")
"""


def test_preprocessing_goes_without_the_model(tmp_path: Path) -> None:
    assert parts(tmp_path, PLAIN) == {
        "preprocessing": ['df = pd.read_csv("in.csv")', "print(len(df))"],
        "predict": ['model = joblib.load("churn.joblib")', 'df["y"] = model.predict(df)'],
        "postprocessing": ['df.to_csv("out.csv")'],
    }


def test_the_last_proposal_moves_nothing(tmp_path: Path) -> None:
    last = propose(program(tmp_path, PLAIN))[-1]

    assert [s.lines[0] for s in last.statements] == sorted(s.lines[0] for s in last.statements)
    assert last.degenerate == "nothing is left for preprocessing"


@pytest.mark.parametrize(
    ("code", "between"),
    [
        (
            "path = 'm'\nmodel = load_model(path)\npath = 'other'\ny = model.predict(read_csv(path))\nprint(y)",
            "path is bound anew",
        ),
        (
            "names = []\nmodel = joblib.load('m.pkl')\nnames.append(model.name)\ny = model.predict(names)\nprint(y)",
            "used",
        ),
        (
            "model = joblib.load('m.pkl')\njoblib.dump(other, 'm.pkl')\ny = model.predict(1)\nprint(y)",
            "file is written",
        ),
    ],
)
def test_a_model_is_not_moved_behind_what_it_needs_or_what_needs_it(tmp_path: Path, code: str, between: str) -> None:
    for cuts in propose(program(tmp_path, code)):
        kept = [s.lines[0] for s in cuts.statements]
        assert kept == sorted(kept), between


def test_a_report_on_an_inference_is_divided(tmp_path: Path) -> None:
    found = parts(tmp_path, "df = pd.read_csv('a')\nmodel.fit(df)\nprint('result:', model.predict(df)[0])\n")

    assert found["predict"] == ["model.fit(df)", "predictions = model.predict(df)"]
    assert found["postprocessing"] == ["print('result:', predictions[0])"]


def test_every_report_on_an_inference_is_divided_so_that_it_can_wait(tmp_path: Path) -> None:
    code = "df = read_csv('a')\nm.fit(df)\nplt.plot(df, m.predict(df))\nplt.show()\nprint(m.predict(1))\nprint('end')\n"
    found = parts(tmp_path, code)

    assert found["predict"] == ["m.fit(df)", "predictions = m.predict(df)", "predictions_2 = m.predict(1)"]
    assert found["postprocessing"] == [
        "plt.plot(df, predictions)",
        "plt.show()",
        "print(predictions_2)",
        "print('end')",
    ]


def test_what_an_inference_is_given_goes_with_it(tmp_path: Path) -> None:
    found = parts(tmp_path, "df = read_csv('a')\nprint(m.predict(clean(df, key=lambda x: 1)))\nprint(1)\n")

    assert found["predict"] == ["predictions = m.predict(clean(df, key=lambda x: 1))"]


@pytest.mark.parametrize(
    "report",
    [
        "print(f(1), model.predict(df))",
        "print([model.predict(d) for d in df])",
        "print(df and model.predict(df))",
    ],
)
def test_a_report_is_divided_only_where_nothing_comes_before(tmp_path: Path, report: str) -> None:
    found = parts(tmp_path, f"df = pd.read_csv('a')\nmodel.fit(df)\n{report}\nprint(1)\n")

    assert report in found["predict"]


def test_reports_between_inferences_wait(tmp_path: Path) -> None:
    code = """
    df = pd.read_csv("a")
    a = one.fit(df).predict(df)
    print(accuracy_score(df.y, a))
    b = two.fit(df).predict(df)
    print(accuracy_score(df.y, b))
    """
    found = parts(tmp_path, code)

    assert found["predict"] == ["a = one.fit(df).predict(df)", "b = two.fit(df).predict(df)"]
    assert found["postprocessing"] == ["print(accuracy_score(df.y, a))", "print(accuracy_score(df.y, b))"]


@pytest.mark.parametrize(
    ("report", "later"),
    [
        ("print(df)", "df['b'] = model.predict(df)"),
        ("print(X)", "df.drop('a', axis=1, inplace=True)\nb = model.predict(df)"),
        ("print(df.sample(3))", "random.seed(1)\nb = model.predict(df)"),
        ("sns.barplot(x=df.a)", "df2 = np.random.rand(3)\nb = model.predict(df2)"),
        ("df.to_csv('t.csv')", "df2 = pd.read_csv('t.csv')\nb = model.predict(df2)"),
        ("total = tell(df)", "b = model.predict(total)"),
        ("print(df)", "change(df)\nb = model.predict(df)"),
        ("print(df)", "cleaner.clean(df)\nb = model.predict(df)"),
        ("print(df)", "normalize(df, copy=False)\nb = model.predict(df)"),
        ("print(df)", "drop(df)\nb = model.predict(df)"),
        ("print(1)", "print(2, file=f)\nmodel.fit(df)\nname = input('Name: ')\nb = model.predict(name)"),
    ],
)
def test_a_report_does_not_wait_where_that_could_be_told(tmp_path: Path, report: str, later: str) -> None:
    code = """\
import random
import numpy as np
def change(x):
    x['c'] = 1
class Cleaner:
    def clean(self, x):
        x['c'] = 1
cleaner = Cleaner()
drop = lambda x: x.pop('c')
df = read_csv('a')
X = df['a']
"""
    cuts = propose(program(tmp_path, f"{code}model.fit(df)\n{report}\n{later}\nprint(b)\n"))[0]

    order = [s.code.strip() for s in cuts.statements]
    assert order.index(report) < order.index(later.splitlines()[0])


@pytest.mark.parametrize(
    "inside",
    [
        "Model.calls += 1",
        "self.__class__.calls += 1",
        "Model.seen.append(X)",
        "note(X)",
    ],
)
def test_a_report_on_a_class_does_not_wait_for_what_changes_the_class(tmp_path: Path, inside: str) -> None:
    code = f"""
    def note(x, seen=[]):
        seen.append(x)
        return seen
    class Model:
        calls = 0
        def fit(self, X):
            return self
        def predict(self, X):
            {inside}
            return X
    df = pd.read_csv("a")
    model = Model().fit(df)
    print(Model.calls, note(0))
    b = model.predict(df)
    print(b)
    """
    found = parts(tmp_path, code)

    assert "print(Model.calls, note(0))" not in found["postprocessing"]


@pytest.mark.parametrize(("does", "part"), [("FOUND.append(X)", "predict"), ("X.append(1)", "postprocessing")])
def test_a_report_on_a_helper_module_does_not_wait_for_what_changes_it(tmp_path: Path, does: str, part: str) -> None:
    (tmp_path / "tools.py").write_text(f"FOUND = []\ndef note(X):\n    {does}\n    return X\n")
    code = """
    from tools import FOUND, note
    df = read_csv("a")
    model.fit(df)
    print(len(FOUND))
    b = model.predict(note([1]))
    print(b)
    """

    assert "print(len(FOUND))" in parts(tmp_path, code)[part]


def test_a_constant_stays_with_what_reads_it(tmp_path: Path) -> None:
    found = parts(tmp_path, "df = read_csv('a')\nlinear.fit(df)\nk = 5\ny = KNN(k).fit(df).predict(df)\nprint(y)\n")

    assert found["postprocessing"] == ["print(y)"]


def test_what_a_predict_of_one_line_needs_next_to_it_comes_along(tmp_path: Path) -> None:
    before = "".join(f"df['{c}'] = df['{c}'].fillna(0)\n" for c in "abcdefg")
    found = parts(tmp_path, f"df = read_csv('a')\n{before}y = Model('m').predict(df)\nlabels = y > 1\nprint(labels)\n")

    assert found["predict"] == ["y = Model('m').predict(df)", "labels = y > 1"]


def test_training_alone_is_the_inference_where_there_is_no_other(tmp_path: Path) -> None:
    found = parts(tmp_path, "df = read_csv('a')\nkmeans = KMeans(3)\nkmeans.fit(df)\nprint(kmeans.labels_)\n")

    assert found["predict"] == ["kmeans = KMeans(3)", "kmeans.fit(df)"]


@pytest.mark.parametrize("line", ["Z = PCA(2).fit_transform(df)", "z = df @ weights", "z = np.dot(df, weights)"])
def test_what_transforms_or_computes_is_the_inference_as_a_last_resort(tmp_path: Path, line: str) -> None:
    assert parts(tmp_path, f"df = read_csv('a')\n{line}\nprint(1)\n")["predict"] == [line]


def test_functions_that_calculate_are_the_inference_where_nothing_else_is(tmp_path: Path) -> None:
    code = """
    def similarity(a, b):
        return sum(x * y for x, y in zip(a, b))

    rows = read_csv("a")
    print(len(rows))
    scores = [similarity(rows[0], row) for row in rows]
    best = max(scores)
    print(best)
    """
    found = parts(tmp_path, code)

    assert found["predict"] == ["scores = [similarity(rows[0], row) for row in rows]"]


def test_nothing_is_proposed_where_nothing_infers(tmp_path: Path) -> None:
    assert propose(program(tmp_path, "df = read_csv('a')\nprint(df)\n")) == []


def test_variables_alive_at_a_cut_come_in_the_order_in_which_they_are_bound(tmp_path: Path) -> None:
    code = "b = read_csv('a')\na = b[0]\nunused = 1\ny = model.predict(a)\nprint(y, b)\n"
    [cuts, *_] = propose(program(tmp_path, code))

    assert cuts.alive(1) == ["b", "a"]
    assert cuts.alive(2) == ["b", "y"]


def test_what_a_function_of_a_later_part_reads_is_alive(tmp_path: Path) -> None:
    code = "limit = find()\ndef tell(y):\n    print(y > limit)\ndf = read_csv('a')\ny = model.predict(df)\ntell(y)\n"
    [cuts, *_] = propose(program(tmp_path, code))

    assert cuts.alive(2) == ["limit", "y"]


def test_comments_move_with_their_statements(tmp_path: Path) -> None:
    code = (
        "# the model\nmodel = joblib.load('m.pkl')\n# the data\ndf = read_csv('a')\ny = model.predict(df)\nprint(y)\n"
    )
    [cuts, *_] = propose(program(tmp_path, code))

    assert parts_of(cuts)["predict"][:2] == ["# the model", "model = joblib.load('m.pkl')"]
