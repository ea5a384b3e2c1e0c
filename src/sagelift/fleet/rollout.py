"""`sagelift fleet update`: which repositories take part in a call, and what comes of them."""

import math
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Self

from sagelift.errors import SageliftError
from sagelift.fleet import repository
from sagelift.fleet.journal import Journal
from sagelift.fleet.manifest import Manifest, Model
from sagelift.fleet.repository import Recorded
from sagelift.fleet.session import Session
from sagelift.fleet.update import BAD, Options, Order, Result, State, branch_of, update

_GRACE = 60
"""Seconds beyond its time-out after which a worker is ended that did not see to it itself."""


@dataclass(frozen=True)
class Wave:
    """How many of the repositories take part at a time."""

    number: float
    percent: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `10%` or `20`.

        Raises:
            SageliftError: It is neither.
        """
        with suppress(ValueError):
            percent = text.endswith("%")
            number = float(text.removesuffix("%"))
            if 0 < number <= (100 if percent else math.inf) and (percent or number.is_integer()):
                return cls(number, percent)
        message = f"--wave {text} is no part of a fleet: give a percentage like 10%, or a number of repositories."
        raise SageliftError(message)

    def of(self, total: int) -> int:
        """Return how many of this many repositories one wave has: at least one."""
        return math.ceil(total * self.number / 100) if self.percent else int(self.number)


EVERYTHING = Wave(100, percent=True)


@dataclass(frozen=True)
class Call:
    """What one call of `fleet update` did.

    Attributes:
        results: What came of the repositories that took part in it, in the manifest's order.
        blocking: The repositories of earlier waves that kept the next one from beginning.
        waiting: How many repositories no wave has reached yet.
    """

    results: list[tuple[Model, Result]]
    blocking: list[str]
    waiting: int


def run(  # noqa: PLR0913  one parameter for each option
    manifest: Manifest,
    *,
    version: str | None,
    wave: Wave,
    force: bool,
    options: Options,
    jobs: int | None,
    progress: Callable[[str], None],
) -> Call:
    """Update what earlier calls left undone, and then, if all went well so far, the next wave.

    Args:
        manifest: The fleet.
        version: The template's version; default: the newest.
        wave: How many repositories the next wave has.
        force: Whether it begins although repositories before it conflict or failed.
        options: How each repository is updated.
        jobs: How many at once.
        progress: Is told of each repository that is done.

    Raises:
        SageliftError: The fleet is being updated already, or its journal is damaged.
    """
    journal = Journal.load(manifest.path)
    with nullcontext() if options.dry_run else journal.alone():
        recorded = dict(repository.survey(manifest.models, jobs))
        sources = {found.source for found in recorded.values() if isinstance(found, Recorded)}
        with Session(sources) as session:
            orders = {model: _order(session, model, found, version, options) for model, found in recorded.items()}
            journal = journal.towards(_targets(orders.values()), kept=not options.dry_run)

            def work(models: list[Model]) -> list[Model]:
                _work(session, [orders[model] for model in models], jobs, journal, progress)
                return models

            begun = [model for model in manifest.models if model.repository in journal.begun]
            killed = any(model.repository not in journal.results for model in begun)
            done = work([model for model in begun if not _is_settled(orders[model], journal)])
            blocking = [model.repository for model in begun if journal.results[model.repository].state in BAD]
            waiting = [model for model in manifest.models if model not in begun]
            # A wave that was killed is a wave: the next one is for the next call.
            size = 0 if (blocking and not force) or (killed and wave != EVERYTHING) else wave.of(len(manifest.models))
            journal.begin(model.repository for model in waiting[:size])
            done += work(waiting[:size])
    order = {model: number for number, model in enumerate(manifest.models)}
    done.sort(key=order.__getitem__)
    left = len(waiting[size:])
    return Call([(model, journal.results[model.repository]) for model in done], blocking if left else [], left)


def _order(
    session: Session, model: Model, recorded: Recorded | SageliftError, version: str | None, options: Options
) -> Order | tuple[Model, Result]:
    """Return what is to be done about a repository, or what already came of it."""
    if isinstance(recorded, SageliftError):
        return model, Result(State.FAILED, str(recorded))
    try:
        return Order(model, recorded, session.template(recorded.source).choose(version), options)
    except SageliftError as error:
        return model, Result(State.FAILED, str(error), recorded.version)


def _targets(orders: Iterable[Order | tuple[Model, Result]]) -> dict[str, str]:
    return {order.recorded.source: order.version for order in orders if isinstance(order, Order)}


def _is_settled(order: Order | tuple[Model, Result], journal: Journal) -> bool:
    """Tell whether the journal has a good result of a repository, and the repository agrees."""
    if not isinstance(order, Order):
        return False
    result = journal.results.get(order.model.repository)
    if result is None or result.state not in {State.CURRENT, State.UPDATED}:
        return False
    return order.recorded.version == order.version or repository.has_branch(order.model.path, branch_of(order.version))


def _work(
    session: Session,
    orders: list[Order | tuple[Model, Result]],
    jobs: int | None,
    journal: Journal,
    progress: Callable[[str], None],
) -> None:
    def done(model: Model, result: Result) -> None:
        journal.record(model, result)
        progress(model.repository)

    for order in orders:
        if not isinstance(order, Order):
            done(*order)
    ready = [order for order in orders if isinstance(order, Order)]
    if ready:
        timeout = ready[0].options.timeout + _GRACE
        for order, result in session.run(update, ready, jobs=jobs, timeout=timeout):
            done(order.model, order.failed(result) if isinstance(result, SageliftError) else result)
