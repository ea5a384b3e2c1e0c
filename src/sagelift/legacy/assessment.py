"""`sagelift assess`: what legacy code is, what stands in the way, and what would be generated. It is never run."""

import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import vermin

from sagelift.errors import SageliftError
from sagelift.fleet import pool
from sagelift.legacy import credentials, cuts, environment, findings, imports, locks, obstacles, program, requirements
from sagelift.legacy.environment import Environment
from sagelift.legacy.findings import Finding
from sagelift.legacy.obstacles import Effect, Obstacle
from sagelift.legacy.requirements import Requirements
from sagelift.legacy.roles import Evidence, Role
from sagelift.legacy.source import Place, Python2Error, Source, SourceError, read

# Folders of tools, not of models.
_LEFT_OUT = {"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv"}
# Files of a project that are no models, whatever they hold.
_NO_MODELS = re.compile(r"__init__|__main__|conftest|setup|noxfile|tasks|test_.*|.*_test")
_SECONDS = 60
_MOST_NAMES = 8
_AT_ONCE = 3
"""So many files are assessed faster in this process than workers start."""


class Verdict(StrEnum):
    """What becomes of the code."""

    SPLITS = "splits"
    WRAPS = "wraps"
    NEEDS_A_PERSON = "needs a person"


class Reason(NamedTuple):
    """Why the verdict is as it is: a sentence, and where the cause stands; None if it concerns the whole file."""

    text: str
    place: Place | None = None

    def __str__(self) -> str:
        """Return it as a person would say it."""
        return f"{self.place}: {self.text}" if self.place else self.text


class Part(NamedTuple):
    """What a step would be made of.

    Attributes:
        step: The step, or `definitions` for what the steps share.
        lines: The first and last lines of its pieces, in the code.
        places: The same in the file.
    """

    step: str
    lines: tuple[tuple[int, int], ...]
    places: tuple[tuple[Place, Place], ...]


@dataclass
class Assessment:
    """What is known of one file.

    Attributes:
        path: The file.
        verdict: What becomes of it.
        reasons: Why.
        language: `Python 3`, `Python 2`, or empty where it cannot be read.
        needs: The oldest Python that has all of its syntax and modules, such as `3.8`, and what needs that.
        does: `training`, `inference`, `training and inference`, or `neither`.
        evidence: What shows that, with its places.
        requirements: What it requires; None where it cannot be read.
        findings: What a person has to know.
        obstacles: What stands in the way of a split, or of running it.
        parts: The proposed steps; empty where it is not split.
        helpers: The modules of its own that it imports.
        code: Its text as Python, without secrets.
        places: Where the lines of the text stand in the file.
    """

    path: Path
    verdict: Verdict = Verdict.NEEDS_A_PERSON
    reasons: list[Reason] = field(default_factory=list)
    language: str = ""
    needs: tuple[str, list[Reason]] = ("", [])
    does: str = ""
    evidence: list[tuple[Role, str, Place]] = field(default_factory=list)
    requirements: Requirements | None = None
    findings: list[Finding] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    helpers: list[Path] = field(default_factory=list)
    code: str = ""
    places: tuple[Place, ...] = ()

    @property
    def is_notebook(self) -> bool:
        """Whether it is a Jupyter notebook."""
        return self.path.suffix == ".ipynb"


@dataclass(frozen=True)
class Survey:
    """What is known of many files.

    Attributes:
        models: The assessed files, by their paths.
        helpers: Modules that models import; they are told with those.
        left_out: Files of a project that are no models: tests, `setup.py` and the like.
    """

    models: list[Assessment]
    helpers: list[Path]
    left_out: list[Path]


@dataclass(frozen=True)
class _Order:
    path: Path
    known: Environment | None
    files: tuple[Path, ...] | None


