"""Which names a piece of code reads and binds, by Python's rules of scope."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

# Functions that take names of the caller's variables in a string: pandas' query and eval, formulas of patsy.
NAMES_IN_TEXT = re.compile(r"@(\w+)")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
# Longer texts are data.
LONGEST_TEXT = 2000
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Names:
    """The names of one scope.

    Attributes:
        reads: Names that it, or a scope within it, reads without binding them itself.
        binds: Names that it binds.
        certain: Names that it binds whenever it runs to its end.
        deletes: Names that it deletes.
        globals: Names that a function within it declares global and binds.
    """

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    certain: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)


def of(nodes: ast.AST | Iterable[ast.AST]) -> Names:
    """Return the names of statements that stand in one scope, one after another."""
    collector = _Collector()
    for node in [nodes] if isinstance(nodes, ast.AST) else nodes:
        collector.visit(node)
    return collector.names


def upward_exposed(statements: Iterable[ast.stmt]) -> set[str]:
    """Return the names that statements may read before they bind them."""
    return _exposed(statements, set())


def _exposed(nodes: Iterable[ast.AST], bound: set[str]) -> set[str]:
    """Return what nodes, one after another, may read before they bind it; `bound` grows by what they bind."""
    exposed: set[str] = set()
    for node in nodes:
        found = of(node)
        if isinstance(node, ast.With | ast.AsyncWith):
            exposed |= _exposed([*node.items, *node.body], bound)
        elif isinstance(node, ast.For | ast.AsyncFor):
            exposed |= _exposed([node.iter], bound)
            exposed |= _exposed([node.target, *node.body], set(bound)) | _exposed(node.orelse, set(bound))
        elif isinstance(node, ast.If | ast.While):
            exposed |= _exposed([node.test], bound)
            exposed |= _exposed(node.body, set(bound)) | _exposed(node.orelse, set(bound))
        elif isinstance(node, ast.Try | ast.TryStar):
            # What is bound where a handler begins, nobody knows.
            exposed |= _exposed([*node.body, *node.orelse], set(bound))
            exposed |= set().union(*(_exposed([handler], set(bound)) for handler in node.handlers))
            exposed |= _exposed(node.finalbody, set(bound))
        elif isinstance(node, ast.ExceptHandler):
            exposed |= _exposed([node.type] if node.type else [], bound)
            exposed |= _exposed(node.body, bound | ({node.name} if node.name else set()))
        else:
            exposed |= found.reads - bound
        bound |= found.certain
    return exposed


def free(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Names:
    """Return what a function reads from, and binds in, the scope around it when it is called."""
    inner = _Collector()
    for node in function.body if isinstance(function.body, list) else [function.body]:
        inner.visit(node)
    arguments = function.args
    parameters = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    parameters |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a}
    names = inner.names
    local = (names.binds | parameters) - inner.declared
    return Names(reads=names.reads - local, globals=names.globals | (names.binds & inner.declared_global))


def in_text(text: str) -> set[str]:
    """Return the names of variables that a text may hold: `@limit` of a query, all names of a formula."""
    if len(text) > LONGEST_TEXT:
        return set()
    return set(IDENTIFIER.findall(text)) if "~" in text else set(NAMES_IN_TEXT.findall(text))


def targets(node: ast.AST) -> set[str]:
    """Return the names that an assignment's target binds."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _ends(branch: list[ast.stmt]) -> bool:
    """Whether statements end in a fault, or end the program."""
    match branch:
        case [*_, ast.Raise()]:
            return True
        case [*_, ast.Expr(value=ast.Call(func=function))]:
            return ast.unparse(function) in {"exit", "quit", "sys.exit"}
    return False


