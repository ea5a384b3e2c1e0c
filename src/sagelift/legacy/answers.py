"""The answers to the template's questions that legacy code gives by itself."""

import ast
import re
from collections.abc import Iterable

import jupytext

from sagelift.legacy.source import Source

LONGEST_NAME = 25
"""Characters of a model's name, which the names of its jobs begin with; see `model_name` in copier.yml."""

LONGEST_DESCRIPTION = 200
"""Characters of a description; see `description` in copier.yml."""


def infer(source: Source, repository: str, python_version: str) -> dict[str, str]:
    """Return the answers, by question; a question that the code does not answer keeps its default.

    Args:
        source: The legacy code.
        repository: The name of the repository's folder.
        python_version: The Python that the code runs on, such as `3.11`.
    """
    found = {
        "model_name": model_name(repository) or model_name(source.path.stem),
        "description": _description(source),
        "python_version": python_version,
    }
    return {question: answer for question, answer in found.items() if answer}


def model_name(name: str) -> str:
    """Return the name of a file or folder as a model's, cut at a word where it is too long; empty if none is left."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    while words and not words[0][0].isalpha():
        words[0] = words[0].lstrip("0123456789")
        words = words if words[0] else words[1:]
    while len("-".join(words)) > LONGEST_NAME and len(words) > 1:
        words.pop()
    return "-".join(words)[:LONGEST_NAME]


def nearest(python_version: str, offered: Iterable[str]) -> str:
    """Return the offered version of Python that is nearest to one; of two equally near ones, the newer."""
    wanted = _minor(python_version)
    return min(offered, key=lambda version: (abs(_minor(version) - wanted), -_minor(version)))


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def _description(source: Source) -> str:
    """Return the first heading of a notebook, or the first line of a script's docstring."""
    text = _heading(source) if source.is_notebook else ast.get_docstring(source.tree) or ""
    line = next((line.strip() for line in text.splitlines() if any(c.isalnum() for c in line)), "")
    line = "".join(c for c in line.rstrip(".") if c.isprintable())
    return line if len(line) <= LONGEST_DESCRIPTION else line[: LONGEST_DESCRIPTION - 1].rsplit(" ", 1)[0] + "…"


def _heading(source: Source) -> str:
    cells = (cell.source for cell in jupytext.read(source.path).cells if cell.cell_type == "markdown")
    heading = next((m[1] for text in cells if (m := re.search(r"^#+\s+(.+)$", text, re.MULTILINE))), "")
    # Neither tags, nor the address of a link, nor marks of emphasis.
    return re.sub(r"<[^>]*>|(?<=\])\([^)]*\)|[*_`\[\]#]", "", heading)
