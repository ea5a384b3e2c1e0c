"""Blocks around the whole work of a script: `try`, `if`, `with open(…)`, and returns before the end of it.

A step that cannot pass on its results has to fail. So what let the script end early, and in silence, fails loudly in
the steps: that is noted. On the recorded run it makes no difference, or the proof tells.
"""

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst

from sagelift.legacy import names, statements
from sagelift.legacy.roles import WRITE, called, opens_to_write
from sagelift.legacy.statements import Lines, Statement

# What reads a file only when its own values are asked for.
LAZY = {"DictReader", "enumerate", "filter", "iter", "map", "reader", "reversed", "zip"}


TELLING = re.compile(WRITE.pattern + r"|critical|debug|error|exception|exit|log|print_exc|quit")


class Note(NamedTuple):
    """What the steps do in another way than the script did where something goes wrong.

    Attributes:
        line: The line of the code.
        text: One sentence.
    """

    line: int
    text: str


class Opened(NamedTuple):
    """What stands in place of a block, and what is different then, if anything is."""

    body: list[Statement]
    note: Note | None = None


def open_up(statement: Statement, lines: Lines, *, is_last: bool) -> Opened | None:
    """Return what may stand in place of a block; None if it is none, or has to stay.

    Args:
        statement: The statement.
        lines: Tells the first and last line of a node.
        is_last: Whether the script ends with it.
    """
    match statement.tree:
        case ast.Try(handlers=handlers, orelse=[]) if all(_only_tells(s) for h in handlers for s in h.body):
            return _without_try(statement, lines)
        case ast.With(items=items) if all(_is_reading(item) for item in items):
            return _with_file_closed_early(statement, lines)
        case ast.If(orelse=orelse) if is_last and all(_only_tells(s) for s in orelse):
            return _with_guard(statement, lines)
    return None


def may_fail_early(function: ast.FunctionDef) -> bool:
    """Return whether a function returns before its end, and might end the script there instead."""
    early = [n for s in function.body for n in _own(s) if isinstance(n, ast.Return) and n is not function.body[-1]]
    tries = [
        t for t in ast.walk(function) if isinstance(t, ast.Try) and (t.finalbody or any(map(_catches, t.handlers)))
    ]
    caught = {id(n) for t in tries for s in (*t.body, *t.finalbody) for n in ast.walk(s)}
    return bool(early) and all(isinstance(n.value, ast.Constant | None) and id(n) not in caught for n in early)


def failing_early(body: Sequence[Statement], function: str) -> list[Statement]:
    """Return the body of a function that fails where it returned before its end."""
    raiser = _Raiser(function)
    last = len(body) - 1 if isinstance(body[-1].tree, ast.Return) else len(body)
    changed = [s.with_node(s.node.visit(raiser)) for s in body[:last]]  # type: ignore[arg-type]
    return [*changed, *body[last:]]


def early_return(function: Statement, name: str) -> Note:
    """Return what is to be said of a function that fails early now."""
    text = f"where {name}() returns before its end, the job fails: it has nothing to pass on"
    return Note(function.lines[0], text)


class _Raiser(cst.CSTTransformer):
    """Puts an exit in place of each return of a function, and not of those within it."""

    def __init__(self, function: str) -> None:
        super().__init__()
        self._exit = _exit(f"{function}() ends early")

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        del node
        return False

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.BaseSmallStatement:
        del original_node
        return self._exit.with_changes(semicolon=updated_node.semicolon)


def _exit(text: str) -> cst.Raise:
    return cst.Raise(cst.parse_expression(f'SystemExit("{text}")'))


def _without_try(statement: Statement, lines: Lines) -> Opened | None:
    node = cst.ensure_type(statement.node, cst.Try)
    after = _block_of(node.finalbody)
    if after is None:
        return None
    body = [*statements.block(statement, lines), *statements.sequence(after, lines, statement.lines)]
    note = Note(statement.lines[0], "an error that is caught here makes the job fail")
    return Opened(body, note if node.handlers else None)


def _with_file_closed_early(statement: Statement, lines: Lines) -> Opened | None:
    """Leave within `with open(…)` what uses the file alone."""
    body = statements.block(statement, lines)
    files = names.targets(statement.tree.items[0]).union(*(names.targets(i) for i in statement.tree.items))  # type: ignore[attr-defined]
    end = 0
    for index, inner in enumerate(body):
        if inner.names.reads & files:
            end = index + 1
            files |= inner.names.binds if _is_lazy(inner.tree) else set()
    if not 0 < end < len(body):
        return None
    block: cst.BaseSuite = statement.node.body  # type: ignore[attr-defined]
    kept = block.with_changes(body=[s.node for s in body[:end]], footer=[])
    return Opened([statement.with_node(statement.node.with_changes(body=kept)).led_by([]), *body[end:]])


def _block_of(clause: cst.Else | cst.Finally | cst.If | None) -> list[cst.BaseStatement] | None:
    """Return the statements of a clause; none if there is no clause, None if they stand in its own line."""
    if clause is None:
        return []
    body = clause.body
    return [s for s in body.body if isinstance(s, cst.BaseStatement)] if isinstance(body, cst.IndentedBlock) else None


def _with_guard(statement: Statement, lines: Lines) -> Opened | None:
    """Fail first where the condition does not hold."""
    node = cst.ensure_type(statement.node, cst.If)
    test = node.test
    if not isinstance(test, cst.Attribute | cst.Call | cst.Name | cst.Subscript):
        test = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    told = _block_of(node.orelse)
    if told is None:
        return None
    failure = cst.SimpleStatementLine([_exit("nothing to do")])
    guard = cst.If(cst.UnaryOperation(cst.Not(), test), cst.IndentedBlock([*told, failure]), leading_lines=[])
    note = Note(statement.lines[0], "where this condition does not hold, the job fails: it has nothing to pass on")
    return Opened([Statement(guard, statement.lines), *statements.block(statement, lines)], note)


def _only_tells(tree: ast.stmt) -> bool:
    """Whether a statement only reports, or ends the script."""
    value = tree.value if isinstance(tree, ast.Expr) else None
    tells = isinstance(value, ast.Call) and TELLING.fullmatch(called(value) or "")
    return isinstance(tree, ast.Pass | ast.Raise) or bool(tells)


def _is_reading(item: ast.withitem) -> bool:
    value = item.context_expr
    return isinstance(value, ast.Call) and called(value) == "open" and not opens_to_write(value)


def _is_lazy(tree: ast.stmt) -> bool:
    value = tree.value if isinstance(tree, ast.Assign) else None
    return isinstance(value, ast.GeneratorExp) or (isinstance(value, ast.Call) and called(value) in LAZY)


def _catches(handler: ast.ExceptHandler) -> bool:
    """Whether a handler would catch an exit."""
    caught = {ast.unparse(n) for n in ast.walk(handler.type)} if handler.type else {"BaseException"}
    return bool(caught & {"BaseException", "SystemExit"})


def _own(tree: ast.AST) -> list[ast.AST]:
    """Return a statement and what stands within it, without the scopes within it."""
    found = [tree]
    if not isinstance(tree, names.SCOPES):
        for child in ast.iter_child_nodes(tree):
            found += _own(child)
    return found
