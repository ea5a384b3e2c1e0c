"""What the user sees of an execution while it runs."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ops.execution import ExecutionView, StepStatus, StepView

_STYLES = {
    StepStatus.RUNNING: "cyan",
    StepStatus.RETRYING: "yellow",
    StepStatus.SUCCEEDED: "green",
    StepStatus.FAILED: "bold red",
    StepStatus.TIMED_OUT: "bold red",
    StepStatus.STOPPED: "yellow",
}


def show(views: Iterable[ExecutionView], console: Console) -> ExecutionView:
    """Show an execution until it ends: a live table on a terminal, elsewhere a line for each change.

    Returns:
        The last view.
    """
    last: ExecutionView | None = None
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            for last in views:
                live.update(table(last), refresh=True)
    else:
        said: dict[str, tuple[StepStatus, int]] = {}
        for last in views:
            for step in last.steps.values():
                if step.status is not StepStatus.WAITING and said.get(step.step) != (step.status, step.attempt):
                    said[step.step] = (step.status, step.attempt)
                    console.print("  ".join(_cells(step)).rstrip(), markup=False, highlight=False)
    if last is None:
        message = "an execution has at least one view"
        raise ValueError(message)
    return last


def last(views: Iterable[ExecutionView]) -> ExecutionView:
    """Wait for the last view, and show nothing."""
    *_, end = views
    return end


def table(execution: ExecutionView) -> Table:
    """Return the table of an execution's steps."""
    table = Table("step", "status", "attempt", "elapsed", "job", box=None, pad_edge=False, header_style="bold")
    for view in execution.steps.values():
        step, status, *rest = _cells(view)
        style = _STYLES.get(view.status, "dim")
        table.add_row(step, f"[{style}]{status}[/]", *rest)
    return table


def _cells(view: StepView) -> tuple[str, str, str, str, str]:
    elapsed = view.elapsed(datetime.now(UTC))
    return (
        view.step.ljust(14),
        view.status.value.ljust(11),
        str(view.attempt or ""),
        "" if elapsed is None or not view.attempt else f"{elapsed:.1f} s",
        view.job_name or "",
    )
