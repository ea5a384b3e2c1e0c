"""`sagelift import`: move legacy code into a new repository, and prove that its results are the same."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.markup import escape

from sagelift import template_source
from sagelift.errors import SageliftError
from sagelift.legacy import (
    answers,
    candidates,
    controls,
    cuts,
    environment,
    imports,
    moving,
    obstacles,
    parity,
    requirements,
    sandbox,
    source,
    staging,
)
from sagelift.legacy.candidates import Attempt, Bench, Candidate
from sagelift.legacy.controls import Control
from sagelift.legacy.cuts import Cuts
from sagelift.legacy.draft import Draft, drafted
from sagelift.legacy.obstacles import Effect, Obstacle
from sagelift.legacy.program import Program, take_apart
from sagelift.legacy.progress import Progress
from sagelift.legacy.sandbox import Recording
from sagelift.legacy.source import Source
from sagelift.legacy.staging import Located


@dataclass(frozen=True)
class Order:
    """What is to be migrated, and how; see the options of `sagelift import`."""

    script: Path
    destination: Path
    arguments: Sequence[str] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    python: Path | None = None
    requirements: Path | None = None
    answers: Sequence[str] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    training: str | None = None
    form: str | None = None
    """`split` or `wrap`, where only that is wanted."""
    time_limit: float = sandbox.TIME_LIMIT
    template: str | None = None
    version: str | None = None


UNPROVED = 3
"""The exit code of `ops prove` where nothing differs and nothing is proved, and that of `sagelift import` then."""


@dataclass(frozen=True)
class Outcome:
    """A migration that came to its end.

    Attributes:
        order: What was asked for.
        source: The legacy code.
        chosen: How it was migrated.
        reasons: Why not otherwise: a sentence each.
        notes: What else a person should know: a sentence each.
        requirements: The lines of requirements.txt.
        proof: The content of `parity/parity.json`.
    """

    order: Order
    source: Source
    chosen: Attempt
    reasons: Sequence[str]
    notes: Sequence[str]
    requirements: Sequence[str]
    proof: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """What was proved."""
        return str(self.proof["verdict"])

    @property
    def is_proved(self) -> bool:
        """Whether the results were proved to be the same."""
        return self.verdict.startswith("identical")

    @property
    def exit_code(self) -> int:
        """0 if they were, else `UNPROVED`."""
        return 0 if self.is_proved else UNPROVED

    @property
    def outputs(self) -> Mapping[str, Mapping[str, str]]:
        """How each output compares with that of the original."""
        outputs: Mapping[str, Mapping[str, str]] = self.proof["outputs"]
        return outputs


def run(order: Order, console: Console) -> Outcome:
    """Migrate legacy code.

    Raises:
        SageliftError: It cannot be read, does not run, or no migration gives the same results; nothing is left then.
    """
    progress = Progress(console)
    with progress.step(f"Reading {order.script.name}"):
        located = staging.locate(source.read(order.script), arguments=order.arguments, given=order.paths)
        program = take_apart(located.source)
        found = obstacles.find(located.source, program)
    _refuse(found)
    console.print(
        f"[yellow]note:[/] This runs {escape(order.script.name)} several times: in copies of its folder, without your "
        f"credentials in its environment, each time for at most {order.time_limit:g} s.",
        soft_wrap=True,
    )
    origin = template_source.resolve(order.template)
    with drafted(order.destination, origin, order.version) as draft:
        return _Migration(order, located, program, found=found, draft=draft, progress=progress).run()


class _Migration:
    """A migration at work, from the code that was read to the repository in its place."""

    def __init__(  # noqa: PLR0913  all of them are what a migration begins with
        self,
        order: Order,
        located: Located,
        program: Program,
        *,
        found: Sequence[Obstacle],
        draft: Draft,
        progress: Progress,
    ) -> None:
        self._order = order
        self._source = located.source
        self._located = located
        self._program = program
        self._reasons = [str(obstacle) for obstacle in found if obstacle.effect is Effect.NO_SPLIT]
        self._draft = draft
        self._progress = progress
        self._answers: dict[str, str] = {}
        self._requirements: list[str] = []
        self._notes = list(located.notes)

    def run(self) -> Outcome:
        """Migrate."""
        with ThreadPoolExecutor() as threads:
            try:
                return self._run(threads)
            except BaseException:
                sandbox.stop()
                raise

    def _run(self, threads: ThreadPoolExecutor) -> Outcome:
        name = self._source.path.name
        proposed = threads.submit(cuts.propose, self._program)
        with self._progress.step("Generating the repository"):
            self._generate()
        with self._progress.step("Making the environment of requirements.txt"):
            self._interpreter = self._draft.interpreter()
        with self._progress.step(f"Running {name} as it is"):
            self._first = self._record("first")
        self._staging = staging.plan(self._located, self._program, self._first)
        self._bench = Bench(
            repository=self._draft.folder,
            folder=self._draft.root,
            located=self._located,
            staging=self._staging,
            answers=self._order.answers,
            interpreter=self._interpreter,
            time_limit=self._order.time_limit,
            expected=self._first.outputs,
            recording=threads.submit(self._record_again),
        )
        reasons: list[str] = []
        for candidate in self._candidates(proposed.result()):
            attempt, proof = self._try(candidate)
            if proof:
                self._draft.install()
                notes = (*self._notes, *self._staging.notes)
                reasons = self._reasons + reasons
                return Outcome(self._order, self._source, attempt, reasons, notes, self._requirements, proof)
            reasons.append(f"{candidate.name}: {attempt.failure}")
        message = f"No migration of {name} gives the same results: {'; '.join(reasons)}."
        raise SageliftError(message)

    def _candidates(self, proposed: Sequence[Cuts]) -> Iterator[Candidate]:
        if not self._reasons:
            return candidates.of(proposed, self._order.form)
        if self._order.form == "split":
            message = f"It must not be split: {'; '.join(self._reasons)}. Leave out --split to wrap it."
            raise SageliftError(message)
        return candidates.of([], self._order.form)

    def _try(self, candidate: Candidate) -> tuple[Attempt, dict[str, Any]]:
        """Return what came of a candidate, with its proof if it is one to be taken."""
        with self._progress.step(f"Trying {candidate.name}"):
            attempt = self._bench.attempt(candidate)
        if attempt.failure:
            return attempt, {}
        with self._progress.step("Changing it, to see that a change would be caught"):
            found = controls.try_out(attempt.content.scripts, lambda scripts: self._bench.changed(attempt, scripts))
        self._move_in(attempt, found)
        with self._progress.step("Proving it through the local cloud"):
            done = self._draft.ops("prove", accepted=(0, 1, UNPROVED))
        if done.returncode == 1:
            return replace(
                attempt, failure=f"in the local cloud, {' '.join((done.stderr or done.stdout)[-300:].split())}"
            ), {}
        return attempt, json.loads((self._draft.folder / "parity" / "parity.json").read_bytes())

    def _generate(self) -> None:
        order, draft = self._order, self._draft
        needs = requirements.infer(
            self._source,
            imports.helpers(self._source),
            order.python or _active_environment(),
            [order.requirements] if order.requirements else None,
        )
        self._notes += needs.notes
        offered = draft.template.choices(draft.version, "python_version")
        version = answers.nearest(needs.python_version, offered) if needs.python_version else ""
        self._answers = answers.infer(self._source, order.destination.name, version)
        self._answers |= {"preprocessing_image": "custom", "postprocessing_image": "custom", **order.data}
        draft.render(self._answers)
        settings = json.loads((draft.folder / "settings.json").read_bytes())
        self._requirements = draft.require(needs.lines, settings["python_version"])

    def _record(self, name: str) -> Recording:
        order = self._order
        return sandbox.record(
            self._source,
            self._located.layout,
            self._draft.root / name,
            interpreter=self._interpreter,
            arguments=self._located.arguments,
            answers=order.answers,
            time_limit=order.time_limit,
        )

    def _record_again(self) -> Path:
        """Run the original once more, and write down what two runs of it do not do alike."""
        second = self._record("second")
        recording = self._draft.root / "recording.json"
        unstable = parity.unstable(self._draft.folder, self._first.outputs, second.outputs)
        recording.write_text(json.dumps({"unstable": unstable}), encoding="utf-8")
        return recording

    def _move_in(self, chosen: Attempt, found: Sequence[Control]) -> None:
        order, folder = self._order, self._draft.folder
        if chosen.candidate.cuts is None:
            self._answers |= {"preprocessing_image": "none", "postprocessing_image": "none", **order.data}
            self._draft.render(self._answers)
        moving.move_in(chosen.content, folder)
        expected = folder / "parity" / "expected"
        shutil.copytree(self._first.outputs, expected, dirs_exist_ok=True)
        installed = environment.read(self._interpreter)
        names = [canonicalize_name(Requirement(line).name) for line in self._requirements]
        document = {
            "script": self._source.path.name,
            "migration": "split" if chosen.candidate.cuts else "wrapped",
            "arguments": list(self._located.arguments),
            "answers": list(order.answers),
            "environment": sandbox.FIXED,
            "python": installed.python_version,
            "packages": {name: installed.versions[name] for name in names if name in installed.versions},
            **json.loads(self._bench.recording.result().read_bytes()),
            "inputs": _hashes(folder / "data" / "sample"),
            "expected": _hashes(expected),
            "controls": [asdict(control) for control in found],
        }
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (folder / "parity" / "recording.json").write_text(text, encoding="utf-8", newline="\n")


def _hashes(folder: Path) -> dict[str, str]:
    # Hidden files are no data: see `ops.local.input_data`.
    files = sorted(path for path in folder.rglob("[!.]*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _refuse(found: Sequence[Obstacle]) -> None:
    reasons = [str(obstacle) for obstacle in found if obstacle.effect is Effect.CANNOT_RUN]
    if reasons:
        message = f"The code cannot run, and therefore not be migrated: {'; '.join(reasons)}."
        raise SageliftError(message)


def _active_environment() -> Path | None:
    """Return the environment that the user has activated, if it is not the one that sagelift runs in."""
    folder = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    return Path(folder) if folder and Path(folder).resolve() != Path(sys.prefix).resolve() else None
