"""A long part becomes several functions that do the same, one after another."""

import ast
import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from programs import program

from sagelift.legacy import sections, split
from sagelift.legacy.cuts import Cuts

FUNCTIONS_OF_JOB = 2
"""The one that all is in where nothing is divided, and `main`."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide at every marked heading, so that cases can be short."""
    monkeypatch.setattr(sections, "SHORTEST", 0)
    monkeypatch.setattr(sections, "FEW_LINES", 0)
    monkeypatch.setattr(sections, "A_VARIABLE", 0)


def written(folder: Path, code: str) -> str:
    """Return preprocessing.py of a script: all of it but the line that is predict, and the last one that prints."""
    taken = program(folder, dedent(code).lstrip() + "\nZ = 1\nprint('end', Z)\n")
    count = len(taken.statements)
    cuts = Cuts(taken, tuple(taken.statements), count - 2, count - 1)
    return split.write(cuts)[0].code


def functions(code: str) -> list[str]:
    """Return the names of the functions of a script, in their order."""
    return [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]


def run(code: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a script prints, without what a job does around it."""
    handover: Any = ModuleType("handover")

    @contextlib.contextmanager
    def step(*_args: object, **_options: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(pass_on=lambda **_variables: None)

    handover.step = step
    monkeypatch.setitem(sys.modules, "handover", handover)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "script.py", "exec"), {"__name__": "__main__"})  # noqa: S102  what this test is for
    return printed.getvalue()


LONG = """
    # # Load the data
    rows = [3, 1, 2]
    total = sum(rows)

    # # Sort
    for i, row in enumerate(sorted(rows)):
        rows[i] = row
    print(rows)

    # # Scale by the total
    # All of them.
    scaled = [row / total for row in rows]
    print(scaled)
"""


def test_a_part_is_divided_at_its_headings(tmp_path: Path) -> None:
    code = written(tmp_path, LONG)

    assert code[code.index("def load_data") :] == dedent('''\
        def load_data():
            """Load the data."""
            rows = [3, 1, 2]
            total = sum(rows)
            return rows, total


        def sort_results(rows):
            """Sort."""
            for i, row in enumerate(sorted(rows)):
                rows[i] = row
            print(rows)


        def scale_by_total(rows, total):
            """Scale by the total."""
            # All of them.
            scaled = [row / total for row in rows]
            print(scaled)


        def main():
            """Run as a job."""
            with handover.step("preprocessing") as step:
                rows, total = load_data()
                sort_results(rows)
                scale_by_total(rows, total)


        if __name__ == "__main__":
            main()
    ''')


def test_a_short_part_stays_one_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "SHORTEST", 25)

    assert functions(written(tmp_path, LONG)) == ["preprocess", "main"]


# What a script does, and into how many functions it may be divided.
CASES = {
    "a loop that binds nothing": (
        """
        # # One
        for x in []:
            last = x
        known = 1

        # # Two
        try:
            print(last)
        except NameError:
            print("unbound", known)
        """,
        1,
    ),
    "a function that remembers what changes later": (
        """
        # # One
        n = 1
        if n:
            def f(x):
                return x + n

        # # Two
        n = 10
        print(f(1))
        """,
        1,
    ),
    "a lambda that remembers what changes later": (
        "# # One\nn = 1\nfs = [lambda x: x + n]\n\n# # Two\nn = 10\nprint(fs[0](1))",
        1,
    ),
    "a generator that is consumed later": (
        "# # One\nk = 2\ng = (x * k for x in [1, 2])\n\n# # Two\nk = 5\nprint(list(g))",
        1,
    ),
    "a lazy map": ("# # One\nk = 2\ng = map(lambda x: x * k, [1, 2])\n\n# # Two\nk = 5\nprint(list(g))", 1),
    "a lambda that is used at once": (
        "# # One\nk = 2\ng = sorted([1, 2], key=lambda x: -x * k)\nprint(g)\n\n# # Two\nk = 5\nprint(g, k)",
        2,
    ),
    "a deleted variable": ("# # One\nx = [1]\ny = x\n\n# # Two\ndel x\nprint(y)\n\n# # Three\nx = 2\nprint(x, y)", 3),
    "a variable that is deleted on some paths": (
        "# # One\nx, y = 1, 2\n\n# # Two\nif y > 2:\n    del x\n\n# # Three\nprint(x, y)",
        2,
    ),
    "a variable that changes on some paths": (
        "# # One\nx, y = 1, 2\n\n# # Two\nif y > 1:\n    x = 5\n\n# # Three\nprint(x, y)",
        3,
    ),
    "objects that are changed in place": (
        "# # One\na = []\nb = a\n\n# # Two\na.append(1)\nb += [2]\n\n# # Three\nprint(a, b, a is b)",
        3,
    ),
    "a function that reads a variable": (
        "def f(x):\n    return x * factor\n\n# # One\nfactor = 2\nprint(f(1))\n\n# # Two\nfactor = 3\nprint(f(1))",
        2,
    ),
    "a function that changes a variable": (
        """
        def count():
            global calls
            calls += 1

        # # One
        calls = 0
        count()

        # # Two
        count()
        print(calls)
        """,
        2,
    ),
    "a class whose body reads a variable": (
        "# # One\nn = 1\nclass A:\n    m = n\n    def f(self): return n\n\n# # Two\nn = 2\nprint(A.m, A().f())",
        1,
    ),
    "an import under another name on some paths": (
        "# # One\nn = 1\nif n:\n    import math as m\nelse:\n    import cmath as m\n\n# # Two\nprint(m.sqrt(4))",
        1,
    ),
    "the names of variables": ("# # One\nn = 1\nm = n\n\n# # Two\nprint(sorted(k for k in dir() if k in 'nm'))", 1),
    "what one of two branches binds": (
        "# # One\nn = 1\nif n:\n    x = 1\nelse:\n    x = 2\n\n# # Two\nprint(x)",
        2,
    ),
    "a variable that a comprehension binds": (
        "# # One\nn = [y := 1, y + 1]\nz = [k for k in n]\n\n# # Two\nprint(y, z)",
        2,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_functions_do_what_the_part_does(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, most = CASES[case]
    original = dedent(code).lstrip()
    found = written(tmp_path, code)
    own = [name for name in functions(found) if f"def {name}" not in original]

    assert len(own) - FUNCTIONS_OF_JOB + 1 == most
    assert run(found, monkeypatch) == run(original, monkeypatch)


def test_names_of_the_script_are_not_taken(tmp_path: Path) -> None:
    code = written(
        tmp_path, "# # Load data\nload_data = 1\nload_model = 2\n\n# # Load data\nprint(load_data, load_model)"
    )

    names = functions(code)
    assert len(names) == len(set(names))
    assert not {"load_data", "load_model"} & set(names)


def test_many_variables_keep_a_part_together(tmp_path: Path) -> None:
    many = [f"v{n}" for n in range(12)]
    lines = "\n".join(f"{name} = []" for name in many)

    code = written(tmp_path, f"# # One\n{lines}\n\n# # Two\nprint({', '.join(many)})")

    assert functions(code) == ["preprocess", "main"]
