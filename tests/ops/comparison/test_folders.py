"""Two folders of results, and what differs between two runs of the same code."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import ops
import pytest
from ops.comparison import FileVerdict, Verdict, compare, unstable

Run = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what makes a folder of results."""

    def make(files: Mapping[str, str]) -> Path:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make


def test_each_file_is_compared(run: Run) -> None:
    result = compare(
        run({"a.txt": "1", "b/c.txt": "2", "d.txt": "3"}), run({"a.txt": "1", "b/c.txt": "9", "e.txt": "3"})
    )
    assert {name: file.verdict for name, file in result.files.items()} == {
        "a.txt": FileVerdict.IDENTICAL,
        "b/c.txt": FileVerdict.DIFFERENT,
        "d.txt": FileVerdict.MISSING,
        "e.txt": FileVerdict.ADDITIONAL,
    }
    assert result.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("expected", "found", "verdict"),
    [
        ({"a.txt": "1"}, {"a.txt": "1"}, Verdict.IDENTICAL),
        ({"a.txt": "0.3"}, {"a.txt": "0.30000000000000004"}, Verdict.WITHIN_TOLERANCE),
        ({"a.txt": "1"}, {}, Verdict.DIFFERENT),
        ({}, {"a.txt": "1"}, Verdict.DIFFERENT),
        ({}, {}, Verdict.CANNOT),
    ],
)
def test_verdicts(run: Run, expected: Mapping[str, str], found: Mapping[str, str], verdict: Verdict) -> None:
    assert compare(run(expected), run(found)).verdict is verdict


FIRST = {
    "a.csv": "id,name,score\n1,x,0.5\n2,y,0.25\n",
    "a.json": '{"runs": [{"seconds": 1.5, "rows": 2}]}',
    "stdout.txt": "rows 2\nFinished in 0.5 s\nid a7f3\n",
    "report_20261121.txt": "rows 2\n",
}
SECOND = {
    "a.csv": "id,name,score\n1,x,0.125\n2,y,0.25\n",
    "a.json": '{"runs": [{"seconds": 1.25, "rows": 2}]}',
    "stdout.txt": "rows 2\nFinished in 10.25 ms\nid b7f3\n",
    "report_20261122.txt": "rows 2\n",
}
THIRD = {
    "a.csv": "id,name,score\n1,x,0.75\n2,y,0.0\n",
    "a.json": '{"runs": [{"seconds": 9.0, "rows": 2}]}',
    "stdout.txt": "rows 2\nFinished in 3.0 min\nid c123\n",
    "report_20270101.txt": "rows 2\n",
}


def test_what_differs_between_two_runs(run: Run) -> None:
    assert unstable(run(FIRST), run(SECOND)) == {
        "a.csv": ["column score"],
        "a.json": ["$.runs[*].seconds"],
        "report_20261121.txt": ["name"],
        "stdout.txt": ["numbers of line 2", "words of line 3"],
    }
    assert unstable(run(FIRST), run(FIRST)) == {}


def test_further_runs_show_more(run: Run) -> None:
    first, second, third = run(FIRST), run(SECOND), run(THIRD)
    assert unstable(first, second, third)["stdout.txt"] == [
        "numbers of line 2",
        "numbers of line 3",
        "words of line 3",
    ]


def test_rows_of_numbers_are_unstable_together(run: Run) -> None:
    first, second, third = (
        run({"stdout.txt": f"labels\n{rows}7\n"}) for rows in ("[1 0]\n[1 1]\n", "[1 0]\n[0 0]\n", "[0 0]\n[1 0]\n")
    )
    differs = unstable(first, second)
    assert differs == {"stdout.txt": ["numbers of lines 2 to 3"]}
    assert compare(first, third, unstable=differs).verdict is Verdict.STABLE_PARTS
    other = run({"stdout.txt": "labels\n[1 0]\n[1 1]\n8\n"})
    assert compare(first, other, unstable=differs).verdict is Verdict.DIFFERENT


def test_words_of_the_rows_of_a_table_are_unstable_together(run: Run) -> None:
    first, second, third = (
        run({"stdout.txt": f"id group x\n1 {a} 0.5\n2 {b} 0.7\nmean of x: 0.6\n"}) for a, b in ("kk", "kl", "lk")
    )
    differs = unstable(first, second)
    assert differs == {"stdout.txt": ["words of lines 2 to 3"]}
    assert compare(first, third, unstable=differs).verdict is Verdict.STABLE_PARTS
    other = run({"stdout.txt": "id group x\n1 k 0.5\n2 k 0.7\nmean of y: 0.6\n"})
    assert compare(first, other, unstable=differs).verdict is Verdict.DIFFERENT


