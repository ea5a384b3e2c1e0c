"""The ways to migrate a program, tried one after another: the best splits first, then to run it whole."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from sagelift.legacy import moving, parity, sandbox, split, staging, wrap
from sagelift.legacy.cuts import STEPS, Cuts
from sagelift.legacy.moving import Content
from sagelift.legacy.source import Place
from sagelift.legacy.staging import Division, Located, Staging

MOST_REPETITIONS = 3
"""How often scripts are written anew because what crosses between them needs one more definition."""

MALFORMED = bytes(range(256)) * 4
"""What no input looks like; see `tests/contract/test_scripts.py` in the template."""

PASSED = "passed"
"""The folder, within that of what is tried, which keeps what steps pass on."""

LEAST_LIMIT = 20.0
MOST_SLOWDOWN = 5.0
"""How long changed scripts may take: these seconds, and so many times as long as they took unchanged."""


@dataclass(frozen=True)
class Candidate:
    """One way to migrate a program: by these cuts, or whole."""

    cuts: Cuts | None = None

    @property
    def steps(self) -> Sequence[str]:
        """The steps that there are."""
        return STEPS if self.cuts else ("predict",)

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        if self.cuts is None:
            return "the whole script in predict"
        places = [f"before {begin}" for begin in self.begins if begin]
        return f"the split {' and '.join(places)}"

    @property
    def begins(self) -> tuple[Place | None, Place | None]:
        """Where predict and postprocessing begin; None for one that is empty, and without a split."""
        if self.cuts is None:
            return None, None
        place = self.cuts.program.source.place
        predict, postprocessing = (place(part[0].lines[0]) if part else None for part in self.cuts.parts[1:])
        return predict, postprocessing


def of(proposed: Sequence[Cuts], form: str | None) -> Iterator[Candidate]:
    """Yield what is to be tried, in order; only splits, or only the whole script, if the form says so."""
    if form != "wrap":
        yield from (Candidate(cuts) for cuts in proposed if form == "split" or not cuts.degenerate)
    if form != "split":
        yield Candidate()


@dataclass(frozen=True)
class Bench:
    """What candidates are tried with.

    Attributes:
        repository: The generated repository, whose comparison it is.
        folder: An existing folder for what is tried.
        located: The code, and where its files lie.
        staging: Which files it needs.
        answers: What is typed at its prompts.
        interpreter: The Python of the model's environment.
        time_limit: Seconds for each script.
        expected: What the original left.
        recording: The file that says what is not deterministic, once that is known.
        doubt: Runs the original some more, and returns whether that file says more than before.
    """

    repository: Path
    folder: Path
    located: Located
    staging: Staging
    answers: Sequence[str]
    interpreter: Path
    time_limit: float
    expected: Path
    recording: Future[Path]
    doubt: Callable[[], bool] = lambda: False

    def attempt(self, candidate: Candidate) -> "Attempt":
        """Write a candidate's scripts, run them one after another, and compare what they leave."""
        # Every step sees every file at first: what each has read decides what it needs.
        division = Division(self.staging.inputs, {}, dict.fromkeys(STEPS, tuple(self.staging.inputs)))
        carried: list[set[str]] = [set(), set(), set()]
        try:
            for _ in range(MOST_REPETITIONS):
                content = self._content(candidate, carried, division)
                attempt, recording = self._run(candidate, content, self.time_limit, doubts=True)
                wanted = _carried(recording)
                if not recording.failure or all(new <= old for new, old in zip(wanted, carried, strict=True)):
                    break
                carried = [old | new for old, new in zip(carried, wanted, strict=True)]
        except split.CannotSplitError as error:
            return Attempt(candidate, Content({}), "", str(error))
        if attempt.failure:
            return attempt
        division = staging.divide(self.staging, recording, _by_step(content.scripts, candidate.steps))
        return replace(attempt, content=self._content(candidate, carried, division))

    def changed(self, attempt: "Attempt", scripts: Mapping[str, str], begin: str = "") -> "Attempt":
        """Run what was tried with other scripts, and compare what they leave.

        Args:
            attempt: What was tried, and gave the same results.
            scripts: The other scripts.
            begin: The first step to run: what the steps before it passed on is there.
        """
        content, steps = replace(attempt.content, scripts=scripts), attempt.candidate.steps
        at = steps.index(begin) if begin else 0
        if at:
            received = attempt.passed / steps[at - 1]
            files = (path for path in received.rglob("*") if path.is_file())
            content = replace(content, inputs={path.relative_to(received).as_posix(): path for path in files})
        return self._run(attempt.candidate, content, self._limit(attempt), at, doubts=False)[0]

    def _limit(self, attempt: "Attempt") -> float:
        # A changed loop may never end.
        return min(self.time_limit, LEAST_LIMIT + MOST_SLOWDOWN * attempt.seconds)

    def takes_any_bytes(self, attempt: "Attempt") -> bool:
        """Tell whether the first step of what was tried ends well on files of arbitrary bytes."""
        if not attempt.content.inputs:
            return True
        folder = Path(tempfile.mkdtemp(prefix="malformed-", dir=self.folder))
        malformed = folder / "malformed"
        malformed.write_bytes(MALFORMED)
        content = replace(attempt.content, inputs=dict.fromkeys(attempt.content.inputs, malformed))
        return not self._chain(folder, content, attempt.candidate.steps[:1], self._limit(attempt)).failure

    def _run(
        self, candidate: Candidate, content: Content, time_limit: float, begin: int = 0, *, doubts: bool
    ) -> "tuple[Attempt, sandbox.Recording]":
        place = Path(tempfile.mkdtemp(prefix="trial-", dir=self.folder))
        recording = self._chain(place, content, candidate.steps[begin:], time_limit)
        if recording.failure:
            return Attempt(candidate, content, "", recording.failure, recording.seconds), recording
        compared = self._compare(place / "output")
        while doubts and compared.differences and self.doubt():
            compared = self._compare(place / "output")
        failure = "; ".join(compared.differences[:1])
        return Attempt(candidate, content, compared.verdict, failure, recording.seconds, place / PASSED), recording

    def _chain(self, place: Path, content: Content, steps: Sequence[str], time_limit: float) -> sandbox.Recording:
        moving.move_in(content, place)
        return sandbox.run_chain(
            place / "src",
            place / "data" / "sample",
            place / "output",
            interpreter=self.interpreter,
            folder=self.located.layout.folder,
            model=place / "model",
            steps=steps,
            passed=place / PASSED,
            time_limit=time_limit,
        )

    def _compare(self, found: Path) -> parity.Comparison:
        return parity.compare(self.repository, self.expected, found, self.recording.result())

    def _content(self, candidate: Candidate, carried: Sequence[set[str]], division: Division) -> Content:
        source, layout = self.located.source, self.located.layout
        options = {
            "folder": repr(layout.folder),
            "script": repr(layout.script),
            "arguments": repr(list(self.located.arguments)),
            "answers": repr(list(self.answers)),
            "closes_figures": repr(source.is_notebook),
        }
        if candidate.cuts:
            keeps = [division.keeps[step] for step in STEPS[:-1]]
            written = split.write(candidate.cuts, carried, keeps, **options)
        else:
            written = wrap.write(source, [Path(name).stem for name in self.staging.modules], **options)
        scripts = {script.step: script.code for script in written}
        return Content(scripts, self.staging.modules, division.inputs, division.models, self.staging.legacy)


@dataclass(frozen=True)
class Attempt:
    """What came of a candidate.

    Attributes:
        candidate: What was tried.
        content: What the repository would hold.
        verdict: That of the comparison; empty if a script failed.
        failure: Why it is not to be taken; empty if it gave the same results.
        seconds: How long its scripts took.
        passed: The folder of what its steps passed on.
        takes_any_bytes: Whether its first step ends well on files of arbitrary bytes, such as where it reads none.
    """

    candidate: Candidate
    content: Content
    verdict: str
    failure: str
    seconds: float = 0.0
    passed: Path = Path()
    takes_any_bytes: bool = False


def _carried(recording: sandbox.Recording) -> list[set[str]]:
    """Return, for each step, the definitions that what it receives needs."""
    passed = [recording.definitions.get(step, frozenset()) for step in STEPS]
    return [set().union(*passed[:part]) for part in range(len(STEPS))]


def _by_step(scripts: Mapping[str, str], steps: Sequence[str]) -> dict[str, str]:
    """Return the code that each step runs: its script, and the modules that were written beside it."""
    modules = [code for name, code in scripts.items() if name not in steps]
    return {step: "\n".join([scripts[step], *modules]) for step in steps}
