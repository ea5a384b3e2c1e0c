"""Unfolding: the body of a guard, a function or a method in place of the one statement that runs it."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import libcst as cst

from sagelift.legacy import blocks, names, statements
from sagelift.legacy.blocks import Note
from sagelift.legacy.roles import Judge, Role, constructors
from sagelift.legacy.statements import EMPTY, Lines, Statement

GUARDS = {"__name__ == '__main__'", "'__main__' == __name__", "__name__ in ['__main__']", "__name__ in ('__main__',)"}
EXITS = {"SystemExit", "exit", "quit", "sys.exit"}
SUCCESSES = EXITS | {f"{name}{arguments}" for name in EXITS for arguments in ("()", "(0)")}
# What a function does for a model, the clearest first; the weaker ones count only where the clearer ones are not found.
MODEL_ROLES = (
    {Role.INFER, Role.TRAIN, Role.LOAD_MODEL, Role.WEAK_INFER},
    {Role.TRANSFORM},
    {Role.COMPUTE},
    {Role.CALCULATE},
)
OTHER_ROLES = {Role.READ, Role.WRITE, Role.SAVE_MODEL}
# What these see depends on the function in which they stand.
SCOPE_DEPENDENT = {"__class__", "dir", "eval", "exec", "locals", "super", "vars"}


def unfold(
    sequence: list[Statement], lines: Lines, beside: Mapping[str, ast.stmt], limit: int, notes: list[Note]
) -> list[Statement]:
    """Unfold the main guard, and what mixes the model with reading or reporting: calls made once, blocks around it.

    Args:
        sequence: The statements of a script in the order of execution.
        lines: Tells the first and last line of a node.
        beside: The functions and classes of the modules beside the script, by the names that it calls them.
        limit: How many calls and blocks to unfold at most.
        notes: Gets what is different then where something goes wrong.
    """
    sequence = _without_guard(sequence, lines)
    for _ in range(limit):
        script = _Script(sequence, beside, notes)
        unfolded = _without_a_call(script, lines) or _without_a_block(script, lines) or _with_a_result(script)
        if unfolded is None:
            break
        sequence = _without_guard(unfolded, lines)
    return _without_last_exit(sequence)


def _without_guard(sequence: list[Statement], lines: Lines) -> list[Statement]:
    """Unfold `if __name__ == "__main__":`, which holds in every part."""
    index = 0
    while index < len(sequence):
        statement = sequence[index]
        if isinstance(statement.tree, ast.If) and ast.unparse(statement.tree.test) in GUARDS:
            body = statements.block(statement, lines)
            sequence = statements.replace(sequence, index, body, statements.footer(statement))
        else:
            index += 1
    return sequence


def _without_last_exit(sequence: list[Statement]) -> list[Statement]:
    """Let the script end by itself: `sys.exit(main())` at its end becomes `main()`."""
    if not sequence:
        return sequence
    last = sequence[-1]
    code = _exit_code(last.tree)
    if isinstance(code, ast.Call):
        return [*sequence[:-1], statements.parse(ast.unparse(code), last.lines).led_by(last.leading_lines)]
    return sequence[:-1] if ast.unparse(last.tree).removeprefix("raise ") in SUCCESSES else sequence


def _exit_code(tree: ast.stmt) -> ast.expr | None:
    """Return what a statement hands to `sys.exit`."""
    value = tree.value if isinstance(tree, ast.Expr) else tree.exc if isinstance(tree, ast.Raise) else None
    if isinstance(value, ast.Call) and ast.unparse(value.func) in EXITS and len(value.args) == 1:
        return value.args[0]
    return None


def _call(tree: ast.stmt) -> ast.Call | None:
    """Return the call that a statement consists of: `f(x)`, `y = f(x)`, `a, b = f(x)`, `sys.exit(f())`."""
    if isinstance(tree, ast.Assign):
        value: ast.expr | None = tree.value if len(tree.targets) == 1 else None
    else:
        value = _exit_code(tree) or (tree.value if isinstance(tree, ast.Expr) else None)
    return value if isinstance(value, ast.Call) else None


def _without_a_call(script: "_Script", lines: Lines) -> list[Statement] | None:
    """Unfold the first call that should and can be; None if there is none."""
    for index, statement in enumerate(script.sequence):
        call = _call(statement.tree)
        if call is None:
            continue
        if isinstance(call.func, ast.Name):
            unfolded = _without_function(script, index, call, call.func.id, lines)
        elif isinstance(call.func, ast.Attribute):
            unfolded = _without_method(script, index, call, call.func, lines)
        else:
            continue
        if unfolded is not None:
            return unfolded
    return None


def _without_a_block(script: "_Script", lines: Lines) -> list[Statement] | None:
    """Unfold the first block that should and can be; None if there is none."""
    for index, statement in enumerate(script.sequence):
        tree = statement.tree
        if not isinstance(tree, ast.If | ast.Try | ast.With) or not script.is_mixed(tree.body):
            continue
        if isinstance(tree, ast.If) and script.uses_model(tree.orelse):
            continue
        opened = blocks.open_up(statement, lines, is_last=index + 1 == len(script.sequence))
        if opened is not None:
            script.notes += [opened.note] if opened.note else []
            return statements.replace(script.sequence, index, opened.body, statements.footer(statement))
    return None


def _with_a_result(script: "_Script") -> list[Statement] | None:
    """Give the result of a call a name where it is printed at once, so that the call can be unfolded."""
    for index, statement in enumerate(script.sequence):
        call = statement.tree.value if isinstance(statement.tree, ast.Expr) else None
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != "print" or call.keywords:
            continue
        inner = [(i, a) for i, a in enumerate(call.args) if not isinstance(a, ast.Constant)]
        match inner:
            case [(at, ast.Call(func=ast.Name(id=name)) as made)] if (
                script.reads[name] == 1 and name in script.functions
            ):
                body = script.functions[name].tree.body  # type: ignore[attr-defined]
                if not script.is_mixed(body):
                    continue
                result = _free_name("result", script.names_but())
                line = cst.ensure_type(statement.node, cst.SimpleStatementLine)
                printed = cst.ensure_type(cst.ensure_type(line.body[0], cst.Expr).value, cst.Call)
                node = line.deep_replace(printed.args[at].value, cst.Name(result))
                first = statements.parse(f"{result} = {ast.unparse(made)}", statement.lines)
                both = [first, statement.with_node(node).led_by([])]  # type: ignore[arg-type]
                return statements.replace(script.sequence, index, both)
    return None


def _free_name(stem: str, taken: set[str]) -> str:
    while stem in taken:
        stem += "_"
    return stem


class _Script:
    """What must be known of a whole script to unfold a part of it."""

    def __init__(self, sequence: list[Statement], beside: Mapping[str, ast.stmt], notes: list[Note]) -> None:
        self.sequence = sequence
        self.notes = notes
        self.functions = {s.tree.name: s for s in sequence if isinstance(s.tree, ast.FunctionDef)}
        self.classes = {s.tree.name: s for s in sequence if isinstance(s.tree, ast.ClassDef)}
        program = ast.Module([s.tree for s in sequence], [])
        definitions = {name: s.tree for name, s in {**self.functions, **self.classes}.items()}
        self._judge = Judge({**beside, **definitions}, constructors(program))
        nodes = list(ast.walk(program))
        self.reads = Counter(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
        self.attributes = Counter(n.attr for n in nodes if isinstance(n, ast.Attribute))
        self.binds = Counter(name for s in sequence for name in s.names.binds)
        # Definitions speak for themselves here: what is never called does not count, but nearly all is.
        roles = {role for s in sequence for inner in _bodies(s.tree) for role in self._judge.roles(inner)}
        self._model_roles = next((tier for tier in MODEL_ROLES if roles & tier), set())

    def is_mixed(self, body: Iterable[ast.stmt]) -> bool:
        """Return whether the body of a function, or a block, does more than one of the three steps do."""
        roles = {role for statement in body for role in self._judge.roles(statement)}
        if not self._model_roles:
            return {Role.READ, Role.WRITE} <= roles
        return bool(roles & self._model_roles) and bool(roles & OTHER_ROLES)

    def uses_model(self, body: Iterable[ast.stmt]) -> bool:
        """Return whether something in a block is done for the model."""
        return any(self._judge.roles(statement) & self._model_roles for statement in body)

    def names_of_definitions(self, *without: Statement) -> names.Names:
        """Return what the other functions and classes read, and bind, of the variables of the script."""
        left_out = {id(s) for s in without}
        others = [s for s in (*self.functions.values(), *self.classes.values()) if id(s) not in left_out]
        return names.Names(
            reads={name for s in others for name in s.names.reads},
            globals={name for s in others for name in s.names.globals},
        )

    def names_but(self, *without: Statement) -> set[str]:
        """Return all names that the script uses outside of these statements."""
        left_out = {id(s) for s in without}
        return {
            name
            for s in self.sequence
            if id(s) not in left_out
            for name in s.names.reads | s.names.binds | s.names.globals
        }


def _bodies(tree: ast.stmt) -> list[ast.stmt]:
    if isinstance(tree, ast.ClassDef):
        return [inner for item in tree.body for inner in _bodies(item)]
    return tree.body if isinstance(tree, names.FUNCTIONS) else [tree]


def _without_function(script: _Script, index: int, call: ast.Call, name: str, lines: Lines) -> list[Statement] | None:
    function = script.functions.get(name)
    if function is None or script.reads[name] != 1 or script.binds[name] != 1:
        return None
    statement = script.sequence[index]
    tree = function.tree
    if not isinstance(tree, ast.FunctionDef) or not script.is_mixed(tree.body):
        return None
    taken = script.names_but(statement, function)
    is_end = index + 1 == len(script.sequence) and not isinstance(statement.tree, ast.Assign)
    fails = is_end and blocks.may_fail_early(tree)
    body = _body(statement, function, call, taken, script.names_of_definitions(function), lines, fails_early=fails)
    if body is None:
        return None
    script.notes += [blocks.early_return(function, name)] if fails else []
    unfolded = statements.replace(script.sequence, index, body, statements.footer(function))
    return [s for s in unfolded if s.node is not function.node]


def _without_method(
    script: _Script, index: int, call: ast.Call, attribute: ast.Attribute, lines: Lines
) -> list[Statement] | None:
    """Unfold `Model().run()` and `model.run()`: the one call of a method that mixes the steps."""
    statement = script.sequence[index]
    made: list[Statement] = []
    owner = attribute.value
    if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id in script.classes:
        klass = script.classes[owner.func.id]
        name = _instance_name(owner.func.id, script.names_but())
        made = [statements.parse(f"{name} = {ast.unparse(owner)}", statement.lines)]
    elif isinstance(owner, ast.Name) and (found := _class_of(owner.id, script)):
        klass, name = found, owner.id
    else:
        return None
    method = next((m for m in _methods(klass) if m.name.value == attribute.attr), None)
    if method is None or script.attributes[attribute.attr] != 1:
        return None
    function = Statement(method, klass.lines)
    tree = function.tree
    if not isinstance(tree, ast.FunctionDef) or not script.is_mixed(tree.body) or not _is_plain(tree):
        return None
    with_self = ast.Call(call.func, [ast.Name(name, ast.Load()), *call.args], call.keywords)
    taken = script.names_but(statement) | {name}
    body = _body(statement, function, with_self, taken, script.names_of_definitions(), lines)
    if body is None:
        return None
    unfolded = statements.replace(script.sequence, index, [*made, *body])
    return [_without(s, method) if s.node is klass.node else s for s in unfolded]


def _class_of(instance: str, script: _Script) -> Statement | None:
    """Return the class of a variable that is bound once, to an instance of a class of the script."""
    if script.binds[instance] != 1:
        return None
    for s in script.sequence:
        tree = s.tree
        if (
            isinstance(tree, ast.Assign)
            and isinstance(tree.value, ast.Call)
            and isinstance(tree.value.func, ast.Name)
            and instance in names.targets(tree)
        ):
            return script.classes.get(tree.value.func.id)
    return None


def _instance_name(klass: str, taken: set[str]) -> str:
    """Return a name for the instance of a class: `churn_model` of `ChurnModel`."""
    name = "".join(
        f"_{c.lower()}" if c.isupper() and i and not klass[i - 1].isupper() else c.lower() for i, c in enumerate(klass)
    )
    return _free_name(name, taken)


def _methods(klass: Statement) -> list[cst.FunctionDef]:
    body = klass.node.body.body if isinstance(klass.node, cst.ClassDef) else ()
    return [m for m in body if isinstance(m, cst.FunctionDef)]


def _without(klass: Statement, method: cst.FunctionDef) -> Statement:
    body: cst.BaseSuite = klass.node.body  # type: ignore[attr-defined]
    rest = [m for m in body.body if m is not method] or [cst.parse_statement("pass")]
    return klass.with_node(klass.node.with_changes(body=body.with_changes(body=rest)))


def _is_plain(method: ast.FunctionDef) -> bool:
    """Whether a method means the same outside of its class: it has no private names, and keeps its first argument."""
    private = any(
        isinstance(n, ast.Attribute) and n.attr.startswith("__") and not n.attr.endswith("__") for n in ast.walk(method)
    )
    first = method.args.args[0].arg if method.args.args else ""
    return bool(first) and not private and first not in names.of(method.body).binds


def _body(  # noqa: PLR0913, PLR0917 - what calls, what is called, and what is around them
    statement: Statement,
    function: Statement,
    call: ast.Call,
    taken: set[str],
    others: names.Names,
    lines: Lines,
    *,
    fails_early: bool = False,
) -> list[Statement] | None:
    """Return the body of a function in place of the one statement that calls it; None if that is not safe.

    Args:
        statement: What calls the function.
        function: What is called.
        call: The call.
        taken: The names that the rest of the script uses.
        others: What other functions read and bind of the variables of the script, while this one may call them.
        lines: Tells the first and last line of a node.
        fails_early: Whether it is to fail where it returns before its end.
    """
    tree = function.tree
    if not isinstance(tree, ast.FunctionDef) or not (_is_plain_scope(tree) and (fails_early or _is_straight(tree))):
        return None
    bindings = _bindings(tree, call)
    if bindings is None:
        return None
    naming = _Naming(tree, bindings, taken | names.of([*call.args, *call.keywords]).reads, others, statement.tree)
    body = [s for s in statements.block(function, lines) if not isinstance(s.tree, ast.Global)]
    if not _can_rename(tree, naming.renamed):
        return None
    body = blocks.failing_early(body, tree.name) if fails_early else body
    found = [statements.parse(f"{name} = {argument}", statement.lines) for name, argument in naming.assigned.items()]
    returns = bool(body) and isinstance(body[-1].tree, ast.Return)
    if isinstance(statement.tree, ast.Assign) and not returns:
        return None
    found += [_renamed(s, naming.renamed) for s in (body[:-1] if returns else body)]
    if returns:
        found += _result(statement, _renamed(body[-1], naming.renamed))
    return found


def _is_plain_scope(tree: ast.FunctionDef) -> bool:
    """Whether the code of a function means the same outside of it."""
    odd = any(
        isinstance(n, ast.Yield | ast.YieldFrom | ast.Await | ast.Nonlocal)
        or (isinstance(n, ast.Name) and n.id in SCOPE_DEPENDENT)
        for n in ast.walk(tree)
    )
    return not odd and not tree.decorator_list


def _is_straight(tree: ast.FunctionDef) -> bool:
    """Whether a function runs to its end."""
    returns = [n for n in _own(tree) if isinstance(n, ast.Return)]
    return not returns or (len(returns) == 1 and tree.body[-1] is returns[0])


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """Walk a function without the scopes within it."""
    stack = list(ast.iter_child_nodes(function))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, names.SCOPES):
            stack += ast.iter_child_nodes(node)


def _bindings(tree: ast.FunctionDef, call: ast.Call) -> dict[str, str] | None:
    """Return the text of the argument of each parameter; None if they cannot be told."""
    arguments = tree.args
    starred = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
    parameters = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    if arguments.vararg or arguments.kwarg or starred or len(call.args) > len(parameters):
        return None
    bound = dict(zip(parameters, (ast.unparse(a) for a in call.args), strict=False))
    bound.update({k.arg: ast.unparse(k.value) for k in call.keywords if k.arg})
    defaults = [
        *zip(parameters[::-1], arguments.defaults[::-1], strict=False),
        *zip((a.arg for a in arguments.kwonlyargs), arguments.kw_defaults, strict=True),
    ]
    for parameter, default in defaults:
        if default is not None:
            bound.setdefault(parameter, ast.unparse(default))
    return bound if set(bound) == {*parameters, *(a.arg for a in arguments.kwonlyargs)} else None


class _Naming:
    """The names that the local variables of a function get outside of it.

    Attributes:
        renamed: The new names, by the old ones.
        assigned: The parameters that must be bound first, under their new names, and the text of their arguments.
    """

    def __init__(
        self,
        tree: ast.FunctionDef,
        bindings: Mapping[str, str],
        taken: set[str],
        others: names.Names,
        caller: ast.stmt,
    ) -> None:
        inner = names.of(tree.body)
        declared = {n for s in ast.walk(tree) if isinstance(s, ast.Global) for n in s.names}
        self._function = tree.name
        self._local = (inner.binds | set(bindings)) - declared
        self._taken = taken
        self.renamed: dict[str, str] = {}
        self.assigned: dict[str, str] = {}
        self._name_parameters(bindings, inner.binds | declared | others.globals)
        # What is bound earlier than it was must not be seen by what is called in between.
        outside = _target_names(caller) if isinstance(caller, ast.Assign) else []
        returned = _returned(tree)
        pairs = list(zip(returned, outside, strict=True)) if len(outside) == len(returned) == len(set(returned)) else []
        seen = others.reads | others.globals
        same = {name for name, target in pairs if name == target} - seen
        for name in sorted(inner.binds - set(bindings) - declared - same):
            if name in taken or name in self.renamed.values():
                self.renamed[name] = self._unused(name)
        # What it returns takes the name that it gets outside, where that is free within.
        for name, target in pairs:
            busy = (self._local | inner.reads | set(self.renamed.values())) - {self.renamed.get(name)}
            if name in self._local - set(bindings) and target not in busy | seen:
                self.renamed[name] = target

    def _name_parameters(self, bindings: Mapping[str, str], rebound: set[str]) -> None:
        for parameter, argument in bindings.items():
            is_variable = argument.isidentifier() and argument not in {"None", "True", "False"}
            if is_variable and parameter not in rebound and argument not in rebound:
                if parameter != argument:
                    self.renamed[parameter] = argument
            elif parameter in self._taken:
                self.renamed[parameter] = self._unused(parameter)
                self.assigned[self.renamed[parameter]] = argument
            else:
                self.assigned[parameter] = argument

    def _unused(self, name: str) -> str:
        candidate = f"{self._function}_{name}".strip("_")
        while candidate in self._taken | self._local:
            candidate += "_"
        return candidate


def _target_names(tree: ast.Assign) -> list[str]:
    """Return the plain names that a statement assigns to; none if there are others."""
    return _plain_names(tree.targets[0])


def _returned(tree: ast.FunctionDef) -> list[str]:
    """Return the plain names that a function returns; none if it returns something else."""
    last = tree.body[-1]
    return _plain_names(last.value) if isinstance(last, ast.Return) and last.value else []


def _plain_names(expression: ast.expr) -> list[str]:
    parts = expression.elts if isinstance(expression, ast.Tuple) else [expression]
    found = [p.id for p in parts if isinstance(p, ast.Name)]
    return found if len(found) == len(parts) else []


def _result(statement: Statement, last: Statement) -> list[Statement]:
    """Return what becomes of `return value`: an assignment, or nothing where it would bind a name to itself."""
    node = last.node
    returned = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    value = returned.value if isinstance(returned, cst.Return) else None
    caller = statement.node.body[0] if isinstance(statement.node, cst.SimpleStatementLine) else None
    if isinstance(caller, cst.Assign):
        targets = [EMPTY.code_for_node(target.target) for target in caller.targets]
        if value is not None and targets == [EMPTY.code_for_node(value)]:
            return []
        small: cst.BaseSmallStatement = caller.with_changes(value=value or cst.Name("None"))
    elif value is not None and any(isinstance(n, ast.Call) for n in ast.walk(last.tree)):
        # Its value is dropped by the caller; a call within it still happens.
        small = cst.Expr(value)
    else:
        return []
    return [last.with_node(node.with_changes(body=[small]))]


def _can_rename(tree: ast.FunctionDef, renamed: Mapping[str, str]) -> bool:
    """Whether no text names these variables, and no function within has parameters of these names."""
    parameters = {n.arg for inner in ast.walk(tree) if inner is not tree.args for n in _arguments(inner)}
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    named = {name for text in texts for name in names.in_text(text)}
    return not (parameters | named) & set(renamed)


def _arguments(node: ast.AST) -> Iterable[ast.arg]:
    if not isinstance(node, ast.arguments):
        return []
    return [*node.posonlyargs, *node.args, *node.kwonlyargs, *(a for a in (node.vararg, node.kwarg) if a)]


class _Renamer(cst.CSTTransformer):
    """Renames variables; attributes and keywords of calls are none."""

    def __init__(self, new: Mapping[str, str]) -> None:
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

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if self._aside or original_node.value not in self._new:
            return updated_node
        return updated_node.with_changes(value=self._new[original_node.value])


def _renamed(statement: Statement, new: Mapping[str, str]) -> Statement:
    return statement.with_node(statement.node.visit(_Renamer(new))) if new else statement  # type: ignore[arg-type]
