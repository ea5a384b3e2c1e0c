"""How statements are moved and divided so that a program can be cut, without a difference to its results."""

import ast
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from sagelift.legacy import names, statements
from sagelift.legacy.effects import Effects
from sagelift.legacy.program import Program
from sagelift.legacy.roles import Role, called
from sagelift.legacy.statements import EMPTY, Statement

MODEL = {Role.INFER, Role.LOAD_MODEL, Role.TRAIN}
# Constructors of what holds data, not of models.
DATA_CLASSES = {"DataFrame", "ExcelFile", "ExcelWriter", "Path", "Series"}
# Where what stands within is evaluated later, more than once, or perhaps not at all.
OTHER_TIMES = (ast.Lambda, *names.COMPREHENSIONS, ast.IfExp, ast.BoolOp, ast.Await)

# What methods of models return, where it is no predictions.
RESULTS = {
    "cross_val_score": "scores", "decision_function": "decisions", "evaluate": "score", "fit": "fitted",
    "fit_transform": "transformed", "forecast": "forecast", "get_forecast": "forecast", "kneighbors": "neighbors",
    "predict_log_proba": "log_probabilities", "predict_proba": "probabilities", "score": "score", "summary": "summary",
    "transform": "transformed",
}  # fmt: skip
# Names that say no more of a model than that it is one.
MODEL_NAMES = {"classifier", "clf", "est", "estimator", "mdl", "model", "reg", "regressor", "self"}


class Span(NamedTuple):
    """Statements, and the indices of the first one of predict and of the one after its last."""

    statements: list[Statement]
    first: int
    end: int


def divide_reports(program: Program, found: Sequence[Statement], wanted: set[Role], *, every: bool) -> list[Statement]:
    """Take the calls of these roles out of the statements that report on them: `print(model.predict(X))`.

    Args:
        program: The program.
        found: Its statements.
        wanted: The roles.
        every: Whether to do so for every statement, or for the last one alone.
    """
    having = [i for i, s in enumerate(found) if program.judge.roles(s.tree) & wanted]
    chosen = set(having if every else having[-1:])
    divided: list[Statement] = []
    for index, statement in enumerate(found):
        rest = found[index:]
        divided += _divided(program, [*divided, *rest], statement, wanted) if index in chosen else [statement]
    return divided


def _divided(program: Program, found: Sequence[Statement], statement: Statement, wanted: set[Role]) -> list[Statement]:
    tree = statement.tree
    if not isinstance(tree, ast.Expr | ast.Assign) or not isinstance(tree.value, ast.Call):
        return [statement]
    call = _early_call(tree.value, program, wanted)
    if call is None or call is tree.value:
        return [statement]
    name = unused(_result(call), program, found)
    first = statements.parse(f"{name} = {ast.unparse(call)}", statement.lines).led_by(statement.leading_lines)
    replacer = _Replacer(ast.unparse(call), name)
    node = statement.node.visit(replacer)
    if not replacer.done or not isinstance(node, cst.BaseStatement):
        return [statement]
    return [first, statement.with_node(node).led_by([])]


def _result(call: ast.Call) -> str:
    """Return what a person would call the result of a model's method: `knn_predictions` of `knn.predict(X)`."""
    if not isinstance(call.func, ast.Attribute):
        return "predictions" if "predict" in ast.unparse(call.func).lower() else "result"
    noun = RESULTS.get(call.func.attr, "predictions")
    match call.func.value:
        case ast.Name(id=model) if len(model) > 1 and model.lower() not in MODEL_NAMES:
            return f"{model}_{noun}"
    return noun


def unused(stem: str, program: Program, found: Sequence[Statement]) -> str:
    """Return a name that neither the program nor these statements use: the stem, or one with a number."""
    taken = {n for s in found for n in s.names.reads | s.names.binds} | set(program.definitions) | set(program.imported)
    candidates = itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))
    return next(name for name in candidates if name not in taken)


