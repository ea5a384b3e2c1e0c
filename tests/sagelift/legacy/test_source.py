"""Legacy files become Python text whose lines are known."""

import json
from pathlib import Path

import pytest

from sagelift.legacy import source


def notebook(folder: Path, *cells: str, language: str = "python") -> Path:
    path = folder / "legacy.ipynb"
    found: list[dict[str, object]] = [
        {"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None}
        if not c.startswith("# #")
        else {"cell_type": "markdown", "source": c.removeprefix("# "), "metadata": {}}
        for c in cells
    ]
    metadata = {"kernelspec": {"name": "k", "display_name": "k", "language": language}}
    path.write_text(json.dumps({"cells": found, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}))
    return path


def script(folder: Path, code: str | bytes) -> Path:
    path = folder / "legacy.py"
    path.write_bytes(code if isinstance(code, bytes) else code.encode())
    return path


def code_of(folder: Path, *cells: str) -> str:
    return source.read(notebook(folder, *cells)).code


def test_a_script_is_read_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    read = source.read(script(tmp_path, "# coding: latin-1\r\nname = 'Zoë'\r\n".encode("latin-1")))

    assert read.code == "# coding: utf-8\nname = 'Zoë'\n"
    assert str(read.place(2)) == "line 2"


def test_a_byte_order_mark_is_no_code(tmp_path: Path) -> None:
    assert source.read(script(tmp_path, b"\xef\xbb\xbfx = 1\n")).code == "x = 1\n"


@pytest.mark.parametrize(
    "line",
    [
        "print 'done'",
        "except ValueError, e:",
        "exec 'x = 1'",
        "mode = 0777",
        "if a <> b: pass",
        "raise ValueError, 'x'",
    ],
)
def test_python_2_is_told_by_its_line(tmp_path: Path, line: str) -> None:
    code = f"x = 1\ntry:\n    pass\n{line}\n    pass\n" if line.startswith("except") else f"x = 1\n{line}\n"
    with pytest.raises(source.Python2Error, match=rf"is written in Python 2 \(line {4 if 'try' in code else 2}: "):
        source.read(script(tmp_path, code))


def test_what_is_no_python_at_all_is_not_called_python_2(tmp_path: Path) -> None:
    with pytest.raises(source.SourceError, match=r"no Python that can be parsed \(line 1: x = = 1\)") as raised:
        source.read(script(tmp_path, "x = = 1\n"))
    assert not isinstance(raised.value, source.Python2Error)


@pytest.mark.parametrize(("name", "content"), [("a.py", b"x = '\xff'\n"), ("a.ipynb", b"{}"), ("a.ipynb", b"no json")])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(source.SourceError, match=rf"{name} cannot be read as"):
        source.read(tmp_path / name)


def test_what_is_no_text_has_no_line(tmp_path: Path) -> None:
    with pytest.raises(source.SourceError, match=r"legacy\.py is no Python: source code string cannot contain null"):
        source.read(script(tmp_path, "x = '\0'\n"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(source.SourceError, match=r"gone\.py cannot be read: No such file"):
        source.read(tmp_path / "gone.py")


def test_a_notebook_of_another_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(source.SourceError, match="is a notebook of R, not of Python"):
        source.read(notebook(tmp_path, "x <- 1", language="R"))


def test_the_last_expression_of_a_cell_is_displayed(tmp_path: Path) -> None:
    code = code_of(tmp_path, "x = 1\nx + 1", "x;", "print(x)", "1, 2", "(\n    x\n)")

    assert [line for line in code.splitlines() if line] == [
        "x = 1", "display(x + 1)", "x;", "print(x)", "display((1, 2))", "display((", "    x", "))",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [
        "warnings.filterwarnings('ignore')",
        "plt.xlabel('age')",
        "plt.style.use('ggplot')",
        "df.drop('id', axis=1, inplace=True)",
        "df.to_csv('out.csv')",
    ],
)
def test_a_call_without_a_value_is_not_displayed(tmp_path: Path, call: str) -> None:
    assert code_of(tmp_path, call).splitlines()[0] == call


@pytest.mark.parametrize("call", ["df.to_csv()", "df.drop('id', axis=1, inplace=False)", "plt.hist(x)"])
def test_a_call_with_a_value_is_displayed(tmp_path: Path, call: str) -> None:
    assert code_of(tmp_path, call).splitlines()[0] == f"display({call})"


def test_figures_are_shown_after_the_cell_that_plots(tmp_path: Path) -> None:
    code = code_of(tmp_path, "df.plot()", "import matplotlib.pyplot as plt", "plt.plot(x)", "plt.hist(x)\nplt.show()")

    # Before its import, `plt` is no name yet.
    assert code.count("plt.show()") == 2
    assert code.startswith("display(df.plot())\n\nimport")


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["import pylab", "pylab.plot(x)\npylab.title('a')"], "pylab.show()"),
        (["import matplotlib.pyplot as p", "p.plot(x)"], "p.show()"),
        (["%matplotlib inline\nimport pandas as pd", "df.plot()"], "import matplotlib.pyplot as plt\nplt.show()"),
        (["import seaborn as sns", "sns.heatmap(x)"], "import matplotlib.pyplot as plt\nplt.show()"),
    ],
)
def test_figures_are_shown_by_whatever_name_pyplot_has(tmp_path: Path, cells: list[str], shown: str) -> None:
    assert code_of(tmp_path, *cells).strip().endswith(shown)


def test_figures_are_shown_under_the_name_that_pyplot_has(tmp_path: Path) -> None:
    code = code_of(tmp_path, "from matplotlib import pyplot\npyplot.scatter(x, y)", "pyplot.show()")

    assert code.splitlines()[1:] == ["pyplot.scatter(x, y)", "pyplot.show()", "", "pyplot.show()", ""]


def test_lines_are_found_again_in_their_cells(tmp_path: Path) -> None:
    read = source.read(notebook(tmp_path, "# # Title", "x = 1", "y = 2\n\nx + y", ""))

    places = {line: str(read.place(n)) for n, line in enumerate(read.code.split("\n"), start=1) if line}
    assert places["x = 1"] == "cell 1, line 1"
    assert places["display(x + y)"] == "cell 2, line 3"


def test_magics_are_comments_and_noted(tmp_path: Path) -> None:
    read = source.read(
        notebook(
            tmp_path,
            "%matplotlib inline\n!pip install xgboost\nx = 1",
            "%%time\ny = 2",
            "%time z = 3",
            "files = !ls *.csv",
            "%%bash\nrm -r data\n",
            "if x:\n    %run other.py",
            "x.mean?",
        )
    )

    assert {m.text: m.is_harmless for m in read.magics} == {
        "%matplotlib inline": True,
        "!pip install xgboost": True,
        "%%time": True,
        "%time z = 3": True,
        "files = !ls *.csv": False,
        "%%bash": False,
        "%run other.py": False,
        "x.mean?": True,
    }
    assert "z = 3\n" in read.code
    assert "\ny = 2\n" in read.code
    assert "# rm -r data" in read.code
    assert "    pass  # %run other.py" in read.code


def test_a_percent_sign_that_starts_a_line_of_python_is_no_magic(tmp_path: Path) -> None:
    read = source.read(notebook(tmp_path, 'print("%s"\n%name)'))

    assert not read.magics
    assert "%name)" in read.code
