"""The paths that legacy code names: what they are as far as its text tells, what for, and how to change them."""

import ast
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath, PureWindowsPath

import libcst as cst

WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\\w")
ABSOLUTE = re.compile(r"/\w[^\n]*|~[/\\].*|file:///.+")
WRITES = re.compile(
    r"to_(?!numpy|list|dict|datetime)\w+|save\w*|dump|write\w*|im(?:save|write)|ExcelWriter|FileHandler"
)
MAKES = {"makedirs", "mkdir"}
READS = re.compile(
    r"read_\w+|load\w*|genfromtxt|fromfile|imread|open_workbook|connect|listdir|scandir|walk|i?glob|from_file|Booster"
)
LONGEST = 300
# Two variables may be bound to each other.
MOST_DEPTH = 20
# What takes texts that are no paths.
TEXT_METHODS = {
    "compile", "count", "endswith", "find", "findall", "index", "lstrip", "match", "print", "replace", "rstrip",
    "search", "split", "startswith", "strip", "sub",
}  # fmt: skip
# What gives the same place again.
SAME_PLACE = {"absolute", "abspath", "as_posix", "expanduser", "fspath", "normpath", "realpath", "resolve", "str"}


def is_foreign(text: str) -> bool:
    """Return whether a path names a place on one machine: absolute, of Windows or not, or below the home folder."""
    return bool(WINDOWS.match(text) or ABSOLUTE.fullmatch(text)) and len(text) < LONGEST and "\n" not in text


def parts(text: str) -> tuple[str, ...]:
    """Return the names in a path of any system, without drive, root and `~`."""
    path = text.removeprefix("file://")
    if WINDOWS.match(path) or "\\" in path:
        path = PureWindowsPath(path).as_posix()
        path = re.sub(r"^(?:[A-Za-z]:|//[^/]+/[^/]+)", "", path)
    return tuple(part for part in PurePosixPath(path).parts if part not in {"/", "//", "~"})


@dataclass(frozen=True)
class Named:
    """A path that the code names.

    Attributes:
        text: The path, as far as it is known: of `f"data/{name}.csv"` its beginning.
        line: The line of the code.
        uses: What is done to it: `read`, `write`, `make` or `chdir` of a folder; empty where that is not seen.
        is_tried: Whether a failure to read it is caught.
        is_literal: Whether it stands in the code as one string.
        is_beginning: Whether a path begins there: not with the `"/train.csv"` of `folder + "/train.csv"`.
    """

    text: str
    line: int
    uses: frozenset[str]
    is_tried: bool
    is_literal: bool
    is_beginning: bool = True