def _is_run(loop: ast.For | ast.AsyncFor) -> bool:
    """Whether a loop runs once at least, from the beginning of its body to the end."""
    match loop.iter:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
            has_items = count > 0
        case ast.List(elts=items) | ast.Tuple(elts=items):
            has_items = any(not isinstance(item, ast.Starred) for item in items)
        case _:
            has_items = False
    jumps = (n for statement in loop.body for n in ast.walk(statement) if isinstance(n, ast.Break | ast.Continue))
    return has_items and next(jumps, None) is None


class _Collector(ast.NodeVisitor):
    """Collects the names of one scope; scopes within it count by their free names."""

    def __init__(self) -> None:
        self.names = Names()
        self.declared: set[str] = set()
        self.declared_global: set[str] = set()
        self._depth = 0

    def _bind(self, name: str) -> None:
        self.names.binds.add(name)
        if not self._depth:
            self.names.certain.add(name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.names.reads.add(node.id)
        elif isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self.names.deletes.add(node.id)
            self.names.reads.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.names.reads.add(node.target.id)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.declared |= set(node.names)
        self.declared_global |= set(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.declared |= set(node.names)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.split(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        annotations = [a.annotation for a in every if a and a.annotation] + ([node.returns] if node.returns else [])
        for part in (*node.decorator_list, *arguments.defaults, *(d for d in arguments.kw_defaults if d), *annotations):
            self.visit(part)
        self._bind(node.name)
        self._within(node)

    visit_FunctionDef = _function
    visit_AsyncFunctionDef = _function

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in (*node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self.visit(part)
        self._within(node)

    def _within(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        inner = free(node)
        self.names.reads |= inner.reads
        self.names.globals |= inner.globals

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        inner = _Collector()
        for statement in node.body:
            inner.visit(statement)
        self.names.reads |= inner.names.reads - (inner.names.binds - {"__class__"})
        # A method does not see the names of its class.
        for statement in node.body:
            if isinstance(statement, FUNCTIONS):
                self.names.reads |= free(statement).reads
        self.names.globals |= inner.names.globals
        self._bind(node.name)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        inner = _Collector()
        bound: set[str] = set()
        for generator in node.generators:
            inner.visit(generator.iter)
            bound |= targets(generator.target)
            for condition in generator.ifs:
                inner.visit(condition)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            inner.visit(part)
        self.names.reads |= inner.names.reads - bound
        self.names.globals |= inner.names.globals
        # `:=` within a comprehension binds in the scope around it.
        for name in inner.names.binds - bound:
            self.names.binds.add(name)

    visit_ListComp = _comprehension
    visit_SetComp = _comprehension
    visit_DictComp = _comprehension
    visit_GeneratorExp = _comprehension

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type:
            self.visit(node.type)
        if node.name:
            self.names.binds.add(node.name)
        self._uncertain(node.body)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.names.reads |= in_text(node.value)

    def _uncertain(self, statements: Iterable[ast.AST]) -> None:
        self._depth += 1
        for statement in statements:
            self.visit(statement)
        self._depth -= 1

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._uncertain((*node.body, *node.orelse))
        self._one_of(node.body, node.orelse)

    def _one_of(self, *branches: list[ast.stmt]) -> None:
        """Take what all branches bind that are not left by a fault or the end of the program."""
        bound = [of(branch).certain for branch in branches if not _ends(branch)]
        if bound and not self._depth:
            self.names.certain |= set.intersection(*bound)

    def _loop(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._uncertain((node.target, *node.body, *node.orelse))
        if not self._depth and _is_run(node):
            self.names.certain |= targets(node.target) | of(node.body).certain

    visit_For = _loop
    visit_AsyncFor = _loop

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._uncertain((*node.body, *node.orelse))

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        self._uncertain((*node.body, *node.handlers, *node.orelse))
        self._one_of([*node.body, *node.orelse], *(handler.body for handler in node.handlers))
        for statement in node.finalbody:
            self.visit(statement)

    visit_TryStar = visit_Try

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._uncertain(node.cases)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._uncertain(node.values[1:])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._uncertain((node.body, node.orelse))
