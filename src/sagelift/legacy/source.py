"""Legacy code as it lies on somebody's desktop: a script or a notebook, read as Python text whose lines are known."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import jupytext
import libcst as cst
from nbformat import NotebookNode

# Magics that change how a notebook looks or is timed, not what it computes.
HARMLESS_MAGICS = {"autoreload", "config", "load_ext", "matplotlib", "precision", "reload_ext", "autosave"}
# Magics that run the code behind them.
TRANSPARENT_MAGICS = {"time", "capture_nothing"}
INSTALL = re.compile(r"^\s*[!%]\s*(?:\{?sys\.executable\}?\s+-m\s+)?(?:pip3?|conda|mamba)\s+install\b")
SHELL_ASSIGNMENT = re.compile(r"^\s*[\w, ]+=\s*[!%]\s*\w")
PLOTTING = re.compile(r"\b(?:plt|sns|seaborn|pyplot)\.|\.(?:plot|hist|boxplot|scatter)\b|\bplot_\w+\(")


class SourceError(Exception):
    """The legacy file cannot be read: not there, not Python 3, or not a notebook."""


class Place(NamedTuple):
    """Where a line stands in the legacy file; `cell` counts code cells from 1 and is 0 in a script."""

    cell: int
    line: int

    def __str__(self) -> str:
        return f"cell {self.cell}, line {self.line}" if self.cell else f"line {self.line}"


class Magic(NamedTuple):
    """A line of a notebook that is no Python."""

    place: Place
    text: str
    is_harmless: bool


@dataclass(frozen=True)
class Source:
    """A script or notebook as Python text.

    Attributes:
        path: The legacy file.
        code: Python; of a notebook its code cells one after another, the Markdown as comments, the last expression of a
            cell handed to `display`, and `plt.show()` after a cell that plots.
        places: Where each line of the code stands in the file, by line number from 1 (index 0 is unused).
        magics: The lines of a notebook that are no Python; they are comments in the code.
    """

    path: Path
    code: str
    places: tuple[Place, ...]
    magics: tuple[Magic, ...] = ()

    @property
    def is_notebook(self) -> bool:
        """Whether the file is a Jupyter notebook."""
        return self.path.suffix == ".ipynb"

    @cached_property
    def tree(self) -> ast.Module:
        """The code, parsed."""
        return ast.parse(self.code)

    def place(self, line: int) -> Place:
        """Return where a line of the code stands in the file."""
        return self.places[line] if 0 < line < len(self.places) else Place(0, line)


def read(path: Path) -> Source:
    """Read a script or a notebook.

    Raises:
        SourceError: It is not there, no text, no notebook, or not Python 3.
    """
    try:
        source = _read_notebook(path) if path.suffix == ".ipynb" else _read_script(path)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise SourceError(message) from error
    except (UnicodeDecodeError, SyntaxError, ValueError) as error:
        if isinstance(error, SyntaxError):
            raise
        message = f"{path} is no text that can be read as Python or as a notebook: {error}."
        raise SourceError(message) from error
    return source


def _read_script(path: Path) -> Source:
    content = path.read_bytes()
    # The encoding that the file declares, as Python itself reads it.
    module = cst.parse_module(content) if False else None
    del module
    import io
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    code = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    code = code.removeprefix("\ufeff")
    return Source(path, code, tuple(Place(0, line) for line in range(code.count("\n") + 2)))


def _read_notebook(path: Path) -> Source:
    notebook = jupytext.read(path)
    lines: list[str] = []
    places = [Place(0, 0)]
    magics: list[Magic] = []
    number = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            block = [f"# {line}".rstrip() for line in cell.source.splitlines()]
            block_places = [Place(number, 0)] * len(block)
        elif cell.cell_type == "code":
            number += 1
            block, block_places = _cell(cell, number, magics)
        else:
            continue
        if not block:
            continue
        lines += [*block, ""]
        places += [*block_places, block_places[-1]]
    return Source(path, "\n".join(lines) + "\n", (*places, places[-1]), tuple(magics))


def _cell(cell: NotebookNode, number: int, magics: list[Magic]) -> tuple[list[str], list[Place]]:
    lines: list[str] = []
    foreign = ""
    for index, line in enumerate(cell.source.splitlines(), start=1):
        place = Place(number, index)
        stripped = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        magic = re.match(r"%{1,2}(\w+)\s*(.*)", stripped)
        if foreign:
            lines.append(f"# {line}")
        elif magic and stripped.startswith("%%"):
            harmless = magic[1] in {"time", "timeit", "capture"}
            magics.append(Magic(place, stripped, harmless))
            lines.append(f"# {stripped}")
            foreign = "" if harmless else magic[1]
        elif magic and magic[1] == "time" and magic[2]:
            magics.append(Magic(place, stripped, is_harmless=True))
            lines.append(indent + magic[2])
        elif (
            magic
            or stripped.startswith("!")
            or SHELL_ASSIGNMENT.match(line)
            or re.match(r"^\s*[\w.]+\?{1,2}$|^\s*\?{1,2}[\w.]+$", line)
        ):
            harmless = (
                bool(INSTALL.match(line))
                or "?" in stripped[:2] + stripped[-2:]
                or bool(magic and magic[1] in HARMLESS_MAGICS)
            )
            magics.append(Magic(place, stripped, harmless))
            # A block must not become empty.
            lines.append(f"{indent}pass  # {stripped}" if indent else f"# {stripped}")
        else:
            lines.append(line)
    places = [Place(number, index) for index in range(1, len(lines) + 1)]
    return _shown("\n".join(lines), places)


def _shown(code: str, places: list[Place]) -> tuple[list[str], list[Place]]:
    """Make visible what a notebook shows by itself: the last expression of a cell, and its figures."""
    try:
        module = cst.parse_module(code + "\n")
    except cst.ParserSyntaxError:
        return code.splitlines(), places
    body = list(module.body)
    if body and isinstance(body[-1], cst.SimpleStatementLine):
        last = body[-1].body[-1]
        silent = isinstance(last, cst.Expr) and last.semicolon is not cst.MaybeSentinel.DEFAULT
        if isinstance(last, cst.Expr) and not silent and not _is_call_of(last.value, "print", "display", "plt.show"):
            call = cst.Call(cst.Name("display"), [cst.Arg(last.value)])
            body[-1] = body[-1].with_changes(body=[*body[-1].body[:-1], last.with_changes(value=call)])
    shown = module.with_changes(body=body).code
    lines = shown.splitlines()
    if PLOTTING.search(code) and "plt" in code and not lines[-1].strip().startswith("plt.show"):
        lines.append("plt.show()")
    places = places + [places[-1]] * (len(lines) - len(places)) if places else []
    return lines, places[: len(lines)]


def _is_call_of(expression: cst.BaseExpression, *names: str) -> bool:
    return isinstance(expression, cst.Call) and cst.Module([]).code_for_node(expression.func) in names
