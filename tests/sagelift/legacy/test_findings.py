"""What a person has to know of legacy code before it moves."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from sagelift.legacy import credentials, findings, source


def find(folder: Path, code: str) -> set[tuple[str, str, int]]:
    """Return the findings of a script: kind, text, line."""
    script = folder / "score.py"
    script.write_text(dedent(code))
    return {(f.kind.value, f.text, f.place.line) for f in findings.find(source.read(script))}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import pandas as pd\npd.read_csv('data/in.csv')", ("file read", "data/in.csv", 2)),
        ("name = 'in.csv'\nopen(name)", ("file read", "in.csv", 1)),
        ("open('out.csv', 'w')", ("file written", "out.csv", 1)),
        ("df.to_csv('out.csv')", ("file written", "out.csv", 1)),
        ("open('/home/bob/in.csv')", ("absolute path", "/home/bob/in.csv", 1)),
        ("open(r'C:\\data\\in.csv')", ("Windows path", "C:\\data\\in.csv", 1)),
        (
            "open(r'data\\in.csv')",
            ("Windows path", "data\\in.csv (backslashes are no separators elsewhere)", 1),
        ),
        ("import sqlite3\nsqlite3.connect('a.db')", ("database", "sqlite3.connect(a.db)", 2)),
        ("import pandas\npandas.read_csv('https://host/in.csv')", ("network", "https://host/in.csv", 2)),
        (
            "from sklearn.datasets import fetch_openml\nfetch_openml('mnist')",
            ("network", "sklearn.datasets.fetch_openml(mnist) downloads", 2),
        ),
        ("n = input('how many? ')", ("prompt", "input(how many? )", 1)),
        ("import sys\nsys.argv[1]", ("command line", "sys.argv", 2)),
        ("import matplotlib.pyplot as plt\nplt.show()", ("figure", "plt.show()", 2)),
        (
            "import matplotlib\nmatplotlib.use('TkAgg')",
            ("figure", 'matplotlib.use("TkAgg") opens windows; there are none in a job', 2),
        ),
        ("import os\nos.environ['HOME']", ("environment variable", "HOME", 2)),
        ("import os\nos.getenv('HOME', '')", ("environment variable", "HOME", 2)),
        ("import imp", ("removed", "imp was removed from Python 3.12", 1)),
        ("import numpy as np\nnp.float(1)", ("removed", "numpy.float was removed from numpy 1.24", 2)),
        ("from scipy.misc import imread", ("removed", "scipy.misc.imread was removed from scipy 1.2", 1)),
        (
            "from sklearn.preprocessing import OneHotEncoder\nOneHotEncoder(sparse=False)",
            ("removed", "OneHotEncoder(sparse=…) was removed from scikit-learn 1.4", 2),
        ),
    ],
)
def test_each_kind_is_found(tmp_path: Path, code: str, expected: tuple[str, str, int]) -> None:
    assert expected in find(tmp_path, code)


@pytest.mark.parametrize(
    "code",
    [
        "'''See /home/bob/in.csv or C:\\\\data.'''",
        "route = 'a/b'.split('/')",
        "numpy = 1\nx = numpy.float",
        "def method(ix): return frame.ix",
        "tokens = {'pad_token': '[PAD]', 'token': 'word'}",
        "password = input()",
        "secret = 'your-secret'",
    ],
)
def test_what_only_looks_like_it_is_not(tmp_path: Path, code: str) -> None:
    assert {kind for kind, _, _ in find(tmp_path, code)} <= {"prompt"}


def test_magics_and_places_of_notebooks(tmp_path: Path) -> None:
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
        for text in ("%matplotlib inline", "x = 1\nopen('in.csv')")
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))

    found = [(f.kind.value, f.text, str(f.place)) for f in findings.find(source.read(path))]

    assert found == [
        ("magic", "%matplotlib inline", "cell 1, line 1"),
        ("file read", "in.csv", "cell 2, line 2"),
    ]


KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
TOKEN = "ghp_" + "a1" * 20


@pytest.mark.parametrize(
    ("code", "value", "kind"),
    [
        (f"key = '{KEY}'", KEY, "AWS access key"),
        (f"# old: {TOKEN}", TOKEN, "GitHub token"),
        ("url = 'postgresql://bob:s3cr3t@host/db'", "s3cr3t", "password in a connection"),
        ("c = 'DRIVER=x;UID=bob;PWD=s3cr3t;'", "s3cr3t", "password in a connection"),
        (
            "SECRET_KEY: str = 'x'\naws_secret_access_key = 'q8w7e6r5t4'",
            "q8w7e6r5t4",
            "aws_secret_access_key, as its name says",
        ),
        ("connect(password = 'hunter2hunter2')", "hunter2hunter2", "password, as its name says"),
        ("print 'Python 2'\napi_key = 'q8w7e6r5t4'", "q8w7e6r5t4", "api_key, as its name says"),
        ("os.environ['API_TOKEN'] = 'q8w7e6r5t4y3'", "q8w7e6r5t4y3", "API_TOKEN, as its name says"),
    ],
)
def test_secrets_are_found_and_taken_out(code: str, value: str, kind: str) -> None:
    [secret] = credentials.find(code)

    assert (secret.kind, secret.value, secret.line) == (kind, value, code.count("\n") + 1)
    assert value not in credentials.redact(code, [secret])


def test_a_private_key_is_taken_out_whole_and_no_line_moves() -> None:
    # In two pieces, so that nobody takes this file for one that holds a key.
    kind = "RSA PRIVATE " + "KEY"
    code = f'KEY = """-----BEGIN {kind}-----\nMIIabc\n-----END {kind}-----"""\nx = 1\n'

    text = credentials.redact(code, credentials.find(code))

    assert "MIIabc" not in text
    assert text.split("\n")[3] == "x = 1"
