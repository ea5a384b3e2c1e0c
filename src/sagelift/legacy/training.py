"""Training that stands in the same file as inference: done once, now, instead of in each run.

The code is divided into two: what trains and leaves the trained objects in a file, and what loads them from there.
Whether the results stay the same, the proof tells: a random generator that training used goes on from another state.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sagelift.errors import SageliftError
from sagelift.legacy.program import Program
from sagelift.legacy.roles import Role
from sagelift.legacy.source import Place, Source

MODEL = "model.pkl"
"""The file of the trained objects, in the script's working folder."""

_FILE = "trained_model"
"""The variable of that file while it is open."""


class CannotTrainOnceError(SageliftError):
    """Training cannot be taken out of the code; the message says why."""


@dataclass(frozen=True)
class Once:
    """Code that was divided.

    Attributes:
        training: What trains, and leaves `MODEL`.
        scoring: What loads it.
    """

    training: Source
    scoring: Source


def places(program: Program) -> list[Place]:
    """Return where a program trains."""
    return [program.source.place(statement.lineno) for statement in _training(program)]


def once(program: Program) -> Once:
    """Divide a program so that it trains no more.

    Raises:
        CannotTrainOnceError: It trains within a loop, a function or a branch, or does more in the same statement.
    """
    source = program.source
    statements = _training(program)
    models = list(dict.fromkeys(name for statement in statements for name in _trained(statement, source)))
    last = statements[-1]
    names = ", ".join(models)
    dump = f"({names})" if len(models) > 1 else names
    lines = source.code.splitlines()
    first = _first_line(source.tree)
    training = [
        *lines[: last.end_lineno],
        "",
        f'with open("{MODEL}", "wb") as {_FILE}:',
        f"    cloudpickle.dump({dump}, {_FILE})",
    ]
    load = [f'with open("{MODEL}", "rb") as {_FILE}:', f"    {names} = cloudpickle.load({_FILE})"]
    scoring = _Lines(source)
    for number in range(1, len(lines) + 1):
        statement = next((s for s in statements if s.lineno <= number <= (s.end_lineno or s.lineno)), None)
        if number == first:
            scoring.add("import cloudpickle", number)
        if statement is None:
            scoring.add(lines[number - 1], number)
        elif statement is last and number == last.end_lineno:
            for line in load:
                scoring.add(line, number)
    training.insert(first - 1, "import cloudpickle")
    return Once(replace(source, code="\n".join(training) + "\n"), scoring.source())


class _Lines:
    """Lines of code, each with its place in the file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines: list[str] = []
        self._places = [Place(0, 0)]

    def add(self, line: str, number: int) -> None:
        self._lines.append(line)
        self._places.append(self._source.place(number))

    def source(self) -> Source:
        return replace(self._source, code="\n".join(self._lines) + "\n", places=(*self._places, self._places[-1]))


def _training(program: Program) -> list[ast.stmt]:
    """Return the statements of the script itself that train a model."""
    body = program.source.tree.body
    return [s for s in body if Role.TRAIN in program.judge.roles(s) and not _only_transforms(s, program)]


def _only_transforms(statement: ast.stmt, program: Program) -> bool:
    """Whether what is fitted is applied to its own data at once: that is no model."""
    calls = [n.func.attr for n in ast.walk(statement) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    return Role.TRANSFORM in program.judge.roles(statement) and "fit" not in calls


def _trained(statement: ast.stmt, source: Source) -> Iterator[str]:
    """Yield the variables that hold what a statement trains."""
    value = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
    targets: Sequence[ast.expr] = statement.targets if isinstance(statement, ast.Assign) else ()
    names = [target for target in targets if isinstance(target, ast.Name)]
    end = statement.end_lineno or statement.lineno
    alone = statement.col_offset == 0 and all(
        other is statement or other.lineno > end or (other.end_lineno or other.lineno) < statement.lineno
        for other in source.tree.body
    )
    if not isinstance(value, ast.Call) or len(names) != len(targets) or not alone:
        message = f"{source.place(statement.lineno)} does more than train a model in a variable"
        raise CannotTrainOnceError(message)
    if isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Name):
        yield value.func.value.id
    yield from (name.id for name in names)


def _first_line(tree: ast.Module) -> int:
    """Return the line before which an import may stand: after the docstring and what is imported from the future."""
    rest = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    return next(s for s in rest if not (isinstance(s, ast.ImportFrom) and s.module == "__future__")).lineno
