"""Paths that code names: how far their text is known, what they are for, and how they are changed."""

import ast
import textwrap

import pytest

from sagelift.legacy import paths
from sagelift.legacy.paths import Paths


def named(code: str) -> dict[str, set[str]]:
    """Return the uses of each text that begins a path."""
    found: dict[str, set[str]] = {}
    for name in Paths(ast.parse(textwrap.dedent(code)), "/project/src/model.py").named():
        if name.is_beginning:
            found.setdefault(name.text, set()).update(name.uses)
    return found


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        (r"C:\data\train.csv", True),
        ("d:/data/train.csv", True),
        (r"\\server\share\train.csv", True),
        ("/home/ada/train.csv", True),
        ("~/train.csv", True),
        ("file:///home/ada/train.csv", True),
        ("data/train.csv", False),
        ("../train.csv", False),
        ("https://example.org/train.csv", False),
        ("s3://bucket/train.csv", False),
        ("a: b", False),
        ("/", False),
        ("//", False),
        ("", False),
        ("/one\n/two", False),
    ],
)
def test_a_path_of_one_machine_is_known_by_its_beginning(text: str, foreign: bool) -> None:  # noqa: FBT001
    assert paths.is_foreign(text) is foreign


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (r"C:\data\train.csv", ("data", "train.csv")),
        ("C:/data/train.csv", ("data", "train.csv")),
        (r"\\server\share\data\train.csv", ("data", "train.csv")),
        ("/data/train.csv", ("data", "train.csv")),
        ("~/train.csv", ("train.csv",)),
        ("file:///data/train.csv", ("data", "train.csv")),
        (r"data\train.csv", ("data", "train.csv")),
    ],
)
def test_the_parts_of_a_path_are_those_of_its_system(text: str, parts: tuple[str, ...]) -> None:
    assert paths.parts(text) == parts


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("read_csv('a.csv')", "a.csv"),
        ("D = 'data'\nread_csv(D + '/a.csv')", "data/a.csv"),
        ("D = 'data'\nread_csv(f'{D}/a.csv')", "data/a.csv"),
        ("import os\nread_csv(os.path.join('data', 'raw', 'a.csv'))", "data/raw/a.csv"),
        ("from pathlib import Path\nread_csv(Path('data') / 'a.csv')", "data/a.csv"),
        ("from pathlib import Path\nread_csv(Path('data').joinpath('a.csv'))", "data/a.csv"),
        ("import os\nD = os.path.dirname(os.path.abspath(__file__))\nread_csv(D + '/a.csv')", "/project/src/a.csv"),
        ("from pathlib import Path\nread_csv(Path(__file__).resolve().parent.parent / 'a.csv')", "/project/a.csv"),
        ("from pathlib import Path\nread_csv(Path(__file__).parents[1] / 'a.csv')", "/project/a.csv"),
        ("import os\nread_csv(os.path.expanduser('~/a.csv'))", "~/a.csv"),
    ],
)
def test_a_path_is_put_together_as_the_code_does(code: str, text: str) -> None:
    assert named(code)[text] == {"read"}


@pytest.mark.parametrize(
    "code",
    [
        "for d in ('a', 'b'):\n    read_csv(d + '/x.csv')",
        "d = 'a'\nd = 'b'\nread_csv(d + '/x.csv')",
        "a = b\nb = a\nread_csv(a + '/x.csv')",
    ],
)
def test_a_path_that_is_not_certain_is_not_guessed(code: str) -> None:
    assert not [text for text in named(code) if "x.csv" in text]


@pytest.mark.parametrize(
    ("code", "uses"),
    [
        ("pd.read_csv('x')", {"read"}),
        ("open('x')", {"read"}),
        ("open('x', 'w')", {"write"}),
        ("open('x', mode='a')", {"read", "write"}),
        ("Path('x').open('w')", {"write"}),
        ("Path('x').write_text('')", {"write"}),
        ("p = 'x'\nframe.to_csv(p)", {"write"}),
        ("p = 'x'\nq = Path(p)\npd.read_csv(q)\nframe.to_csv(q)", {"read", "write"}),
        ("os.makedirs('x')", {"make"}),
        ("os.chdir('x')", {"chdir"}),
        ("plt.savefig('x')", {"write"}),
        ("joblib.load('x')", {"read"}),
        ("frame['x']", None),
        ("'x'.join(names)", None),
        ("folder + 'x'", None),
        ("text.replace('x', 'y')", None),
    ],
)
def test_what_is_done_to_a_path_is_seen_through_variables(code: str, uses: set[str] | None) -> None:
    assert named(code).get("x") == uses


def test_strings_are_replaced_and_all_else_stays() -> None:
    code = r"""
        # C:\data stays in a comment
        a = pd.read_csv(r"C:\data\a.csv",  sep = ";")
        b = open('C:\\data\\a.csv'  )
        c = f"C:/data/{name}.csv", fr"C:\data\{name}.csv"
        d = "C:/data/"
        e = "said: C:/data/"
    """
    mapping = {r"C:\data\a.csv": "it's.csv", "C:/data/": "data/", "C:\\data\\": "data/", "C:/data/b.csv": "b.csv"}
    assert paths.rewrite(textwrap.dedent(code), mapping) == textwrap.dedent(
        r"""
        # C:\data stays in a comment
        a = pd.read_csv("it's.csv",  sep = ";")
        b = open('it\'s.csv'  )
        c = f"data/{name}.csv", fr"data/{name}.csv"
        d = "data/"
        e = "said: C:/data/"
    """
    )
