"""`sagelift import`: move legacy code into a new repository, and prove that its results are the same."""

import hashlib
import json
import os
import posixpath
import shutil
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
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
    draft,
    environment,
    imports,
    moving,
    obstacles,
    parity,
    processes,
    questions,
    requirements,
    sandbox,
    source,
    staging,
    training,
)
from sagelift.legacy.candidates import Attempt, Bench, Candidate
from sagelift.legacy.controls import Control
from sagelift.legacy.cuts import Cuts
from sagelift.legacy.draft import Draft
from sagelift.legacy.obstacles import Effect, Obstacle
from sagelift.legacy.program import Program, take_apart
from sagelift.legacy.progress import Progress
from sagelift.legacy.sandbox import Recording
from sagelift.legacy.source import Source
from sagelift.legacy.staging import Located
from sagelift.legacy.training import CannotTrainOnceError


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
    draft.check(order.destination)
    with Progress(console).step(f"Reading {order.script.name}"):
        located = staging.locate(source.read(order.script), arguments=order.arguments, given=order.paths)
        program = take_apart(located.source)
        found = obstacles.find(located.source, program)
    _refuse(order, found)
    order = replace(order, training=order.training or questions.train(program, console))
    console.print(
        f"[yellow]note:[/] This runs {escape(order.script.name)} several times: in copies of its folder, without your "
        f"credentials in its environment, each time for at most {order.time_limit:g} s.",
        soft_wrap=True,
    )
    origin = template_source.resolve(order.template)
    with draft.drafted(order.destination, origin, order.version) as begun:
        return _Migration(order, located, program, found=found, draft=begun, console=console).run()


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
        console: Console,
    ) -> None:
        self._order = order
        self._source = located.source
        self._keep = _Way("", located, program)
        self._obstacles = _texts(found, Effect.NO_SPLIT)
        self._draft = draft
        self._console = console
        self._progress = Progress(console)
        self._answers: dict[str, str] = {}
        self._requirements: list[str] = []
        self._notes = list(located.notes)
        self._threads = ThreadPoolExecutor()

    def run(self) -> Outcome:
        """Migrate."""
        with self._threads:
            try:
                return self._run()
            except BaseException:
                processes.stop()
                raise

    def _run(self) -> Outcome:
        proposed = self._threads.submit(cuts.propose, self._keep.program)
        with self._progress.step("Generating the repository"):
            self._generate()
        with self._progress.step("Making the environment of requirements.txt"):
            self._interpreter = self._draft.interpreter()
        self._first = self._record_first()
        self._threads.submit(sandbox.keep_bytecode, self._interpreter)
        self._runs = parity.Runs(
            self._draft.folder,
            self._first.outputs,
            lambda name, *, seeded: self._record(self._keep.located, name, seeded=seeded).outputs,
            self._draft.root / "recording.json",
        )
        self._recorded = self._threads.submit(self._runs.compare)
        reasons = [*self._obstacles]
        if self._order.training == "once":
            try:
                with self._progress.step("Training once"):
                    once, scored = self._once()
                if outcome := self._first_proved(once, scored, cuts.propose(once.program), reasons):
                    return outcome
            except CannotTrainOnceError as error:
                reasons.append(f"It cannot be trained once: {error}.")
        if outcome := self._first_proved(self._keep, self._first, proposed.result(), reasons):
            return outcome
        message = f"No migration of {self._source.path.name} gives the same results: {' '.join(reasons)}"
        raise SageliftError(message)

    def _first_proved(
        self, way: "_Way", recording: Recording, proposed: Sequence[Cuts], reasons: list[str]
    ) -> Outcome | None:
        """Return the outcome of the first candidate that gives the same results; add the reasons against others."""
        staged = staging.plan(way.located, way.program, recording)
        bench = Bench(
            repository=self._draft.folder,
            folder=self._draft.root,
            located=way.located,
            staging=staged,
            answers=self._order.answers,
            interpreter=self._interpreter,
            time_limit=self._order.time_limit,
            expected=self._first.outputs,
            recording=self._recorded,
            doubt=self._runs.doubt,
        )
        for candidate in candidates.of([] if self._obstacles else proposed, self._order.form):
            if candidate.cuts is None:
                reasons += [f"{Candidate(c).name} would be none: {c.degenerate}." for c in proposed if c.degenerate]
            attempt, proof = self._try(bench, candidate, way)
            if proof:
                self._draft.install()
                notes = (*self._notes, *staged.notes, *self._runs.notes(self._source.path.name))
                return Outcome(self._order, self._source, attempt, reasons, notes, self._requirements, proof)
            reasons.append(f"{way.name}{candidate.name}: {attempt.failure}.")
        return None

    def _once(self) -> "tuple[_Way, Recording]":
        """Train, and return what remains, with a run of that."""
        keep = self._keep
        divided = training.once(keep.program)
        try:
            trained = self._record(replace(keep.located, source=divided.training), "trained")
            layout = keep.located.layout
            model = posixpath.normpath(posixpath.join(layout.folder, training.MODEL))
            additions = {**layout.additions, model: trained.outputs / training.MODEL}
            located = replace(keep.located, source=divided.scoring, layout=replace(layout, additions=additions))
            program = take_apart(located.source)
            recording = self._record(located, "scored")
        except SageliftError as error:
            raise CannotTrainOnceError(str(error).rstrip(".")) from error
        return _Way("trained once, ", located, program, {"training": divided.training.code}), recording

    def _try(self, bench: Bench, candidate: Candidate, way: "_Way") -> tuple[Attempt, dict[str, Any]]:
        """Return what came of a candidate, with its proof if it is one to be taken."""
        with self._progress.step(f"Trying {candidate.name}"):
            attempt = bench.attempt(candidate)
        if attempt.failure:
            return attempt, {}
        with self._progress.step("Changing it, to see that a change would be caught"):
            takes_any_bytes = self._threads.submit(bench.takes_any_bytes, attempt)
            found = controls.try_out(attempt.content.scripts, partial(bench.changed, attempt))
        content = replace(attempt.content, scripts={**attempt.content.scripts, **way.beside})
        attempt = replace(attempt, content=content, takes_any_bytes=takes_any_bytes.result())
        self._move_in(attempt, found)
        with self._progress.step("Proving it through the local cloud"):
            done = self._draft.ops("prove", accepted=(0, 1, UNPROVED))
        if done.returncode == 1:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            return replace(attempt, failure=f"in the local cloud, {said[-1].strip()}"), {}
        return attempt, json.loads((self._draft.folder / "parity" / "parity.json").read_bytes())

    def _generate(self) -> None:
        order, begun = self._order, self._draft
        needs = requirements.infer(
            self._source,
            imports.helpers(self._source),
            order.python or _active_environment(),
            [order.requirements] if order.requirements else None,
        )
        self._notes += needs.notes
        offered = begun.template.choices(begun.version, "python_version")
        version = answers.nearest(needs.python_version, offered) if needs.python_version else ""
        self._answers = answers.infer(self._source, order.destination.name, version)
        self._answers |= {**_images("custom"), **order.data}
        begun.render(self._answers)
        self._threads.submit(begun.compile_ops)
        settings = json.loads((begun.folder / "settings.json").read_bytes())
        self._requirements = begun.require(needs.lines, settings["python_version"])

    def _record(self, located: Located, name: str, *, seeded: bool = True) -> Recording:
        order = self._order
        return sandbox.record(
            located.source,
            located.layout,
            self._draft.root / name,
            interpreter=self._interpreter,
            arguments=located.arguments,
            answers=order.answers,
            time_limit=order.time_limit,
            seeded=seeded,
        )

    def _record_first(self) -> Recording:
        """Run the original; what it prompts for is asked where somebody is there to answer."""
        name = self._source.path.name
        prompts = questions.Prompts(name, self._console)
        while True:
            try:
                with self._progress.step(f"Running {name} as it is"):
                    return self._record(self._keep.located, "first")
            except sandbox.PromptError as error:
                answer = prompts.answer(error.said) if questions.are_answered(self._console) else None
                if answer is None:
                    raise
                self._order = replace(self._order, answers=(*self._order.answers, answer))

    def _move_in(self, chosen: Attempt, found: Sequence[Control]) -> None:
        order, folder = self._order, self._draft.folder
        if (images := _images("custom" if chosen.candidate.cuts else "none")).items() - self._answers.items():
            self._answers |= {**images, **order.data}
            self._draft.render(self._answers)
        moving.move_in(chosen.content, folder)
        self._draft.exempt()
        expected = folder / "parity" / "expected"
        shutil.copytree(self._first.outputs, expected, dirs_exist_ok=True)
        installed = environment.read(self._interpreter)
        names = [canonicalize_name(Requirement(line).name) for line in self._requirements]
        document = {
            "script": self._source.path.name,
            "migration": "split" if chosen.candidate.cuts else "wrapped",
            "arguments": list(self._keep.located.arguments),
            "answers": list(order.answers),
            "environment": sandbox.FIXED,
            "python": installed.python_version,
            "packages": {name: installed.versions[name] for name in names if name in installed.versions},
            **json.loads(self._recorded.result().read_bytes()),
            "inputs": _hashes(folder / "data" / "sample"),
            "expected": _hashes(expected),
            "controls": [asdict(control) for control in found],
            "takes_any_bytes": chosen.takes_any_bytes,
        }
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (folder / "parity" / "recording.json").write_text(text, encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class _Way:
    """Code to be migrated: as it is, or trained once.

    Attributes:
        name: How it begins the name of a candidate.
        located: The code, and where its files lie.
        program: The same, taken apart.
        beside: Further scripts for `src/`.
    """

    name: str
    located: Located
    program: Program
    beside: Mapping[str, str] = field(default_factory=dict)


def _images(image: str) -> dict[str, str]:
    """Return the answers that say where the steps around predict run."""
    return {"preprocessing_image": image, "postprocessing_image": image}


def _hashes(folder: Path) -> dict[str, str]:
    # Hidden files are no data: see `ops.local.input_data`.
    files = sorted(path for path in folder.rglob("[!.]*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _refuse(order: Order, found: Sequence[Obstacle]) -> None:
    if texts := _texts(found, Effect.CANNOT_RUN):
        message = f"The code cannot run, and therefore not be migrated: {' '.join(texts)}"
        raise SageliftError(message)
    if order.form == "split" and (texts := _texts(found, Effect.NO_SPLIT)):
        message = f"It must not be split: {' '.join(texts)} Leave out --split to wrap it."
        raise SageliftError(message)


def _texts(found: Sequence[Obstacle], effect: Effect) -> list[str]:
    return [f"{obstacle}." for obstacle in found if obstacle.effect is effect]


def _active_environment() -> Path | None:
    """Return the environment that the user has activated, if it is not the one that sagelift runs in."""
    folder = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    return Path(folder) if folder and Path(folder).resolve() != Path(sys.prefix).resolve() else None
