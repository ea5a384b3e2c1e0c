"""`sagelift fleet status`: how far behind the repositories are, and what was changed in them."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from sagelift.errors import SageliftError
from sagelift.fleet import rendering, repository
from sagelift.fleet.journal import Journal
from sagelift.fleet.manifest import Manifest, Model
from sagelift.fleet.repository import Recorded
from sagelift.fleet.session import Session
from sagelift.fleet.update import Result

TEMPLATE_FILES = Path("ops", "data", "template_files.json")
"""Where a repository has the SHA-256 of each file of the template, as it came."""


@dataclass(frozen=True)
class LastRun:
    """The newest run in the local cloud: its name, which is when it began, and Step Functions' word for its end."""

    name: str
    status: str


@dataclass(frozen=True)
class Status:
    """What is known of one repository; None stands for what is not.

    Attributes:
        repository: As the manifest has it.
        version: The version of the template that it is at.
        newest: The newest released version.
        behind: How many released versions are newer; None, too, where it is at none of them.
        modified: The template's files that are not as they came, each `modified` or `missing`.
        uncommitted: The files that were changed since the last commit.
        last_run: The newest run on this machine.
        last_update: What came of it in the last `fleet update`.
        fault: Why not all of this is known.
    """

    repository: str
    version: str | None = None
    newest: str | None = None
    behind: int | None = None
    modified: dict[str, str] | None = None
    uncommitted: list[str] | None = None
    last_run: LastRun | None = None
    last_update: Result | None = None
    fault: str | None = None


@dataclass(frozen=True)
class _Order:
    model: Model
    recorded: Recorded


def run(manifest: Manifest, *, jobs: int | None, progress: Callable[[str], None]) -> list[Status]:
    """Look at all repositories of a manifest.

    Args:
        manifest: The fleet.
        jobs: How many to look at at once.
        progress: Is told of each repository that is done.

    Returns:
        What is known of each, in the manifest's order.
    """
    recorded = dict(repository.survey(manifest.models, jobs))
    found = {
        model: Status(model.repository, fault=str(fault))
        for model, fault in recorded.items()
        if isinstance(fault, SageliftError)
    }
    orders = [_Order(model, known) for model, known in recorded.items() if isinstance(known, Recorded)]
    with Session(order.recorded.source for order in orders) as session:
        for order, seen in session.run(_look, orders, jobs=jobs):
            found[order.model] = _compared(session, order, seen)
            progress(order.model.repository)
    updates = Journal.load(manifest.path).results
    return [replace(found[model], last_update=updates.get(model.repository)) for model in manifest.models]


def _look(order: _Order) -> Status:
    folder = order.model.path
    return Status(
        order.model.repository,
        order.recorded.version,
        modified=_modified(folder, order.recorded),
        uncommitted=repository.changes(folder),
        last_run=_last_run(folder),
    )


def _compared(session: Session, order: _Order, seen: Status | SageliftError) -> Status:
    """Add what the releases of the template tell; where it cannot be had, that is why a look failed, too."""
    known = Status(order.model.repository, order.recorded.version) if isinstance(seen, SageliftError) else seen
    try:
        template = session.template(order.recorded.source)
        known = replace(known, newest=template.choose(None), behind=template.behind(order.recorded.version))
    except SageliftError as error:
        return replace(known, fault=str(error))
    return replace(known, fault=str(seen)) if isinstance(seen, SageliftError) else known


def _modified(folder: Path, recorded: Recorded) -> dict[str, str]:
    try:
        digests = dict(json.loads((folder / TEMPLATE_FILES).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        # Releases before the file existed; or it was damaged, which is a change like others.
        digests = _rendered(folder, recorded)
    found = {name: _digest(folder / name) for name in digests}
    return {
        name: "missing" if found[name] is None else "modified"
        for name in sorted(digests)
        if found[name] != digests[name]
    }


def _rendered(folder: Path, recorded: Recorded) -> dict[str, str | None]:
    answers = yaml.safe_load((folder / repository.ANSWERS).read_text(encoding="utf-8"))
    given = {name: answer for name, answer in answers.items() if not name.startswith("_")}
    with TemporaryDirectory() as temporary:
        fresh = Path(temporary, folder.name)
        names = rendering.replaced_by_update(recorded.source, recorded.version, fresh, given)
        return {name.as_posix(): _digest(fresh / name) for name in names}


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a file, whichever line ends git gave it here; None if there is none."""
    try:
        return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def _last_run(folder: Path) -> LastRun | None:
    # Their names are the times at which they began. The file comes last: a run that has it has ended.
    for path in sorted(folder.glob("build/local/*/execution.json"), reverse=True):
        try:
            return LastRun(path.parent.name, str(json.loads(path.read_text(encoding="utf-8"))["status"]))
        except (ValueError, KeyError, TypeError):
            continue
    return None
