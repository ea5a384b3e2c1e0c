"""Runs of legacy code: what they see, what is noted of them, and how they end."""

import os
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import Lifeline

from sagelift.legacy import layout, sandbox, source
from sagelift.legacy.layout import Layout
from sagelift.legacy.sandbox import Access, Recording, RunError

PYTHON = Path(sys.executable)

Record = Callable[..., Recording]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Return what runs a script in a project with these files."""

    def run(
        code: str, files: dict[str, str] | None = None, *, script: str = "model.py", **options: object
    ) -> Recording:
        project = tmp_path / "project"
        for name, text in {**(files or {}), script: textwrap.dedent(code)}.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text)
        path = Path(script)
        return sandbox.record(
            source.read(project / path),
            Layout(project, path.parent.as_posix(), path.with_suffix(".py").name),
            tmp_path / "outputs",
            interpreter=PYTHON,
            **options,  # type: ignore[arg-type]
        )

    return run


def noted(recording: Recording, *kinds: str) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(a.kind, a.target, a.lines) for a in recording.accesses if a.kind in kinds]


def test_what_the_script_writes_and_prints_is_left(record: Record) -> None:
    recording = record(
        """
        with open("out/result.txt", "w") as file:
            file.write("done")
        print("printed")
        """,
        {"out/old.txt": "old"},
    )
    left = {path.relative_to(recording.outputs).as_posix() for path in recording.outputs.rglob("*") if path.is_file()}
    assert left == {"out/result.txt", "stdout.txt"}
    assert (recording.outputs / "stdout.txt").read_text() == "printed\n"


def test_the_original_stays_as_it_is(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "BIG", 0)
    code = """
    with open("data.txt", "a") as file:
        file.write("more")
    """
    recording = record(code, {"data.txt": "some "})
    assert (tmp_path / "project" / "data.txt").read_text() == "some "
    assert (recording.outputs / "data.txt").read_text() == "some more"


def test_no_credentials_are_seen(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MY_PASSWORD"):
        monkeypatch.setenv(name, "hidden")
    recording = record(
        """
        import os
        print("hidden" in os.environ.values(), os.listdir(os.path.expanduser("~")), os.path.exists(".env"))
        """,
        {".env": "KEY=hidden", ".aws/credentials": "hidden"},
    )
    assert (recording.outputs / "stdout.txt").read_text() == "False [] False\n"


def test_the_script_gets_its_arguments_and_answers(record: Record) -> None:
    code = "import sys\nprint(sys.argv, input('Name? '))\n"
    recording = record(code, arguments=["--rows", "3"], answers=["Ada"])
    assert (recording.outputs / "stdout.txt").read_text() == "Name? ['model.py', '--rows', '3'] Ada\n"


def test_files_are_noted_with_the_lines_that_use_them(record: Record) -> None:
    recording = record(
        """
        import os, sqlite3
        def load(name):
            return open(name).read()
        load("in.txt")
        open("out.txt", "w").close()
        open("log.txt", "a").close()
        os.listdir("folder")
        sqlite3.connect("base.db")
        os.remove("old.txt")
        os.rename("in.txt", "moved.txt")
        """,
        {"in.txt": "", "folder/file": "", "old.txt": ""},
    )
    assert noted(recording, "read", "write", "update", "list", "remove") == [
        ("read", "in.txt", (5, 4)),
        ("write", "out.txt", (6,)),
        ("update", "log.txt", (7,)),
        ("list", "folder", (8,)),
        ("update", "base.db", (9,)),
        ("remove", "old.txt", (10,)),
        ("remove", "in.txt", (11,)),
        ("write", "moved.txt", (11,)),
    ]


def test_what_tells_nobody_that_it_reads_is_noted(record: Record) -> None:
    # An open through the C library raises no audit event, as in the libraries that are written in C.
    recording = record(
        """
        import ctypes
        libc = ctypes.CDLL(None)
        libc.fopen.restype = ctypes.c_void_p
        file = ctypes.c_void_p(libc.fopen(b"table.bin", b"r"))
        libc.fgetc(file)
        libc.fclose(file)
        """,
        {"table.bin": "1", "unused.bin": "2"},
    )
    assert "table.bin" in {access.target for access in recording.accesses if access.kind == "touch"}
    assert "unused.bin" not in {access.target for access in recording.accesses}


def test_a_helper_module_is_noted_with_what_it_reads(record: Record) -> None:
    recording = record(
        "import helper\n\nhelper.read()\n",
        {"helper.py": "def read():\n    return open('in.txt').read()\n", "in.txt": ""},
    )
    assert noted(recording, "module", "read") == [("read", "in.txt", (3,)), ("module", "helper.py", ())]


def test_nothing_outside_is_written(record: Record, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    with pytest.raises(RunError, match=r"line 1: .*mine.txt may not be written"):
        record(f"open({str(mine)!r}, 'w').write('yours')\n")
    assert mine.read_text() == "mine"


def test_temporary_files_may_be_written(record: Record) -> None:
    recording = record(
        """
        import tempfile
        with tempfile.TemporaryFile() as unnamed, tempfile.NamedTemporaryFile() as named:
            print(unnamed.write(b"kept for a while") == named.write(b"kept for a while"))
        """
    )
    assert (recording.outputs / "stdout.txt").read_text() == "True\n"


def test_code_that_is_shown_is_no_input(record: Record) -> None:
    recording = record("import warnings\nwarnings.warn('beware')\n")
    assert "beware" in recording.log
    assert not noted(recording, "read")


def test_commands_and_hosts_are_noted(record: Record) -> None:
    recording = record(
        """
        import socket, subprocess, sys
        subprocess.run([sys.executable, "-c", ""])
        try:
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        except OSError:
            pass
        """
    )
    assert noted(recording, "process", "connect")[:2] == [
        ("process", f"{sys.executable} -c ", (3,)),
        ("connect", "127.0.0.1", (5,)),
    ]


def test_a_notebook_runs_beside_its_files(record: Record) -> None:
    code = {
        "cells": [{"cell_type": "code", "source": "import os\nsorted(os.listdir())", "metadata": {}, "outputs": []}]
    }
    notebook = str({**code, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).replace("'", '"')
    recording = record(notebook, {"in.txt": ""}, script="model.ipynb")
    assert (recording.outputs / "stdout.txt").read_text() == "['in.txt', 'model.ipynb']\n"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("x = 1\ninput('Name? ')\n", "line 2: prompts for input (Name?): give what is to be typed with --answer"),
        ("while True:\n    try:\n        input()\n    except:\n        pass\n", "line 3: prompts for input again and"),
        (
            "open('in.csv')\n",
            "line 1: in.csv is not there: put it there, or say where it is with --path 'in.csv=FILE'.",
        ),
        (
            "from pathlib import Path\nopen(Path.home() / 'in.csv')\n",
            "line 2: ~/in.csv is looked for in the home folder",
        ),
        ("open('.env')\n", "line 1: .env holds credentials by convention, and is left out"),
        ("import os\nopen(os.path.abspath('in.csv'))\n", "line 2: in.csv is not there: put it there, or say where"),
        ("import os\nraise ValueError(os.path.abspath('in.csv'))\n", "line 2: ValueError: in.csv: the code must run"),
        ("from rich import no\n", "line 1: cannot import name 'no' from 'rich': give the version that the code was"),
        ("import not_there\n", "line 1: No module named 'not_there': add its distribution with --requirements."),
        ("def f():\n    return 1 / 0\nf()\n", "line 2: ZeroDivisionError: division by zero"),
        ("import os\nos.kill(os.getpid(), 9)\n", "was ended by SIGKILL"),
        ("import sys\nsys.exit('no data')\n", "model.py: failed (no data)"),
    ],
)
def test_a_script_that_fails_says_why_and_where(record: Record, code: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        record(code)
    assert str(caught.value).startswith("model.py")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not [path for path in tmp_path.glob("outputs/*") if path.is_file()]


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere/python cannot be started \(No such file or directory\)"):
        sandbox.run_chain(tmp_path, tmp_path, tmp_path / "outputs", interpreter=tmp_path / "nowhere" / "python")


def test_time_and_output_are_limited(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MOST_OUTPUT", 1_000_000)
    with pytest.raises(RunError, match="did not end within 1 s: raise --time-limit"):
        record("while True: pass\n", time_limit=1)
    with pytest.raises(RunError, match="printed more than 0 MB"):
        record("while True: print('again' * 1000)\n", time_limit=30)


def test_what_a_script_started_ends_with_it(record: Record, tmp_path: Path) -> None:
    line = Lifeline(tmp_path / "line")
    code = f"""
    import subprocess, sys, time
    subprocess.Popen([sys.executable, "-c", "import time; f = open({str(line.path)!r}, 'w'); time.sleep(60)"])
    time.sleep(60)
    """
    begin = time.monotonic()
    with pytest.raises(RunError, match="did not end within 2 s"):
        record(code, time_limit=2)
    assert line.read() == b""
    assert time.monotonic() - begin < 30
    line.close()


def test_nothing_is_left_behind(record: Record) -> None:
    record("print(1)\n")
    # `TMPDIR` of these tests; what all runs of a process share goes when it ends.
    left = {path for path in Path(os.environ["TMPDIR"]).iterdir() if list(path.glob("**/trace"))}
    assert not left


STEP = """
import handover

