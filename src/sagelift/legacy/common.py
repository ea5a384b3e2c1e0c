"""The functions that several parts of a program call: they go into a module of their own, once."""

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sagelift.legacy import heads
from sagelift.legacy.program import Program

# Names whose value differs from module to module.
OF_MODULE = {"__file__", "__name__", "__doc__", "__builtins__", "globals", "locals", "vars", "display"}


@dataclass(frozen=True)
class Module:
    """A module of functions.

    Attributes:
        name: Its name.
        names: The functions and constants that it holds.
        code: Its text.
    """

    name: str
    names: frozenset[str]
    code: str


def of(program: Program, needed: Sequence[Collection[str]], pickled: Collection[str]) -> Module:
    """Return the module of the functions that two or more parts need; it holds nothing if there are none.

    Only functions that are called and never passed around go there: a pickle, be it one that the program itself writes,
    would name them by their module.

    Args:
        program: The program.
        needed: The names that each part needs.
        pickled: Definitions that pickles refer to.
    """
    stem = re.sub(r"\W+", "_", program.source.path.stem).strip("_0123456789").lower()
    name = f"{stem}_functions" if stem else "functions"
    several = {n for n in program.definitions if sum(n in part for part in needed) > 1}
    held = several - set(pickled) - _passed_around(program)
    held = {n for n in held if isinstance(program.definitions[n].tree, ast.FunctionDef)}
    staying = {n for s in program.statements for n in s.names.binds} - program.constants.keys() | OF_MODULE
    # Without those that need what stays behind, until none is left that does.
    while stuck := {n for n in held if _names(program, n) & (staying | program.definitions.keys() - held)}:
        held -= stuck
    modules = {m for s in program.imports for n in ast.walk(s.tree) for m in _modules(n)}
    if not held or name in modules | program.imported.keys() | program.definitions.keys():
        return Module(name, frozenset(), "")
    named = {n for function in held for n in _names(program, function)}
    constants = named & program.constants.keys()
    blocks = [
        f'"""Functions of {program.source.path.name} that several steps call."""',
        "\n".join(heads.imports(program, named)),
        "\n".join(s.code.strip("\n") for n, s in program.constants.items() if n in constants),
    ]
    functions = [s.code.strip("\n") for n, s in program.definitions.items() if n in held]
    code = "\n\n".join(filter(None, blocks)) + "\n\n\n" + "\n\n\n".join(functions) + "\n"
    return Module(name, frozenset(held | constants), code)


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _names(program: Program, definition: str) -> set[str]:
    names = program.definitions[definition].names
    return names.reads | names.globals


def _passed_around(program: Program) -> set[str]:
    """Return the names that stand anywhere but in front of the arguments of a call."""
    trees = [s.tree for s in (*program.definitions.values(), *program.statements)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}
