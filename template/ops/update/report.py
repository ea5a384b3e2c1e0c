"""What came of an update: for people in Markdown, for machines in JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

MARKDOWN = Path("update", "report.md")
"""The report, in the folder of builds."""

JSON = MARKDOWN.with_suffix(".json")

_SHOWN = 100
"""More files than anybody reads, and fewer than GitHub's 65 536 characters of a pull request hold."""


class Outcome(StrEnum):
    """How an update ended."""

    CURRENT = "current"
    """The template has no newer version."""
    UPDATED = "updated"
    """Everything passed. The outputs may differ."""
    CONFLICTS = "conflicts"
    """Files hold conflict markers, and nothing was checked."""
    FAILED = "failed"
    """A check fails with the newer version."""


class Outputs(StrEnum):
    """How the outputs on the sample compare with those of the version before."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """One of the two runs failed, or was not made."""


@dataclass(frozen=True)
class Report:
    """What an update did; the fields are those of the JSON file.

    Attributes:
        outcome: How it ended.
        before: The version that the repository was at.
        after: The version that it is at now.
        template: The template's page on GitHub, if it is there.
        added: The files that are new.
        modified: The files that were replaced.
        deleted: The files that the template has no more.
        conflicts: The files with conflict markers.
        kept: The template's files that this repository changed itself, each `modified` or `missing`.
        checks: Whether each verb passed with the newer version.
        outputs: How the outputs on the sample compare.
        differences: How each output that differs does so.
    """

    outcome: Outcome
    before: str
    after: str
    template: str | None = None
    added: list[str] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    checks: dict[str, bool] = field(default_factory=dict)
    outputs: Outputs = Outputs.UNKNOWN
    differences: dict[str, str] = field(default_factory=dict)

    def write(self, build: Path) -> None:
        """Write both files into the folder of builds."""
        (build / MARKDOWN).parent.mkdir(parents=True, exist_ok=True)
        (build / MARKDOWN).write_text(self.markdown(), encoding="utf-8")
        (build / JSON).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @property
    def summary(self) -> str:
        """What happened, in a sentence."""
        failing = ", ".join(verb for verb, passed in self.checks.items() if not passed)
        done = f"Updated from {self.before} to {self.after}"
        if self.before == self.after:
            done = f"Rendered {self.after} anew"
        return {
            Outcome.CURRENT: f"The template has no newer version than {self.before}.",
            Outcome.UPDATED: f"{done}; every check passes.",
            Outcome.CONFLICTS: f"{done} with conflicts, for a person to resolve.",
            Outcome.FAILED: f"{done}, and fails: {failing}.",
        }[self.outcome]

    def markdown(self) -> str:
        """Return the report as the body of a pull request."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield self.summary
        if self.outcome is Outcome.CURRENT:
            return
        if self.template and self.before != self.after:
            yield ""
            yield f"- [Changelog]({self.template}/blob/{self.after}/CHANGELOG.md)"
            yield f"- [Changes of the template]({self.template}/compare/{self.before}...{self.after})"
        if self.conflicts:
            advice = (
                "Keep one of the two sides in each, delete the markers, and commit. README.md says how to avoid them."
            )
            yield from _section("Conflicts", self.conflicts, advice)
        yield from _section("Outputs on the sample", [], self._outputs())
        yield from (f"- `{name}` {said}" for name, said in self.differences.items())
        if self.checks:
            yield from ("", "## Checks with the newer version", "")
            yield from (
                f"- `ops {verb}`: {'passed' if passed else '**failed**'}" for verb, passed in self.checks.items()
            )
        if self.kept:
            names = [f"{name} ({state})" for name, state in self.kept.items()]
            advice = (
                "A parameter, an answer or a contribution to the template instead avoids conflicts in later updates."
            )
            yield from _section("Files of the template that this repository changed", names, advice)
        for title, names in (("Added", self.added), ("Replaced", self.modified), ("Deleted", self.deleted)):
            if names:
                yield from _section(f"{title} files", names)

    def _outputs(self) -> str:
        if self.outcome is Outcome.CONFLICTS:
            return "They were not compared: nothing is run before the conflicts are resolved."
        return {
            Outputs.SAME: "They are the same as before, byte by byte.",
            Outputs.DIFFERENT: "**They differ** (scripts that use chance or the time differ in every run):",
            Outputs.UNKNOWN: "They were not compared: the workflow did not succeed with both versions.",
        }[self.outputs]


def _section(title: str, names: list[str], text: str = "") -> Iterator[str]:
    yield from ("", f"## {title}", "")
    if text:
        yield text
    if text and names:
        yield ""
    yield from (f"- `{name}`" for name in names[:_SHOWN])
    if len(names) > _SHOWN:
        yield f"- … and {len(names) - _SHOWN} more"
