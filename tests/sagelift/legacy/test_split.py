"""The scripts that a program is cut into: they read well, and do together what the whole does."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import sagelift
from sagelift.legacy import formatting, program, source, split, wrap
from sagelift.legacy.cuts import STEPS, Cuts

RUNTIME = Path(sagelift.__file__).parent / "runtime"
CUT = "# cut"
NOTHING_EXTRA: tuple[set[str], ...] = (set(), set(), set())


def cut(code: str, folder: Path) -> Cuts:
    """Cut a program at its two comments that say so."""
    path = folder / "churn.py"
    path.write_text(dedent(code).lstrip("\n"), encoding="utf-8")
    taken = program.take_apart(source.read(path))
    marks = [n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if line.strip() == CUT]
    first, end = (sum(s.lines[0] < mark for s in taken.statements) for mark in marks)
    return Cuts(taken, tuple(taken.statements), first, end)


def written(code: str, place: Path, **options: str) -> dict[str, str]:
    """Return the text of each file."""
    return {script.step: script.code for script in split.write(cut(code, place), NOTHING_EXTRA, ((), ()), **options)}


def run(scripts: dict[str, str], folder: Path, steps: tuple[str, ...] = STEPS) -> str:
    """Run the scripts and return what they printed together."""
    left = folder / "input"
    left.mkdir()
    (left / "input.csv").touch()
    environment = {**os.environ, "PYTHONPATH": str(RUNTIME), "PYTHONHASHSEED": "0"}
    for name, code in scripts.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    for step in steps:
        command = [sys.executable, f"{step}.py", "--input-dir", str(left), "--output-dir", str(folder / step)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr
        left = folder / step
    return (left / "stdout.txt").read_text(encoding="utf-8")


CASES = {
    "names that the scripts would use": """
        def main(x): return x + 1
        def preprocess(x): return main(x)
        def display(x): print("mine", x)
        handover = 1
        step = preprocess(handover)
        # cut
        predict = main(step)
        # cut
        display([handover, step, predict])
    """,
    "a variable that is bound on some paths only": """
        rows = [3]
        if len(rows) > 5:
            extra = "many"
        # cut
        for row in rows[1:]:
            last = row
        # cut
        if len(rows) > 5:
            print(extra, last)
        print(rows)
    """,
    "a variable in place of a builtin": """
        print(max(1, 2))
        max = 5
        # cut
        top = max
        # cut
        print(top, max, min(3, 4))
    """,
    "globals of functions": """
        calls: int = 0
        log = []
        def count(name):
            global calls
            calls += 1
            log.append(name)
        def open_cache():
            global cache
            cache = {}
        count("a")
        # cut
        open_cache()
        count("b")
        cache["x"] = 1
        # cut
        count("c")
        print(calls, log, cache)
    """,
    "a deleted variable": """
        x, y = 1, 2
        # cut
        del x
        z = y
        # cut
        x = 3
        print(x, y, z)
    """,
    "functions that several parts call": '''
        import math
        import statistics as st
        LIMIT = 2
        def clip(x):
            """Clip."""
            return min(x, LIMIT)
        def root(x): return clip(math.sqrt(x))
        def key(x): return -x
        a = root(9)
        # cut
        b = root(16) + clip(1)
        # cut
        print(sorted([a, b, LIMIT, st.mean([1, 2])], key=key))
        print(sorted([a, root(1)], key=key))
    ''',
    "classes": """
        from dataclasses import dataclass
        @dataclass
        class Row:
            x: int
        class Table:
            def __init__(self): self.rows = [Row(1)]
        table = Table()
        # cut
        table.rows.append(Row(2))
        # cut
        print(isinstance(table, Table), table.rows)
    """,
    "the file and its docstring": '''
        """Usage: churn"""
        import os
        def where(): return os.path.dirname(os.path.abspath(__file__)) == os.getcwd(), __name__
        found = where()
        # cut
        more = [where(), __doc__]
        # cut
        print(found, more, where())
    ''',
    "several statements on a line, walrus, matching, odd indentation": """
        a = 1; b = [y := 2, y ** 2]
        if (n := len(b)) > 1:
          for i in range(n):
              a += i
        # cut
        match b:
            case [first, *rest]: c = rest
            case _: c = None
        # cut
        try:
        \tprint(a, b, c, n, y, i)
        finally:
          print(f"{a!r:>3}", \\
                first)
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_the_scripts_do_what_the_whole_does(case: str, tmp_path: Path) -> None:
    scripts = written(CASES[case], tmp_path, script="'churn.py'")
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "input.csv").touch()
    (whole / "churn.py").write_text((tmp_path / "churn.py").read_text(encoding="utf-8"), encoding="utf-8")
    expected = subprocess.run(
        [sys.executable, "churn.py"], cwd=whole, capture_output=True, text=True, check=True
    ).stdout

    found = run(scripts | _carried(scripts), tmp_path)

    assert found == expected


