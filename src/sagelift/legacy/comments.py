"""Comments stay with the code that they are about, where imports and definitions are taken out from among it."""

import ast
import re
from collections.abc import Iterable, Sequence

import libcst as cst

from sagelift.legacy import names, statements
from sagelift.legacy.headings import MOST_WORDS
from sagelift.legacy.statements import Statement

IMPORTS = (ast.Import, ast.ImportFrom)
DEFINITIONS = (*names.FUNCTIONS, ast.ClassDef)
ABOUT_IMPORTS = re.compile(r"\b(?:depend\w+|import\w*|install|librar\w+|modules?|packages?)\b", re.IGNORECASE)
ABOUT_DEFINITIONS = re.compile(r"\b(?:class(?:es)?|def\w*|functions?|helpers?|methods?|util\w*)\b", re.IGNORECASE)
# Comments for the machine: what runs the file, how it is encoded, where a cell began, and lines that are no Python.
LEFT_OUT = re.compile(r"#!|#.*coding[:=]|#\s*In ?\[[\d ]*\]:?\s*$|#\s*%(?:matplotlib|load_ext|autoreload)\b")


def headed(
    above: Sequence[cst.EmptyLine], sequence: Sequence[Statement]
) -> tuple[list[cst.EmptyLine], list[Statement]]:
    """Return the comments that are about a script as a whole, its docstring among them, and the script without them.

    Args:
        above: The lines above its first statement.
        sequence: Its statements.
    """
    rest = list(sequence)
    if rest and statements.is_docstring(rest[0].tree):
        return for_people([*above, *of_text(rest[0].tree)]), rest[1:]
    at = _directly_above(above)
    if rest and not isinstance(rest[0].tree, IMPORTS):
        rest[0] = rest[0].led_by([*above[at:], *rest[0].leading_lines])
        above = above[:at]
    return for_people(above), rest


def settle(sequence: Sequence[Statement]) -> list[Statement]:
    """Give the comments of a sequence to the statements that they are about.

    Imports and definitions are taken out of it. What stands above them in its midst is about what follows, but not what
    stands directly above a definition. A text that stands for itself is about what follows, too.
    """
    found: list[Statement] = []
    waiting: list[cst.EmptyLine] = []
    is_begun = False
    for index, statement in enumerate(sequence):
        lines = _joined(waiting, for_people(statement.leading_lines))
        waiting = []
        if statements.is_docstring(statement.tree) and index + 1 < len(sequence):
            waiting = [*lines, *of_text(statement.tree)]
            continue
        if isinstance(statement.tree, IMPORTS):
            waiting, lines = _divided(lines, ABOUT_IMPORTS, len(lines) if is_begun else _directly_above(lines))
        elif not isinstance(statement.tree, DEFINITIONS):
            is_begun = True
        elif is_begun:
            waiting, lines = _divided(lines, ABOUT_DEFINITIONS, _directly_above(lines))
        found.append(statement if lines == [*statement.leading_lines] else statement.led_by(lines))
    if waiting and found:
        found[-1] = found[-1].led_by(_joined(waiting, found[-1].leading_lines))
    return found


def for_people(lines: Iterable[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Return empty lines and comments without those that are for a machine."""
    return [line for line in lines if not (line.comment and LEFT_OUT.match(line.comment.value))]


def _joined(above: Sequence[cst.EmptyLine], below: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Return lines one below the other, with one empty line between them where both have one."""
    both_empty = above and below and above[-1].comment is None and below[0].comment is None
    return [*above, *(below[1:] if both_empty else below)]


def _directly_above(lines: Sequence[cst.EmptyLine]) -> int:
    """Return the index of the first line of the comment that no empty line parts from the statement below it."""
    return max((i + 1 for i, line in enumerate(lines) if line.comment is None), default=0)


def _divided(
    lines: list[cst.EmptyLine], own: re.Pattern[str], at: int
) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """Return the lines that wait for what follows, and those that stay: from an index on, or about their own."""
    texts = [line.comment.value for line in lines[:at] if line.comment]
    if any(own.search(text) and len(text.split()) <= MOST_WORDS for text in texts):
        return [], lines
    return lines[:at], lines[at:]


def of_text(tree: ast.stmt) -> list[cst.EmptyLine]:
    """Return a text that stands for itself, as comments."""
    text = ast.get_docstring(ast.Module([tree], [])) or ""
    return [cst.EmptyLine(comment=cst.Comment(f"# {line}".rstrip())) for line in text.splitlines()]
