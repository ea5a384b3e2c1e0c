"""What the user is told of a local run: what starts, how it goes, what came of it."""

import codecs
import csv
import io
import itertools
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ops import progress
from ops.execution import ExecutionView, reason
from ops.local.run import Plan, Run
from ops.repository import Repository

SHOWN_FILES = 10
PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 8
PREVIEW_BYTES = 65536
LOG_LINES = 15
LOG_BYTES = 16384

_TABLES = {".csv": ",", ".tsv": "\t"}


def introduce(plan: Plan, repository: Repository, console: Console) -> None:
    """Say what is about to run."""
    what = f"step {plan.step}" if plan.step else "the workflow"
    console.print(
        f"Running {what} of [bold]{escape(repository.settings.model_name)}[/] in the local cloud "
        f"with parameters/{plan.environment}.json on {escape(_relative(plan.earlier or plan.data))}",
        soft_wrap=True,
    )


def follow(views: Iterator[ExecutionView], console: Console) -> ExecutionView:
    """Show the execution until it ends."""
    return progress.show(views, console)


def conclude(run: Run, plan: Plan, console: Console) -> int:
    """Say what came of the run; return the exit code: 0, 1 if the execution failed, 130 if the user interrupted it."""
    if run.view.status == "SUCCEEDED":
        _show_outputs(run, plan, console)
        return 0
    _show_failure(run, console)
    return 130 if run.view.status == "ABORTED" else 1


def _show_outputs(run: Run, plan: Plan, console: Console) -> None:
    last = plan.steps[-1]
    outputs = run.outputs(last)
    console.print(f"\n[green]Succeeded.[/] The outputs of {last}:")
    for path in outputs[:SHOWN_FILES]:
        console.print(f"  {escape(_relative(path))}", soft_wrap=True)
    if len(outputs) > SHOWN_FILES:
        console.print(f"  … and {len(outputs) - SHOWN_FILES} more")
    if not outputs:
        console.print(f"  none: {last} wrote no file")
    elif table := _preview(outputs[0]):
        console.print(table)
    console.print(f"Logs, history and the outputs of each step: {escape(_relative(run.folder))}", soft_wrap=True)


def _show_failure(run: Run, console: Console) -> None:
    view, failed = run.view, run.view.failed_step
    where = f" in {failed.step}, attempt {failed.attempt}" if failed and failed.attempt else ""
    error = f": {escape(view.error)}" if view.error else ""
    console.print(f"\n[bold red]{view.status}[/]{where}{error}", soft_wrap=True)
    why = (failed.reason if failed else None) or reason(view.cause)
    if why:
        console.print(escape(why) + _signal(why), soft_wrap=True)
    for log in run.logs(failed.job_name) if failed and failed.job_name else []:
        console.print(f"\n[bold]The last lines of[/] {escape(_relative(log))}:", soft_wrap=True)
        for line in _last_lines(log) or ["(the script printed nothing)"]:
            console.print(Text("  ").append(Text.from_ansi(line)), soft_wrap=True)
    if failed and view.status != "ABORTED":
        console.print(f"\n{_advice(run, failed.step)}", soft_wrap=True)
    console.print(f"Logs and history: {escape(_relative(run.folder))}", soft_wrap=True)


def _advice(run: Run, step: str) -> str:
    steps = list(run.view.steps.values())
    before = [view for view in steps[: list(run.view.steps).index(step)] if view.attempt]
    if before and not run.outputs(before[-1].step):
        # The job downloads its input before it runs, and found none.
        return f"Mend src/{before[-1].step}.py, which succeeded without writing a file to --output-dir, then run again."
    logs = run.logs(run.view.steps[step].job_name or "")
    if any("ModuleNotFoundError" in line for log in logs for line in _last_lines(log)[-1:]):
        return "`uv run ops lint` says what gives the missing module, and where to add it; then run again."
    return (
        f"Mend src/{step}.py, its input or its parameters, then run again"
        f" (`uv run ops run --step {step}` repeats this step only)."
    )


def _signal(why: str) -> str:
    """Return what an exit code beyond 128 means: the script was ended by a signal."""
    code = re.search(r"exit code: (\d+)$", why)
    try:
        name = signal.Signals(int(code[1]) - 128).name if code else ""
    except ValueError:
        name = ""
    often = ", often for lack of memory" if name == "SIGKILL" else ""
    return f" (ended by {name}{often})" if name else ""


def _last_lines(log: Path) -> list[str]:
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    return [line.rstrip("\r") for line in text.rstrip().split("\n")[-LOG_LINES:]] if text.strip() else []


def _preview(path: Path) -> Table | None:
    """Return the first rows of a file; None if it is no table, or holds none."""
    if path.suffix not in _TABLES:
        return None
    with path.open("rb") as file:
        head = file.read(PREVIEW_BYTES)
    try:
        # Incremental: the last character may be cut in two.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_TABLES[path.suffix])
        rows = list(itertools.islice(reader, PREVIEW_ROWS + 1))
    except (UnicodeDecodeError, csv.Error):
        return None
    width = max(map(len, rows), default=0)
    if width == 0:
        return None
    table = Table(header_style="bold")
    header, *others = [_cells(row, width) for row in rows]
    for cell in header:
        table.add_column(cell, no_wrap=True, overflow="ellipsis")
    for cells in others:
        table.add_row(*cells)
    return table


def _cells(row: list[str], width: int) -> list[Text]:
    shown = ["".join(char if char.isprintable() else " " for char in cell) for cell in row[:PREVIEW_COLUMNS]]
    shown += [""] * (min(width, PREVIEW_COLUMNS) - len(shown))
    return [Text(cell) for cell in [*shown, *["…"] * (width > PREVIEW_COLUMNS)]]


def _relative(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
