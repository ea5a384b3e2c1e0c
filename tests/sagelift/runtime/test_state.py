"""What crosses from step to step: variables, and all that code depends on without naming it."""

from pathlib import Path

import pytest

from .conftest import RunSteps


def test_variables_stay_what_they_are_to_each_other(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        rows = [1, 2]
        table = {"rows": rows, "self": None}
        table["self"] = table
        step.pass_on(rows=rows, table=table, view=table.keys())
        """,
        """
        rows, table = step.receive("rows", "table")
        rows.append(3)
        step.pass_on(rows=rows, table=table)
        """,
        """
        rows, table = step.receive("rows", "table")
        print(table["rows"] is rows, table["self"] is table, rows)
        """,
    )

    assert left.printed == "True True [1, 2, 3]\n", left.log


def test_views_show_what_becomes_of_a_dictionary(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        from collections import OrderedDict
        from types import MappingProxyType
        a, b = {"x": 1}, OrderedDict(x=1)
        step.pass_on(a=a, b=b, views=[a.keys(), a.values(), a.items(), b.keys(), MappingProxyType(a)])
        """,
        "a, b, views = step.receive('a', 'b', 'views'); a['y'] = b['y'] = 2; print(*map(list, views))",
    )

    assert left.printed == "['x', 'y'] [1, 2] [('x', 1), ('y', 2)] ['x', 'y'] ['x', 'y']\n", left.log


def test_sets_keep_their_order(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        words = [set(f"{n * k} w{k}" for k in range(n)) for n in range(2, 30)] + [{8, 0}, frozenset([16, 8, 0])]
        print(*map(list, words))
        step.pass_on(words=words, again=words[-2:] * 2)
        """,
        """
        words, again = step.receive("words", "again"); print(*map(list, words))
        print(all(a is b for a, b in zip(words[-2:] * 2, again)))
        """,
    )

    before, after, are_same = left.printed.splitlines()
    assert before == after, left.log
    assert are_same == "True"


def test_definitions_cross_by_name_and_lambdas_by_value(run_steps: RunSteps) -> None:
    head = """
        import functools
        class Model:
            class Inner: pass
            def __init__(self): self.factor, self.inner = 2, self.Inner()
        def double(x): return x * 2
        @functools.lru_cache(maxsize=None)
        def slow(x): return x
    """
    left = run_steps(
        """
        offset = 10
        step.pass_on(model=Model(), double=double, slow=slow, shift=lambda x: double(x) + offset)
        """,
        head=head,
    )
    assert left.summary["definitions"] == ["Model", "double", "slow"]

    left = run_steps(
        "step.pass_on(model=Model(), double=double, slow=slow, shift=lambda x: double(x) + offset)",
        "values = step.receive('model', 'double', 'slow', 'shift'); step.pass_on(values=values)",
        """
        model, received, slow_, shift = step.receive("values")
        print(isinstance(model, Model), type(model.inner) is Model.Inner, received is double, slow_ is slow, shift(1))
        """,
        head=f"{head}\n        offset = 10",
    )
    assert left.printed == "True True True True 12\n", left.log


def test_a_class_that_the_script_makes_while_it_runs_crosses_by_value(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        from collections import namedtuple
        Point = namedtuple("Point", "x y")
        step.pass_on(Point=Point, point=Point(1, 2))
        """,
        "Point, point = step.receive('Point', 'point'); step.pass_on(Point=Point, point=point)",
        "Point, point = step.receive('Point', 'point'); print(isinstance(point, Point), point)",
    )

    assert left.printed == "True Point(x=1, y=2)\n", left.log


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("x = (n for n in [1])", "x (generator) cannot cross to the next step: "),
        ("import os; x = open(os.devnull)", "it is an open file. Open it where it is used"),
        ("import threading; x = threading.Lock()", "x (lock) cannot cross"),
        ("x = memoryview(b'a')", "x (memoryview) cannot cross to the next step: it is a view"),
        ("import sqlite3; x = sqlite3.connect(':memory:')", "x (Connection) cannot cross"),
        ("import sys, io; x = 1; sys.stdout = io.StringIO()", "sys.stdout is redirected"),
        ("import logging.handlers as h; x = 1; h.logging.getLogger('a').addHandler(h.QueueHandler(1))", "QueueHandler"),
    ],
)
def test_what_cannot_cross_is_named_and_nothing_is_left(statement: str, said: str, run_steps: RunSteps) -> None:
    left = run_steps(f"{statement}\ny = 1\nstep.pass_on(y=y, x=x)")

    assert left.code == 1
    assert said in left.log
    assert "Traceback" not in left.log
    assert left.files == {}


