"""What names and expressions of legacy code refer to, as far as the text tells: imported things, and constant texts."""

import ast
import posixpath
from collections import Counter


class References:
    """Answers for one file."""

    def __init__(self, tree: ast.AST) -> None:
        """Take the file, parsed."""
        self._imported = _imported(tree)
        self._constants = _constants(tree)

    def name(self, node: ast.AST) -> str:
        """Return the full name of what an expression refers to: `numpy.float` for `np.float`, as NumPy was imported.

        A name that is not imported stands for itself, anything else for nothing: the last part of `f().x` is `.x`.
        """
        if isinstance(node, ast.Name):
            return self._imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.name(node.value)}.{node.attr}"
        return ""

    def is_imported(self, node: ast.AST) -> bool:
        """Return whether an expression is an imported name, or an attribute of one."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self._imported

    def text(self, node: ast.AST | None) -> str | None:
        """Return the text that an expression always has, such as a path joined from constants; None if it varies."""
        text = None
        match node:
            case ast.Constant(value=str(value)):
                text = value
            case ast.Name(id=name) if name in self._constants:
                # Not there while it is looked up: two names may be made from each other.
                made_of = self._constants.pop(name)
                text = self.text(made_of)
                self._constants[name] = made_of
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                text = self._joined("", left, right)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                text = self._joined("/", left, right)
            case ast.JoinedStr(values=parts):
                text = self._joined("", *parts)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                text = self.text(value)
            case ast.Call(func=function, args=args, keywords=[]) if self.name(function) in _JOINED and args:
                text = self._joined("/", *args)
        return text

    def _joined(self, separator: str, *nodes: ast.AST) -> str | None:
        parts = [self.text(node) for node in nodes]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return posixpath.join(*known) if separator else "".join(known)


_JOINED = {"os.path.join", "pathlib.Path", "pathlib.PurePath"}


def _imported(tree: ast.AST) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _constants(tree: ast.AST) -> dict[str, ast.expr]:
    """Return the values of the names that are bound once, in all of the file."""
    bound = Counter(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    bound.update(n.arg for n in ast.walk(tree) if isinstance(n, ast.arg))
    found: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            # A name that its own value reads would never come to an end.
            read = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            if isinstance(target, ast.Name) and bound[target.id] == 1 and target.id not in read:
                found[target.id] = node.value
    return found
