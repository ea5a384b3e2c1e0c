"""The core of a program without a model: what it reckons between reading and reporting."""

import ast
import itertools
from collections.abc import Collection, Iterable

from sagelift.legacy import moves, names
from sagelift.legacy.effects import Effects
from sagelift.legacy.moves import Span
from sagelift.legacy.program import Program
from sagelift.legacy.roles import WRITE, Role

LEAST = 2
"""How many statements have to reckon for a core, those in loops and branches included."""

COMPOUND = (ast.For, ast.While, ast.If, ast.With, ast.Try)
RECKONING = (ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, *names.COMPREHENSIONS)


def find(program: Program, model: Collection[Role]) -> Span | None:
    """Return the core of a program; None if it has none.

    Data is read, or made, before it; what it makes is shown or written after it, and no file is written before. Most of
    what is reckoned at all is reckoned within it, and no more is reported there than reckoned.

    Args:
        program: The program.
        model: The roles of what a model does: nothing outside of the core has one of them.
    """
    effects = Effects(program)
    statements = program.statements
    roles = [program.judge.roles(s.tree) for s in statements]
    data = _end_of_data(program)
    begin = max((i + 1 for i, found in enumerate(roles) if Role.READ in found), default=data)
    working = [i for i in range(len(statements)) if _reckons(program, effects, i)]
    # To clean the data is to prepare it, where there is more to do.
    at_end = [i for i in working if i >= begin]
    more = [*itertools.dropwhile(lambda i: _cleans(statements[i].tree), at_end)]
    chosen = more if _work(program, more) >= LEAST else at_end
    early = [i for i in working if data <= i < begin and not _cleans(statements[i].tree)]
    if _work(program, chosen) < max(LEAST, _work(program, early) + 1):
        return None
    if any(effects.writes_files(s) for s in statements[: chosen[0]]):
        return None
    at_work = {id(statements[i]) for i in chosen}
    span = moves.reports_last(
        effects, Span(list(statements), chosen[0], chosen[-1] + 1), lambda statement: id(statement) in at_work
    )
    roles = [program.judge.roles(s.tree) for s in span.statements]
    outside = set().union(*roles[: span.first], *roles[span.end :])
    made = set().union(*(s.names.binds | effects.changes(s) for s in span.statements[span.first : span.end]))
    is_shown = any(effects.is_seen(s) and s.names.reads & made for s in span.statements[span.end :])
    return span if is_shown and not outside & set(model) and 2 * len(chosen) >= span.end - span.first else None


def _end_of_data(program: Program) -> int:
    """Return how many statements at the beginning of a program make its data, from nothing else."""
    bound: set[str] = set()
    for index, statement in enumerate(program.statements):
        own = statement.names.reads & bound
        if not isinstance(statement.tree, ast.Assign) or own - set(program.constants):
            return index
        bound |= statement.names.binds
    return len(program.statements)


def _reckons(program: Program, effects: Effects, index: int) -> bool:
    """Whether a statement makes or changes what is not there to be shown alone."""
    statement = program.statements[index]
    tree = statement.tree
    is_shown = effects.is_seen(statement)
    if isinstance(tree, COMPOUND):
        later = {name for s in program.statements[index + 1 :] for name in s.names.reads}
        return _work_of(tree) > 0 and (not is_shown or bool(statement.names.binds & later))
    if isinstance(tree, ast.Expr):
        shown = {name for s in program.statements if effects.is_seen(s) for name in s.names.binds}
        return not is_shown and bool(effects.changes(statement) - shown)
    return not is_shown and _work_of(tree) > 0


def _work(program: Program, chosen: Iterable[int]) -> int:
    return sum(max(1, _work_of(program.statements[i].tree)) for i in chosen)


def _work_of(tree: ast.stmt) -> int:
    """Return how many assignments, and calls of methods, of a statement and within it reckon."""
    return sum(
        isinstance(n, ast.AugAssign)
        or (isinstance(n, ast.Assign | ast.AnnAssign) and any(isinstance(v, RECKONING) for v in ast.walk(n.value or n)))
        or (isinstance(n, ast.Expr) and _changes(n.value))
        for n in ast.walk(tree)
    )


def _changes(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not WRITE.fullmatch(value.func.attr)
    )


def _cleans(tree: ast.stmt) -> bool:
    """Whether a statement makes a table anew from itself, or changes a column of it."""
    if isinstance(tree, ast.Expr):
        keywords = tree.value.keywords if isinstance(tree.value, ast.Call) else []
        return any(k.arg == "inplace" for k in keywords)
    if not isinstance(tree, ast.Assign):
        return False
    target = tree.targets[0]
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    return isinstance(target, ast.Name) and target.id in names.of(tree.value).reads
