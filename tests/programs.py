"""Legacy programs out of a few lines, for the tests of what takes them apart."""

from pathlib import Path
from textwrap import dedent

from sagelift.legacy.cuts import STEPS, Cuts, propose
from sagelift.legacy.program import Program, take_apart
from sagelift.legacy.source import Source, read


def source(folder: Path, code: str) -> Source:
    """Write a script and read it."""
    path = folder / "legacy.py"
    path.write_text(dedent(code).lstrip("\n"), encoding="utf-8")
    return read(path)


def program(folder: Path, code: str) -> Program:
    """Write a script and take it apart."""
    return take_apart(source(folder, code))


def lines(taken: Program) -> list[str]:
    """Return the statements of a program without their comments."""
    return [line for s in taken.statements for line in s.code.splitlines() if line and not line.startswith("#")]


def parts(folder: Path, code: str) -> dict[str, list[str]]:
    """Write a script and return the lines of the parts of the best cuts."""
    return parts_of(propose(program(folder, code))[0])


def parts_of(cuts: Cuts) -> dict[str, list[str]]:
    """Return the lines of the parts."""
    texts = ("".join(s.code for s in part) for part in cuts.parts)
    return {step: [line for line in text.splitlines() if line] for step, text in zip(STEPS, texts, strict=True)}
