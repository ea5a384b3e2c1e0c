"""The ways to migrate a program, tried one after another: the best splits first, then to run it whole."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagelift.legacy import moving, parity, sandbox, split, staging, wrap
from sagelift.legacy.cuts import STEPS, Cuts
from sagelift.legacy.moving import Content
from sagelift.legacy.staging import Division, Located, Staging

MOST_REPETITIONS = 3
"""How often scripts are written anew because what crosses between them needs one more definition."""


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
        place = self.cuts.program.source.place
        first, end = (self.cuts.parts[part] for part in (1, 2))
        return f"the split before {place(first[0].lines[0])} and before {place(end[0].lines[0])}"


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
        folder: An empty folder for what is tried.
        located: The code, and where its files lie.
        staging: Which files it needs.
        answers: What is typed at its prompts.
        interpreter: The Python of the model's environment.
        time_limit: Seconds for each script.
        expected: What the original left.
        recording: The file that says what is not deterministic.
    """

    repository: Path
    folder: Path
    located: Located
    staging: Staging
    answers: Sequence[str]
    interpreter: Path
    time_limit: float
    expected: Path
    recording: Path

    def attempt(self, candidate: Candidate) -> "Attempt":
        """Write a candidate's scripts, run them one after another, and compare what they leave."""
        carried: list[set[str]] = [set(), set(), set()]
        everything = Division(self.staging.inputs, {}, dict.fromkeys(STEPS, tuple(self.staging.inputs)))
        for _ in range(MOST_REPETITIONS):
            content = self._content(candidate, carried, everything)
            place = Path(tempfile.mkdtemp(prefix="trial-", dir=self.folder))
            moving.move_in(content, place)
            recording = sandbox.run_chain(
                place / "src",
                place / "data" / "sample",
                place / "output",
                interpreter=self.interpreter,
                folder=self.located.layout.folder,
                model=place / "model",
                steps=candidate.steps,
                time_limit=self.time_limit,
            )
            wanted = _carried(recording)
            if not recording.failure or all(new <= old for new, old in zip(wanted, carried, strict=True)):
                break
            carried = [old | new for old, new in zip(carried, wanted, strict=True)]
        if recording.failure:
            return Attempt(candidate, content, recording.failure)
        compared = parity.compare(self.repository, self.expected, place / "output", self.recording)
        scripts = content.scripts if candidate.cuts else {"predict": self.located.source.code}
        division = staging.divide(self.staging, recording, scripts)
        return Attempt(candidate, self._content(candidate, carried, division), " and ".join(compared.differences[:1]))

    def _content(self, candidate: Candidate, carried: Sequence[set[str]], division: Division) -> Content:
        source, layout = self.located.source, self.located.layout
        options = {"folder": repr(layout.folder), "script": repr(layout.script)}
        options |= {"closes_figures": "True"} if source.is_notebook else {}
        options |= {"arguments": repr(list(self.located.arguments))} if self.located.arguments else {}
        options |= {"answers": repr(list(self.answers))} if self.answers else {}
        if candidate.cuts:
            written = split.write(candidate.cuts, carried, **options)
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
        failure: Why it is not to be taken; empty if it gave the same results.
    """

    candidate: Candidate
    content: Content
    failure: str


def _carried(recording: sandbox.Recording) -> list[set[str]]:
    """Return, for each step, the definitions that what it receives needs."""
    passed = [recording.definitions.get(step, frozenset()) for step in STEPS]
    return [set().union(*passed[:part]) for part in range(len(STEPS))]
