"""What must not be split, or cannot run, is told with its line."""

import json
from pathlib import Path

import pytest
from programs import source as written

from sagelift.legacy import obstacles, source
from sagelift.legacy.obstacles import Effect, Obstacle
from sagelift.legacy.program import take_apart

INFERENCE = "\ny = model.predict(X)\n"


def found(read: source.Source) -> list[Obstacle]:
    return obstacles.find(read, take_apart(read))


def of(folder: Path, code: str) -> list[Obstacle]:
    return found(written(folder, code + INFERENCE))


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("x = 1\neval('x + 1')", "eval", 2),
        ("exec(open('settings.py').read())", "exec", 1),
        ("from numpy import *", "import *", 1),
        ("from os import chdir\nchdir('data')", "chdir", 2),
        ("import os as system\nsystem.chdir('data')", "chdir", 2),
        ("import sys\nif len(X) == 0:\n    sys.exit()", "exit", 3),
        ("raise SystemExit", "exit", 1),
        ("globals()['x'] = 1", "globals", 1),
        ("print(locals())", "locals", 1),
        ("import threading\nthreading.Thread(target=print).start()", "thread", 2),
        ("import atexit\natexit.register(print)", "exit handler", 2),
        ("import signal\nsignal.signal(signal.SIGINT, print)", "signal", 2),
        ("import unittest\nunittest.main()", "introspection", 2),
        ("import sys\nsys.stdout = open('log.txt', 'w')", "redirection", 2),
        ("'''What it is.'''\nprint(__doc__)", "introspection", 2),
        ("import json\njson.dumps = str", "patch", 2),
        ("from os import path\nsetattr(path, 'join', print)", "patch", 2),
    ],
)
def test_what_must_not_be_split(tmp_path: Path, code: str, kind: str, line: int) -> None:
    [obstacle] = of(tmp_path, code)

    assert (obstacle.kind, obstacle.effect) == (kind, Effect.NO_SPLIT)
    assert str(obstacle).startswith(f"line {line}: ")


@pytest.mark.parametrize(
    "code",
    [
        "import pandas as pd\npd.options.display.precision = 2",
        "import sys\nsys.dont_write_bytecode = True",
        "import tools\ntools.limit = 3",
        "from math import sqrt as root\nroot = Model()\nroot.x = 1",
        "class Model: pass\nModel.x = 1",
        "import decimal\ndecimal.getcontext().prec = 3",
    ],
)
def test_what_is_no_patch_of_a_library(tmp_path: Path, code: str) -> None:
    (tmp_path / "tools.py").write_text("limit = 2\n")
    assert not of(tmp_path, code)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("while True:\n    for x in X:\n        break", "endless loop"),
        ("while 1:\n    def f():\n        return 1", "endless loop"),
        ("name = raw_input('Name: ')", "Python 2"),
        ("import urllib2", "Python 2"),
        ("print >> f, 'x'", "Python 2"),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", "notebook"),
    ],
)
def test_what_cannot_run(tmp_path: Path, code: str, kind: str) -> None:
    [obstacle] = of(tmp_path, code)

    assert (obstacle.kind, obstacle.effect) == (kind, Effect.CANNOT_RUN)


@pytest.mark.parametrize(
    "code",
    [
        "df.eval('a + b', inplace=True)",
        "model.eval()",
        "def exec(x):\n    return x\nexec(1)",
        "while True:\n    if done():\n        break",
        "def f():\n    while True:\n        return 1",
        "try:\n    while True:\n        step()\nexcept StopIteration:\n    pass",
        "try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle",
        "from functools import reduce\nreduce(f, X)",
        "def f(a):\n    return '{a}'.format(**locals())",
        "def f(long):\n    return long",
    ],
)
def test_what_only_looks_like_an_obstacle(tmp_path: Path, code: str) -> None:
    assert of(tmp_path, code) == []


@pytest.mark.parametrize("code", ["import sys\nsys.exit(2)", "raise SystemExit(f'no {x}')", "x = input('x: ')"])
def test_what_only_needs_to_be_known(tmp_path: Path, code: str) -> None:
    assert [obstacle.effect for obstacle in of(tmp_path, code)] == [Effect.NOTE]


def test_the_exit_at_the_end_is_none(tmp_path: Path) -> None:
    code = (
        "def main():\n    print(model.predict(X))\nif __name__ == '__main__':\n    import sys\n    sys.exit(main())\n"
    )
    assert found(written(tmp_path, code)) == []


def test_a_script_that_infers_nothing_is_told(tmp_path: Path) -> None:
    [obstacle] = found(written(tmp_path, "print('hello')\n"))

    assert (obstacle.kind, obstacle.place, obstacle.effect) == ("no inference", None, Effect.NO_SPLIT)
    assert str(obstacle).startswith("nothing in it infers")


def test_magics_that_change_the_results_cannot_run(tmp_path: Path) -> None:
    path = tmp_path / "legacy.ipynb"
    cells = ["%matplotlib inline\n%run prepare.py\nmodel.predict(X)"]
    content: list[dict[str, object]] = [
        {"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None} for c in cells
    ]
    path.write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))

    [obstacle] = found(source.read(path))

    assert obstacle.effect == Effect.CANNOT_RUN
    assert str(obstacle).startswith("cell 1, line 2: %run prepare.py: ")
