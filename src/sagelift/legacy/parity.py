"""Compares what runs left, by the means of the generated repository itself, and records what it is to prove."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sagelift.errors import SageliftError

RUNS_OF_RANDOM_CODE = 4
"""How often code runs at first where it does not do the same twice: by chance, two runs agree in much."""
MORE_RUNS = 2
MOST_RUNS = 8
"""How often it runs more where something differs, which may be due to chance, too; and how often in all."""


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


class Run(Protocol):
    """Runs the original again, and returns what it left."""

    def __call__(self, name: str, *, seeded: bool) -> Path:
        """Run it under a name that no other run has; let random numbers begin as in the first run, or as they do."""


class Runs:
    """Runs of the original, and what they do not do alike."""

    def __init__(self, repository: Path, first: Path, run: Run, recording: Path) -> None:
        """Begin with one run.

        Args:
            repository: The generated repository, whose comparison it is.
            first: What the first run left, whose random numbers were seeded.
            run: Runs the original again.
            recording: The file to write, which tells what is not deterministic.
        """
        self._repository = repository
        self._outputs = [first]
        self._run = run
        self._recording = recording
        self._random: dict[str, list[str]] = {}
        self._unstable: dict[str, list[str]] = {}

    def compare(self) -> Path:
        """Run the original as often as it takes to tell whether it is deterministic; return the recording.

        The second run is not seeded: where it does as the first one, so does every other.
        """
        second = self._run("run-2", seeded=False)
        self._random = unstable(self._repository, self._outputs[0], second)
        if self._random:
            self._add(1)
            if self._unstable:
                self._add(RUNS_OF_RANDOM_CODE - len(self._outputs))
        self._write()
        return self._recording

    def notes(self, name: str) -> list[str]:
        """Return what a person should know about the runs of the code of this name: a sentence each."""
        if not json.loads(self._recording.read_bytes())["random"]:
            return []
        return [f"{name} draws random numbers without a seed: its runs were compared with one, and differ without it."]

    def doubt(self) -> bool:
        """Run the original some more; return whether its runs agree in less than it seemed."""
        before = self._unstable
        if len(self._outputs) < MOST_RUNS:
            self._add(MORE_RUNS)
            self._write()
        return self._unstable != before

    def _add(self, number: int) -> None:
        names = [f"run-{len(self._outputs) + n}-seeded" for n in range(1, number + 1)]
        with ThreadPoolExecutor() as threads:
            self._outputs += threads.map(lambda name: self._run(name, seeded=True), names)
        self._unstable = unstable(self._repository, *self._outputs)

    def _write(self) -> None:
        # What seeds do not help is no matter of random numbers.
        rest = {name: sorted({*parts} - {*self._unstable.get(name, ())}) for name, parts in self._random.items()}
        document = {"unstable": self._unstable, "random": {name: parts for name, parts in rest.items() if parts}}
        self._recording.write_text(json.dumps(document), encoding="utf-8")


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
