"""`sagelift assess`: verdicts with reasons, over any folder, without running anything."""

from pathlib import Path
from textwrap import dedent

import pytest

from sagelift.errors import SageliftError
from sagelift.legacy import assessment
from sagelift.legacy.assessment import Assessment, Verdict

MODEL = """\
import pandas as pd
from sklearn.linear_model import LinearRegression

def prepare(table):
    return table.dropna()

table = pd.read_csv("in.csv")
table = prepare(table)

X = table[["a", "b"]]
model = LinearRegression()
model.fit(X, table.y)
found = model.predict(X)
table["found"] = found
table = table.sort_values("found")
print(table.describe())
table.to_csv("out.csv")
"""


def assess(folder: Path, code: str) -> Assessment:
    """Assess a script."""
    path = folder / "score.py"
    path.write_text(dedent(code))
    return assessment.assess(path)


def test_a_model_that_splits_says_where_and_why(tmp_path: Path) -> None:
    found = assess(tmp_path, MODEL)

    assert (found.verdict, found.does, found.language) == (Verdict.SPLITS, "training and inference", "Python 3")
    steps = {part.step: part.lines for part in found.parts}
    assert steps["definitions"] == ((4, 5),)
    assert steps["preprocessing"][0] == (7, 10)
    assert steps["predict"][-1] == (11, 13)
    assert steps["postprocessing"] == ((14, 17),)
    assert any(reason.place and reason.place.line == 13 for reason in found.reasons)


def test_what_stands_in_main_is_seen(tmp_path: Path) -> None:
    code = """\
        import pandas as pd
        from sklearn.linear_model import LinearRegression

        def main():
            table = pd.read_csv("in.csv")
            # A comment moves no line.
            model = LinearRegression().fit(table[["a"]], table["b"])
            table["c"] = model.predict(table[["a"]])
            table["d"] = table["c"].round(2)
            table.to_csv("out.csv")

        main()
    """
    found = assess(tmp_path, dedent(code))

    assert (found.verdict, found.does) == (Verdict.SPLITS, "training and inference")
    assert {reason.place.line for reason in found.reasons if reason.place} == {7, 8}


@pytest.mark.parametrize(
    ("code", "verdict", "reason"),
    [
        (f"{MODEL}eval('1')\n", Verdict.WRAPS, "line 18: eval(…)"),
        ("import pandas\nprint(pandas.read_csv('in.csv'))\n", Verdict.WRAPS, "nothing in it infers"),
        ("print 'Python 2'\n", Verdict.NEEDS_A_PERSON, "Python 2"),
        ("def f(:\n", Verdict.NEEDS_A_PERSON, "line 1"),
        ("while True:\n    x = 1\n", Verdict.NEEDS_A_PERSON, "line 1"),
        (
            "from sklearn.cross_validation import x\nmodel.predict(x)\n",
            Verdict.NEEDS_A_PERSON,
            "It needs Python 3.7 or older (line 1: sklearn.cross_validation",
        ),
        ("x = " + "(" * 500 + ")" * 500, Verdict.NEEDS_A_PERSON, "score.py"),
        ("\0", Verdict.NEEDS_A_PERSON, "score.py"),
    ],
)
def test_every_other_verdict_has_a_reason(tmp_path: Path, code: str, verdict: Verdict, reason: str) -> None:
    found = assess(tmp_path, code)

    assert found.verdict is verdict
    assert reason in " ".join(str(entry) for entry in found.reasons)


def test_the_python_that_the_syntax_needs(tmp_path: Path) -> None:
    found = assess(tmp_path, "x = 1\nif (n := x):\n    print(f'{n=}')\n")

    assert found.needs[0] == "3.8"
    assert [str(reason.place) for reason in found.needs[1]] == ["line 2", "line 3"]


def test_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text("open('ran', 'w')\n")

    assess(tmp_path, "import helper\nopen('ran', 'w')\n")

    assert not (tmp_path / "ran").exists()


def test_a_folder_is_surveyed_whatever_is_in_it(tmp_path: Path) -> None:
    for name, content in {
        "score.py": "import tools\nimport package.part\n" + MODEL,
        "tools.py": "def f(): ...\n",
        "package/__init__.py": "",
        "package/part.py": "x = 1\n",
        "broken.py": "def f(:\n",
        "binary.py": "\udcff\udcfe\0",
        "broken.ipynb": "{",
        "empty.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}',
        "setup.py": "",
        "test_score.py": "",
        ".ipynb_checkpoints/score.py": MODEL,
        "venv/lib/module.py": "",
        "own/pyvenv.cfg": "",
        "own/lib.py": "",
        "notes.txt": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, errors="surrogateescape")
    (tmp_path / "dangling.py").symlink_to("gone.py")

    done: list[str] = []
    survey = assessment.run([tmp_path], progress=done.append)

    assert {m.path.name: m.verdict for m in survey.models} == {
        "score.py": Verdict.SPLITS,
        "binary.py": Verdict.NEEDS_A_PERSON,
        "broken.ipynb": Verdict.NEEDS_A_PERSON,
        "broken.py": Verdict.NEEDS_A_PERSON,
        "dangling.py": Verdict.NEEDS_A_PERSON,
        "empty.ipynb": Verdict.NEEDS_A_PERSON,
    }
    assert {path.name for path in survey.helpers} == {"tools.py", "part.py"}
    assert {path.name for path in survey.left_out} == {"setup.py", "test_score.py", "__init__.py"}
    assert len(done) == 8


def test_a_path_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SageliftError, match="There is no file or folder"):
        assessment.run([tmp_path / "gone.py"])
