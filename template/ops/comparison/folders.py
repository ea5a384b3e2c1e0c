"""Two folders of results, file by file."""

import filecmp
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path

from ops.comparison.contents import CONTENT, Item, unfold
from ops.comparison.values import Tolerance, deviation

NAME = "name"
"""The part of a file whose name differs between runs: a time, or what was drawn by chance."""

_SHOWN = 120
"""Characters of a value that are shown: enough to recognise it."""

_DRAWN = re.compile(r"[0-9A-Fa-f]*\d[0-9A-Fa-f]*")

Unstable = Mapping[str, Sequence[str]]
"""The parts of each file, by its name in the first run, that differ between runs of the same code on the same input."""


class FileVerdict(StrEnum):
    """How a file compares."""

    IDENTICAL = "identical"
    WITHIN_TOLERANCE = "within tolerance"
    STABLE_PARTS = "identical where stable"
    """Parts of it differ between runs of the original, and are not compared."""
    NOT_COMPARED = "not compared"
    """All of it differs between runs of the original."""
    DIFFERENT = "different"
    MISSING = "missing"
    ADDITIONAL = "additional"


class Verdict(StrEnum):
    """How two folders compare."""

    IDENTICAL = "identical"
    WITHIN_TOLERANCE = "identical within tolerance"
    STABLE_PARTS = "identical where stable"
    DIFFERENT = "different"
    CANNOT = "cannot be proved"
    """Nothing was left that could be compared."""


_FAULTS = {FileVerdict.DIFFERENT, FileVerdict.MISSING, FileVerdict.ADDITIONAL}


@dataclass(frozen=True)
class FileResult:
    """How a file compares.

    Attributes:
        verdict: The result.
        difference: The first difference: the place, what was expected, and what was found.
        deviation: By how much numbers lie apart at most, relative to the greater of the two.
        not_compared: The parts that differ between runs of the original.
        by_content: Whether the bytes differ, and what they say does not: dates, ids and metadata aside.
    """

    verdict: FileVerdict
    difference: str = ""
    deviation: float = 0.0
    not_compared: list[str] = field(default_factory=list)
    by_content: bool = False


@dataclass(frozen=True)
class Comparison:
    """How two folders compare: the result for each file by its name in the expected folder, and over all."""

    files: dict[str, FileResult]
    tolerance: Tolerance

    @property
    def verdict(self) -> Verdict:
        """The result over all files: the worst of theirs."""
        found = {result.verdict for result in self.files.values()}
        if found & _FAULTS:
            return Verdict.DIFFERENT
        if found <= {FileVerdict.NOT_COMPARED}:
            return Verdict.CANNOT
        if found & {FileVerdict.STABLE_PARTS, FileVerdict.NOT_COMPARED}:
            return Verdict.STABLE_PARTS
        return Verdict.WITHIN_TOLERANCE if FileVerdict.WITHIN_TOLERANCE in found else Verdict.IDENTICAL


def compare(
    expected: Path, found: Path, *, unstable: Unstable | None = None, tolerance: Tolerance | None = None
) -> Comparison:
    """Compare two folders of results.

    Args:
        expected: What the original left.
        found: What is to be the same.
        unstable: What differs between runs of the original.
        tolerance: How far floating-point numbers may lie apart.
    """
    unstable, tolerance = unstable or {}, tolerance or Tolerance()
    names, others = _names(expected), _names(found)
    partners = _partners(names, others, [name for name, parts in unstable.items() if NAME in parts])
    results: dict[str, FileResult] = {}
    for name in names:
        parts, partner = unstable.get(name, ()), partners.get(name)
        if partner is not None:
            results[name] = _compare_files(expected / name, found / partner, parts, tolerance)
        elif NAME in parts:
            results[name] = FileResult(FileVerdict.NOT_COMPARED, not_compared=[*parts])
        else:
            results[name] = FileResult(FileVerdict.MISSING)
    drawn = {_without_drawn(name) for name, parts in unstable.items() if NAME in parts}
    for name in sorted(set(others) - set(partners.values())):
        expectable = _without_drawn(name) in drawn
        results[name] = FileResult(
            FileVerdict.NOT_COMPARED if expectable else FileVerdict.ADDITIONAL, not_compared=[NAME] * expectable
        )
    return Comparison(results, tolerance)


