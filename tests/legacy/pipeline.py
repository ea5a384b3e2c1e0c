"""What `sagelift import` does with legacy code, without a repository and its environment: the quick part of it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from sagelift.errors import SageliftError
from sagelift.legacy import candidates, cuts, obstacles, sandbox, source, staging
from sagelift.legacy.candidates import Bench
from sagelift.legacy.obstacles import Effect
from sagelift.legacy.parity import Runs
from sagelift.legacy.program import take_apart
from sagelift.legacy.sandbox import Recording

TEMPLATE = Path(__file__).resolve().parents[2] / "template"


@dataclass(frozen=True)
class Ending:
    """How a migration ended.

    Attributes:
        verdict: `splits`, `wraps`, `refused`, `unproved` where there is nothing to compare, or `fails`.
        reasons: Why not otherwise.
        outputs: What the original left; None if it was not run to its end.
        scripts: The code of each step that there is.
    """

    verdict: str
    reasons: Sequence[str] = ()
    outputs: Path | None = None
    scripts: Mapping[str, str] | None = None


def migrate(  # noqa: PLR0913  what there is to say about how a script is run
    script: Path,
    folder: Path,
    interpreter: Path,
    *,
    arguments: Sequence[str] = (),
    answers: Sequence[str] = (),
    time_limit: float = 60,
) -> Ending:
    """Migrate a script or notebook, in an empty folder."""
    try:
        code = source.read(script)
        found = obstacles.find(code, take_apart(code))
    except SageliftError as error:
        return Ending("refused", [str(error)])
    refusals = [str(obstacle) for obstacle in found if obstacle.effect is Effect.CANNOT_RUN]
    if refusals:
        return Ending("refused", refusals)
    located = staging.locate(code, arguments=arguments)
    program = take_apart(located.source)

    def record(name: str, *, seeded: bool) -> Recording:
        return sandbox.record(
            located.source,
            located.layout,
            folder / name,
            interpreter=interpreter,
            arguments=located.arguments,
            answers=answers,
            time_limit=time_limit,
            seeded=seeded,
        )

    try:
        first = record("first", seeded=True)
        runs = Runs(
            TEMPLATE,
            first.outputs,
            lambda name, *, seeded: record(name, seeded=seeded).outputs,
            folder / "recording.json",
        )
        recording = runs.compare()
    except SageliftError as error:
        return Ending("refused", [str(error)])
    recorded: Future[Path] = Future()
    recorded.set_result(recording)
    bench = Bench(
        repository=TEMPLATE,
        folder=folder,
        located=located,
        staging=staging.plan(located, program, first),
        answers=answers,
        interpreter=interpreter,
        time_limit=time_limit,
        expected=first.outputs,
        recording=recorded,
        doubt=runs.doubt,
    )
    reasons = [str(obstacle) for obstacle in found if obstacle.effect is Effect.NO_SPLIT]
    for candidate in candidates.of([] if reasons else cuts.propose(program), None):
        attempt = bench.attempt(candidate)
        if not attempt.failure:
            # As it is delivered, each step has the files that it needs, and no others.
            attempt = bench.changed(attempt, attempt.content.scripts)
        if not attempt.failure:
            verdict = "splits" if candidate.cuts else "wraps"
            if attempt.verdict == "cannot be proved":
                verdict = "unproved"
            return Ending(verdict, reasons, first.outputs, attempt.content.scripts)
        reasons.append(f"{candidate.name}: {attempt.failure}")
    return Ending("fails", reasons, first.outputs)
