"""What is asked while code is migrated, where somebody is there to answer."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt

from sagelift.legacy import training
from sagelift.legacy.program import Program

MOST_LINES = 20
"""How much of what a script printed is shown above its prompt."""


def are_answered(console: Console) -> bool:
    """Whether somebody is there to answer."""
    return console.is_terminal and sys.stdin.isatty()


def train(program: Program, console: Console) -> str:
    """Return whether to train in each run or once: `keep` or `once`; without an answer, `keep`."""
    found = training.places(program)
    if not found:
        return "keep"
    console.print(
        f"[yellow]note:[/] A model is trained here ({', '.join(map(str, found))}). [bold]keep[/] trains it in each "
        "run, as now. [bold]once[/] trains it now and keeps it in model/, so that runs only apply it; src/training.py "
        "trains it anew.",
        soft_wrap=True,
    )
    if not are_answered(console):
        console.print("      It is kept in the run; --training once does the other.")
        return "keep"
    try:
        return Prompt.ask("      Training", console=console, choices=["keep", "once"], default="keep")
    except EOFError:
        console.print()
        return "keep"


class Prompts:
    """The prompts of a script, each shown as it stands below what the script printed before it."""

    def __init__(self, script: str, console: Console) -> None:
        """Ask for a script on a console."""
        self._script = script
        self._console = console
        self._shown = 0

    def answer(self, said: str) -> str | None:
        """Return what is typed at a prompt; None for the end of the input (Ctrl-D).

        Args:
            said: All that the script printed so far, with the prompt at its end.
        """
        if not self._shown:
            self._console.print(
                f"[yellow]note:[/] {escape(self._script)} prompts for input. What you type is kept in the repository "
                "and typed in each run: nothing secret. Ctrl-D gives up.",
                soft_wrap=True,
            )
        *above, prompt = said[self._shown :].split("\n")
        self._shown = len(said)
        for line in above[-MOST_LINES:]:
            self._console.print(line, style="dim", markup=False, soft_wrap=True)
        try:
            return self._console.input(prompt, markup=False)
        except EOFError:
            self._console.print()
            return None
