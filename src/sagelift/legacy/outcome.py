"""What `sagelift import` tells in the end: what was made, why so, what was proved, and what comes next."""

import shlex
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sagelift.legacy.migration import Outcome


def show(outcome: Outcome, console: Console) -> None:
    """Show what came of a migration."""
    console.print()
    for part in _parts(outcome):
        console.print(part, soft_wrap=isinstance(part, str))


def _parts(outcome: Outcome) -> Iterator[str | Table]:
    yield f"[bold]{escape(_verdict(outcome))}[/]"
    yield from (f"  {escape(reason)}" for reason in outcome.reasons)
    yield from (f"[yellow]note:[/] {escape(note)}" for note in _notes(outcome))
    yield ""
    yield _made(outcome)
    yield ""
    if outcome.outputs:
        yield _outputs(outcome)
        yield ""
    style = "green" if outcome.is_proved else "bold yellow"
    yield f"[{style}]{escape(outcome.verdict.capitalize())}.[/] {escape(_meaning(outcome))}"
    yield ""
    yield f"  cd {escape(shlex.quote(str(outcome.order.destination)))}"
    yield '  git init && git add -A && git commit -m "Import ' + escape(outcome.source.path.name) + '"'
    yield "  uv run ops run      # the workflow, on the recorded input"
    yield "  uv run ops prove    # the proof once more, as CI repeats it"


def _verdict(outcome: Outcome) -> str:
    name = outcome.source.path.name
    candidate = outcome.chosen.candidate
    if candidate.cuts is None:
        return f"{name} wraps: it runs whole in predict."
    begins = zip(("predict", "postprocessing"), candidate.begins, strict=True)
    said = ", ".join(f"{step} begins at {place}" if place else f"{step} is empty" for step, place in begins)
    return f"{name} splits: {said}."


def _notes(outcome: Outcome) -> Iterator[str]:
    yield from outcome.notes
    content = outcome.chosen.content
    if content.inputs and outcome.chosen.takes_any_bytes:
        step = next(iter(content.scripts))
        yield f"src/{step}.py takes files of arbitrary bytes without a fault: what it reads, it does not check."


def _made(outcome: Outcome) -> Table:
    table = Table.grid(padding=(0, 2))
    content = outcome.chosen.content
    for step, code in content.scripts.items():
        table.add_row(f"  src/{step}.py", f"{len(code.splitlines())} lines")
    folders = {
        "src/": (content.modules, "module that it imports"),
        "data/sample/": (content.inputs, "file that it reads"),
        "model/": (content.models, "file that only predict loads"),
    }
    for folder, (files, what) in folders.items():
        if files:
            table.add_row(
                f"  {folder}", f"{len(files)} {what}{'s' if len(files) > 1 else ''}: {escape(', '.join(files))}"
            )
    table.add_row("  requirements.txt", escape(", ".join(outcome.requirements)))
    table.add_row("  parity/", "the original, what it left, and the proof")
    return table


def _outputs(outcome: Outcome) -> Table:
    table = Table("  output", "compared with the original", box=None, pad_edge=False, header_style="bold")
    for name, result in outcome.outputs.items():
        said = f"{result['verdict']}: {result['difference']}" if "difference" in result else result["verdict"]
        table.add_row(f"  {escape(name)}", escape(said))
    return table


def _meaning(outcome: Outcome) -> str:
    name = outcome.source.path.name
    if outcome.is_proved:
        return f"In the local cloud the workflow gives the results of {name}: parity/README.md says how they compare."
    return f"It was migrated all the same, and not proved: parity/README.md says why. Exit code {outcome.exit_code}."
