"""Whether two local runs on the same input put out the same."""

from itertools import zip_longest
from pathlib import Path

from ops.definition import STEPS

_TABLES = {".csv", ".jsonl", ".tsv", ".txt"}
"""Files of which each line is a row."""


def differences(before: Path, after: Path) -> dict[str, str]:
    """Return how each output of a step that is not the same differs, by its path in the folder of the run.

    Args:
        before: the folder of the earlier run.
        after: the folder of the later run.
    """
    names = sorted({*_outputs(before), *_outputs(after)})
    said = {name: _difference(before / name, after / name) for name in names}
    return {name: text for name, text in said.items() if text}


def _outputs(run: Path) -> set[str]:
    paths = [path for step in STEPS for path in (run / step).rglob("*") if path.is_file()]
    return {path.relative_to(run).as_posix() for path in paths}


def _difference(before: Path, after: Path) -> str:
    if not before.is_file():
        return "is new"
    if not after.is_file():
        return "is no longer there"
    old, new = before.read_bytes(), after.read_bytes()
    if old == new:
        return ""
    if before.suffix not in _TABLES:
        return f"differs ({len(old)} bytes before, {len(new)} after)"
    rows = list(zip_longest(old.splitlines(), new.splitlines()))
    changed = sum(left != right for left, right in rows)
    return f"differs in {changed} of {len(rows)} lines" if changed else "differs in its line ends only"
