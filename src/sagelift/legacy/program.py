"""A legacy script as one straight sequence of statements, with its definitions and imports aside.

What stands in a main guard, in `main()`, or in a function that is called once and mixes inference with reading or
reporting, is unfolded into the sequence, so that it can be cut.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from sagelift.legacy import names
from sagelift.legacy.roles import Judge, Role, constructors
from sagelift.legacy.source import Source

EMPTY = cst.Module([])
MOST_UNFOLDINGS = 12


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement of the sequence: its text with comments as libcst keeps it, its meaning as ast sees it.

    Attributes:
        node: The statement, with the comments before it; one small statement if it is simple.
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

    def with_node(self, node: cst.BaseStatement) -> "Statement":
        """Return a statement that stands for this one."""
        return Statement(node, self.lines)


@dataclass
class Program:
    """A script, taken apart.

    Attributes:
        source: Where it comes from.
        imports: Its imports, and what they need to work, in their order.
        definitions: Its functions and classes that can stand anywhere, by name, in their order.
        constants: Those of its statements that bind a name to a literal, once and for all.
        statements: All but imports and definitions, in the order of execution.
    """

    source: Source
    imports: list[Statement] = field(default_factory=list)
    definitions: dict[str, Statement] = field(default_factory=dict)
    constants: dict[str, Statement] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    @cached_property
    def judge(self) -> Judge:
        """Who tells the roles of its statements."""
        trees = {name: statement.tree for name, statement in self.definitions.items()}
        everything = ast.Module([s.tree for s in self._all], [])
        return Judge(trees, constructors(everything))

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
    """Take a script apart."""
    wrapper = MetadataWrapper(cst.parse_module(source.code), unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)

    def lines(node: cst.CSTNode) -> tuple[int, int]:
        position = positions[node]
        return position.start.line, position.end.line

    sequence = _sequence(wrapper.module.body, lines)
    if sequence and _is_docstring(sequence[0].tree):
        sequence = sequence[1:]
    sequence = _without_guard(sequence, lines)
    for _ in range(MOST_UNFOLDINGS):
        unfolded = _unfold_one(sequence, lines)
        if unfolded is None:
            break
        sequence = _without_guard(unfolded, lines)
    return _sorted(source, sequence)


Lines = Callable[[cst.CSTNode], tuple[int, int]]


def _sequence(body: Sequence[cst.BaseStatement], lines: Lines) -> list[Statement]:
    """Return statements one by one; `a = 1; b = 2` are two."""
    found = []
    for node in body:
        if isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1:
            last = len(node.body) - 1
            for index, small in enumerate(node.body):
                changes: dict[str, object] = {"body": [small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]}
                if index:
                    changes["leading_lines"] = []
                if index < last:
                    changes["trailing_whitespace"] = cst.TrailingWhitespace()
                found.append(Statement(node.with_changes(**changes), lines(node)))
        else:
            found.append(Statement(_without_semicolon(node), lines(node)))
    return [s for s in found if not isinstance(s.tree, ast.Pass)]


def _without_semicolon(node: cst.BaseStatement) -> cst.BaseStatement:
    if isinstance(node, cst.SimpleStatementLine) and node.body[0].semicolon is not cst.MaybeSentinel.DEFAULT:
        return node.with_changes(body=[node.body[0].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
    return node


def _is_docstring(tree: ast.stmt) -> bool:
    return isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant) and isinstance(tree.value.value, str)


def _without_guard(sequence: list[Statement], lines: Lines) -> list[Statement]:
    """Unfold `if __name__ == "__main__":`, which holds in every part."""
    found: list[Statement] = []
    for statement in sequence:
        node = statement.node
        if (
            isinstance(node, cst.If)
            and node.orelse is None
            and _is_guard(statement.tree)
            and isinstance(node.body, cst.IndentedBlock)
        ):
            body = _sequence(node.body.body, lines)
            found += _led_by(body, node.leading_lines)
        else:
            found.append(statement)
    return found


def _led_by(body: list[Statement], leading: Sequence[cst.EmptyLine]) -> list[Statement]:
    if not body:
        return body
    first = body[0].node
    return [body[0].with_node(first.with_changes(leading_lines=[*leading, *first.leading_lines])), *body[1:]]


def _is_guard(tree: ast.stmt) -> bool:
    return isinstance(tree, ast.If) and ast.unparse(tree.test) in {
        "__name__ == '__main__'",
        "'__main__' == __name__",
        "__name__ in ['__main__']",
    }


def _unfold_one(sequence: list[Statement], lines: Lines) -> list[Statement] | None:
    """Unfold the first call that should and can be; None if there is none."""
    functions = {s.tree.name: s for s in sequence if isinstance(s.tree, ast.FunctionDef)}
    classes = {s.tree.name: s for s in sequence if isinstance(s.tree, ast.ClassDef)}
    definitions = {**functions, **classes}
    program = ast.Module([s.tree for s in sequence], [])
    judge = Judge({name: s.tree for name, s in definitions.items()}, constructors(program))
    used = Counter(n.id for n in ast.walk(program) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    for index, statement in enumerate(sequence):
        call = _unfoldable(statement.tree)
        if call is None or not isinstance(call.func, ast.Name):
            continue
        function = functions.get(call.func.id)
        if function is None or used[call.func.id] != 1 or not _is_mixed(function.tree, judge):
            continue
        others = [s for s in sequence if s is not statement and s is not function]
        body = unfold(statement, function, call, others, lines)
        if body is not None:
            return [s for s in (*sequence[:index], *body, *sequence[index + 1 :]) if s is not function]
    return _unfold_method(sequence, classes, judge, lines)


def _unfoldable(tree: ast.stmt) -> ast.Call | None:
    """Return the call that a statement consists of: `f(x)`, `y = f(x)`, `a, b = f(x)`, `sys.exit(f())`."""
    value = tree.value if isinstance(tree, ast.Expr | ast.Assign) else None
    if isinstance(value, ast.Call) and ast.unparse(value.func) in {"sys.exit", "exit"} and len(value.args) == 1:
        value = value.args[0]
    if isinstance(tree, ast.Assign) and len(tree.targets) != 1:
        return None
    return value if isinstance(value, ast.Call) else None


def _is_mixed(function: ast.stmt, judge: Judge) -> bool:
    """Whether a function does more than one of the three steps do."""
    roles = {role for statement in getattr(function, "body", []) for role in judge.roles(statement)}
    model = roles & {Role.INFER, Role.TRAIN, Role.LOAD_MODEL, Role.WEAK_INFER}
    return bool(model) and bool(roles & {Role.READ, Role.WRITE, Role.SAVE_MODEL})


def unfold(
    statement: Statement, function: Statement, call: ast.Call, others: list[Statement], lines: Lines
) -> list[Statement] | None:
    """Return the body of a function in place of the one statement that calls it; None if that is not safe."""
    node, tree = function.node, function.tree
    if (
        not isinstance(node, cst.FunctionDef)
        or not isinstance(tree, ast.FunctionDef)
        or not isinstance(node.body, cst.IndentedBlock)
    ):
        return None
    if tree.decorator_list or not _ends_with_its_only_return(tree):
        return None
    bindings = _bindings(tree, call)
    if bindings is None:
        return None
    inner = names.of(tree.body)
    declared = {n for s in ast.walk(tree) if isinstance(s, ast.Global) for n in s.names}
    local = (inner.binds | set(bindings)) - declared
    taken = {n for s in others for n in s.names.reads | s.names.binds} | set().union(
        *(names.of(a).reads for a in call.args), set()
    )
    renamed: dict[str, str] = {}
    assigned: list[tuple[str, str]] = []
    for parameter, argument in bindings.items():
        is_name = argument.isidentifier() and argument not in {"None", "True", "False"}
        if is_name and parameter not in inner.binds:
            if parameter != argument:
                renamed[parameter] = argument
        elif parameter in taken:
            new = _unused(f"{parameter}_", taken | local, tree.name)
            renamed[parameter] = new
            assigned.append((new, argument))
        else:
            assigned.append((parameter, argument))
    replaced = set(renamed.values())
    targets = _target_names(statement.tree)
    returned = _returned(tree)
    for name in sorted(inner.binds - set(bindings) - declared):
        if name in taken or name in replaced:
            if targets and name in (returned or []) and targets[(returned or []).index(name)] == name:
                continue
            renamed[name] = _unused(f"{name}_", taken | local, tree.name)
    # What it returns takes the name that it gets outside, where that is free within.
    if targets and returned and len(targets) == len(returned) and len(set(returned)) == len(returned):
        for target, name in zip(targets, returned, strict=True):
            if name in local and name not in bindings and target not in (local | inner.reads) - {name}:
                renamed[name] = target
    body = _sequence(node.body.body, lines)
    if body and _is_docstring(body[0].tree):
        body = body[1:]
    found = [Statement(cst.parse_statement(f"{name} = {argument}"), statement.lines) for name, argument in assigned]
    for inner_statement in body:
        if isinstance(inner_statement.tree, ast.Global):
            continue
        if isinstance(inner_statement.tree, ast.Return):
            last = _return(statement, inner_statement, renamed)
            found += [last] if last else []
        else:
            found.append(_renamed(inner_statement, renamed))
    if targets and not (body and isinstance(body[-1].tree, ast.Return)):
        return None
    return _led_by(found, statement.node.leading_lines)


def _unused(stem: str, taken: set[str], function: str) -> str:
    candidate = f"{function}_{stem}".rstrip("_")
    while candidate in taken:
        candidate += "_"
    return candidate


def _ends_with_its_only_return(tree: ast.FunctionDef) -> bool:
    returns = [n for n in _own(tree) if isinstance(n, ast.Return)]
    if any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Await) for n in _own(tree)):
        return False
    return not returns or (len(returns) == 1 and tree.body[-1] is returns[0])


def _own(function: ast.AST) -> Iterable[ast.AST]:
    """Walk a function without the functions within it."""
    stack = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack += ast.iter_child_nodes(node)


def _bindings(tree: ast.FunctionDef, call: ast.Call) -> dict[str, str] | None:
    """Return the text of the argument of each parameter; None if they cannot be told."""
    arguments = tree.args
    if (
        arguments.vararg
        or arguments.kwarg
        or any(isinstance(a, ast.Starred) for a in call.args)
        or any(k.arg is None for k in call.keywords)
    ):
        return None
    parameters = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    keyword_only = [a.arg for a in arguments.kwonlyargs]
    if len(call.args) > len(parameters):
        return None
    bound = dict(zip(parameters, (ast.unparse(a) for a in call.args), strict=False))
    bound.update({k.arg: ast.unparse(k.value) for k in call.keywords if k.arg})
    for parameter, default in zip(parameters[::-1], arguments.defaults[::-1], strict=False):
        bound.setdefault(parameter, ast.unparse(default))
    for parameter, keyword_default in zip(keyword_only, arguments.kw_defaults, strict=True):
        if keyword_default is not None:
            bound.setdefault(parameter, ast.unparse(keyword_default))
    return bound if set(bound) == set(parameters) | set(keyword_only) else None


def _target_names(tree: ast.stmt) -> list[str] | None:
    """Return the plain names that a statement assigns to."""
    if not isinstance(tree, ast.Assign):
        return None
    target = tree.targets[0]
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return [p.id for p in parts if isinstance(p, ast.Name)] if all(isinstance(p, ast.Name) for p in parts) else None


def _returned(tree: ast.FunctionDef) -> list[str] | None:
    """Return the plain names that a function returns."""
    last = tree.body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        return None
    parts = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
    return [p.id for p in parts if isinstance(p, ast.Name)] if all(isinstance(p, ast.Name) for p in parts) else None


def _return(statement: Statement, last: Statement, renamed: dict[str, str]) -> Statement | None:
    """Return what becomes of `return value`: an assignment, or nothing where it would assign a name to itself."""
    value = _renamed(last, renamed).tree
    assert isinstance(value, ast.Return)
    if not isinstance(statement.tree, ast.Assign):
        # Its value is dropped by the caller; a call within it still happens.
        if value.value is None or not any(isinstance(n, ast.Call) for n in ast.walk(value.value)):
            return None
        return Statement(cst.parse_statement(ast.unparse(value.value)), last.lines)
    target = ast.unparse(statement.tree.targets[0]).strip("()")
    expression = (
        "None"
        if value.value is None
        else ast.unparse(value.value).removeprefix("(").removesuffix(")")
        if isinstance(value.value, ast.Tuple)
        else ast.unparse(value.value)
    )
    if target == expression:
        return None
    return Statement(cst.parse_statement(f"{target} = {expression}"), last.lines)


class _Renamer(cst.CSTTransformer):
    def __init__(self, new: dict[str, str]) -> None:
        super().__init__()
        self._new = new
        self._aside = 0

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        del node
        self._aside += 1

    def leave_Attribute_attr(self, node: cst.Attribute) -> None:
        del node
        self._aside -= 1

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        del node
        self._aside += 1

    def leave_Arg_keyword(self, node: cst.Arg) -> None:
        del node
        self._aside -= 1

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if self._aside or original_node.value not in self._new:
            return updated_node
        return cst.parse_expression(self._new[original_node.value])


def _renamed(statement: Statement, new: dict[str, str]) -> Statement:
    if not new:
        return statement
    node = statement.node.visit(_Renamer(new))
    assert isinstance(node, cst.BaseStatement)
    return statement.with_node(node)


def _unfold_method(
    sequence: list[Statement], classes: dict[str, Statement], judge: Judge, lines: Lines
) -> list[Statement] | None:
    """Unfold `Model().run()` and `model.run()`: the one call of a method that mixes the steps."""
    program = ast.Module([s.tree for s in sequence], [])
    attributes = Counter(n.attr for n in ast.walk(program) if isinstance(n, ast.Attribute))
    instances = {
        t: s.tree.value.func.id
        for s in sequence
        if isinstance(s.tree, ast.Assign)
        and isinstance(s.tree.value, ast.Call)
        and isinstance(s.tree.value.func, ast.Name)
        and s.tree.value.func.id in classes
        for t in (_target_names(s.tree) or [])
    }
    for index, statement in enumerate(sequence):
        call = _unfoldable(statement.tree)
        if call is None or not isinstance(call.func, ast.Attribute):
            continue
        owner = call.func.value
        made: Statement | None = None
        if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id in classes:
            name = _instance_name(owner.func.id, {n for s in sequence for n in s.names.reads | s.names.binds})
            made = Statement(cst.parse_statement(f"{name} = {ast.unparse(owner)}"), statement.lines)
            klass = owner.func.id
        elif isinstance(owner, ast.Name) and owner.id in instances:
            name, klass = owner.id, instances[owner.id]
        else:
            continue
        method = _method(classes[klass], call.func.attr)
        if method is None or attributes[call.func.attr] != 1:
            continue
        function = Statement(method, classes[klass].lines)
        if not _is_mixed(function.tree, judge) or not _is_plain_method(function.tree):
            continue
        self_name = function.tree.args.args[0].arg  # type: ignore[attr-defined]
        with_self = ast.Call(call.func, [ast.Name(name, ast.Load()), *call.args], call.keywords)
        if self_name in names.of(function.tree.body).binds:  # type: ignore[attr-defined]
            continue
        others = [s for s in sequence if s is not statement]
        body = unfold(statement, function, with_self, others, lines)
        if body is None:
            continue
        without = _without_method(classes[klass], call.func.attr)
        replaced = [without if s is classes[klass] else s for s in sequence]
        before = _led_by([made], []) if made else []
        return [*replaced[:index], *before, *body, *replaced[index + 1 :]]
    return None


def _instance_name(klass: str, taken: set[str]) -> str:
    """Return a name for the instance of a class: `churn_model` of `ChurnModel`."""
    name = "".join(
        f"_{c.lower()}" if c.isupper() and i and not klass[i - 1].isupper() else c.lower() for i, c in enumerate(klass)
    )
    while name in taken or name == klass:
        name += "_"
    return name


def _method(klass: Statement, name: str) -> cst.FunctionDef | None:
    body = klass.node.body.body if isinstance(klass.node, cst.ClassDef) else []
    return next((m for m in body if isinstance(m, cst.FunctionDef) and m.name.value == name), None)


def _without_method(klass: Statement, name: str) -> Statement:
    node = klass.node
    assert isinstance(node, cst.ClassDef)
    body = [m for m in node.body.body if not (isinstance(m, cst.FunctionDef) and m.name.value == name)]
    rest = body or [cst.parse_statement("pass")]
    return klass.with_node(node.with_changes(body=node.body.with_changes(body=rest)))


def _is_plain_method(tree: ast.stmt) -> bool:
    """Whether a method means the same outside of its class: no super(), no private names."""
    assert isinstance(tree, ast.FunctionDef)
    private = any(
        isinstance(n, ast.Attribute) and n.attr.startswith("__") and not n.attr.endswith("__") for n in ast.walk(tree)
    )
    special = any(isinstance(n, ast.Name) and n.id in {"super", "__class__"} for n in ast.walk(tree))
    return not private and not special and not tree.decorator_list and bool(tree.args.args)


def _sorted(source: Source, sequence: list[Statement]) -> Program:
    """Tell imports, definitions and constants from what must run in order."""
    program = Program(source)
    bound = Counter(name for s in sequence for name in s.names.binds)
    seen: dict[str, str] = {}
    trees = ast.Module([s.tree for s in sequence], [])
    changed = _changed_in_place(trees)
    globals_ = {n for s in sequence for n in s.names.globals}
    fixed: set[str] = set()
    for statement in sequence:
        tree = statement.tree
        if _is_import(tree):
            code = ast.unparse(tree)
            if all(seen.get(name) == code for name in statement.names.binds):
                continue
            if all(bound[name] == 1 or _same_import(name, code, sequence) for name in statement.names.binds):
                seen.update(dict.fromkeys(statement.names.binds, code))
                program.imports.append(statement)
                fixed |= statement.names.binds
                continue
        elif isinstance(tree, ast.Expr | ast.Assign) and "sys.path" in ast.unparse(tree):
            program.imports.append(statement)
            continue
        elif isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if bound[tree.name] == 1 and tree.name not in globals_:
                program.definitions[tree.name] = statement
                continue
        elif isinstance(tree, ast.Assign) and _is_literal(tree.value):
            target = _target_names(tree)
            if target and len(target) == 1 and bound[target[0]] == 1 and target[0] not in changed | globals_:
                program.constants[target[0]] = statement
        program.statements.append(statement)
    _return_to_sequence(program, sequence)
    return program


def _same_import(name: str, code: str, sequence: list[Statement]) -> bool:
    """Whether everything that binds a name is this import."""
    return all(ast.unparse(s.tree) == code for s in sequence if name in s.names.binds)


def _return_to_sequence(program: Program, sequence: list[Statement]) -> None:
    """Keep in order what reads variables when it is defined: a default, a decorator, a base class, a class's own code."""
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
    assert isinstance(tree, names.FUNCTIONS)
    return names.of([*tree.decorator_list, *tree.args.defaults, *(d for d in tree.args.kw_defaults if d)]).reads


