"""`ops deploy`: the image, the scripts, the definition and the stack around them."""

from rich.console import Console
from rich.markup import escape

from ops import scripts
from ops.aws import Account
from ops.cloud import assembly, dialogue, machine, registry, stacks
from ops.cloud.machine import Live
from ops.cloud.stacks import Stack
from ops.errors import OpsError
from ops.infrastructure import Deployment


def run(account: Account, deployment: Deployment, console: Console, *, image: str | None, yes: bool) -> None:
    """Deploy the repository as it is; to repeat it changes nothing.

    Nothing that runs is affected before the last step: images and scripts have addresses of their own for each content.

    Args:
        account: where.
        deployment: what.
        console: shows the changes.
        image: URI with the digest of the image to deploy; None: that of the present content, or the deployed one.
        yes: whether to go on without a question.

    Raises:
        OpsError: something is missing, the user declined, or the change failed and was rolled back.
    """
    stack = stacks.of(account, deployment)
    stack.settle(dialogue.narrator(console))
    live = machine.live(account, deployment)
    chosen = registry.choose(account, deployment, image, live)
    if chosen.note:
        console.print(f"[yellow]note:[/] {escape(chosen.note)}", soft_wrap=True)
    console.print(f"Image:   {escape(chosen.uri)}", soft_wrap=True)
    console.print(f"Scripts: {escape(_upload(account, deployment))}", soft_wrap=True)
    registry.keep(account, deployment, chosen.uri)
    template = deployment.stack_template(assembly.assemble(deployment, chosen.uri))
    try:
        changed = dialogue.change(stack, template, deployment.stack_parameters(), console, yes=yes)
    except OpsError:
        _redo_rollback(account, deployment, stack, live, console)
        raise
    if changed:
        version = machine.number(stack.outputs()["VersionArn"])
        console.print(f"[green]Deployed[/] {escape(deployment.prefix)}, version {version}.")
    elif _undo_rollback(account, deployment, stack, live):
        console.print(f"[green]Deployed[/] {escape(deployment.prefix)}: it had been rolled back.")
    else:
        console.print(f"{escape(deployment.prefix)} is up to date: nothing to change.")


def _upload(account: Account, deployment: Deployment) -> str:
    uri = assembly.code_uri(deployment)
    if deployment.parameters.code_uri is None:
        scripts.upload(account.client("s3"), deployment.repository.src, uri)
    return uri


def _undo_rollback(account: Account, deployment: Deployment, stack: Stack, live: Live | None) -> bool:
    """Point the alias at the stack's version again, which `ops rollback` may have moved behind the stack's back."""
    newest = stack.outputs().get("VersionArn")
    if live is None or newest is None or live.version_arn == newest:
        return False
    machine.point(account, deployment, newest)
    return True


def _redo_rollback(account: Account, deployment: Deployment, stack: Stack, live: Live | None, console: Console) -> None:
    """Point the alias back at what ran: a change that failed leaves it at the stack's version."""
    # While the stack still changes, and after a change that succeeded, the alias is not ours to move.
    if live is None or not (stack.status or "").endswith("ROLLBACK_COMPLETE"):
        return
    now = machine.live(account, deployment)
    if now is None or now.version_arn == live.version_arn:
        return
    machine.point(account, deployment, live.version_arn)
    console.print(
        f"[yellow]note:[/] CloudFormation brought back version {now.version}; {escape(deployment.prefix)} runs version "
        f"{live.version} again, which it had been rolled back to.",
        soft_wrap=True,
    )