class Paths:
    """The paths that a piece of code names."""

    def __init__(self, tree: ast.Module, script: str) -> None:
        """Take the code.

        Args:
            tree: The code.
            script: The path of the script, which is `__file__`.
        """
        self._tree = tree
        self._script = script
        self._parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def named(self) -> Iterator[Named]:
        """Yield the paths and other texts that the code names; a text that is no path is nowhere on a disk."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.expr) and not isinstance(self._parents.get(node), ast.Expr):
                text = self._value(node)
                if text and "\n" not in text:
                    yield Named(
                        text,
                        node.lineno,
                        frozenset(self._uses(node, set())),
                        self._is_tried(node),
                        isinstance(node, ast.Constant),
                        self._is_beginning(node),
                    )

    @cached_property
    def _assigned(self) -> dict[str, ast.expr]:
        """The value of each variable that is bound once."""
        bound = Counter(n.id for n in ast.walk(self._tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        return {
            target.id: node.value
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and bound[target.id] == 1
        }

    @cached_property
    def _loads(self) -> dict[str, list[ast.Name]]:
        found: dict[str, list[ast.Name]] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
        return found

    def _value(self, node: ast.expr, depth: int = 0) -> str | None:
        """Return the text of an expression; None where it is not certain."""
        text = None
        match node:
            case _ if depth > MOST_DEPTH:
                pass
            case ast.Constant(value=str(constant)):
                text = constant
            case ast.Name(id="__file__"):
                text = self._script
            case ast.Name(id=name) if name in self._assigned:
                text = self._value(self._assigned[name], depth + 1)
            case ast.JoinedStr(values=values):
                text = self._joined([v.value if isinstance(v, ast.FormattedValue) else v for v in values], depth, "")
            case ast.BinOp(left=left, op=ast.Add() | ast.Div() as operator, right=right):
                text = self._joined([left, right], depth, "/" if isinstance(operator, ast.Div) else "")
            case ast.Attribute(value=value, attr="parent"):
                text = self._above(value, 1, depth)
            case ast.Subscript(value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int(level))):
                text = self._above(value, level + 1, depth)
            case ast.Call():
                text = self._called(node, depth)
        return text

    def _called(self, call: ast.Call, depth: int) -> str | None:
        """Return the path that a call gives: of `os.path`, or of a path of `pathlib`."""
        text = None
        match call:
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=[]) if name in SAME_PLACE:
                text = self._value(value, depth + 1)
            case ast.Call(args=[first]) if _name(call) == "dirname":
                text = self._above(first, 1, depth)
            case ast.Call(args=[first]) if _name(call) in SAME_PLACE or _is_join(call):
                text = self._value(first, depth + 1)
            case ast.Call(func=ast.Attribute(value=value, attr="joinpath"), args=rest):
                text = self._joined([value, *rest], depth, "/")
            case ast.Call(args=several) if several and _is_join(call):
                text = self._joined(several, depth, "/")
        return text

    def _joined(self, nodes: list[ast.expr], depth: int, separator: str) -> str | None:
        values = [self._value(node, depth + 1) for node in nodes]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return posixpath.join(*known) if separator else "".join(known)

    def _above(self, node: ast.expr, levels: int, depth: int) -> str | None:
        text = self._value(node, depth + 1)
        for _ in range(levels if text is not None else 0):
            text = posixpath.dirname(text or "")
        return None if text is None else text or "."

    def _uses(self, node: ast.expr, seen: set[str]) -> Iterator[str]:
        """Yield what is done to the value of an expression, through variables and joined paths."""
        child: ast.AST = node
        while (parent := self._parents.get(child)) is not None and not isinstance(parent, ast.stmt):
            match parent:
                case ast.Call() if child is not parent.func and not (_is_join(parent) or _name(parent) in SAME_PLACE):
                    yield from _use(parent)
                    return
                case ast.Attribute(attr=name) if name not in SAME_PLACE | {"format", "joinpath"}:
                    method = self._parents.get(parent)
                    if isinstance(method, ast.Call):
                        yield from _use(method, is_method_of_path=True)
                    return
            child = parent
        if isinstance(parent, ast.Assign):
            for target in parent.targets:
                if isinstance(target, ast.Name) and target.id not in seen:
                    for load in self._loads.get(target.id, ()):
                        yield from self._uses(load, seen | {target.id})

    def _is_beginning(self, node: ast.expr) -> bool:
        is_one = True
        match self._parents.get(node):
            case ast.BinOp(left=left, op=ast.Add() | ast.Div() | ast.Mod()):
                is_one = node is left
            case ast.JoinedStr(values=[first, *_]):
                is_one = node is first
            case ast.Call(args=args) as call:
                is_one = _name(call) not in TEXT_METHODS and (node not in args[1:] or not _is_join(call))
            case ast.Attribute(attr=name):
                is_one = name == "format"
            case ast.Compare() | ast.BinOp() | ast.Subscript():
                is_one = False
        return is_one

    def _is_tried(self, node: ast.AST) -> bool:
        child = node
        while (parent := self._parents.get(child)) is not None:
            if isinstance(parent, ast.Try) and child in parent.body and parent.handlers:
                return True
            child = parent
        return False


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _is_join(call: ast.Call) -> bool:
    """Whether a call joins its arguments to a path; `", ".join(names)` does not."""
    match call.func:
        case ast.Name(id="join" | "Path" | "PurePath") | ast.Attribute(attr="Path" | "PurePath"):
            return True
        case ast.Attribute(value=ast.Attribute(attr="path") | ast.Name(id="path" | "osp" | "op"), attr="join"):
            return True
    return False


def _use(call: ast.Call, *, is_method_of_path: bool = False) -> Iterator[str]:
    name = _name(call)
    if name == "open":
        given = call.args[:1] if is_method_of_path else call.args[1:2]
        modes = [*given, *(k.value for k in call.keywords if k.arg == "mode")]
        mode = "".join(m.value for m in modes if isinstance(m, ast.Constant) and isinstance(m.value, str))
        if "r" in mode or "+" in mode or "a" in mode or not mode:
            yield "read"
        if set(mode) & set("wxa+"):
            yield "write"
    elif name in MAKES:
        yield "make"
    elif name == "chdir":
        yield "chdir"
    elif WRITES.fullmatch(name):
        yield "write"
    elif READS.fullmatch(name):
        yield "read"


def rewrite(code: str, mapping: Mapping[str, str]) -> str:
    """Replace string literals, and the beginnings of f-strings, by their text; all else stays as it is written.

    Args:
        code: Python.
        mapping: The new text for each old one.
    """
    return cst.parse_module(code).visit(_Rewriter(mapping)).code if mapping else code


class _Rewriter(cst.CSTTransformer):
    def __init__(self, mapping: Mapping[str, str]) -> None:
        super().__init__()
        self._mapping = mapping

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        del original_node
        value = updated_node.evaluated_value
        if not isinstance(value, str) or value not in self._mapping:
            return updated_node
        return updated_node.with_changes(value=_quoted(self._mapping[value], updated_node.quote))

    def leave_ConcatenatedString(
        self, original_node: cst.ConcatenatedString, updated_node: cst.ConcatenatedString
    ) -> cst.ConcatenatedString:
        value = original_node.evaluated_value
        if not isinstance(value, str) or value not in self._mapping:
            return updated_node
        # Two strings still, so that the lines of the code keep their numbers.
        return updated_node.with_changes(
            left=cst.SimpleString(_quoted(self._mapping[value], '"')), right=cst.SimpleString('""')
        )

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.FormattedString:
        del original_node
        if not updated_node.parts or not isinstance(updated_node.parts[0], cst.FormattedStringText):
            return updated_node
        first = updated_node.parts[0]
        value = first.value
        if "r" not in updated_node.prefix.lower():
            quote = "'''" if '"' in value else '"""'
            value = ast.literal_eval(f"{quote}{value}{quote}")
        value = value.replace("{{", "{").replace("}}", "}")
        if value not in self._mapping:
            return updated_node
        new = self._mapping[value].replace("{", "{{").replace("}", "}}")
        return updated_node.with_changes(parts=[first.with_changes(value=new), *updated_node.parts[1:]])


def _quoted(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(quote[0], f"\\{quote[0]}")
    return f"{quote}{escaped}{quote}"