def _is_import(tree: ast.stmt) -> bool:
    if isinstance(tree, ast.Import | ast.ImportFrom):
        return True
    # try: import a / except ImportError: import b
    return isinstance(tree, ast.Try) and all(
        isinstance(s, ast.Import | ast.ImportFrom | ast.Pass)
        for s in (*tree.body, *(s for h in tree.handlers for s in h.body), *tree.orelse, *tree.finalbody)
    )


def _is_literal(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return all(_is_literal(v) for v in value.elts)
    if isinstance(value, ast.Dict):
        return all(k is not None and _is_literal(k) for k in value.keys) and all(_is_literal(v) for v in value.values)
    if isinstance(value, ast.UnaryOp):
        return _is_literal(value.operand)
    return isinstance(value, ast.BinOp) and _is_literal(value.left) and _is_literal(value.right)


def _changed_in_place(tree: ast.AST) -> set[str]:
    """Return the names whose objects may be changed: by a method, an item, or as somebody's argument."""
    changed: set[str] = set()
    mutable = {
        t
        for n in ast.walk(tree)
        if isinstance(n, ast.Assign) and isinstance(n.value, ast.List | ast.Dict | ast.Set)
        for t in names.targets(n)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign | ast.Delete | ast.Subscript) and not (
            isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
        ):
            changed |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            changed.add(node.value.id)
        elif isinstance(node, ast.Assign):
            # Another name for the same object.
            changed |= {n.id for n in [node.value] if isinstance(n, ast.Name)}
        elif isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name)
            and node.func.id
            in {
                "len",
                "print",
                "sorted",
                "range",
                "enumerate",
                "list",
                "set",
                "dict",
                "tuple",
                "zip",
                "sum",
                "min",
                "max",
            }
        ):
            changed |= {
                a.id for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Name)
            } & mutable
    return changed & mutable | {
        n.id for d in ast.walk(tree) if isinstance(d, ast.Delete) for n in d.targets if isinstance(n, ast.Name)
    }
