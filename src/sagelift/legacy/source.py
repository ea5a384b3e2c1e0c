"""Legacy code as it lies on somebody's desktop: a script or a notebook, read as Python text whose lines are known."""

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import jupytext
import libcst as cst
from jupytext.magics import is_magic

from sagelift.errors import SageliftError

# Cell magics that run the Python below them, and line magics that run the Python behind them.
TRANSPARENT_CELL_MAGICS = {"capture", "prun", "time"}
TRANSPARENT_LINE_MAGICS = {"prun", "time"}
# Magics that change how a notebook looks or tell about it, not what it computes.
HARMLESS_MAGICS = {
    "autoreload", "autosave", "config", "html", "javascript", "js", "latex", "load_ext", "markdown", "matplotlib",
    "precision", "reload_ext", "svg", "timeit", "watermark", "who", "whos",
}  # fmt: skip
# Commands that only show something, or install what requirements.txt names.
HARMLESS_COMMANDS = re.compile(
    r"[!%]\s*(?:(?:\{?sys\.executable\}?\s+-m\s+)?(?:pip3?|conda|mamba|apt-get|apt)\s"
    r"|(?:ls|pwd|head|tail|cat|wc|date|nvidia-smi|python3?\s+--version)\b(?!.*>))"
)
HELP = re.compile(r"\?{1,2}[\w.]+|[\w.]+\?{1,2}")
PLOTTING = re.compile(r"\b(?:plt|sns|seaborn|pyplot|pylab)\.|\.(?:plot|hist|boxplot|scatter)\b|\bplot_\w+\(")
IMPORTS_PLT = re.compile(
    r"^\s*(?:import (?:matplotlib\.pyplot|matplotlib\.pylab|pylab) as (\w+)"
    r"|from matplotlib import (?:pyplot|pylab) as (\w+)|(?:from matplotlib )?import (pyplot|pylab)\s*$)",
    re.MULTILINE,
)
# Where figures appear though `matplotlib.pyplot` is not imported: it is there.
DRAWS_WITH_PLT = re.compile(r"^\s*(?:%matplotlib\b|import seaborn\b|from seaborn\b)", re.MULTILINE)
# Calls whose value is None, or a part of a figure: a notebook shows nothing for them that is worth keeping.
SILENT_CALLS = {
    "display", "np.random.seed", "np.set_printoptions", "os.makedirs", "os.mkdir", "pd.set_option", "pickle.dump",
    "plt.style.use",
    "print", "random.seed", "sns.set", "sns.set_context", "sns.set_palette", "sns.set_style", "sns.set_theme",
    "warnings.filterwarnings", "warnings.simplefilter",
}  # fmt: skip
SILENT_CALLS_OF_PLT = {
    "annotate", "axhline", "axvline", "bar", "barh", "clf", "close", "colorbar", "contour", "contourf", "fill_between",
    "grid", "imshow", "legend", "savefig", "scatter", "show", "subplots_adjust", "suptitle", "text",
    "tight_layout", "title", "xlabel", "ylabel",
}  # fmt: skip
# Methods of tables that write, given where to.
SILENT_WRITERS = {"to_csv", "to_excel", "to_feather", "to_parquet", "to_pickle", "to_sql"}
# The encoding that a comment in one of the first two lines declares.
ENCODING = re.compile(r"\A((?:[^\n]*\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*)[-\w.]+")
# What the parser of Python 3 says where it meets Python 2, and lines that it calls but invalid.
PYTHON_2_MESSAGES = re.compile(
    r"Missing parentheses in call to '(?:print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal|inconsistent use of tabs"
)
PYTHON_2_LINES = re.compile(
    r"<>|`[^`]+`|^\s*raise\s+\w+\s*,|^\s*except\s+[\w.]+\s*,\s*\w+\s*:|\bur['\"]|\b\d+L\b|^\s*exec\s"
)


