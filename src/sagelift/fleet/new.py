"""`sagelift fleet new`: generate the repositories that do not exist yet."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sagelift.errors import SageliftError
from sagelift.fleet import rendering
from sagelift.fleet.manifest import Manifest, Model
from sagelift.fleet.session import Session
from sagelift.git import git


class State(StrEnum):
    """What came of a repository that was to be made."""

    MADE = "made"
    EXISTS = "exists"
    FAILED = "failed"


@dataclass(frozen=True)
class Made:
    """What came of one repository; `detail` says why, and where it is."""

    model: Model
    state: State
    detail: str


@dataclass(frozen=True)
class _Order:
    model: Model
    source: str
    version: str
    push: bool


def run(  # noqa: PLR0913  one parameter for each option
    manifest: Manifest,
    *,
    source: str,
    version: str | None,
    jobs: int | None,
    push: bool,
    progress: Callable[[str], None],
) -> list[Made]:
    """Generate each repository of a manifest that does not exist yet, with git's first commit.

    Args:
        manifest: What there is to be.
        source: The template, as the repositories are to remember it.
        version: The template's version; default: the newest.
        jobs: How many to make at once.
        push: Whether to push those that have a URL.
        progress: Is told of each repository that is done.

    Returns:
        What came of each, in the manifest's order.

    Raises:
        SageliftError: The template cannot be had, or an answer is to no question of it.
    """
    with Session([source]) as session:
        template = session.template(source)
        version = template.choose(version)
        manifest.check_questions(template.questions(version))
        orders = [_Order(model, source, version, push) for model in manifest.models]
        made: dict[Path, Made] = {}
        for order, result in session.run(_make, orders, jobs=jobs):
            made[order.model.path] = (
                Made(order.model, State.FAILED, str(result)) if isinstance(result, SageliftError) else result
            )
            progress(order.model.repository)
    return [made[model.path] for model in manifest.models]


def _make(order: _Order) -> Made:
    model, target = order.model, order.model.path
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        return Made(model, State.EXISTS, str(target))
    if model.url and git(Path.cwd(), "ls-remote", "--heads", "--", model.url):
        return Made(model, State.EXISTS, model.url)
    # Beside its place, so that it can be put there whole. One that a killed run left is made anew.
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        # The folder's own name, which a template may know.
        folder = partial / target.name
        rendering.copy(order.source, order.version, folder, model.answers)
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        message = f"Generate from the template, version {order.version}"
        # Hooks that a user has for all repositories would only take longer: nothing is theirs yet.
        git(folder, "commit", "--quiet", "--no-verify", "--message", message)
        if model.url:
            git(folder, "remote", "add", "origin", model.url)
        if target.exists():
            target.rmdir()
        folder.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    if model.url and order.push:
        git(target, "push", "--quiet", "--set-upstream", "origin", "HEAD")
    return Made(model, State.MADE, str(target))
