"""Scripts that really run, on this interpreter in the place of an image."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from ops.local import interpreter
from ops.local.interpreter import InterpreterImage, InterpreterProcess
from processes import Lifeline

SECRETS = {
    "AWS_ACCESS_KEY_ID": "planted-1",
    "AWS_SECRET_ACCESS_KEY": "planted-2",
    "AWS_SESSION_TOKEN": "planted-3",
    "AWS_PROFILE": "planted-4",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "planted-5",
    "GITHUB_TOKEN": "planted-6",
    "PIP_INDEX_URL": "https://me:planted-7@example.com/simple",
    "UV_INDEX_COMPANY_PASSWORD": "planted-8",
    "PYTHONPATH": "planted-9",
    "VIRTUAL_ENV": "planted-10",
    "XDG_CONFIG_HOME": "planted-11",
}


class Machine:
    """A repository's src/ and model/, and a folder that stands for a container's /opt/ml."""

    def __init__(self, root: Path) -> None:
        """Make the folders."""
        self.src, self.model, self.ml = root / "src", root / "model", root / "host" / "opt" / "ml"
        for folder in (self.src, self.model, self.input, self.output):
            folder.mkdir(parents=True)
        self.log = root / "log"

    @property
    def input(self) -> Path:
        """What stands for the input folder."""
        return self.ml / "processing" / "input"

    @property
    def output(self) -> Path:
        """What stands for the output folder."""
        return self.ml / "processing" / "output"

    def start(self, script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> InterpreterProcess:
        """Start a script as src/predict.py."""
        (self.src / "predict.py").write_text(dedent(script), encoding="utf-8")
        return self.start_command("python3", "/opt/program/src/predict.py", *arguments, environment=environment)

    def start_command(self, *command: str, environment: Mapping[str, str] | None = None) -> InterpreterProcess:
        """Start a command."""
        image = InterpreterImage(Path(sys.executable), self.src, self.model)
        with self.log.open("wb") as log:
            return image.start(command, self.ml, environment or {}, log)

    def run(self, script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run a script that is to succeed; return its log."""
        process = self.start(script, *arguments, environment=environment)
        code = process.wait(30)
        process.stop()
        log = self.log.read_text(encoding="utf-8")
        assert code == 0, log
        return log


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose paths hold what shells and markup stumble over."""
    return Machine(tmp_path / "my 'own' \"repo\" é [b] $HOME")


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[Lifeline]:
    """A pipe for the processes that a script starts."""
    lifeline = Lifeline(tmp_path / "lifeline")
    yield lifeline
    lifeline.close()


# What a script finds


def test_paths_in_arguments_and_variables_are_those_of_this_machine(machine: Machine) -> None:
    (machine.input / "a ü.csv").write_text("content", encoding="utf-8")
    machine.run(
        """
        import os, pathlib, sys
        _, input_dir, output_dir = sys.argv[1:]
        text = (pathlib.Path(input_dir) / "a ü.csv").read_text(encoding="utf-8")
        (pathlib.Path(output_dir) / os.environ["NAME"]).write_text(text)
        assert pathlib.Path(os.environ["WHERE"]).samefile(output_dir), os.environ["WHERE"]
        """,
        "--flag",
        "/opt/ml/processing/input",
        "/opt/ml/processing/output",
        environment={"NAME": "ö", "WHERE": "/opt/ml/processing/output"},
    )
    assert (machine.output / "ö").read_text() == "content"


def test_custom_image_holds_src_and_model_beside_the_working_directory(machine: Machine) -> None:
    (machine.src / "helper.py").write_text("WEIGHT = 2")
    (machine.model / "deep").mkdir()
    (machine.model / "deep" / "weights.json").write_text("[1]")
    log = machine.run(
        """
        import pathlib, sys
        import helper
        model = pathlib.Path(sys.argv[1])
        print(helper.WEIGHT, (model / "deep/weights.json").read_text(), pathlib.Path("model").samefile(model))
        print(sorted(path.name for path in pathlib.Path("src").glob("*.py")))
        """,
        "/opt/program/model",
    )
    assert log == "2 [1] True\n['helper.py', 'predict.py']\n"


def test_repository_without_a_model_folder(machine: Machine) -> None:
    machine.model.rmdir()
    assert machine.run("import os; print(sorted(os.listdir()))") == "['src']\n"


def test_script_mode_finds_its_helper_modules_and_not_those_of_the_image(machine: Machine) -> None:
    code = machine.ml / "processing" / "code"
    (code / "package").mkdir(parents=True)
    (code / "preprocessing.py").write_text("import helper\nfrom package import part\nprint(helper.X, part.X)")
    (code / "helper.py").write_text("X = 'from code_uri'")
    (code / "package" / "part.py").write_text("X = 'a package'")
    (machine.src / "helper.py").write_text("X = 'from the image'")
    process = machine.start_command("python3", "/opt/ml/processing/code/preprocessing.py")
    assert process.wait(30) == 0
    assert machine.log.read_text() == "from code_uri a package\n"


def test_a_job_cannot_change_the_repositorys_scripts(machine: Machine) -> None:
    (machine.src / "helper.py").write_text("X = 1")
    machine.run("import helper, pathlib; pathlib.Path('src/helper.py').write_text('changed')")
    assert (machine.src / "helper.py").read_text() == "X = 1"
    assert not (machine.src / "__pycache__").exists()


def test_scripts_see_no_secret_of_the_user(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    log = machine.run(
        """
        import json, os, pathlib
        print(json.dumps([dict(os.environ), str(pathlib.Path.home())]))
        """,
        environment={"MINE": "1"},
    )
    variables, home = json.loads(log)
    assert variables["MINE"] == "1"
    assert not SECRETS.keys() & variables.keys()
    assert not [value for value in SECRETS.values() if value in log]
    # Their files (~/.aws, ~/.netrc, ~/.config) are out of reach, too.
    assert Path(home) == machine.ml.parent / "home"
    assert list(Path(home).iterdir()) == []


def test_what_the_job_asks_for_outranks_what_the_interpreter_needs(machine: Machine) -> None:
    assert machine.run("import os; print(os.environ['TZ'])", environment={"TZ": "Asia/Tokyo"}) == "Asia/Tokyo\n"


def test_nothing_can_be_read_from_standard_input(machine: Machine) -> None:
    assert machine.run("import sys; print(repr(sys.stdin.read()))") == "''\n"


def test_python_of_a_subprocess_is_the_same(machine: Machine) -> None:
    log = machine.run(
        """
        import subprocess, sys
        command = ["python3", "-c", "import sys; print(sys.prefix)"]
        print(subprocess.check_output(command, text=True).strip() == sys.prefix)
        """
    )
    assert log == "True\n"


# What it leaves


def test_log_holds_both_streams_in_order_and_any_character(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    log = machine.run(
        """
        import sys
        print("one é")
        print("two 🎉", file=sys.stderr)
        print("three")
        """
    )
    assert log == "one é\ntwo 🎉\nthree\n"


def test_log_can_be_read_while_the_script_runs(machine: Machine, lifeline: Lifeline) -> None:
    process = machine.start(
        f"""
        import time
        print("so far")
        open({str(lifeline.path)!r}, "w").write("x")
        time.sleep(600)
        """
    )
    assert lifeline.read() == b"x"
    assert machine.log.read_text() == "so far\n"
    process.stop()


def test_huge_log_is_whole(machine: Machine) -> None:
    log = machine.run("for number in range(200_000): print(number, 'x' * 20)")
    assert log.count("\n") == 200_000
    assert log.endswith(f"199999 {'x' * 20}\n")


# How it ends


@pytest.mark.parametrize(
    ("script", "code", "log"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no such column')", 1, "no such column\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137, ""),
        ("import os; os.abort()", 134, None),
        ("import sys; sys.exit()", 0, ""),
    ],
)
def test_exit_code_is_that_of_a_container(machine: Machine, script: str, code: int, log: str | None) -> None:
    process = machine.start(script)
    assert process.wait(30) == code
    if log is not None:
        assert machine.log.read_text() == log


def test_script_that_is_missing_fails_with_pythons_message(machine: Machine) -> None:
    process = machine.start_command("python3", "/opt/ml/processing/code/preprocessing.py")
    assert process.wait(30) == 2
    assert "No such file or directory" in machine.log.read_text()


def test_stop_lets_a_script_clean_up(machine: Machine, lifeline: Lifeline) -> None:
    process = machine.start(
        f"""
        import os, pathlib, signal, sys, time
        def clean_up(*_):
            pathlib.Path(sys.argv[1], "cleaned").touch()
            sys.exit(0)
        signal.signal(signal.SIGTERM, clean_up)
        os.write(os.open({str(lifeline.path)!r}, os.O_WRONLY), b"x")
        time.sleep(600)
        """,
        "/opt/ml/processing/output",
    )
    lifeline.read()
    process.stop()
    assert (machine.output / "cleaned").exists()


STUBBORN = """
    import os, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if len(sys.argv) == 1:
        lifeline = os.open({path!r}, os.O_WRONLY)
        subprocess.Popen([sys.executable, __file__, str(lifeline)], pass_fds=[lifeline])
        {ending}
    else:
        os.write(int(sys.argv[1]), b"x")
    time.sleep(600)
"""


def test_stop_ends_a_script_that_ignores_it_and_its_children(
    machine: Machine, lifeline: Lifeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "GRACE", 0.1)
    process = machine.start(STUBBORN.format(path=str(lifeline.path), ending="pass"))
    assert lifeline.read() == b"x"
    process.stop()
    assert process.wait(0) == 137
    assert lifeline.read() == b""


def test_stop_ends_children_that_outlive_their_script(machine: Machine, lifeline: Lifeline) -> None:
    process = machine.start(STUBBORN.format(path=str(lifeline.path), ending="sys.exit(0)"))
    assert process.wait(30) == 0
    assert lifeline.read() == b"x"
    process.stop()
    assert lifeline.read() == b""


def test_stop_of_a_script_that_has_ended_is_no_fault(machine: Machine) -> None:
    process = machine.start("")
    assert process.wait(30) == 0
    process.stop()
    process.stop()
    assert process.wait(0) == 0
