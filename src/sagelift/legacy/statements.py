"""Statements of legacy code: their text with comments as libcst keeps it, their meaning as ast sees it."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from sagelift.legacy import names

EMPTY = cst.Module([])

Lines = Callable[[cst.CSTNode], tuple[int, int] | None]


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement, with the comments before it; one small statement if it is simple.

    Attributes:
        node: Its text.
        lines: The first and last line in the source's code; of a statement that unfolding made, those of the call.
    """

    node: cst.BaseStatement
    lines: tuple[int, int]

    @cached_property
    def code(self) -> str:
        """The text."""
        return EMPTY.code_for_node(self.node)

    @cached_property
    def tree(self) -> ast.stmt:
        """The statement, parsed; its lines count from its own first one."""
        return ast.parse(self.code).body[0]

    @cached_property
    def names(self) -> names.Names:
        """The names that it reads and binds."""
        return names.of(self.tree)

    @property
    def leading_lines(self) -> Sequence[cst.EmptyLine]:
        """The empty lines and comments before it."""
        found: Sequence[cst.EmptyLine] = self.node.leading_lines  # type: ignore[attr-defined]
        return found

    def with_node(self, node: cst.BaseStatement) -> "Statement":
        """Return a statement that stands for this one."""
        return Statement(node, self.lines)

    def led_by(self, leading: Sequence[cst.EmptyLine]) -> "Statement":
        """Return this statement with other empty lines and comments before it."""
        return self.with_node(self.node.with_changes(leading_lines=leading))


def parse(code: str, lines: tuple[int, int]) -> Statement:
    """Return the statement of a text."""
    node = cst.parse_statement(code)
    return Statement(node, lines)


def sequence(body: Sequence[cst.BaseStatement], lines: Lines, within: tuple[int, int] = (1, 1)) -> list[Statement]:
    """Return statements one by one: `a = 1; b = 2` are two.

    Args:
        body: The statements, as libcst groups them.
        lines: Tells the first and last line of a node.
        within: The lines of what the statements belong to, for those whose own lines are not known.
    """
    found: list[Statement] = []
    for node in body:
        span = lines(node) or within
        if not isinstance(node, cst.SimpleStatementLine):
            found.append(Statement(node, span))
            continue
        last = len(node.body) - 1
        for index, small in enumerate(node.body):
            alone = node.with_changes(body=[small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
            if index:
                alone = alone.with_changes(leading_lines=[])
            if index < last:
                alone = alone.with_changes(trailing_whitespace=cst.TrailingWhitespace())
            found.append(Statement(alone, span))
    return [s for s in found if not isinstance(s.tree, ast.Pass)]


def block(statement: Statement, lines: Lines) -> list[Statement]:
    """Return the statements of the body of a compound statement, without its docstring."""
    body: cst.BaseSuite = statement.node.body  # type: ignore[attr-defined]
    if isinstance(body, cst.SimpleStatementSuite):
        return sequence([cst.SimpleStatementLine([small]) for small in body.body], lines, statement.lines)
    found = sequence([s for s in body.body if isinstance(s, cst.BaseStatement)], lines, statement.lines)
    return found[1:] if found and is_docstring(found[0].tree) else found


def footer(statement: Statement) -> list[cst.EmptyLine]:
    """Return the comments that stand behind the last statement of a body."""
    body = statement.node.body  # type: ignore[attr-defined]
    return [line for line in getattr(body, "footer", ()) if line.comment]


def is_docstring(tree: ast.stmt) -> bool:
    """Return whether a statement is a text that stands for itself."""
    return isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant) and isinstance(tree.value.value, str)


def replace(
    statements: Sequence[Statement], index: int, body: Sequence[Statement], behind: Sequence[cst.EmptyLine] = ()
) -> list[Statement]:
    """Return statements with others in place of one: its comments stand before them, `behind` after them."""
    new = list(body)
    following = list(statements[index + 1 :])
    leading = statements[index].leading_lines
    if new:
        new[0] = new[0].led_by([*leading, *new[0].leading_lines])
        leading = behind
    elif behind:
        leading = [*leading, *behind]
    if following and leading:
        following[0] = following[0].led_by([*leading, *following[0].leading_lines])
    return [*statements[:index], *new, *following]