def test_files_that_are_written_are_written_on(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        log = open("log.txt", "w", encoding="utf-16"); log.write("one\\n")
        more = open("more.bin", "ab"); more.write(b"1")
        step.pass_on(log=log, more=more, out=sys.stdout)
        """,
        """
        log, more, out = step.receive("log", "more", "out"); log.write("two\\n"); out.write("printed\\n")
        step.pass_on(log=log, more=more)
        """,
        "log, more = step.receive('log', 'more'); log.write('three'); more.write(b'2')",
        head="import sys",
    )

    assert left.code == 0, left.log
    assert left.files["log.txt"].decode("utf-16") == "one\ntwo\nthree"
    assert left.files["more.bin"] == b"12"
    assert left.printed == "printed\n"


def test_settings_of_the_process_cross(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        random.seed(1); random.random()
        os.environ["MODE"] = "fast"; del os.environ["GONE"]
        sys.setrecursionlimit(5000); decimal.getcontext().prec = 5
        warnings.filterwarnings("error", "strange")
        logging.basicConfig(filename="run.log", format="%(levelname)s %(message)s", level="INFO")
        screen = logging.getLogger("screen"); screen.propagate = False
        screen.addHandler(logging.StreamHandler(sys.stdout)); logging.info("one")
        """,
        "logging.info('two')",
        """
        logging.info("three"); screen = logging.getLogger("screen"); screen.warning("on the screen")
        print(os.environ["MODE"], "GONE" in os.environ, sys.getrecursionlimit(), decimal.Decimal(1) / 3)
        try:
            warnings.warn("strange")
        except UserWarning:
            print("raised")
        print(random.random())
        """,
        head="import decimal, logging, os, random, sys, warnings\nos.environ['GONE'] = ''",
    )

    expected = ["on the screen", "fast False 5000 0.33333", "raised", "0.8474337369372327"]
    assert left.printed.splitlines() == expected, left.log
    assert left.files["run.log"].decode().split() == ["INFO", "one", "INFO", "two", "INFO", "three"]


def test_what_modules_classes_and_functions_hold_crosses(run_steps: RunSteps, tmp_path: Path) -> None:
    head = """
        import os
        import counting
        class Model:
            trained = 0
        def collect(x, seen=[]):
            seen.append(x)
            return seen
    """
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "counting.py").write_text(
        "import os\nCOUNT = 0\nHERE = os.getpid()\ndef count(): pass\n", encoding="utf-8"
    )
    left = run_steps(
        "counting.COUNT += 1; counting.count.calls = 7; Model.trained += 1; collect('a'); counting.note = Model()",
        "counting.COUNT += 1; collect('b')",
        """
        print(counting.COUNT, counting.count.calls, Model.trained, collect("c"), type(counting.note) is Model)
        print(counting.HERE == os.getpid())
        """,
        head=head,
    )

    assert left.printed == "2 7 1 ['a', 'b', 'c'] True\nTrue\n", left.log


def test_what_a_module_holds_is_the_same_by_another_name(run_steps: RunSteps, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "counting.py").write_text("found = {}\nlevel = 1\n", encoding="utf-8")
    left = run_steps(
        "found['a'] = 1; counting.level = 2",
        "found['b'] = 2",
        "print(found, found is counting.found, level, counting.level)",
        head="import counting\nfrom counting import found, level",
    )

    assert left.printed == "{'a': 1, 'b': 2} True 1 2\n", left.log


def test_what_a_class_holds_passes_a_step_that_does_without_it(run_steps: RunSteps) -> None:
    head = """
        if "predict" not in __file__:
            class Registry:
                items = []
            def count():
                count.calls += 1
                return count.calls
    """
    left = run_steps("Registry.items.append(1); count.calls = 5", "pass", "print(Registry.items, count())", head=head)

    assert left.printed == "[1] 6\n", left.log


def test_nan_is_the_one_that_numpy_has(run_steps: RunSteps) -> None:
    left = run_steps(
        "import numpy as np; step.pass_on(values=[np.nan, float('nan')], table=np.array([np.nan, 'a'], dtype=object))",
        "values, table = step.receive('values', 'table'); step.pass_on(values=values, table=table)",
        """
        values, table = step.receive("values", "table")
        import numpy as np
        print([value is np.nan for value in values], table[0] is np.nan)
        """,
    )

    assert left.printed == "[True, False] True\n", left.log


def test_a_rerun_leaves_the_same_bytes(run_steps: RunSteps) -> None:
    part = "import random; step.pass_on(x={'b', 'a'}, f=lambda x: x + 1, y=[1.5])"

    first = run_steps(part).files
    assert run_steps(part).files == first


def test_paths_into_the_folder_of_the_script_stay_paths_into_it(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        import os
        import pathlib
        here = os.path.abspath("")
        step.pass_on(here=here, paths=[pathlib.Path("data.csv").resolve(), os.path.join(here, "data.csv"), "data.csv"])
        """,
        "here, paths = step.receive('here', 'paths'); step.pass_on(here=here, paths=paths)",
        """
        import os
        here, paths = step.receive("here", "paths")
        print(here == os.getcwd(), [os.path.relpath(path) for path in paths], type(paths[0]).__name__)
        """,
    )

    assert left.printed == "True ['data.csv', 'data.csv', 'data.csv'] PosixPath\n", left.log
