"""What is seen of a fleet when a command has ended."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from sagelift.fleet.new import Made
from sagelift.fleet.rollout import Call
from sagelift.fleet.status import Status
from sagelift.fleet.update import State

_STYLES = {
    "made": "green",
    "updated": "green",
    "would update": "green",
    "skipped": "yellow",
    "conflicts": "bold red",
    "failed": "bold red",
}


def made(results: Iterable[Made]) -> Table:
    """Return the table of what `fleet new` did."""
    table = _table("repository", "result", "where, or why not")
    for result in results:
        table.add_row(escape(result.model.repository), _styled(result.state), escape(result.detail))
    return table


def statuses(found: list[Status]) -> Iterator[RenderableType]:
    """Yield what `fleet status` shows: a table, and what could not be found out."""
    table = _table("repository", "version", "behind", "modified", "uncommitted", "last run", "last update")
    for entry in found:
        run, update = entry.last_run, entry.last_update
        table.add_row(
            escape(entry.repository),
            escape(entry.version or "?"),
            "?" if entry.behind is None else str(entry.behind),
            _some(entry.modified),
            _some(entry.uncommitted),
            escape(f"{run.name[:10]} {run.status}") if run else "",
            f"{_styled(update.state)} {escape(update.after or '')}" if update else "",
        )
    yield table
    for entry in found:
        if entry.fault:
            yield f"[bold red]{escape(entry.repository)}:[/] {escape(entry.fault)}"


def updated(call: Call) -> Iterator[RenderableType]:
    """Yield what `fleet update` shows: a table, the files that a dry run would change, and how to go on."""
    table = _table("repository", "result", "from", "to", "where, or why not")
    for model, result in call.results:
        versions = result.before or "", result.after or ""
        table.add_row(escape(model.repository), _styled(result.state), *map(escape, versions), escape(result.detail))
    if call.results:
        yield table
    would = Counter(name for _, result in call.results if result.state is State.WOULD_UPDATE for name in result.files)
    if would:
        files = _table("file that would change", "repositories")
        for name, number in sorted(would.items()):
            files.add_row(escape(name), str(number))
        yield files
    counts = Counter(result.state.value for _, result in call.results)
    yield ", ".join(f"{number} {state}" for state, number in counts.items()) or "Nothing was left to do."
    if call.blocking:
        yield escape(
            f"The next wave waits for {', '.join(call.blocking)}: mend what is named above and run this again, or "
            "begin it by --force."
        )
    elif call.waiting:
        yield f"{call.waiting} wait for a next wave: run this again."


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        # Nothing is cut off: paths and reasons go on in the next line.
        table.add_column(header, overflow="fold")
    return table


def _some(names: Iterable[str] | None) -> str:
    if names is None:
        return "?"
    first, *others = [escape(name) for name in names] or [""]
    return f"{first} +{len(others)}" if others else first


def _styled(state: str) -> str:
    return f"[{_STYLES.get(state, 'dim')}]{state}[/]"
