"""A last loop that infers and reports in turn, divided: all inferences come first, then all reports."""

import ast
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from sagelift.legacy import moves, names, statements
from sagelift.legacy.effects import Effects
from sagelift.legacy.moves import MODEL, Span
from sagelift.legacy.program import Program
from sagelift.legacy.roles import Role
from sagelift.legacy.statements import Statement

JUMPS = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Await)


def divide_last(program: Program, effects: Effects, span: Span, wanted: set[Role]) -> Span | None:
    """Divide the loop that ends a program; None if there is none, or its turns depend on each other.

    Args:
        program: The program.
        effects: What its statements change.
        span: Where it is cut, with the loop as its end.
        wanted: The roles of what infers.
    """
    loop = span.statements[-1]
    node, tree = loop.node, loop.tree
    if span.end != len(span.statements) or not isinstance(node, cst.For) or not isinstance(tree, ast.For):
        return None
    if node.orelse or not isinstance(node.body, cst.IndentedBlock) or any(isinstance(n, JUMPS) for n in ast.walk(tree)):
        return None
    for works in _ways(program, wanted):
        order = moves.reports_last(effects, Span(statements.block(loop, lambda _: None), 0, len(tree.body)), works)
        head, tail = order.statements[: order.end], order.statements[order.end :]
        carried = _carried(program, effects, tree, head, tail)
        if carried:
            return _divided(program, span, node, (head, tail), carried)
    return None


def _ways(program: Program, wanted: set[Role]) -> Iterator[Callable[[Statement], bool]]:
    """Yield what tells whether a statement works: it does for the model; it does anything but report."""
    work = wanted | MODEL | {Role.READ, Role.SAVE_MODEL}
    yield lambda statement: bool(program.judge.roles(statement.tree) & work)
    yield lambda statement: Role.WRITE not in program.judge.roles(statement.tree)


def _carried(
    program: Program, effects: Effects, loop: ast.For, head: Sequence[Statement], tail: Sequence[Statement]
) -> list[str]:
    """Return what the reports of a turn need of its work; nothing if the turns depend on each other.

    Args:
        program: The program.
        effects: What its statements change.
        loop: The loop.
        head: The work of a turn.
        tail: Its reports.
    """
    turn = names.targets(loop.target)
    work, reports = (names.of(s.tree for s in half) for half in (head, tail))
    made = work.binds | turn
    needed = names.upward_exposed(s.tree for s in tail)
    # What is made anew in each turn is another object in each; of all else there is one for all turns.
    anew = {name for s in head for name in s.names.certain} - names.upward_exposed(s.tree for s in head) | turn
    anew |= reports.binds - needed - work.reads - work.binds
    changed_early, changed_late = (set().union(*(effects.changes(s) for s in half)) for half in (head, tail))
    # The values that a loop goes through are objects of their own.
    touched_early, touched_late = (
        effects.with_aliases(set().union(*(effects.reads(s) for s in half)) - turn) for half in (head, tail)
    )
    functions = program.needs(reports.reads) & set(program.definitions)
    depends = (
        reports.binds & (work.reads - anew)
        or changed_late & (touched_early - anew)
        or (changed_early - anew) & touched_late
        or made & {name for function in functions for name in program.definitions[function].names.reads}
        or any(effects.meet(one, other) for one in head for other in tail)
        or any(effects.is_seen(s) for s in head)
    )
    carried = made & needed
    return sorted(carried) if carried <= anew and not depends else []


def _divided(
    program: Program, span: Span, node: cst.For, halves: tuple[list[Statement], list[Statement]], carried: list[str]
) -> Span:
    loop = span.statements[-1]
    collected = moves.unused("results", program, span.statements)
    bundle = f"{', '.join(carried)}," if len(carried) == 1 else ", ".join(carried)
    keep = statements.parse(f"{collected}.append(({bundle}))", loop.lines)
    work, reports = (node.body.with_changes(body=[s.node for s in half]) for half in ([*halves[0], keep], halves[1]))
    second = cst.ensure_type(cst.parse_statement(f"for {bundle} in {collected}:\n    pass\n"), cst.For)
    loops = [
        statements.parse(f"{collected} = []", loop.lines).led_by(loop.leading_lines),
        loop.with_node(node.with_changes(body=work.with_changes(footer=[]))).led_by([]),
        loop.with_node(second.with_changes(body=reports)),
    ]
    divided = [*span.statements[:-1], *loops]
    return Span(divided, span.first, len(divided) - 1)
