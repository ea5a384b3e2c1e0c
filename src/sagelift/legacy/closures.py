"""What code remembers: functions and generators that may run after the statement in which they stand."""

import ast
from collections.abc import Iterator

from sagelift.legacy import names

LATE = (ast.Lambda, *names.FUNCTIONS, ast.ClassDef, ast.GeneratorExp)
# Methods and functions that call what they are given at once, or take all items of it, and forget it.
EAGER_METHODS = {
    "agg", "aggregate", "apply", "applymap", "assign", "filter", "join", "map", "pipe", "query", "reduce", "rename",
    "sort", "transform",
}  # fmt: skip
EAGER_FUNCTIONS = {"all", "any", "dict", "list", "max", "min", "reduce", "set", "sorted", "sum", "tuple"}
# Functions that are as late as what takes their items.
LAZY_FUNCTIONS = {"enumerate", "filter", "map", "zip"}


def remembered(tree: ast.AST) -> set[str]:
    """Return the names that code within a statement may read after it, with the values that they have by then."""
    found: set[str] = set()
    for node in _late(tree, is_eager=False):
        if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
            found |= names.free(node).reads
        else:
            found |= names.of(node).reads
    return found


def _late(node: ast.AST, *, is_eager: bool) -> Iterator[ast.AST]:
    """Yield what may run later; where the value of a node is used up at once, it is not that itself."""
    if isinstance(node, LATE):
        if not (is_eager and isinstance(node, ast.Lambda | ast.GeneratorExp)):
            yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _late(child, is_eager=_uses_up(node, child, is_eager=is_eager))


def _uses_up(node: ast.AST, child: ast.AST, *, is_eager: bool) -> bool:
    match node:
        case ast.Call(func=function) if child is function:
            return False
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in EAGER_METHODS
        case ast.Call(func=ast.Name(id=function)):
            return function in EAGER_FUNCTIONS or (is_eager and function in LAZY_FUNCTIONS)
        case ast.For():
            return child is node.iter
        case ast.keyword():
            return is_eager
    return isinstance(node, (ast.Starred, ast.comprehension))
