"""`ops status`: what is deployed, and how its last executions ended."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops import execution
from ops.aws import Account
from ops.cloud import executions, machine, stacks
from ops.cloud.execute import differences
from ops.execution import ExecutionView
from ops.infrastructure import Deployment

SHOWN = 5
"""Executions that are shown."""


def run(account: Account, deployment: Deployment, console: Console) -> None:
    """Print what is deployed, its last executions, and why the last one failed if it did."""
    facts = Table.grid(padding=(0, 2))
    for key, value in _facts(account, deployment):
        facts.add_row(f"[bold]{key}[/]", escape(value))
    console.print(facts, soft_wrap=True)
    if machine.live(account, deployment) is None:
        return
    last = executions.last(account, deployment, SHOWN)
    console.print(_table(last) if last else "\nIt has not run yet.")
    if last and last[0]["status"] not in {"RUNNING", "SUCCEEDED"}:
        _tell_failure(executions.view(account, last[0]["executionArn"]), console)


def _facts(account: Account, deployment: Deployment) -> Iterator[tuple[str, str]]:
    yield "account", f"{account.account}, {account.region}"
    for stack in (stacks.bootstrap_of(account, deployment), stacks.of(account, deployment)):
        yield f"stack {stack.name}", stack.status or "not there"
    live = machine.live(account, deployment)
    if live is None:
        yield "deployed", f"nothing: run `uv run ops deploy --env {deployment.environment}`"
        return
    tags = {tag["Key"]: tag["Value"] for tag in live.parameters.get("tags", [])}
    yield "version", f"{live.version}, of {live.created:%Y-%m-%d %H:%M}"
    yield "template", tags.get("sagelift:template", "unknown")
    yield "image", str(live.parameters.get("custom_image_uri"))
    yield "scripts", str(live.parameters.get("code_uri"))
    if differing := sorted(differences(deployment, live.parameters)):
        yield "not deployed", f"the repository's values of {', '.join(differing)}"


def _table(last: list[dict[str, Any]]) -> Table:
    table = Table("execution", "status", "started", "minutes", box=None, pad_edge=False, header_style="bold")
    for item in last:
        ended = item.get("stopDate")
        minutes = f"{(ended - item['startDate']).total_seconds() / 60:.1f}" if ended else ""
        table.add_row(escape(item["name"]), item["status"], f"{item['startDate']:%Y-%m-%d %H:%M}", minutes)
    return table


def _tell_failure(view: ExecutionView, console: Console) -> None:
    failed = view.failed_step
    where = f" in {failed.step}, job {failed.job_name}" if failed and failed.job_name else ""
    console.print(f"\nThe last one ended {view.status}{where}: {view.error or ''}", soft_wrap=True, markup=False)
    if why := (failed.reason if failed else None) or execution.reason(view.cause):
        console.print(why, soft_wrap=True, markup=False)
