"""`ops rollback`: the alias back to a version that was deployed before."""

from rich.console import Console
from rich.markup import escape

from ops.aws import Account
from ops.cloud import machine
from ops.errors import OpsError
from ops.infrastructure import Deployment


def run(account: Account, deployment: Deployment, console: Console, *, version: int | None) -> None:
    """Point the alias at another version: its definition, parameters, scripts and image. The next deploy undoes that.

    Args:
        account: where.
        deployment: what.
        console: says what was done.
        version: its number; None: the one before that which runs.

    Raises:
        OpsError: there is no such version.
    """
    live = machine.deployed(account, deployment)
    by_number = {machine.number(arn): arn for arn in machine.versions(account, deployment)}
    earlier = [number for number in by_number if number < live.version]
    wanted = version if version is not None else max(earlier, default=None)
    if wanted is None or wanted not in by_number:
        what = f"no version {version}" if version is not None else f"no version before {live.version}"
        there = ", ".join(map(str, sorted(by_number))) or "none"
        message = f"{deployment.prefix} has {what} to go back to; there: {there}."
        raise OpsError(message)
    if wanted == live.version:
        console.print(f"{escape(deployment.prefix)} runs version {wanted} already.")
        return
    machine.point(account, deployment, by_number[wanted])
    console.print(
        f"[green]Rolled back[/] {escape(deployment.prefix)} from version {live.version} to {wanted}: executions that "
        f"start now run it. `uv run ops deploy --env {deployment.environment}` leaves it again.",
        soft_wrap=True,
    )
