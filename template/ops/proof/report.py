"""What came of a proof: for people on the terminal and in Markdown, for machines in JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.comparison import Comparison, FileResult, FileVerdict, Verdict
from ops.proof.recording import Recording

UNPROVED = 3
"""The exit code where nothing differs and nothing is proved: 1 is a difference, 2 is typer's for wrong options."""

EMPTY = "empty"
"""The verdict of a comparison that would have missed a change."""

_PROVED = {Verdict.IDENTICAL, Verdict.WITHIN_TOLERANCE, Verdict.STABLE_PARTS}

_SAID = {
    Verdict.IDENTICAL: "The workflow leaves exactly what {script} left.",
    Verdict.WITHIN_TOLERANCE: "The workflow leaves what {script} left, within the tolerance for fractions.",
    Verdict.STABLE_PARTS: "The workflow leaves what {script} left, as far as runs of that itself agree.",
    Verdict.DIFFERENT: "The workflow does not leave what {script} left.",
    Verdict.CANNOT: "{script} left nothing to compare: no file, no output and no figure that its runs agree on.",
    EMPTY: "Nothing differs, but no control shows that a change of the code would have been seen.",
}

_UNCOVERED = "A change in {part}.py was not noticed: what that part does shows in nothing that is compared."


_RANDOM = (
    "{script} draws random numbers without a seed: its results differ each time. Here, all began with the same one."
)


@dataclass(frozen=True)
class Proof:
    """A comparison of the workflow's results with what was recorded.

    Attributes:
        recording: What was recorded.
        comparison: How the results compare with it.
        template: The version of the template that the repository is at.
        python: The version of Python that the model's code ran on.
        packages: The versions of the recorded packages that it ran with; empty for one that is not installed.
    """

    recording: Recording
    comparison: Comparison
    template: str
    python: str
    packages: Mapping[str, str]

    @property
    def verdict(self) -> str:
        """The result: that of the comparison or `EMPTY`, and the parts of the code that it says nothing about."""
        files = [f"{part}.py" for part in self.uncovered]
        if self._result not in _PROVED or not files:
            return self._result
        return f"{self._result}; {' and '.join(files)} {'are' if len(files) > 1 else 'is'} not covered"

    @property
    def uncovered(self) -> list[str]:
        """The parts of the code in which a change was not noticed."""
        return list(dict.fromkeys(control.part for control in self.recording.controls if not control.caught))

    @property
    def notes(self) -> list[str]:
        """What else there is to know about the verdict: a sentence or two each."""
        notes = [_UNCOVERED.format(part=part) for part in self.uncovered]
        return [*notes, _RANDOM.format(script=self.recording.script)] if self.recording.random else notes

    @property
    def exit_code(self) -> int:
        """The exit code of the verb."""
        if self._result == Verdict.DIFFERENT:
            return 1
        return 0 if self._result in _PROVED else UNPROVED

    @property
    def summary(self) -> str:
        """The verdict as a sentence."""
        return _SAID[self._result].format(script=self.recording.script)

    @property
    def _result(self) -> str:
        verdict = self.comparison.verdict
        return verdict if verdict not in _PROVED or any(c.caught for c in self.recording.controls) else EMPTY

    def show(self, console: Console) -> None:
        """Tell the verdict, and how each output compares."""
        table = Table("output", "result", box=None, pad_edge=False, header_style="bold")
        for name, result in self.comparison.files.items():
            table.add_row(escape(name), escape(_said(result, self.comparison)))
        console.print()
        if self.comparison.files:
            console.print(table)
        style = "green" if not self.exit_code else "bold red"
        console.print(f"[{style}]{self.verdict.capitalize()}.[/] {escape(self.summary)}", soft_wrap=True)
        for note in self.notes:
            console.print(f"[yellow]note:[/] {escape(note)}", soft_wrap=True)

    def write(self, folder: Path) -> None:
        """Write `parity.json` and `README.md`; without a date, so that they change when the result does."""
        text = json.dumps(self._document(), indent=2, ensure_ascii=False) + "\n"
        (folder / "parity.json").write_text(text, encoding="utf-8", newline="\n")
        (folder / "README.md").write_text("\n".join(self._page()) + "\n", encoding="utf-8", newline="\n")

    def _document(self) -> dict[str, Any]:
        recording = self.recording
        return {
            "verdict": self.verdict,
            "script": recording.script,
            "migration": recording.migration,
            "template": self.template,
            "recorded": {"python": recording.python, "packages": recording.packages},
            "proved": {"python": self.python, "packages": dict(self.packages)},
            "tolerance": asdict(self.comparison.tolerance),
            "outputs": {
                name: {key: value for key, value in asdict(result).items() if value}
                for name, result in self.comparison.files.items()
            },
            "controls": [control.model_dump() for control in recording.controls],
        }

    def _page(self) -> Iterator[str]:
        yield from (f"# Parity: {self.verdict}", "", self.summary)
        for note in self.notes:
            yield from ("", note)
        if self.comparison.files:
            yield from ("", "## Outputs", "", "| output | result |", "| --- | --- |")
            for name, result in self.comparison.files.items():
                yield f"| `{_cell(name)}` | {_cell(_said(result, self.comparison))} |"
        yield from self._not_compared()
        yield from self._controls()
        yield from self._versions()
        yield from ("", "## Repeat it", "")
        yield "`uv run ops prove` runs the workflow on `data/sample/` in the local cloud, each job in a fresh process,"
        yield "and compares what the last one leaves with `expected/`. `recording.json` says how that was recorded from"
        yield "`legacy/`, and `parity.json` holds this page for programs."

    def _not_compared(self) -> Iterator[str]:
        left_out = {name: result.not_compared for name, result in self.comparison.files.items() if result.not_compared}
        if left_out:
            yield from ("", "## Not compared", "", f"Runs of {self.recording.script} itself differ here:", "")
            yield from (f"- `{name}`: {', '.join(parts)}" for name, parts in left_out.items())

    def _controls(self) -> Iterator[str]:
        yield from ("", "## Controls", "")
        if not self.recording.controls:
            yield "None: nothing shows that a change of the code would have been seen."
            return
        yield from ("Each is a change to the migrated code that the comparison must catch.", "")
        yield from ("| change | caught | by |", "| --- | --- | --- |")
        for control in self.recording.controls:
            yield f"| {_cell(control.change)} | {'yes' if control.caught else '**no**'} | {_cell(control.how)} |"

    def _versions(self) -> Iterator[str]:
        recording = self.recording
        yield from ("", "## Versions", "", "| | recorded | proved |", "| --- | --- | --- |")
        yield f"| Python | {recording.python} | {self.python} |"
        for name, version in recording.packages.items():
            yield f"| {name} | {version} | {self.packages.get(name) or 'not installed'} |"
        yield f"| template | | {self.template} |"


def _said(result: FileResult, comparison: Comparison) -> str:
    """Return the result of a file as a text."""
    if result.difference:
        return f"{result.verdict}: {result.difference}"
    if result.verdict is FileVerdict.WITHIN_TOLERANCE:
        return f"{result.verdict}: at most {result.deviation:.1g} apart, {comparison.tolerance.relative:g} allowed"
    if result.by_content:
        return f"{result.verdict} in content; the bytes differ in dates, ids, metadata or compression"
    return str(result.verdict)


def _cell(text: str) -> str:
    """Return a text that stays within a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;")
