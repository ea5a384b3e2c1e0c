"""What `sagelift assess` shows."""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sagelift import cli

CODE = """\
import pandas as pd
from sklearn.linear_model import LinearRegression
PASSWORD = "hunter2hunter2"
# <script>alert("[bold]")</script> &amp;
table = pd.read_csv("<in>.csv")
table = table.dropna()
model = LinearRegression().fit(table[["a"]], table.y)
table["found"] = model.predict(table[["a"]])
table = table.round(2)
table.to_csv("out[red].csv")
"""


class Page(HTMLParser):
    """Collects what a page consists of."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run `sagelift assess` and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["sagelift", "assess", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "score.py"
    path.write_text(CODE)
    return path


def test_one_model_is_shown_whole(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, str(script)) == 0

    shown = capsys.readouterr().out
    assert re.search(r"would be +preprocessing: lines 3-6", shown)
    assert "out[red].csv (line 10)" in shown
    assert "hunter2" not in shown


def test_many_are_a_line_each(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (script.parent / "broken.py").write_text("def f(:\n")

    assert run(monkeypatch, str(script.parent)) == 0

    shown = capsys.readouterr().out
    assert re.search(r"needs a person .*def f\(:", shown.replace("\n", " "))
    assert re.search(r"score.py +splits +3 +trains, infers +before line 7 and line 9 *\n", shown)
    assert "splits: 1, needs a person: 1" in shown.splitlines()


def test_json_has_the_documented_shape(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, str(script), "--json") == 0

    said = capsys.readouterr().out
    told = json.loads(said)
    [model] = told["models"]
    assert (told["format"], model["verdict"], model["kind"]) == (1, "splits", "script")
    assert model["steps"]["predict"] == [{"first": {"cell": None, "line": 7}, "last": {"cell": None, "line": 8}}]
    assert {"kind": "file written", "text": "out[red].csv", "helper": None, "cell": None, "line": 10} in model[
        "findings"
    ]
    assert "hunter2" not in said
    page = Path(__file__).parents[3] / "docs" / "how-to" / "assess-legacy-code.md"
    documented = page.read_text(encoding="utf-8")
    assert [key for key in {*told, *model} if f"`{key}`" not in documented] == []


def test_the_page_escapes_everything_and_loads_nothing(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "pages" / "report.html"

    assert run(monkeypatch, str(script), "--html", str(target)) == 0

    page = Page()
    page.feed(target.read_text(encoding="utf-8"))
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe"}
    assert not any("src" in attributes for _, attributes in page.tags)
    assert '<script>alert("[bold]")</script> &amp;' in page.text
    assert "hunter2" not in page.text
    lines = [attributes.get("class") for tag, attributes in page.tags if tag == "div"][1:]
    assert lines == [None] * 2 + ["preprocessing"] * 4 + ["predict"] * 2 + ["postprocessing"] * 2


def test_a_page_that_cannot_be_written_is_one_sentence_and_leaves_nothing(
    script: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = script.parent / "folder"
    folder.mkdir()

    assert run(monkeypatch, str(script), "--html", str(folder)) == 1

    assert "The page cannot be written to" in capsys.readouterr().err
    assert not list(script.parent.glob(".folder*"))
