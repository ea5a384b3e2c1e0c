"""Compares what runs left, by the means of the generated repository itself, and records what it is to prove."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagelift.errors import SageliftError


@dataclass(frozen=True)
class Comparison:
    """How what a run left compares to what was expected; see `ops.comparison` in the template.

    Attributes:
        verdict: `identical`, `identical within tolerance`, `identical where stable`, `different` or `cannot be proved`.
        differences: The files that differ, are missing or are additional: a sentence each.
    """

    verdict: str
    differences: tuple[str, ...]


def unstable(repository: Path, first: Path, *others: Path) -> dict[str, list[str]]:
    """Return the parts of each file that differ between runs of the same code."""
    found: dict[str, list[str]] = _run(repository, str(first), *map(str, others), "--unstable")
    return found


def compare(repository: Path, expected: Path, found: Path, recording: Path) -> Comparison:
    """Compare what a run left to what was recorded.

    Args:
        repository: The generated repository, whose comparison it is.
        expected: The folder that the original left.
        found: The folder to compare.
        recording: The file that says what is not deterministic, and how far numbers may lie apart.
    """
    result = _run(repository, str(expected), str(found), "--recording", str(recording))
    differences = [
        f"{name} is {file['verdict']}" + (f" ({file['difference']})" if file["difference"] else "")
        for name, file in result["files"].items()
        if file["verdict"] in {"different", "missing", "additional"}
    ]
    return Comparison(result["verdict"], tuple(differences))


def _run(repository: Path, *arguments: str) -> Any:  # noqa: ANN401  JSON
    done = subprocess.run(  # noqa: S603  the repository is ours, and its comparison needs no more than Python
        [sys.executable, "-m", "ops.comparison", *arguments],
        cwd=repository,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        message = f"The template cannot compare results ({done.stderr.strip()[-300:]}): take a newer version of it."
        raise SageliftError(message)
    return json.loads(done.stdout)
