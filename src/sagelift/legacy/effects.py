"""What a statement needs and changes, and so whether two statements may change places."""

import ast
import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from sagelift.legacy import imports, names
from sagelift.legacy.program import Program, Statement
from sagelift.legacy.roles import Role, called, opens_to_write

# Methods and functions that leave their object, or their arguments, as they are.
QUIET = {
    "apply_model", "argmax", "astype", "copy", "corr", "count", "decision_function", "describe", "drop", "format",
    "get", "get_params", "groupby", "head", "info", "isin", "isna", "isnull", "items", "join", "keys", "kneighbors",
    "max", "mean", "min", "nunique", "predict", "predict_log_proba", "predict_proba", "reshape", "round", "score",
    "score_samples", "split", "staged_predict", "std", "sum", "tail", "to_csv", "to_string", "tolist", "unique",
    "value_counts", "values",
}  # fmt: skip
# Functions of libraries that change what they are given.
IN_PLACE = {"copyto", "fill_diagonal", "heapify", "heappop", "heappush", "insort", "place", "put", "shuffle"}
# What tells a function or method to work on what it is given.
IN_PLACE_OPTIONS = {"copy", "copy_X", "copy_x", "inplace", "out", "overwrite_a", "overwrite_b"}
# What draws random numbers, or sets where they start; seaborn draws those of its confidence intervals.
RANDOM = re.compile(
    r"random|rng|seed|shuffle|\bsample$|permutation|choice|\brand|barplot|catplot|lineplot|lmplot|pointplot|regplot|relplot"
    r"|stripplot|jointplot|pairplot"
)
WRITES_FILE = re.compile(
    r"to_(?!string|numpy|dict|list|frame|datetime)\w+|save\w*|dump|write\w*|imsave|makedirs|mkdir|remove"
)
# Methods and attributes that may give another name to (a part of) the same object.
VIEWS = {
    "T", "get", "iloc", "loc", "ravel", "reshape", "setdefault", "squeeze", "swapaxes", "to_numpy", "transpose",
    "values", "view",
}  # fmt: skip

