"""What the user is told of a local run: what starts, how it goes, what came of it."""

import csv
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops import progress
from ops.execution import ExecutionView, reason
from ops.local.run import Plan, Run
from ops.repository import Repository

SHOWN_FILES = 10
PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 8
PREVIEW_BYTES = 65536
LOG_LINES = 15

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
    console.print(f"\n[bold red]{view.status}[/]{where}: {escape(view.error or '')}", soft_wrap=True)
    why = (failed.reason if failed else None) or reason(view.cause)
    if why:
        console.print(escape(why), soft_wrap=True)
    for log in run.logs(failed.job_name) if failed and failed.job_name else []:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        console.print(f"\n[bold]The last lines of[/] {escape(_relative(log))}:", soft_wrap=True)
        for line in lines or ["(the script printed nothing)"]:
            console.print(f"  {escape(line)}", soft_wrap=True)
    if failed and view.status != "ABORTED":
        console.print(
            f"\nMend src/{failed.step}.py, its input or its parameters, then run again"
            f" (`uv run ops run --step {failed.step}` repeats this step only).",
            soft_wrap=True,
        )
    console.print(f"Logs and history: {escape(_relative(run.folder))}", soft_wrap=True)


def _preview(path: Path) -> Table | None:
    with path.open("rb") as file:
        head = file.read(PREVIEW_BYTES)
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < PREVIEW_BYTES else "ignore")
    except UnicodeDecodeError:
        return None
    lines = text.splitlines()[: PREVIEW_ROWS + 1]
    if not lines or path.suffix not in _TABLES:
        return None
    header, *rows = csv.reader(lines, delimiter=_TABLES[path.suffix])
    more = len(header) > PREVIEW_COLUMNS
    table = Table(*map(escape, header[:PREVIEW_COLUMNS]), *["…"] * more, header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row[:PREVIEW_COLUMNS]))
    return table


def _relative(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