def test_only_what_two_runs_agree_on_is_compared(run: Run) -> None:
    first = run(FIRST)
    differs = unstable(first, run(SECOND), run(THIRD))
    result = compare(first, run(THIRD), unstable=differs)
    assert {file.verdict for file in result.files.values()} == {FileVerdict.STABLE_PARTS}
    assert result.verdict is Verdict.STABLE_PARTS
    assert result.files["a.csv"].not_compared == ["column score"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.csv", "2,y", "2,z"),
        ("a.csv", "2,y,0.0\n", ""),
        ("a.json", '"rows": 2', '"rows": 3'),
        ("stdout.txt", "Finished in", "Failed in"),
        ("stdout.txt", "rows 2", "rows 3"),
        ("report_20270101.txt", "rows 2", "rows 3"),
    ],
)
def test_what_they_agree_on_must_be_the_same(run: Run, name: str, before: str, after: str) -> None:
    first = run(FIRST)
    differs = unstable(first, run(SECOND), run(THIRD))
    assert before in THIRD[name]
    result = compare(first, run({**THIRD, name: THIRD[name].replace(before, after)}), unstable=differs)
    assert result.verdict is Verdict.DIFFERENT


def test_a_file_of_another_shape_in_each_run_is_not_compared(run: Run) -> None:
    first = run({"a.txt": "1\n2\n", "b.bin": "\0a", "c.txt": "stable"})
    second = run({"a.txt": "1\n", "b.bin": "\0b", "c.txt": "stable"})
    differs = unstable(first, second)
    assert differs == {"a.txt": ["content"], "b.bin": ["content"]}
    result = compare(first, run({"a.txt": "7\n", "b.bin": "\0c", "c.txt": "stable"}), unstable=differs)
    assert [file.verdict for file in result.files.values()] == [FileVerdict.NOT_COMPARED] * 2 + [FileVerdict.IDENTICAL]
    assert compare(first, second, unstable=differs).verdict is Verdict.STABLE_PARTS
    assert compare(first, run({"b.bin": "\0c", "c.txt": "stable"}), unstable=differs).verdict is Verdict.DIFFERENT


def test_nothing_that_two_runs_agree_on_proves_nothing(run: Run) -> None:
    first, second = run({"a.bin": "\0a"}), run({"a.bin": "\0b"})
    assert compare(first, second, unstable=unstable(first, second)).verdict is Verdict.CANNOT


def test_files_that_only_some_runs_leave(run: Run) -> None:
    first, second = run({"a.txt": "1", "model-1.bin": "1"}), run({"a.txt": "1", "other-2.bin": "1"})
    differs = unstable(first, second)
    assert differs == {"model-1.bin": ["content", "name"], "other-2.bin": ["content", "name"]}
    assert compare(first, run({"a.txt": "1"}), unstable=differs).verdict is Verdict.STABLE_PARTS
    result = compare(first, run({"a.txt": "1", "other-3.bin": "1"}), unstable=differs)
    assert result.files["other-3.bin"].verdict is FileVerdict.NOT_COMPARED
    assert compare(first, run({"a.txt": "1", "third.bin": ""}), unstable=differs).verdict is Verdict.DIFFERENT


# The command, which sagelift calls as a process of its own


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it with nothing but the standard library."""
    template = Path(ops.__file__).parents[1]
    line = [sys.executable, "-S", "-m", "ops.comparison", *map(str, arguments)]
    return subprocess.run(line, cwd=template, capture_output=True, text=True, check=False)


def test_the_command_needs_the_standard_library_only(run: Run, tmp_path: Path) -> None:
    first, second = run(FIRST), run(SECOND)
    told = command("--unstable", first, second)
    assert json.loads(told.stdout) == unstable(first, second)
    recording = tmp_path / "recording.json"
    recording.write_text(json.dumps({"unstable": json.loads(told.stdout), "tolerance": {"relative": 0.5}}))
    document = json.loads(command(first, second, "--recording", recording).stdout)
    assert document["verdict"] == "identical where stable"
    assert document["tolerance"] == {"relative": 0.5, "absolute": 1e-12}
    assert document["files"]["a.csv"]["not_compared"] == ["column score"]


def test_the_command_refuses_what_is_no_folder(run: Run) -> None:
    ended = command(run({}), "nowhere")
    assert ended.returncode == 2
    assert ended.stderr.endswith("error: nowhere is no folder: name one with results.\n")
    assert "are for --unstable: name two" in command(run({}), run({}), run({})).stderr
