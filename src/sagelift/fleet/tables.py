"""What is seen of a fleet when a command has ended."""

from collections.abc import Iterable

from rich.markup import escape
from rich.table import Table

from sagelift.fleet.new import Made

_STYLES = {
    "made": "green",
    "failed": "bold red",
}


def made(results: Iterable[Made]) -> Table:
    """Return the table of what `fleet new` did."""
    table = _table("repository", "result", "where, or why not")
    for result in results:
        table.add_row(escape(result.model.repository), _styled(result.state), escape(result.detail))
    return table


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        # Nothing is cut off: paths and reasons go on in the next line.
        table.add_column(header, overflow="fold")
    return table


def _styled(state: str) -> str:
    return f"[{_STYLES.get(state, 'dim')}]{state}[/]"
