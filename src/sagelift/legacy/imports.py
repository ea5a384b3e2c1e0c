"""What legacy code imports: modules of Python, modules that lie beside it, and all others."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sagelift.legacy.references import References
from sagelift.legacy.source import Source, SourceError, read

STANDARD = sys.stdlib_module_names | {
    # Gone since 3.9, and still part of the Pythons that old code runs on.
    "_bootlocale", "aifc", "asynchat", "asyncore", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "distutils",
    "dummy_threading", "formatter", "imghdr", "imp", "lib2to3", "macpath", "mailcap", "msilib", "nis", "nntplib",
    "ossaudiodev", "parser", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "symbol", "telnetlib", "uu", "xdrlib",
    "__main__",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    """A module that is imported.

    Attributes:
        module: Its full name.
        line: The line of the code.
        is_optional: Whether the code goes on without it: `try: import … except ImportError: …`.
    """

    module: str
    line: int
    is_optional: bool = False

    @property
    def top(self) -> str:
        """The first part of the name."""
        return self.module.partition(".")[0]


def find(tree: ast.AST) -> list[Import]:
    """Return what code imports, wherever it does so; relative imports are of helper modules, and left out."""
    return list(_found(tree, References(tree), is_optional=False))


def _found(node: ast.AST, references: References, *, is_optional: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            yield from (Import(alias.name, node.lineno, is_optional) for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield from (Import(f"{module}.{alias.name}", node.lineno, is_optional) for alias in node.names)
        case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]) if references.name(function) in {
            "importlib.import_module",
            "__import__",
        } and not module.startswith("."):
            yield Import(module, node.lineno, is_optional)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody) if _catches_import(handlers):
            for attempt in body:
                yield from _found(attempt, references, is_optional=True)
            for other in (*handlers, *orelse, *finalbody):
                yield from _found(other, references, is_optional=is_optional)
            return
    for child in ast.iter_child_nodes(node):
        yield from _found(child, references, is_optional=is_optional)


def _catches_import(handlers: list[ast.ExceptHandler]) -> bool:
    caught = {n.id for h in handlers if h.type for n in ast.walk(h.type) if isinstance(n, ast.Name)}
    return any(h.type is None for h in handlers) or bool(
        caught & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    )


def helpers(source: Source) -> list[Path]:
    """Return the modules beside a script that it imports, directly or through one another; packages file by file."""
    folders = [source.path.parent, *_search_path(source)]
    found: dict[Path, None] = {}
    waiting = list(_local(source.tree, folders))
    while waiting:
        path = waiting.pop(0)
        if path in found or path.resolve() == source.path.resolve():
            continue
        found[path] = None
        try:
            tree = read(path).tree
        except (SourceError, SyntaxError, ValueError, RecursionError):
            continue
        waiting += _local(tree, [*folders, path.parent])
        waiting += _relative(tree, path)
    return list(found)


def is_local(name: str, folders: Iterable[Path]) -> bool:
    """Return whether a module of this name lies in one of the folders."""
    return any((folder / f"{name}.py").is_file() or _is_package(folder / name) for folder in folders)


def search_folders(source: Source) -> list[Path]:
    """Return where modules of one's own are looked for: beside the script, and what it adds to `sys.path`."""
    return [source.path.parent, *_search_path(source)]


def _is_package(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))


def _local(tree: ast.AST, folders: Iterable[Path]) -> Iterator[Path]:
    for module in find(tree):
        yield from _files(module.module, folders)


def _relative(tree: ast.AST, path: Path) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node.level <= len(path.parents):
            folder = path.parents[node.level - 1]
            for alias in node.names:
                yield from _files(f"{node.module}.{alias.name}" if node.module else alias.name, [folder])


def _files(module: str, folders: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of the packages on the way to a module, and its own."""
    for folder in folders:
        here = folder
        for part in module.split("."):
            if (here / f"{part}.py").is_file():
                yield here / f"{part}.py"
                break
            here /= part
            if not _is_package(here):
                break
            if (here / "__init__.py").is_file():
                yield here / "__init__.py"


def _search_path(source: Source) -> Iterator[Path]:
    references = References(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and references.name(node.func) in {"sys.path.append", "sys.path.insert"}:
            text = references.text(node.args[-1]) if node.args else None
            if text and (source.path.parent / text).is_dir():
                yield source.path.parent / text