class SourceError(SageliftError):
    """The legacy file cannot be read: it is not there, no Python, or no notebook."""


class Python2Error(SourceError):
    """The legacy file is written in Python 2."""


class Place(NamedTuple):
    """Where a line stands in the legacy file; `cell` counts code cells from 1 and is 0 in a script."""

    cell: int
    line: int

    def __str__(self) -> str:
        """Return it as a person would say it."""
        return f"cell {self.cell}, line {self.line}" if self.cell else f"line {self.line}"


class Magic(NamedTuple):
    """A line of a notebook that is no Python; harmless if the results are the same without it."""

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
        Python2Error: It is written in Python 2.
        SourceError: It is not there, no text, no notebook of Python, or cannot be parsed.
    """
    try:
        source = _read_notebook(path) if path.suffix == ".ipynb" else _read_script(path)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise SourceError(message) from error
    except (SyntaxError, ValueError) as error:
        kind = "a notebook" if path.suffix == ".ipynb" else "a Python script"
        message = f"{path} cannot be read as {kind}: {str(error).splitlines()[0]}."
        raise SourceError(message) from error
    try:
        source.tree  # noqa: B018
    except (SyntaxError, ValueError) as error:
        raise _unparsable(source, error) from error
    return source


def _unparsable(source: Source, error: SyntaxError | ValueError) -> SourceError:
    """Return what to say of code that Python's parser does not take."""
    if not isinstance(error, SyntaxError):
        return SourceError(f"{source.path} is no Python: {error}.")
    if not error.lineno:
        return SourceError(f"{source.path} is no Python: {error.msg}.")
    place = source.place(error.lineno)
    text = (error.text or "").strip()
    lines = source.code.split("\n")
    line = lines[error.lineno - 1] if error.lineno <= len(lines) else ""
    if PYTHON_2_MESSAGES.search(error.msg) or PYTHON_2_LINES.search(line):
        return Python2Error(
            f"{source.path} is written in Python 2 ({place}: {text}); translate it to Python 3 first, with 2to3 say."
        )
    return SourceError(f"{source.path} is no Python that can be parsed ({place}: {text}): {error.msg}.")


def _read_script(path: Path) -> Source:
    content = path.read_bytes()
    # The encoding that the file declares, as Python itself reads it.
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    code = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    # The code is text from here on, and written in UTF-8.
    code = ENCODING.sub(r"\g<1>utf-8", code, count=1)
    return Source(path, code, tuple(Place(0, line) for line in range(code.count("\n") + 2)))


def _read_notebook(path: Path) -> Source:
    try:
        notebook = jupytext.read(path)
    except AttributeError as error:
        # JSON without the fields that jupytext takes for granted.
        message = f"it has no {error}"
        raise ValueError(message) from error
    kernel = notebook.metadata.get("kernelspec", {})
    language = notebook.metadata.get("language_info", {}).get("name") or kernel.get("language") or "python"
    if "python" not in language.lower():
        message = f"{path} is a notebook of {language}, not of Python."
        raise SourceError(message)
    lines: list[str] = []
    places = [Place(0, 0)]
    magics: list[Magic] = []
    number = 0
    plt = ""
    draws = False
    for cell in notebook.cells:
        block: list[str] = []
        if cell.cell_type == "markdown":
            block = [f"# {line}".rstrip() for line in cell.source.splitlines()]
            block_places = [Place(number, 0)] * len(block)
        elif cell.cell_type == "code":
            number += 1
            imported = IMPORTS_PLT.search(cell.source)
            plt = next(filter(None, imported.groups())) if imported else plt
            draws = draws or bool(DRAWS_WITH_PLT.search(cell.source))
            block = _shown(_python(cell.source, number, magics), plt)
            if draws and not plt and PLOTTING.search(cell.source):
                plt = "plt"
                block += ["import matplotlib.pyplot as plt", "plt.show()"]
            # What is shown is added at the end.
            written = cell.source.count("\n") + 1
            block_places = [Place(number, min(index, written)) for index in range(1, len(block) + 1)]
        if block:
            lines += [*block, ""]
            places += [*block_places, block_places[-1]]
    return Source(path, "\n".join([*lines, ""]), (*places, places[-1]), tuple(magics))