with handover.step({step!r}{options}) as step:
    {body}
"""


def chain(folder: Path, **bodies: str) -> Path:
    folder.mkdir()
    for step, body in bodies.items():
        (folder / f"{step}.py").write_text(STEP.format(step=step, options="", body=body))
    return folder


def test_a_chain_runs_each_script_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "in.txt").write_text("3")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "factor.txt").write_text("7")
    scripts = chain(
        tmp_path / "src",
        preprocessing="step.pass_on(number=int(open('in.txt').read()))",
        predict="step.pass_on(product=step.receive('number') * int(open('factor.txt').read()))",
        postprocessing="open('out.txt', 'w').write(str(step.receive('product')))",
    )
    recording = sandbox.run_chain(
        scripts, tmp_path / "inputs", tmp_path / "outputs", interpreter=PYTHON, model=tmp_path / "model"
    )
    assert not recording.failure
    assert (recording.outputs / "out.txt").read_text() == "21"
    assert [a for a in recording.accesses if a.kind in {"read", "write"}] == [
        Access("read", "in.txt", (5,), "preprocessing"),
        Access("read", "factor.txt", (5,), "predict"),
        Access("write", "out.txt", (5,), "postprocessing"),
    ]


def test_a_chain_ends_with_the_script_that_fails(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "in.txt").write_text("")
    scripts = chain(tmp_path / "src", preprocessing="step.pass_on(turns=(n for n in [1]))", predict="pass")
    recording = sandbox.run_chain(scripts, tmp_path / "inputs", tmp_path / "outputs", interpreter=PYTHON)
    assert recording.failure.startswith("preprocessing: ")
    assert "turns (generator) cannot cross" in recording.failure
    assert not recording.outputs.exists()


def test_a_chain_tells_which_definitions_cross(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "in.txt").write_text("")
    scripts = chain(tmp_path / "src", preprocessing="step.pass_on(thing=Thing())", predict="step.receive('thing')")
    script = scripts / "preprocessing.py"
    script.write_text("class Thing: pass\n" + script.read_text())
    recording = sandbox.run_chain(scripts, tmp_path / "inputs", tmp_path / "outputs", interpreter=PYTHON)
    assert recording.definitions["preprocessing"] == {"Thing"}
    assert "Thing" in recording.failure
