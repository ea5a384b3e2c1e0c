"""A legacy script as one straight sequence of statements, with its definitions and imports aside.

What stands in a main guard, in `main()`, or in a function that is called once and mixes inference with reading or
reporting, is unfolded into the sequence, so that it can be cut.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from sagelift.legacy import beside, comments, names, statements
from sagelift.legacy.blocks import Note
from sagelift.legacy.roles import Judge, constructors
from sagelift.legacy.source import Source, SourceError
from sagelift.legacy.statements import EMPTY, Statement
from sagelift.legacy.unfolding import unfold

__all__ = ["EMPTY", "Program", "Statement", "take_apart"]

MOST_UNFOLDINGS = 12
# Functions that leave their arguments as they are.
HARMLESS_CALLS = {
    "dict", "enumerate", "len", "list", "max", "min", "print", "range", "set", "sorted", "sum", "tuple", "zip",
}  # fmt: skip
# Methods of lists, dictionaries and sets that do so, too.
HARMLESS_METHODS = {"copy", "count", "get", "index", "items", "keys", "union", "values"}
BUILTINS = set(dir(builtins))


@dataclass
class Program:
    """A script, taken apart.

    Attributes:
        source: Where it comes from.
        header: The comments at its head, and its docstring as such.
        imports: Its imports, and what they need to work, in their order.
        definitions: Its functions and classes that can stand anywhere, by name, in their order.
        constants: Those of its statements that bind a name to a literal, once and for all.
        statements: All but imports and definitions, in the order of execution.
        beside: The functions and classes of the modules that lie beside it, by the names that it calls them.
        notes: What its steps do in another way than it did where something goes wrong.
        footer: The comments behind its last statement.
    """

    source: Source
    header: Sequence[cst.EmptyLine] = ()
    imports: list[Statement] = field(default_factory=list)
    definitions: dict[str, Statement] = field(default_factory=dict)
    constants: dict[str, Statement] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    beside: Mapping[str, ast.stmt] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    footer: Sequence[cst.EmptyLine] = ()

    @cached_property
    def judge(self) -> Judge:
        """Who tells the roles of its statements."""
        trees = {name: statement.tree for name, statement in self.definitions.items()}
        everything = ast.Module([s.tree for s in self._all], [])
        return Judge({**self.beside, **trees}, constructors(everything))

    @property
    def _all(self) -> list[Statement]:
        return [*self.imports, *self.definitions.values(), *self.statements]

    @cached_property
    def imported(self) -> dict[str, Statement]:
        """The import that binds each name."""
        return {name: statement for statement in self.imports for name in statement.names.binds}

    def needs(self, wanted: Iterable[str]) -> set[str]:
        """Return these names and all that the definitions among them need, through any number of calls."""
        found: set[str] = set()
        rest = set(wanted)
        while rest:
            name = rest.pop()
            if name in found:
                continue
            found.add(name)
            if name in self.definitions:
                rest |= self.definitions[name].names.reads - found
        return found

    def shared(self) -> set[str]:
        """Return the variables of the sequence that definitions read or bind: they must stay global."""
        variables = {name for statement in self.statements for name in statement.names.binds}
        used = {name for d in self.definitions.values() for name in d.names.reads | d.names.globals}
        return variables & used


def take_apart(source: Source) -> Program:
    """Take a script apart.

    Raises:
        SourceError: Its syntax is newer than what can be rewritten.
    """
    try:
        wrapper = MetadataWrapper(cst.parse_module(source.code), unsafe_skip_copy=True)
    except cst.ParserSyntaxError as error:
        message = f"{source.path} cannot be rewritten ({source.place(error.raw_line)}): its syntax is not known."
        raise SourceError(message) from error
    positions = wrapper.resolve(PositionProvider)

    def lines(node: cst.CSTNode) -> tuple[int, int] | None:
        position = positions.get(node)
        return (position.start.line, position.end.line) if isinstance(position, CodeRange) else None

    sequence = statements.sequence([s for s in wrapper.module.body if isinstance(s, cst.BaseStatement)], lines)
    header, sequence = comments.headed(wrapper.module.header, sequence)
    program = Program(source, header, beside=beside.definitions(source), footer=wrapper.module.footer)
    unfolded = unfold(sequence, lines, program.beside, MOST_UNFOLDINGS, program.notes)
    return _sorted(program, comments.settle(unfolded))


def _sorted(program: Program, sequence: list[Statement]) -> Program:
    """Tell imports, definitions and constants from what must run in order."""
    bound = Counter(name for s in sequence for name in s.names.binds)
    fixed = {name for name, count in bound.items() if count == 1 or _is_defined_only(name, sequence)}
    fixed -= {n for s in sequence for n in s.names.globals}
    changeable = _changeable(ast.Module([s.tree for s in sequence], []))
    imported: set[str] = set()
    codes: set[str] = set()
    for statement in sequence:
        tree, binds = statement.tree, statement.names.binds
        if _is_import(tree) and all(name in fixed or _is_imported_only(name, sequence) for name in binds):
            # The same import may stand in several cells, or functions.
            code = ast.unparse(tree)
            program.imports += [] if code in codes else [statement]
            codes.add(code)
            imported |= binds
        elif _is_about_path(tree) and statement.names.reads <= imported | BUILTINS:
            program.imports.append(statement)
        elif isinstance(tree, (*names.FUNCTIONS, ast.ClassDef)) and tree.name in fixed:
            # So may the same function.
            program.definitions.setdefault(tree.name, statement)
        else:
            program.statements.append(statement)
            if isinstance(tree, ast.Assign) and _is_literal(tree.value) and isinstance(tree.targets[0], ast.Name):
                program.constants.update(dict.fromkeys(binds & fixed - changeable - BUILTINS, statement))
    _return_to_sequence(program, sequence)
    return program


def _is_about_path(tree: ast.stmt) -> bool:
    return isinstance(tree, ast.Expr | ast.Assign) and "sys.path" in ast.unparse(tree)


def _is_imported_only(name: str, sequence: list[Statement]) -> bool:
    """Whether everything that binds a name imports the same."""
    origins = {_origin(s.tree, name) for s in sequence if name in s.names.binds | s.names.globals}
    return len(origins) == 1 and None not in origins


def _is_defined_only(name: str, sequence: list[Statement]) -> bool:
    """Whether everything that binds a name defines the same function, which holds nothing that could change."""
    trees = [s.tree for s in sequence if name in s.names.binds]
    are_plain = all(
        isinstance(tree, names.FUNCTIONS)
        and not (tree.decorator_list or tree.args.defaults or any(tree.args.kw_defaults))
        for tree in trees
    )
    return are_plain and len({ast.dump(tree) for tree in trees}) == 1


def _origin(tree: ast.stmt, name: str) -> str | None:
    """Return what an import binds to a name; None if a statement is no import."""
    if isinstance(tree, ast.ImportFrom):
        found = next(alias.name for alias in tree.names if name == (alias.asname or alias.name))
        return f"{'.' * tree.level}{tree.module or ''}:{found}"
    if isinstance(tree, ast.Import):
        alias = next(alias for alias in tree.names if name == (alias.asname or alias.name.split(".")[0]))
        return alias.name if alias.asname else name
    return ast.unparse(tree) if _is_import(tree) else None


def _return_to_sequence(program: Program, sequence: list[Statement]) -> None:
    """Keep in order what reads variables when it is defined: in a default, a decorator, the body of a class."""
    variables = {name for s in program.statements for name in s.names.binds}
    kept: set[int] = set()
    while True:
        moved = [name for name, s in program.definitions.items() if _at_definition(s.tree) & variables]
        if not moved:
            break
        for name in moved:
            kept.add(id(program.definitions.pop(name)))
        variables |= set(moved)
    if kept:
        remaining = {id(s) for s in program.statements} | kept
        program.statements = [s for s in sequence if id(s) in remaining]


def _at_definition(tree: ast.stmt) -> set[str]:
    """Return the names that a definition reads when it is defined, not when it is called."""
    if isinstance(tree, ast.ClassDef):
        own = names.of([s for s in tree.body if not isinstance(s, names.FUNCTIONS)])
        parts = [*tree.decorator_list, *tree.bases, *(k.value for k in tree.keywords)]
        for method in (s for s in tree.body if isinstance(s, names.FUNCTIONS)):
            parts += [*method.decorator_list, *method.args.defaults, *(d for d in method.args.kw_defaults if d)]
        return own.reads | names.of(parts).reads
    if isinstance(tree, names.FUNCTIONS):
        return names.of([*tree.decorator_list, *tree.args.defaults, *(d for d in tree.args.kw_defaults if d)]).reads
    return set()


def _is_import(tree: ast.stmt) -> bool:
    if isinstance(tree, ast.Import | ast.ImportFrom):
        return True
    # An import that may fail, and what is imported in its place.
    return isinstance(tree, ast.Try) and all(
        isinstance(s, ast.Import | ast.ImportFrom | ast.Pass)
        for s in (*tree.body, *(s for h in tree.handlers for s in h.body), *tree.orelse, *tree.finalbody)
    )


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return isinstance(value, ast.BinOp) and _is_literal(value.left) and _is_literal(value.right)
    return True


def _changeable(tree: ast.AST) -> set[str]:
    """Return the names of literals whose objects may be changed, or get another name: all that is not only read."""
    literals = {
        target: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in names.targets(node)
        if _is_literal(node.value) and not _is_immutable(node.value)
    }
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    found = {n.id for d in ast.walk(tree) if isinstance(d, ast.Delete) for n in d.targets if isinstance(n, ast.Name)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in literals):
            continue
        is_flat = all(
            _is_immutable(part) for part in ast.iter_child_nodes(literals[node.id]) if isinstance(part, ast.expr)
        )
        if not (is_flat and _only_reads(parents[node], node)):
            found.add(node.id)
    return found


def _is_immutable(value: ast.expr) -> bool:
    # The only call among literals is `set()`.
    return not any(isinstance(n, ast.List | ast.Dict | ast.Set | ast.Call) for n in ast.walk(value))


def _only_reads(parent: ast.AST, node: ast.Name) -> bool:
    """Whether an expression around a flat list, dictionary or set neither changes it nor keeps it."""
    match parent:
        case ast.Call(func=ast.Name(id=name)):
            return name in HARMLESS_CALLS
        case ast.Subscript():
            return parent.slice is node or isinstance(parent.ctx, ast.Load)
        case ast.Attribute():
            return parent.attr in HARMLESS_METHODS
        case ast.For() | ast.comprehension():
            return parent.iter is node
        case ast.Compare() | ast.BinOp() | ast.FormattedValue() | ast.Starred():
            return True
    return False
