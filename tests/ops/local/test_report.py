"""What the user reads of a local run."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from accounts import repository
from ops.execution import ExecutionView, StepStatus, StepView
from ops.local import report
from ops.local import run as local
from ops.local.run import Plan, Run
from rich.console import Console

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The plan of a repository that is the working directory."""
    return local.plan(repository(tmp_path))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run that succeeded and put nothing out."""
    return Run(tmp_path / "build" / "local" / "run-1", ExecutionView("SUCCEEDED"))


def put(run: Run, name: str, content: bytes | str) -> None:
    path = run.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def failed(
    run: Run, status: str = "FAILED", error: str | None = "States.TaskFailed", reason: str | None = "why"
) -> Run:
    step_status = StepStatus.FAILED if status == "FAILED" else StepStatus.STOPPED
    step = StepView("predict", step_status, 2, "job-1", START, START + timedelta(seconds=1), reason)
    view = ExecutionView(status, error=error, cause="the cause")
    view.steps["predict"] = step
    return Run(run.folder, view)


def say(run: Run, plan: Plan) -> tuple[int, str]:
    """Return the exit code and what is printed."""
    console = Console(file=io.StringIO(), width=100, highlight=False, emoji=False)
    code = report.conclude(run, plan, console)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def shown(run: Run, plan: Plan, name: str, content: bytes | str) -> str:
    """Return what is shown of an output of the last step."""
    put(run, f"postprocessing/{name}", content)
    code, text = say(run, plan)
    assert code == 0
    return text.partition(f"  build/local/run-1/postprocessing/{name}\n")[2].partition("Logs, history")[0].rstrip("\n")


def introduced(plan: Plan, tmp_path: Path) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False, emoji=False)
    report.introduce(plan, repository(tmp_path), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# Before


def test_introduction_names_model_parameters_and_data(plan: Plan, tmp_path: Path) -> None:
    text = introduced(plan, tmp_path)
    assert text == "Running the workflow of my-model in the local cloud with parameters/dev.json on data/sample\n"


def test_introduction_of_one_step_names_the_run_that_it_continues(tmp_path: Path) -> None:
    made = repository(tmp_path)
    earlier = made.local_runs / "run-0"
    (earlier / "preprocessing").mkdir(parents=True)
    (earlier / "execution.json").touch()
    text = introduced(local.plan(made, step="predict"), tmp_path)
    assert text.startswith("Running step predict of my-model ")
    assert text.endswith("on build/local/run-0\n")


def test_path_outside_the_working_directory_is_absolute(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("[elsewhere] :key:")
    (data / "a.csv").touch()
    text = introduced(local.plan(repository(tmp_path), data=data), tmp_path)
    assert text.endswith(f" on {data}\n")


# Success


def test_success_shows_the_outputs_of_the_last_step_and_where_the_rest_is(run: Run, plan: Plan) -> None:
    put(run, "predict/a.csv", "x")
    put(run, "postprocessing/a.csv", "house,price\n1,2\n")
    code, text = say(run, plan)
    assert code == 0
    assert [line.split() for line in text.splitlines()] == [
        [],
        ["Succeeded.", "The", "outputs", "of", "postprocessing:"],
        ["build/local/run-1/postprocessing/a.csv"],
        ["┏━━━━━━━┳━━━━━━━┓"],
        ["┃", "house", "┃", "price", "┃"],
        ["┡━━━━━━━╇━━━━━━━┩"],
        ["│", "1", "│", "2", "│"],
        ["└───────┴───────┘"],
        ["Logs,", "history", "and", "the", "outputs", "of", "each", "step:", "build/local/run-1"],
    ]


def test_last_step_is_the_last_that_runs(run: Run, tmp_path: Path) -> None:
    plan = local.plan(repository(tmp_path, {"postprocessing_image": "none"}))
    put(run, "predict/a.txt", "x")
    assert "The outputs of predict:\n  build/local/run-1/predict/a.txt\n" in say(run, plan)[1]


def test_success_without_outputs_says_so(run: Run, plan: Plan) -> None:
    assert "none: postprocessing wrote no file" in say(run, plan)[1]


def test_many_outputs_are_counted(run: Run, plan: Plan) -> None:
    for number in range(25):
        put(run, f"postprocessing/{number:02}.txt", "x")
    text = say(run, plan)[1]
    assert "postprocessing/09.txt" in text
    assert "postprocessing/10.txt" not in text
    assert "… and 15 more" in text


# The preview


def test_preview_shows_the_first_rows_only(run: Run, plan: Plan) -> None:
    text = shown(run, plan, "a.csv", "n\n" + "".join(f"row-{number}\n" for number in range(1000)))
    assert "row-4" in text
    assert "row-5" not in text


def test_preview_shows_the_first_columns_only(run: Run, plan: Plan) -> None:
    header = ",".join(f"c{number}" for number in range(20))
    text = shown(run, plan, "a.csv", f"{header}\n{header}\n")
    assert "c7" in text
    assert "c8" not in text
    assert text.count("…") == 2


def test_preview_of_tabs(run: Run, plan: Plan) -> None:
    assert [line.split() for line in shown(run, plan, "a.tsv", "a\tb c\n1\t2,3\n").splitlines()[1:4:2]] == [
        ["┃", "a", "┃", "b", "c", "┃"],
        ["│", "1", "│", "2,3", "│"],
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\n"),
        ("a.csv", b"\xef\xbb\xbf"),
        ("a.csv", bytes(range(256))),
        ("a.csv", "é".encode("utf-16")),
        ("a.bin", b"a,b\n1,2\n"),
        ("a.json", b'{"a": 1}'),
        ("model", b"a,b"),
    ],
    ids=range(8),
)
def test_what_is_no_table_is_named_and_not_shown(run: Run, plan: Plan, name: str, content: bytes) -> None:
    assert shown(run, plan, name, content) == ""


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ("a,b\n1\n1,2,3\n\n", ["a", "b", "1", "2", "3"]),
        ('a,b\n"two\nlines","x ""y"""\n', ["two lines", 'x "y"']),
        ("\ufeffa,b\n1,2\n", ["a", "1"]),
        ("a,b\r\n1,2\r\n", ["a", "1", "2"]),
        ("[bold]a[/],[/]\n[red]1,:key:\n", ["[bold]a[/]", "[/]", "[red]1", ":key:"]),
        ("a\n\\\n", ["\\"]),
        ("größe,価格\n1,2\n", ["größe", "価格"]),
        ("a\n\x1b[31mred\x1b[2J\n", ["[31mred [2J"]),
        ("a\u2028b,c\n1,2\n", ["a b", "c"]),
        ("header only\n", ["header only"]),
    ],
    ids=range(10),
)
def test_cells_are_shown_as_they_stand(run: Run, plan: Plan, content: str, cells: list[str]) -> None:
    text = shown(run, plan, "a.csv", content)
    assert not [cell for cell in cells if cell not in text]
    assert "\x1b" not in text
    assert "\ufeff" not in text


