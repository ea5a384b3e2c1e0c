"""What a deployment shows and asks."""

from collections.abc import Callable, Mapping
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.cloud.stacks import ChangeSet, Event, Stack
from ops.errors import OpsError

_SIGNS = {"Add": "[green]+ add[/]", "Modify": "[yellow]~ change[/]", "Remove": "[red]- remove[/]"}


def show(change_set: ChangeSet, stack: str, console: Console) -> None:
    """Print what a change set would do."""
    table = Table("", "resource", "type", box=None, pad_edge=False, header_style="bold")
    for change in change_set.changes:
        sign = _SIGNS.get(change.action, change.action.lower())
        kind = f"{change.kind}[red] (may be replaced)[/]" if change.replacement else change.kind
        table.add_row(sign, change.resource, kind)
    console.print(f"Changes of the stack [bold]{escape(stack)}[/]:", soft_wrap=True)
    console.print(table if change_set.changes else "  only its tags or outputs")


def confirm(question: str, *, yes: bool) -> bool:
    """Ask the user, unless they have answered by `--yes`.

    Raises:
        OpsError: there is nobody to ask.
    """
    try:
        return yes or typer.confirm(question)
    except typer.Abort:
        message = "nothing was changed: there was no answer; --yes goes on without a question."
        raise OpsError(message) from None


def type_in(question: str) -> str:
    """Ask the user for a word.

    Raises:
        OpsError: there is nobody to ask.
    """
    try:
        return str(typer.prompt(question, default="", show_default=False))
    except typer.Abort:
        message = "nothing was changed: there was no answer on standard input."
        raise OpsError(message) from None


def narrator(console: Console) -> Callable[[Event], None]:
    """Return what prints the events of a stack, a line each."""

    def say(event: Event) -> None:
        style = "red" if "FAILED" in event.status else "green" if event.status.endswith("_COMPLETE") else "dim"
        reason = f"  {escape(event.reason)}" if "FAILED" in event.status else ""
        console.print(
            f"  [{style}]{event.status.lower().replace('_', ' '):<22}[/]  {escape(event.resource)}{reason}",
            soft_wrap=True,
        )

    return say


def change(  # noqa: PLR0913  what is changed, and how it is shown
    stack: Stack,
    template: Mapping[str, Any],
    parameters: Mapping[str, str],
    console: Console,
    *,
    yes: bool,
    options: Mapping[str, Any] | None = None,
) -> bool:
    """Show what would change in a stack, ask, change it and wait for the end.

    Returns:
        False if there was nothing to change.

    Raises:
        OpsError: the user declined, another deployment is under way, or the change failed and was rolled back.
    """
    say = narrator(console)
    stack.settle(say)
    with console.status("Computing the changes…"):
        change_set = stack.plan(template, parameters, options)
    if change_set is None:
        return False
    show(change_set, stack.name, console)
    try:
        agreed = confirm("Make these changes?", yes=yes)
    except BaseException:
        stack.discard(change_set)
        raise
    if not agreed:
        stack.discard(change_set)
        message = "nothing was changed: you declined."
        raise OpsError(message)
    stack.apply(change_set, say)
    return True