def _python(code: str, number: int, magics: list[Magic]) -> str:
    """Return the Python of a cell, as many lines; what is none goes into comments and is noted."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        pass
    else:
        return code
    lines: list[str] = []
    is_foreign = False
    for index, line in enumerate(code.split("\n"), start=1):
        text = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if is_foreign:
            lines.append(f"# {line}")
        elif text.startswith("#") or not (HELP.fullmatch(text) or is_magic(line, "python", explicitly_code=True)):
            lines.append(line)
        else:
            name = re.sub(r"^[%!]+", "", text).split(" ", 1)
            magic = Magic(Place(number, index), text, _is_harmless(text, name[0]))
            magics.append(magic)
            if text.startswith("%%"):
                is_foreign = name[0] not in TRANSPARENT_CELL_MAGICS
            if text.startswith("%") and name[0] in TRANSPARENT_LINE_MAGICS and len(name) > 1 and text[1] != "%":
                lines.append(indent + name[1])
            else:
                # A block must not become empty.
                lines.append(f"{indent}pass  # {text}" if indent else f"# {text}")
    return "\n".join(lines)


def _is_harmless(text: str, name: str) -> bool:
    if HELP.fullmatch(text) or HARMLESS_COMMANDS.match(text):
        return True
    return text.startswith("%") and name in HARMLESS_MAGICS | TRANSPARENT_CELL_MAGICS | TRANSPARENT_LINE_MAGICS


def _shown(code: str, plt: str) -> list[str]:
    """Make visible what a notebook shows by itself: the last expression of a cell, and its figures.

    Args:
        code: The code of a cell.
        plt: The name that `matplotlib.pyplot` has in it; empty before it is imported.
    """
    try:
        module = cst.parse_module(code)
    except cst.ParserSyntaxError:
        return code.split("\n")
    body = list(module.body)
    if body and isinstance(body[-1], cst.SimpleStatementLine):
        last = body[-1].body[-1]
        if isinstance(last, cst.Expr) and last.semicolon is cst.MaybeSentinel.DEFAULT and not _shows(last.value, plt):
            call = cst.Call(cst.Name("display"), [cst.Arg(_as_argument(last.value))])
            body[-1] = body[-1].with_changes(body=[*body[-1].body[:-1], last.with_changes(value=call)])
    lines = module.with_changes(body=body).code.rstrip("\n").split("\n")
    draws = PLOTTING.search(code) or (plt and re.search(rf"\b{plt}\.", code))
    if plt and draws and not lines[-1].startswith(f"{plt}.show("):
        lines.append(f"{plt}.show()")
    return lines


def _shows(expression: cst.BaseExpression, plt: str) -> bool:
    """Whether an expression shows something itself, or nothing is to be shown of its value."""
    if not isinstance(expression, cst.Call):
        return False
    function = cst.Module([]).code_for_node(expression.func)
    owner, _, method = function.rpartition(".")
    return (
        function in SILENT_CALLS
        or (owner in {"plt", "pyplot", plt} and method in SILENT_CALLS_OF_PLT)
        or (method in SILENT_WRITERS and bool(expression.args))
        or any(_is_in_place(argument) for argument in expression.args)
    )


def _is_in_place(argument: cst.Arg) -> bool:
    value = argument.value
    named = argument.keyword is not None and argument.keyword.value == "inplace"
    return named and isinstance(value, cst.Name) and value.value == "True"


def _as_argument(expression: cst.BaseExpression) -> cst.BaseExpression:
    """Return an expression as an argument; a tuple and a generator keep their parentheses."""
    if isinstance(expression, cst.Tuple) and not expression.lpar:
        return expression.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return expression
