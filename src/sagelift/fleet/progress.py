"""What is seen of a fleet while it is worked on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def shown(console: Console, what: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar while many repositories are worked on, on a terminal only.

    Yields:
        The function to call with the name of each repository that is done.
    """
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    last = TextColumn("{task.fields[last]}", style="dim", markup=False)
    with Progress(*columns, last, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total, last="")
        yield lambda name: progress.update(task, advance=1, last=name)