# Methods that change a list, a dictionary or a set.
GROWING = {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
# Stands for what modules beside the script hold; no variable can be called so.
HELPERS = "*"
# What a method does with attributes of its class, other than to tell its name.
OWN_CLASS = re.compile(r"(?:\.__class__|\btype\(self\))\.(?!__name__)")


@dataclass(frozen=True)
class _Effect:
    """What a statement does; `touches` and `changes` count with all names that may be of the same objects."""

    reads: frozenset[str]
    touches: frozenset[str]
    binds: frozenset[str]
    changes: frozenset[str]
    is_random: bool
    is_seen: bool
    reads_files: bool
    writes_files: bool


class Effects:
    """Tells of the statements of a program whether they may change places."""

    def __init__(self, program: Program) -> None:
        """Look at a program."""
        self._program = program
        self._definitions = set(program.definitions)
        self._variables = {name for s in program.statements for name in s.names.binds}
        self._aliases = _aliases(s.tree for s in program.statements)
        self._known: dict[int, _Effect] = {}
        self._parameters: dict[ast.stmt, set[str]] = {}
        # Statements are told apart by their identity: they must live as long as what is known of them.
        self._seen: list[Statement] = []

    def commute(self, one: Statement, other: Statement) -> bool:
        """Return whether two statements may run in either order."""
        a, b = self._of(one), self._of(other)
        return not (
            a.binds & (b.reads | b.binds)
            or b.binds & a.reads
            or a.changes & (b.touches | b.changes)
            or b.changes & a.touches
            or self.meet(one, other)
        )

    def meet(self, one: Statement, other: Statement) -> bool:
        """Return whether the order of two statements matters outside of variables: both show something, say."""
        a, b = self._of(one), self._of(other)
        return (
            (a.is_random and b.is_random)
            or (a.is_seen and b.is_seen)
            or (a.writes_files and (b.reads_files or b.writes_files))
            or (b.writes_files and a.reads_files)
        )

    def is_seen(self, statement: Statement) -> bool:
        """Return whether somebody sees the statement's effect: it prints, plots or writes."""
        return self._of(statement).is_seen

    def reads(self, statement: Statement) -> frozenset[str]:
        """Return the variables that a statement, or what it calls, may read."""
        return self._of(statement).reads

    def with_aliases(self, found: set[str]) -> set[str]:
        """Return variables with all that may be other names for (parts of) their objects."""
        return found.union(*(self._aliases.get(name, set()) for name in found))

    def changes(self, statement: Statement) -> frozenset[str]:
        """Return the variables whose objects a statement may change in place."""
        return self._of(statement).changes

    def writes_files(self, statement: Statement) -> bool:
        """Return whether a statement writes a file."""
        return self._of(statement).writes_files

    def _of(self, statement: Statement) -> _Effect:
        if id(statement) not in self._known:
            self._seen.append(statement)
            self._known[id(statement)] = self._found(statement)
        return self._known[id(statement)]

    def _found(self, statement: Statement) -> _Effect:
        program, tree = self._program, statement.tree
        needed = self._needed(statement)
        inner = [program.definitions[name] for name in needed]
        reads = statement.names.reads.union(*(d.names.reads for d in inner))
        binds = (statement.names.binds | statement.names.deletes).union(*(s.names.globals for s in (statement, *inner)))
        fixed = self._definitions | set(program.imported)
        changes = self._changes(tree) | {n for d in inner for n in self._changes(d.tree) & program.shared()}
        changes |= needed & self._stateful
        if self._helpers_hold and any(self._uses_helper(t, reads) for t in (tree, *(d.tree for d in inner))):
            changes.add(HELPERS)
        roles = program.judge.roles(tree)
        calls = [n for t in (tree, *(d.tree for d in inner)) for n in ast.walk(t) if isinstance(n, ast.Call)]
        acts = isinstance(tree, ast.Expr) and bool(_roots([tree.value]) & set(program.imported))
        return _Effect(
            frozenset(reads - fixed),
            frozenset(self.with_aliases(reads - fixed)),
            frozenset(binds),
            frozenset(self.with_aliases(changes - set(program.imported))),
            any(RANDOM.search(ast.unparse(call.func)) for call in calls),
            acts or Role.WRITE in roles,
            bool(roles & {Role.READ, Role.LOAD_MODEL}),
            any(_writes_file(call) for call in calls),
        )

    def _needed(self, statement: Statement) -> set[str]:
        """Return the functions and classes that a statement may use, those whose methods it may call among them."""
        found: set[str] = set()
        rest = self._program.needs(statement.names.reads) | self._with_method(statement.tree)
        while new := rest & self._definitions - found:
            found |= new
            methods = {name for n in new for name in self._with_method(self._program.definitions[n].tree)}
            rest = self._program.needs(new | methods)
        return found

    def _with_method(self, tree: ast.AST) -> set[str]:
        """Return the classes that have a method which a piece of code calls by its name."""
        return {name for name, methods in self._methods.items() if methods & _methods_called(tree)}

    @cached_property
    def _methods(self) -> dict[str, set[str]]:
        """The names of the methods of each class."""
        classes = {name: s.tree for name, s in self._program.definitions.items() if isinstance(s.tree, ast.ClassDef)}
        return {name: {s.name for s in tree.body if isinstance(s, names.FUNCTIONS)} for name, tree in classes.items()}

    @cached_property
    def _stateful(self) -> set[str]:
        """The functions and classes that hold what changes from call to call."""
        trees = {name: statement.tree for name, statement in self._program.definitions.items()}
        everything = [*trees.values(), *(s.tree for s in self._program.statements)]
        changed = {name for tree in everything for name in _changed_holders(tree)}
        return {name for name, tree in trees.items() if name in changed or _holds_changeable(tree)}

    def _uses_helper(self, tree: ast.AST, reads: AbstractSet[str]) -> bool:
        """Return whether a piece of code, which reads these names, may use a module that lies beside the script."""
        return bool(reads & self._names_of_helpers or _methods_called(tree) & self._methods_of_helpers)

    @cached_property
    def _names_of_helpers(self) -> set[str]:
        """The names that the script has for modules beside it, and for what they hold."""
        modules = {path.stem for path in imports.helpers(self._program.source)}
        found = set()
        for name, statement in self._program.imported.items():
            for node in ast.walk(statement.tree):
                if isinstance(node, ast.ImportFrom):
                    named = [node.module or ""]
                elif isinstance(node, ast.Import):
                    named = [alias.name for alias in node.names]
                else:
                    continue
                if modules & {part for module in named for part in module.split(".")}:
                    found.add(name)
        return found

    @cached_property
    def _methods_of_helpers(self) -> set[str]:
        """The names of the methods of classes in modules beside the script."""
        classes = [tree for tree in self._program.beside.values() if isinstance(tree, ast.ClassDef)]
        return {s.name for tree in classes for s in tree.body if isinstance(s, names.FUNCTIONS)}

    @cached_property
    def _helpers_hold(self) -> bool:
        """Whether a module that lies beside the script may hold what changes from call to call."""
        return any(_holds_changeable(tree) or _changes_others(tree) for tree in self._program.beside.values())

    def _changes(self, tree: ast.AST) -> set[str]:
        """Return the names whose objects a piece of code may change in place."""
        changed: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
                changed |= _roots([node.value])
            elif isinstance(node, ast.AugAssign):
                changed |= _roots([node.target])
            elif isinstance(node, ast.Call):
                changed |= self._changed_by(node)
        return changed

    def _changed_by(self, call: ast.Call) -> set[str]:
        name = called(call) or ""
        arguments = _roots([*call.args, *(k.value for k in call.keywords)])
        in_place = {k.arg for k in call.keywords} & IN_PLACE_OPTIONS
        known = self._meant(call.func)
        parameters = {parameter for tree in known for parameter in self._changed_parameters(tree)}
        changed = arguments if parameters - {"self"} or in_place or name in IN_PLACE else set()
        if isinstance(call.func, ast.Attribute):
            is_quiet = name in QUIET and not in_place and "self" not in parameters
            return changed if is_quiet else changed | _roots([call.func.value])
        # A function that is the value of a variable may change anything that it is given.
        return arguments | {name} if name in self._variables else changed

    def _meant(self, function: ast.expr) -> list[ast.stmt]:
        """Return what a call may mean among the functions, classes and methods of the script and beside it."""
        own = {**self._program.beside, **{name: s.tree for name, s in self._program.definitions.items()}}
        if (tree := own.get(ast.unparse(function))) is not None:
            return [tree]
        if not isinstance(function, ast.Attribute):
            return []
        classes = [tree for tree in own.values() if isinstance(tree, ast.ClassDef)]
        return [s for c in classes for s in c.body if isinstance(s, names.FUNCTIONS) and s.name == function.attr]

    def _changed_parameters(self, tree: ast.stmt) -> set[str]:
        """Return the parameters whose objects a function of the script may change; those of a class are not known."""
        if not isinstance(tree, names.FUNCTIONS):
            return {"any"}
        if tree not in self._parameters:
            # A function that calls itself changes nothing by that alone.
            self._parameters[tree] = set()
            arguments = {a.arg for a in ast.walk(tree.args) if isinstance(a, ast.arg)}
            aliases = _aliases(n for n in ast.walk(tree) if isinstance(n, ast.stmt))
            changes = self._changes(tree)
            self._parameters[tree] = changes.union(*(aliases.get(n, set()) for n in changes)) & arguments
        return self._parameters[tree]


def _methods_called(tree: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}


def _changes_others(tree: ast.stmt) -> bool:
    """Return whether a function or class may change a variable of its module, or that variable's object."""
    nodes = list(ast.walk(tree))
    own = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    own |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    stored = [
        n.value for n in nodes if isinstance(n, ast.Attribute | ast.Subscript) and not isinstance(n.ctx, ast.Load)
    ]
    methods = [n.func for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    grown = [function.value for function in methods if function.attr in GROWING]
    return any(isinstance(n, ast.Global) for n in nodes) or bool(_roots([*stored, *grown]) - own)


def _changed_holders(tree: ast.AST) -> Iterator[str]:
    """Yield what a piece of code changes an attribute of, by its name: `Model` of `Model.seen.append(1)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changed = node.func.value
            if isinstance(changed, ast.Name):
                continue
        else:
            continue
        while isinstance(changed, ast.Attribute | ast.Subscript):
            changed = changed.value
        if isinstance(changed, ast.Name):
            yield changed.id


def _holds_changeable(tree: ast.stmt) -> bool:
    """Return whether a class changes itself, or has an attribute, or a function a default, that may be changed."""
    if isinstance(tree, ast.ClassDef):
        values = [s.value for s in tree.body if isinstance(s, ast.Assign | ast.AnnAssign)]
        if "cls" in _changed_holders(tree) or OWN_CLASS.search(ast.unparse(tree)):
            return True
    elif isinstance(tree, names.FUNCTIONS):
        values = [*tree.args.defaults, *tree.args.kw_defaults]
    else:
        return False
    return any(isinstance(value, ast.List | ast.Dict | ast.Set | ast.Call) for value in values)


def _writes_file(call: ast.Call) -> bool:
    name = called(call) or ""
    return opens_to_write(call) if name == "open" else bool(WRITES_FILE.fullmatch(name))


def _roots(expressions: Iterable[ast.expr]) -> set[str]:
    """Return the variables that expressions start from: `df` of `df.loc[0].values`."""
    found = set()
    for expression in expressions:
        node: ast.expr = expression
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
            node = node.func if isinstance(node, ast.Call) else node.value
        parts = node.elts if isinstance(node, ast.Tuple | ast.List) else []
        found |= {node.id} if isinstance(node, ast.Name) else _roots(parts)
    return found


def _aliases(statements: Iterable[ast.AST]) -> dict[str, set[str]]:
    """Return for each variable those that may be other names for (a part of) its object."""
    groups: dict[str, set[str]] = {}
    for tree in statements:
        for targets, value in _assignments(tree):
            linked = targets | (_viewed(value) if value is not None else set())
            merged = linked.union(*(groups.get(name, set()) for name in linked))
            groups.update(dict.fromkeys(merged, merged))
    return groups


def _assignments(tree: ast.AST) -> Iterator[tuple[set[str], ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _paired(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            yield names.targets(node.target), node.value
        elif isinstance(node, ast.For):
            for name in names.targets(node.target):
                yield {name}, node.iter


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[set[str], ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _paired(one, other)
    elif isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            yield names.targets(one), value
    else:
        yield (names.targets(target) or _roots([target])), value


def _viewed(value: ast.expr | None) -> set[str]:
    """Return the variables whose objects a value may be, hold, or be a part of."""
    match value:
        case ast.Name():
            return {value.id}
        case ast.Call(func=ast.Attribute(attr=name, value=part)) if name in VIEWS:
            parts: list[ast.expr | None] = [part]
        case ast.Subscript() | ast.Attribute() | ast.Starred():
            parts = [value.value]
        case ast.Tuple() | ast.List() | ast.Set():
            parts = [*value.elts]
        case ast.Dict():
            parts = [*value.values]
        case ast.IfExp():
            parts = [value.body, value.orelse]
        case _:
            parts = []
    return set().union(*(_viewed(part) for part in parts))
