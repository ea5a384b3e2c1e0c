"""`sagelift fleet bootstrap`: one plan for many models, one question, and then all of it."""

from dataclasses import replace
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.markup import escape

from sagelift.errors import SageliftError
from sagelift.fleet import administrator, progress, review
from sagelift.fleet.administrator import Administrator, Failures, Planned
from sagelift.fleet.manifest import Manifest

PAGE = "plan.md"
"""The page for the reviewer, beside the plans."""


def plan(
    manifest: Manifest, environment: str, caller: Administrator, console: Console, *, github: bool
) -> tuple[list[Planned], Failures]:
    """Plan the bootstraps of a manifest, show them, and write PAGE.

    Args:
        manifest: the models.
        environment: the environment.
        caller: plans each of them.
        console: shows what would be made.
        github: whether roles for GitHub Actions are made.

    Returns:
        The plans, and why some models have none.
    """
    sites, unread = administrator.read(manifest.models, environment, github=github)
    with progress.shown(console, "Planning", len(sites)) as done:
        plans, failures = replace(caller, done=done).plan(sites)
    failures = unread | failures
    page = caller.folder / PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(review.page(plans, failures, environment, datetime.now(UTC)), encoding="utf-8")
    console.print(review.table(plans))
    console.print(f"\nWhat each of them holds is in {escape(str(page))}", soft_wrap=True)
    _tell("cannot be planned", failures, console)
    return plans, failures


def load(
    manifest: Manifest, environment: str, caller: Administrator, console: Console, *, github: bool
) -> tuple[list[Planned], Failures]:
    """Return what `plan` found earlier, and nobody has made since; show it.

    Raises:
        SageliftError: there is no such plan.
    """
    sites, failures = administrator.read(manifest.models, environment, github=github)
    plans = caller.load(sites)
    if not plans:
        message = f"{caller.folder} holds no plan that is still to be made: plan first, without --apply."
        raise SageliftError(message)
    console.print(review.table(plans))
    _tell("cannot be read", failures, console)
    return plans, failures


def make(plans: list[Planned], caller: Administrator, console: Console, *, yes: bool) -> Failures:
    """Ask once, make all that was planned, and return what was not made.

    Raises:
        SageliftError: the user declined, or nobody is there to answer.
    """
    waiting = [plan for plan in plans if not plan.is_up_to_date]
    if not waiting:
        console.print("Nothing is to be made.")
        return {}
    _ask(waiting, caller, yes=yes)
    with progress.shown(console, "Making", len(waiting)) as done:
        failures = replace(caller, done=done).make(plans)
    console.print(f"[green]Made for {_models(len(waiting) - len(failures))}.[/]")
    _tell("was not made", failures, console)
    return failures


def _ask(waiting: list[Planned], caller: Administrator, *, yes: bool) -> None:
    try:
        agreed = yes or typer.confirm(f"Make this for {_models(len(waiting))}?")
    except typer.Abort:
        caller.discard(waiting)
        message = "Nothing was made: there was no answer; --yes goes on without a question."
        raise SageliftError(message) from None
    if not agreed:
        caller.discard(waiting)
        message = "Nothing was made: you declined."
        raise SageliftError(message)


def _tell(what: str, failures: Failures, console: Console) -> None:
    for repository, reason in failures.items():
        console.print(f"[bold red]{escape(repository)}[/] {what}: {escape(reason)}", soft_wrap=True)


def _models(number: int) -> str:
    return f"{number} model{'' if number == 1 else 's'}"