def _early_call(value: ast.expr, program: Program, wanted: set[Role]) -> ast.Call | None:
    """Return the inference within an expression if nothing that could matter is evaluated before it."""
    before: list[ast.AST] = []
    for node in _in_evaluation_order(value):
        if isinstance(node, ast.Call) and program.judge.roles(node) & wanted:
            own = set(ast.walk(node))
            return node if all(earlier in own for earlier in before) else None
        if isinstance(node, OTHER_TIMES) or (isinstance(node, ast.Call) and called(node) != "format"):
            before.append(node)
    return None


def _in_evaluation_order(node: ast.AST) -> Iterator[ast.AST]:
    """Return the parts of an expression in the order in which their values are made: a call after its arguments."""
    if not isinstance(node, OTHER_TIMES):
        for child in ast.iter_child_nodes(node):
            yield from _in_evaluation_order(child)
    yield node


class _Replacer(cst.CSTTransformer):
    """Replaces the first call of this meaning by a name."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self._text = text
        self._name = name
        self.done = False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self.done and ast.unparse(ast.parse(EMPTY.code_for_node(original_node).strip())) == self._text:
            self.done = True
            return cst.Name(self._name)
        return updated_node


def sink_models(program: Program, effects: Effects, span: Span, wanted: set[Role]) -> Span:
    """Move what loads or makes the model towards its first use, so that preprocessing does without."""
    roles = [program.judge.roles(s.tree) for s in span.statements]
    core = next((i for i in range(span.end) if roles[i] & ({Role.TRAIN, Role.INFER} | wanted)), span.end - 1)
    order = list(range(core))
    for index in reversed(range(core)):
        if Role.LOAD_MODEL not in roles[index] and not _makes_model(span.statements[index], program):
            continue
        at = order.index(index)
        to = at
        while to + 1 < core and effects.commute(span.statements[index], span.statements[order[to + 1]]):
            to += 1
        order.insert(to, order.pop(at))
    first = next((at for at, i in enumerate(order) if roles[i] & (MODEL | wanted)), core)
    # Constructors directly before what predict begins with belong to it.
    while first and _makes_model(span.statements[order[first - 1]], program):
        first -= 1
    return Span([*(span.statements[i] for i in order), *span.statements[core:]], first, span.end)


def _makes_model(statement: Statement, program: Program) -> bool:
    """Whether a statement only calls the constructor of a class that is later trained or asked."""
    tree = statement.tree
    if not (isinstance(tree, ast.Assign) and isinstance(tree.value, ast.Call)):
        return False
    calls = [called(n) or "" for n in ast.walk(tree.value) if isinstance(n, ast.Call)]
    if not all(name[:1].isupper() for name in calls) or called(tree.value) in DATA_CLASSES:
        return False
    bound = names.targets(tree)
    return any(
        isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id in bound
        and n.attr in {"fit", "fit_predict", "predict", "train"}
        for s in program.statements
        for n in ast.walk(s.tree)
    )


def reports_last(effects: Effects, span: Span, works: Callable[[Statement], bool]) -> Span:
    """Move what does none of the work behind what does, where no later work can tell the difference."""
    stay: list[Statement] = []
    late: list[Statement] = []
    for statement in reversed(span.statements[span.first : span.end]):
        if not works(statement) and all(effects.commute(statement, other) for other in stay):
            late.insert(0, statement)
        else:
            stay.insert(0, statement)
    if not stay:
        return span
    before, after = span.statements[: span.first], span.statements[span.end :]
    return Span([*before, *stay, *late, *after], span.first, span.first + len(stay))


def widen(program: Program, span: Span) -> Span:
    """Take what finishes the output of predict, or else prepares its input, into a predict of a single line."""
    found, first, end = span
    judge = program.judge

    def is_quiet(statement: Statement) -> bool:
        return isinstance(statement.tree, ast.Assign) and not judge.roles(statement.tree) & {Role.READ, Role.WRITE}

    bound = set().union(*(s.names.binds for s in found[first:end]))
    while end + 1 < len(found) and is_quiet(found[end]) and found[end].names.reads & bound:
        bound |= found[end].names.binds
        end += 1
    if end > span.end:
        return Span(found, first, end)
    needed = set().union(*(s.names.reads for s in found[first:end]))
    while first > 1 and is_quiet(found[first - 1]) and found[first - 1].names.binds & needed:
        first -= 1
        needed |= found[first].names.reads
    return Span(found, first, end)