def _carried(scripts: dict[str, str]) -> dict[str, str]:
    """Let every script import the classes of the first, as the loop around the trials would have them written."""
    classes = [n for n in ast.parse(scripts["preprocessing"]).body if isinstance(n, ast.ClassDef)]
    head = "from dataclasses import dataclass\n" + "\n".join(ast.unparse(c) for c in classes)
    return {step: f"{head}\n{scripts[step]}" for step in STEPS[1:]} if classes else {}


def test_the_scripts_read_as_if_a_person_had_written_them(tmp_path: Path) -> None:
    code = """
        \"\"\"Monthly churn.\"\"\"
        from __future__ import annotations
        import os, sys
        import pandas as pd
        from math import (exp,  # natural
                          floor)
        from sklearn.experimental import enable_iterative_imputer

        PATH = "customers.csv"  # every month anew
        UNUSED = 1

        # Read what there is
        df = pd.read_csv(PATH)

        x = exp( 1 )   # as it was typed
        # cut
        # The model
        y = floor(x)
        # cut
        print(df, y,
              sys.argv)
        # The end
    """

    scripts = written(code, tmp_path, script="'churn.py'", folder="'.'", arguments="['it', 'b']")

    assert scripts["preprocessing"] == dedent('''\
        """Preprocessing: lines 13 to 15 of churn.py.

        Arrives: the files that churn.py reads, in --input-dir.
        Leaves: df and x for predict, in --output-dir.
        The rule: all of the output or none; a fault ends the script with a message.
        """

        # Monthly churn.

        from __future__ import annotations
        import pandas as pd
        from math import exp
        from sklearn.experimental import enable_iterative_imputer

        import handover

        PATH = "customers.csv"  # every month anew


        def preprocess():
            """Read and prepare the data."""
            # Read what there is
            df = pd.read_csv(PATH)

            x = exp( 1 )   # as it was typed
            return df, x


        def main():
            """Run as a job."""
            with handover.step("preprocessing", script="churn.py", arguments=["it", "b"]) as step:
                df, x = preprocess()
                step.pass_on(df=df, x=x)


        if __name__ == "__main__":
            main()
    ''')
    assert "def predict(x):" in scripts["predict"]
    assert "df, x = step.receive(" in scripts["predict"]
    assert "step.pass_on(df=df, y=y)" in scripts["predict"]
    assert "import sys\n" in scripts["postprocessing"]
    assert "sys.argv)\n    # The end\n" in scripts["postprocessing"]
    assert "os" not in scripts["postprocessing"].split("import sys")[0].split("import")[-1]


def test_many_variables_take_several_lines(tmp_path: Path) -> None:
    many = [f"variable_{n}" for n in range(12)]
    code = "\n".join(
        [*(f"{name} = [{n}]" for n, name in enumerate(many)), CUT, "z = 1", CUT, f"print({', '.join(many)})"]
    )

    scripts = written(code, tmp_path)

    assert max(len(line) for line in scripts["predict"].splitlines()) <= formatting.WIDTH
    assert "Leaves: variable_0, variable_1 and 10 more for postprocessing, in --output-dir." in scripts["predict"]
    assert run(scripts, tmp_path) == " ".join(f"[{n}]" for n in range(12)) + "\n"


def test_functions_that_several_parts_call_stand_in_one_module(tmp_path: Path) -> None:
    scripts = written(CASES["functions that several parts call"], tmp_path)

    assert list(scripts) == [*STEPS, "churn_functions"]
    assert scripts["churn_functions"] == dedent('''\
        """Functions of churn.py that several steps call."""

        import math

        LIMIT = 2


        def clip(x):
            """Clip."""
            return min(x, LIMIT)


        def root(x): return clip(math.sqrt(x))
    ''')
    assert "from churn_functions import clip, root\n" in scripts["predict"]
    assert "from churn_functions import LIMIT, root\n" in scripts["postprocessing"]
    assert "def key" in scripts["postprocessing"]
    assert "math" not in scripts["predict"]