def test_long_cells_are_cut(run: Run, plan: Plan) -> None:
    text = shown(run, plan, "a.csv", f"a,b\n{'x' * 5000},1\n")
    assert len(text.splitlines()) == 5
    assert "x…" in text
    (run.folder / "postprocessing" / "a.csv").unlink()
    # Longer than what is read of a file.
    assert len(shown(run, plan, "b.csv", "x" * 200_000)) < 1000


def test_character_that_the_preview_cuts_in_two_is_no_fault(run: Run, plan: Plan) -> None:
    content = "a\n" + "é\n" * 100_000
    for shift in ("", "x"):
        assert "é" in shown(run, plan, f"{shift}a.csv", shift + content)
        (run.folder / "postprocessing" / f"{shift}a.csv").unlink()


# Failure


def test_failure_shows_step_error_reason_log_and_what_to_do(run: Run, plan: Plan) -> None:
    put(run, "logs/job-1/algo-1.log", "one\ntwo\n")
    code, text = say(failed(run), plan)
    assert code == 1
    assert text == (
        "\nFAILED in predict, attempt 2: States.TaskFailed\n"
        "why\n"
        "\nThe last lines of build/local/run-1/logs/job-1/algo-1.log:\n"
        "  one\n"
        "  two\n"
        "\nMend src/predict.py, its input or its parameters, then run again"
        " (`uv run ops run --step predict` repeats this step only).\n"
        "Logs and history: build/local/run-1\n"
    )


