"""What is shown of an execution while it runs."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from ops import progress
from ops.execution import ExecutionView, StepStatus, StepView
from rich.console import Console

START = datetime(2026, 1, 1, tzinfo=UTC)


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None, legacy_windows=False)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def view(status: str = "RUNNING", **steps: StepView) -> ExecutionView:
    seen = ExecutionView(status)
    seen.steps.update(steps)
    return seen


def step(name: str, status: StepStatus, attempt: int = 1, job_name: str | None = "job-0") -> StepView:
    return StepView(name, status, attempt, job_name, started=START, ended=START + timedelta(seconds=2.5))


def test_without_a_terminal_each_change_is_a_line() -> None:
    running = view(preprocessing=step("preprocessing", StepStatus.RUNNING))
    retrying = view(preprocessing=step("preprocessing", StepStatus.RETRYING))
    again = view(preprocessing=step("preprocessing", StepStatus.RUNNING, 2, "job-1"))
    done = view(
        "SUCCEEDED",
        preprocessing=step("preprocessing", StepStatus.SUCCEEDED, 2, "job-1"),
        predict=step("predict", StepStatus.SUCCEEDED),
        postprocessing=StepView("postprocessing", StepStatus.LEFT_OUT),
    )
    plain = console(terminal=False)
    last = progress.show([view(), running, running, retrying, again, again, done], plain)
    assert last is done
    assert [line.split() for line in said(plain).splitlines()] == [
        ["preprocessing", "running", "1", "2.5", "s", "job-0"],
        ["preprocessing", "retrying", "1", "2.5", "s", "job-0"],
        ["preprocessing", "running", "2", "2.5", "s", "job-1"],
        ["preprocessing", "succeeded", "2", "2.5", "s", "job-1"],
        ["predict", "succeeded", "1", "2.5", "s", "job-0"],
        ["postprocessing", "left", "out"],
    ]


def test_on_a_terminal_the_last_table_stays() -> None:
    terminal = console(terminal=True)
    done = view("FAILED", predict=step("predict", StepStatus.FAILED, 2))
    assert progress.show([view(), done], terminal) is done
    shown = said(terminal)
    for word in ("preprocessing", "waiting", "predict", "failed", "2.5 s", "job-0"):
        assert word in shown


def test_table_has_a_row_for_each_step() -> None:
    seen = view(predict=step("predict", StepStatus.TIMED_OUT))
    plain = console(terminal=False)
    plain.print(progress.table(seen))
    lines = [line.split() for line in said(plain).splitlines()]
    assert lines == [
        ["step", "status", "attempt", "elapsed", "job"],
        ["preprocessing", "waiting"],
        ["predict", "timed", "out", "1", "2.5", "s", "job-0"],
        ["postprocessing", "waiting"],
    ]


def test_step_without_a_job_has_no_time() -> None:
    plain = console(terminal=False)
    progress.show([view(predict=step("predict", StepStatus.PASSED_OVER, attempt=0, job_name=None))], plain)
    assert said(plain).split() == ["predict", "passed", "over"]


def test_execution_without_a_view_is_a_defect() -> None:
    with pytest.raises(ValueError, match="at least one view"):
        progress.show([], console(terminal=False))