def run(
    paths: Sequence[Path],
    python: Path | None = None,
    files: Sequence[Path] | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> Survey:
    """Assess files, and all scripts and notebooks in folders. None of it is run, and nothing is imported.

    Args:
        paths: Files and folders.
        python: The interpreter or environment that runs them today.
        files: Requirements and lock files; None stands for those that lie beside each file.
        progress: Is told of each file that is done.

    Raises:
        SageliftError: A path is not there; the interpreter does not run; a named requirements file cannot be read.
    """
    if gone := next((path for path in paths if not path.exists()), None):
        message = f"There is no file or folder {gone}: name scripts, notebooks, or folders that hold them."
        raise SageliftError(message)
    known = environment.read(python) if python else None
    locks.read(files or [])
    named = {path for path in paths if path.is_file()}
    found = sorted({*named, *(file for path in paths if path.is_dir() for file in _scripts(path))})
    left_out = [path for path in found if path not in named and _NO_MODELS.fullmatch(path.stem)]
    orders = [_Order(path, known, None if files is None else tuple(files)) for path in found if path not in left_out]
    assessed: dict[Path, Assessment] = {}
    in_workers = len(orders) > _AT_ONCE
    results = pool.run(_assess, orders, timeout=_SECONDS) if in_workers else ((o, _assess(o)) for o in orders)
    for order, result in results:
        if isinstance(result, SageliftError):
            assessed[order.path] = Assessment(order.path, reasons=[Reason(str(result))])
        else:
            assessed[order.path] = result
        progress(str(order.path))
    helpers = _helpers(assessed, named)
    models = [assessed[path] for path in sorted(assessed) if path not in helpers]
    return Survey(models, sorted(helpers), left_out)


def _scripts(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if name not in _LEFT_OUT and not name.startswith(".") and not Path(here, name, "pyvenv.cfg").exists()
        ]
        yield from (Path(here, name) for name in names if name.endswith((".py", ".ipynb")) and not name.startswith("."))


def _helpers(assessed: dict[Path, Assessment], named: set[Path]) -> set[Path]:
    """Return the files that others import; of two that import each other, the one that has a main guard is a model."""
    by_place = {path.resolve(): path for path in assessed}
    found = set()
    for path, assessment in assessed.items():
        for helper in assessment.helpers:
            other = by_place.get(helper.resolve())
            if other is None or other in named:
                continue
            mutual = path.resolve() in {p.resolve() for p in assessed[other].helpers}
            if not (mutual and "__main__" in assessed[other].code):
                found.add(other)
    return found


def _assess(order: _Order) -> Assessment:
    with warnings.catch_warnings():
        # Of the code: an invalid escape, say.
        warnings.simplefilter("ignore")
        return assess(order.path, order.known, order.files)


def assess(path: Path, known: Environment | None = None, files: Sequence[Path] | None = None) -> Assessment:
    """Assess one file; whatever is wrong with it is part of what is returned.

    Args:
        path: The file.
        known: The environment that it runs in today.
        files: Requirements and lock files; None stands for those beside it.
    """
    result = Assessment(path)
    try:
        source = read(path)
    except Python2Error as fault:
        result.language = "Python 2"
        result.reasons = [Reason(str(fault))]
        return result
    except SourceError as fault:
        result.reasons = [Reason(str(fault))]
        return result
    except RecursionError:
        result.reasons = [Reason(f"{path} is nested too deeply to be parsed.")]
        return result
    secrets = credentials.find(source.code)
    result.language = "Python 3"
    result.code, result.places = credentials.redact(source.code, secrets), source.places
    result.helpers = imports.helpers(source)
    result.findings = findings.find(source)
    for helper in result.helpers:
        result.findings += _of_helper(helper, path)
    try:
        result.requirements = requirements.of(source, result.helpers, known, _pins(source, files))
    except SageliftError as fault:
        result.reasons.append(Reason(str(fault)))
    result.needs = _needs(source)
    try:
        _judge(source, result)
    except (RecursionError, ValueError, SyntaxError, AssertionError, KeyError, AttributeError, TypeError) as error:
        # Others' code in any style: what defeats the analysis is no reason to lose the rest.
        result.verdict = Verdict.WRAPS
        result.reasons.append(Reason(f"it cannot be taken apart ({type(error).__name__}), so it is not split"))
    _redact(result, secrets)
    return result


def _of_helper(helper: Path, script: Path) -> Iterable[Finding]:
    name = os.path.relpath(helper, script.parent)
    try:
        return findings.find(read(helper), name)
    except (SageliftError, RecursionError):
        return []


def _pins(source: Source, files: Sequence[Path] | None) -> locks.Pins:
    return locks.around(source.path.parent) if files is None else locks.read(files)


def _redact(result: Assessment, secrets: list[credentials.Secret]) -> None:
    if secrets:
        result.reasons = [r._replace(text=credentials.redact(r.text, secrets)) for r in result.reasons]
        result.obstacles = [o._replace(text=credentials.redact(o.text, secrets)) for o in result.obstacles]
        result.evidence = [(role, credentials.redact(text, secrets), place) for role, text, place in result.evidence]


def _needs(source: Source) -> tuple[str, list[Reason]]:
    """Return the oldest Python 3 that the code runs on, and what in it needs that."""
    config = vermin.Config()
    config.set_format(vermin.formats.ParsableFormat())
    config.set_parse_comments(False)
    visitor = vermin.visit(source.code, config, "-")
    if not isinstance(visitor, vermin.SourceVisitor):
        return "", []
    oldest = visitor.minimum_versions()[1]
    if not oldest or oldest < (3, 1):
        return "3", []
    version = ".".join(map(str, oldest))
    reasons: dict[str, Reason] = {}
    for entry in visitor.output_text().splitlines():
        _, line, _, _, needed, text = entry.split(":", 5)
        if needed == version and line:
            reasons.setdefault(text, Reason(f"{text} came with Python {version}", source.place(int(line))))
    return version, list(reasons.values())


def _judge(source: Source, result: Assessment) -> None:
    taken = program.take_apart(source)
    result.obstacles = obstacles.find(source, taken)
    if any(obstacle.kind == "Python 2" for obstacle in result.obstacles):
        result.language = "Python 2"
    # In the statements as they were taken apart: what stood in `main` or in a class with one `run` is seen, too.
    evidence = [
        found._replace(line=statement.lines[0] + found.line - statement.tree.lineno)
        for statement in taken.statements
        for found in taken.judge.evidence(statement.tree)
    ]
    result.does = _does(evidence)
    result.evidence = list(
        {(e.role, source.place(e.line)): (e.role, e.text, source.place(e.line)) for e in evidence}.values()
    )
    by_effect = {effect: [o for o in result.obstacles if o.effect == effect] for effect in Effect}
    impossible = [Reason(o.text, o.place) for o in by_effect[Effect.CANNOT_RUN]]
    if result.requirements:
        impossible += [Reason(text) for text in requirements.conflicts(result.requirements)]
    in_the_way = [Reason(o.text, o.place) for o in by_effect[Effect.NO_SPLIT]]
    proposed = cuts.propose(taken)
    if impossible:
        result.verdict = Verdict.NEEDS_A_PERSON
        result.reasons += impossible
    elif in_the_way or not proposed:
        result.verdict = Verdict.WRAPS
        result.reasons += in_the_way or [Reason("nothing in it infers")]
    elif proposed[0].degenerate:
        result.verdict = Verdict.WRAPS
        result.reasons.append(Reason(f"a split would be none: {proposed[0].degenerate}"))
    else:
        result.verdict = Verdict.SPLITS
        result.parts = _parts(source, proposed[0])
        result.reasons += _why(source, proposed[0], evidence)


def _does(evidence: Iterable[Evidence]) -> str:
    roles = {found.role for found in evidence}
    does = [name for role, name in ((Role.TRAIN, "training"), (Role.INFER, "inference")) if role in roles]
    if not does and Role.WEAK_INFER in roles:
        return "inference"
    return " and ".join(does) or "neither"


def _parts(source: Source, proposed: cuts.Cuts) -> list[Part]:
    pieces = {step: [s.lines for s in part] for step, part in zip(cuts.STEPS, proposed.parts, strict=True)}
    pieces["definitions"] = [s.lines for s in proposed.program.definitions.values()]
    owned = {line for found in pieces.values() for first, last in found for line in range(first, last + 1)}
    return [
        Part(step, lines, tuple((source.place(first), source.place(last)) for first, last in lines))
        for step, found in pieces.items()
        if (lines := _merged(found, owned))
    ]


def _merged(lines: Iterable[tuple[int, int]], owned: set[int]) -> tuple[tuple[int, int], ...]:
    """Return pieces as one where nothing that is owned stands between them, only comments, blanks and imports."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(lines):
        if found and owned.isdisjoint(range(found[-1][1] + 1, first)):
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return tuple(found)


def _why(source: Source, proposed: cuts.Cuts, evidence: Sequence[Evidence]) -> Iterator[Reason]:
    """Yield why the cuts are where they are."""
    first, last = (min(s.lines[0] for s in proposed.parts[1]), max(s.lines[1] for s in proposed.parts[1]))
    within = [e for e in evidence if first <= e.line <= last and e.role in {Role.TRAIN, Role.INFER, Role.LOAD_MODEL}]
    if within:
        begin = min(within, key=lambda e: e.line)
        yield Reason(f"predict begins here: {begin.text} {begin.role.value}", source.place(begin.line))
        if inferences := [e for e in within if e.role is Role.INFER]:
            end = max(inferences, key=lambda e: e.line)
            yield Reason(f"the last inference: {end.text}; postprocessing follows", source.place(end.line))
    if any(e.role is Role.TRAIN for e in evidence):
        yield Reason("it also trains: import asks whether to train in each run, or once and keep the model")
    for cut in (1, 2):
        if alive := proposed.alive(cut):
            names = ", ".join(alive[:_MOST_NAMES]) + (" …" if len(alive) > _MOST_NAMES else "")
            yield Reason(
                f"{names} {'goes' if len(alive) == 1 else 'go'} from {cuts.STEPS[cut - 1]} to {cuts.STEPS[cut]}"
            )