@pytest.mark.parametrize(("name", "to_mend"), [("preprocessing/x.csv", "predict"), (None, "preprocessing")])
def test_step_that_left_nothing_is_the_one_to_mend(run: Run, plan: Plan, name: str | None, to_mend: str) -> None:
    if name:
        put(run, name, "")
    run = failed(run)
    run.view.steps["preprocessing"] = StepView("preprocessing", StepStatus.SUCCEEDED, 1, "job-0", START, START)
    assert f"Mend src/{to_mend}.py" in say(run, plan)[1]


def test_missing_module_is_what_lint_explains(run: Run, plan: Plan) -> None:
    put(run, "logs/job-1/algo-1.log", "Traceback …\nModuleNotFoundError: No module named 'lightgbm'\n")
    assert "`uv run ops lint` says what gives the missing module" in say(failed(run), plan)[1]


@pytest.mark.parametrize(
    ("code", "meaning"), [(137, " (ended by SIGKILL, often for lack of memory)"), (139, " (ended by SIGSEGV)"), (3, "")]
)
def test_exit_code_of_a_signal_is_named(run: Run, plan: Plan, code: int, meaning: str) -> None:
    why = f"AlgorithmError: See job logs for more information, exit code: {code}"
    assert f"\n{why}{meaning}\n" in say(failed(run, reason=why), plan)[1]


def test_interruption_is_no_fault_of_the_script(run: Run, plan: Plan) -> None:
    code, text = say(failed(run, "ABORTED", error=None, reason=None), plan)
    assert code == 130
    assert text.startswith("\nABORTED in predict, attempt 2\n")
    assert "Mend" not in text


def test_failure_before_a_job_shows_the_cause(run: Run, plan: Plan) -> None:
    view = ExecutionView("FAILED", error="States.NoChoiceMatched", cause="No choice rule [/] matches :key:.")
    code, text = say(Run(run.folder, view), plan)
    assert code == 1
    assert text == (
        "\nFAILED: States.NoChoiceMatched\nNo choice rule [/] matches :key:.\nLogs and history: build/local/run-1\n"
    )


def test_job_that_never_started_has_no_log(run: Run, plan: Plan) -> None:
    assert "The last lines" not in say(failed(run), plan)[1]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_log_that_is_empty_is_said_to_be(run: Run, plan: Plan, content: str) -> None:
    put(run, "logs/job-1/algo-1.log", content)
    assert "(the script printed nothing)" in say(failed(run), plan)[1]


def test_each_hosts_log_is_shown(run: Run, plan: Plan) -> None:
    for host in ("algo-1", "algo-2"):
        put(run, f"logs/job-1/{host}.log", f"of {host}\n")
    text = say(failed(run), plan)[1]
    assert "  of algo-1\n" in text
    assert "  of algo-2\n" in text


def test_of_a_huge_log_the_last_lines_are_shown(run: Run, plan: Plan) -> None:
    put(run, "logs/job-1/algo-1.log", "".join(f"line {number}\n" for number in range(1_000_000)))
    lines = [line for line in say(failed(run), plan)[1].splitlines() if line.startswith("  line")]
    assert lines == [f"  line {number}" for number in range(1_000_000 - report.LOG_LINES, 1_000_000)]


def test_of_a_log_without_lines_the_end_is_shown(run: Run, plan: Plan) -> None:
    put(run, "logs/job-1/algo-1.log", "é" * 5_000_000 + "end")
    text = say(failed(run), plan)[1]
    assert "end\n" in text
    assert len(text) < 2 * report.LOG_BYTES


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("KeyError: [/bold] ['a'] [link=x]", "KeyError: [/bold] ['a'] [link=x]"),
        ("arn:aws:iam::1:role :key: :smile:", "arn:aws:iam::1:role :key: :smile:"),
        ("ends with \\", "ends with \\"),
        (b"\xff not text", "\ufffd not text"),
        ("\x1b[31mred\x1b[0m and \x1b[2Jclear", "red and clear"),
        (" 10%\r 50%\r100%", "100%"),
        ("x" * 300, "x" * 300),
    ],
    ids=range(7),
)
def test_lines_are_shown_as_they_stand(run: Run, plan: Plan, line: str | bytes, expected: str) -> None:
    put(run, "logs/job-1/algo-1.log", line)
    assert f"algo-1.log:\n  {expected}\n" in say(failed(run), plan)[1]


def test_reason_is_shown_as_it_stands(run: Run, plan: Plan) -> None:
    assert "\n[/] :key: 'a'\n" in say(failed(run, reason="[/] :key: 'a'"), plan)[1]