@pytest.mark.parametrize(
    "kept",
    [
        "print(list(map(f, [1])))",  # it may get into a pickle of the program's own
        "f.calls = 1",
        "total = 0\ndef g(): return f(total)\ng()",
    ],
)
def test_functions_that_are_more_than_called_stay_in_the_scripts(kept: str, tmp_path: Path) -> None:
    scripts = written(f"def f(x): return x\n{kept}\na = f(1)\n{CUT}\nb = f(2)\n{CUT}\nprint(a, b, f(3))\n", tmp_path)

    assert "def f(x)" in scripts["predict"] or "def g" in scripts["preprocessing"]
    assert "def g" not in scripts.get("churn_functions", "")


def test_classes_that_a_pickle_of_the_model_may_name_stand_where_it_is_loaded(tmp_path: Path) -> None:
    scripts = written(
        "import pickle\nclass Scaler: pass\nx = 1\n# cut\nmodel = pickle.load(open('m.pkl', 'rb'))\n# cut\nprint(x)\n",
        tmp_path,
    )

    assert ["class Scaler" in scripts[step] for step in STEPS] == [False, True, False]


def test_definitions_that_pickles_name_stay_in_the_scripts(tmp_path: Path) -> None:
    code = f"def f(x): return x\na = f(1)\n{CUT}\nb = f(2)\n{CUT}\nprint(a, b)\n"

    scripts = split.write(cut(code, tmp_path), [set(), set(), {"f"}])

    assert [script.step for script in scripts] == [*STEPS]
    assert "def f(x)" in scripts[2].code


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("n = 1\nf = lambda x: x * n\n# cut\nn = 2\n# cut\nprint(f(1))\n", "line 2: a function remembers n"),
        ("x = 1\nif x > 2:\n    del x\n# cut\ny = 1\n# cut\nprint(x, y)\n", "line 2: x may be deleted, or not"),
    ],
)
def test_what_would_silently_differ_is_refused(code: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(split.CannotSplitError, match=said):
        written(code, tmp_path)


def test_a_function_that_is_used_at_once_may_name_what_changes_later(tmp_path: Path) -> None:
    scripts = written("n = 1\nx = sorted([1, 2], key=lambda v: v * n)\n# cut\nn = -1\n# cut\nprint(x, n)\n", tmp_path)

    assert run(scripts, tmp_path) == "[1, 2] -1\n"


def test_inputs_that_later_parts_read_are_kept(tmp_path: Path) -> None:
    scripts = split.write(
        cut("a = 1\n# cut\nb = a\n# cut\nprint(b)\n", tmp_path), keeps=(["a.csv", "b.csv"], ["b.csv"])
    )

    assert 'handover.step("preprocessing", keeps=["a.csv", "b.csv"])' in scripts[0].code
    assert 'handover.step("predict", keeps=["b.csv"])' in scripts[1].code
    assert 'handover.step("postprocessing")' in scripts[2].code


@pytest.mark.parametrize(
    ("name", "module"), [("churn.py", "churn"), ("predict.py", "legacy_predict"), ("2 x.py", "2_x")]
)
def test_wrapped_it_runs_as_it_is(name: str, module: str, tmp_path: Path) -> None:
    path = tmp_path / "legacy" / name
    path.parent.mkdir()
    path.write_text("import sys\nprint(__name__, sys.argv, open('input.csv').read())\n", encoding="utf-8")

    scripts = {s.step: s.code for s in wrap.write(source.read(path), script=repr(name))}

    assert list(scripts) == ["predict", module]
    assert scripts[module] == path.read_text(encoding="utf-8")
    assert run(scripts, tmp_path, ("predict",)) == f"__main__ ['{name}'] \n"


def test_wrapped_it_leaves_the_modules_beside_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "churn.py"
    path.write_text("import helper\n", encoding="utf-8")

    assert [s.step for s in wrap.write(source.read(path), ["churn", "helper"])] == ["predict", "legacy_churn"]