def unstable(first: Path, *others: Path) -> dict[str, list[str]]:
    """Return what differs between runs of the same code on the same input.

    Args:
        first: The results of the run whose results will be expected.
        others: Those of further runs; the more there are, the less stays equal by chance.
    """
    found: dict[str, set[str]] = {}
    names = _names(first)
    for other in others:
        theirs = _names(other)
        renamed = sorted({*names} - {*theirs})
        partners = _partners(names, theirs, renamed)
        for name in names:
            parts = {NAME} if name in renamed else set()
            parts |= _unstable_parts(first / name, other / partners[name]) if name in partners else {CONTENT}
            found[name] = found.get(name, set()) | parts
        for name in {*theirs} - {*partners.values()}:
            found[name] = {NAME, CONTENT}
    return {name: sorted(parts) for name, parts in sorted(found.items()) if parts}


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _without_drawn(name: str) -> str:
    return _DRAWN.sub("#", name)


def _partners(names: Iterable[str], others: Iterable[str], renamed: Iterable[str]) -> dict[str, str]:
    """Return the file of the other folder that stands for each; of renamed ones, by what no time or chance made."""
    renamed = set(renamed)
    others = list(others)
    partners = {name: name for name in names if name in others and name not in renamed}
    free = [name for name in others if name not in partners]
    for name in sorted(renamed & set(names)):
        partner = next((other for other in free if _without_drawn(other) == _without_drawn(name)), None)
        if partner is not None:
            free.remove(partner)
            partners[name] = partner
    return partners


def _compare_files(expected: Path, found: Path, parts: Sequence[str], tolerance: Tolerance) -> FileResult:
    left_out = list(parts)
    if CONTENT in parts:
        return FileResult(FileVerdict.NOT_COMPARED, not_compared=left_out)
    unstable_result = FileVerdict.STABLE_PARTS if parts else None
    if filecmp.cmp(expected, found, shallow=False):
        return FileResult(unstable_result or FileVerdict.IDENTICAL, not_compared=left_out)
    largest, close = 0.0, False
    for left, right in _pairs(expected, found):
        if left is None or right is None or left.place != right.place:
            return FileResult(FileVerdict.DIFFERENT, _difference(left, right), not_compared=left_out)
        if left.part in parts or left.value == right.value:
            continue
        apart = None if left.exact else deviation(left.value, right.value, tolerance)
        if apart is None:
            return FileResult(FileVerdict.DIFFERENT, _difference(left, right), not_compared=left_out)
        largest, close = max(largest, apart), True
    verdict = unstable_result or (FileVerdict.WITHIN_TOLERANCE if close else FileVerdict.IDENTICAL)
    return FileResult(verdict, deviation=largest, not_compared=left_out, by_content=not close and not parts)


def _pairs(first: Path, second: Path) -> Iterable[tuple[Item | None, Item | None]]:
    # The name of the first for both: a name that differs by a time must not make another kind of the file.
    return zip_longest(unfold(first.name, first.read_bytes()), unfold(first.name, second.read_bytes()))


def _unstable_parts(first: Path, second: Path) -> set[str]:
    if filecmp.cmp(first, second, shallow=False):
        return set()
    parts: set[str] = set()
    for left, right in _pairs(first, second):
        if left is None or right is None or left.place != right.place:
            return {CONTENT}
        if left.value != right.value:
            parts.add(left.part)
    return parts


def _difference(expected: Item | None, found: Item | None) -> str:
    place = next(item.place for item in (expected, found) if item)
    return f"{place}: expected {_shown(expected)}, found {_shown(found)}"


def _shown(item: Item | None) -> str:
    if item is None:
        return "nothing"
    text = item.shown or item.value
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
