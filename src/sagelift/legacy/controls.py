"""Controls of a proof: changed migrations, which the comparison of the results must catch.

Without them, equal results may only mean that nobody looked: that what is compared does not depend on the code.
"""

import ast
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from operator import itemgetter
from typing import Protocol, TypeVar

import libcst as cst
from libcst import matchers
from libcst.metadata import MetadataWrapper, PositionProvider

from sagelift.legacy import names
from sagelift.legacy.cuts import STEPS
from sagelift.legacy.program import EMPTY

MOST_TRIES = 4
"""How many changes of a kind are tried in a part until one is caught: some have no effect, such as of a default."""
MOST_FAULTS = 2
"""After how many changed scripts that fail no other results are looked for any more."""

_SHOWN = 60
"""Characters of code that a sentence shows."""

_OPERATORS: dict[type[cst.CSTNode], type[cst.CSTNode]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Divide,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Multiply,
    cst.Power: cst.Multiply,
    cst.BitAnd: cst.BitOr,
    cst.BitOr: cst.BitAnd,
    cst.AddAssign: cst.SubtractAssign,
    cst.SubtractAssign: cst.AddAssign,
    cst.MultiplyAssign: cst.DivideAssign,
    cst.DivideAssign: cst.MultiplyAssign,
    cst.LessThan: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.LessThan,
    cst.LessThanEqual: cst.GreaterThan,
    cst.GreaterThan: cst.LessThanEqual,
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
}

T = TypeVar("T")

_OPPOSITE = {"True": "False", "False": "True"}

_TEXT = matchers.SimpleString() | matchers.FormattedString() | matchers.ConcatenatedString()

_RECEIVING = matchers.SimpleStatementLine(
    body=[matchers.Assign(value=matchers.Call(func=matchers.Attribute(attr=matchers.Name("receive"))))]
)

_EFFECT = matchers.SimpleStatementLine(body=[matchers.Expr(value=matchers.Call())])

_SILENT = matchers.SimpleStatementLine(
    body=[matchers.OneOf(matchers.Import(), matchers.ImportFrom(), matchers.Expr(value=_TEXT))]
)


class Result(Protocol):
    """What came of a changed migration; see `sagelift.legacy.candidates.Attempt`."""

    @property
    def verdict(self) -> str:
        """The verdict of the comparison; empty if a script failed."""

    @property
    def failure(self) -> str:
        """What differed, or failed; empty if the results are the same."""


Run = Callable[[Mapping[str, str], str], Result]
"""Runs a migration with these scripts, from this step on, and compares what it leaves; from several threads at once."""


@dataclass(frozen=True)
class Control:
    """A change, and whether it was caught; `ops.proof.recording` in the template reads it.

    Attributes:
        part: The script that was changed, without suffix.
        kind: `variable`, one that the part receives, or `operation`, one of its code.
        change: What was changed, and where.
        caught: Whether the results differed, or a script failed.
        how: The first difference, or the failure.
    """

    part: str
    kind: str
    change: str
    caught: bool
    how: str


@dataclass(frozen=True)
class Change:
    """A changed migration.

    Attributes:
        text: What was changed, and where.
        scripts: The code of each script.
    """

    text: str
    scripts: Mapping[str, str]


def try_out(scripts: Mapping[str, str], run: Run) -> list[Control]:
    """Try whether the comparison catches, in each part, a lost variable and a changed operation.

    Args:
        scripts: The code of each script of the migration, by its name without suffix.
        run: Runs a changed migration.

    Returns:
        For each part the change of each kind that was caught, preferably by other results; where none was, the first
        one tried.
    """
    parts = [name for name in STEPS if name in scripts]
    changed = {part: _operations(scripts, part) for part in parts}
    if not any(changed.values()):
        # The job of code that runs whole does nothing by itself: the code stands beside it.
        changed = {name: _operations(scripts, name) for name in scripts if name not in parts}
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        tried = [
            threads.submit(_try, part, kind, found[:MOST_TRIES], run, part if part in parts else parts[0])
            for part, operations in changed.items()
            for kind, found in (("operation", operations), ("variable", _lost(scripts, part)))
            if found
        ]
        return [control.result() for control in tried]


def _in_turn(parts: Iterable[Iterable[T]]) -> list[T]:
    """Return the first of each part, the second of each, and so on."""
    return [one for turn in zip_longest(*parts) for one in turn if one is not None]


def _try(part: str, kind: str, changes: Sequence[Change], run: Run, begin: str) -> Control:
    found: list[Control] = []
    for change in changes:
        result = run(change.scripts, begin)
        found.append(
            Control(part, kind, change.text, bool(result.failure), result.failure or "the results are the same")
        )
        # That a script fails without one of its variables is all that can be expected.
        if result.failure and (result.verdict or kind == "variable"):
            return found[-1]
        if sum(control.caught for control in found) == MOST_FAULTS:
            break
    return next((control for control in found if control.caught), found[0])


def _lost(scripts: Mapping[str, str], part: str) -> list[Change]:
    """Return migrations in which a part does without one of the variables that it receives."""
    module = cst.parse_module(scripts[part])
    return [
        Change(
            f"{part}.py goes on with None in the place of {name}",
            {**scripts, part: cst.ensure_type(module.deep_replace(line, _with_none(line, name)), cst.Module).code},
        )
        for line in matchers.findall(module, _RECEIVING)
        for name in re.findall(r'"(\w+)"', EMPTY.code_for_node(line))
    ]


def _with_none(line: cst.CSTNode, name: str) -> cst.CSTNode:
    found = cst.ensure_type(line, cst.SimpleStatementLine)
    return found.with_changes(body=[*found.body, cst.Assign([cst.AssignTarget(cst.Name(name))], cst.Name("None"))])


def _operations(scripts: Mapping[str, str], part: str) -> list[Change]:
    """Return migrations with one operation of a script changed, first where that most surely shows in the results."""
    wrapper = MetadataWrapper(cst.parse_module(scripts[part]), unsafe_skip_copy=True)
    lines = wrapper.resolve(PositionProvider)
    # One of each statement: the few that are tried must not all be in the same one without effect.
    in_turn = _in_turn(_changes(statement) for statement in _effective(_sequence(wrapper.module.body)))
    changes = sorted(in_turn, key=itemgetter(0))
    found = []
    for _, node, replacement in changes[:MOST_TRIES]:
        before, after = (" ".join(EMPTY.code_for_node(n).split())[:_SHOWN] for n in (node, replacement))
        text = f"line {lines[node].start.line} of {part}.py: `{before}` becomes `{after}`"
        changed = cst.ensure_type(wrapper.module.deep_replace(node, replacement), cst.Module)
        found.append(Change(text, {**scripts, part: changed.code}))
    return found


def _sequence(body: Iterable[cst.CSTNode]) -> list[cst.CSTNode]:
    """Return the statements of a script: those of its functions in their place, without the function of the job."""
    found: list[cst.CSTNode] = []
    for statement in body:
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            if "handover.step(" not in EMPTY.code_for_node(statement):
                found += _sequence(statement.body.body)
        elif not matchers.matches(statement, _SILENT):
            found.append(statement)
    return found


def _effective(statements: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """Yield the statements that results come from by data flow, from the last to the first."""
    wanted: set[str] = set()
    for statement in reversed(statements):
        trees = ast.parse(EMPTY.code_for_node(statement)).body
        found = names.of(trees)
        # What is called for its effect, what is changed in place and what is returned is all that there is to see.
        assigns = all(isinstance(tree, ast.Assign | ast.AnnAssign) for tree in trees)
        if found.binds & wanted or not found.binds or not assigns:
            wanted = (wanted - found.certain) | found.reads
            yield statement


def _changes(statement: cst.CSTNode) -> Iterator[tuple[int, cst.CSTNode, cst.CSTNode]]:
    """Yield changes of a statement, the best first: how good they are, a part of it, and what it becomes."""
    nodes = list(_walk(statement))
    for rank, kind in enumerate((_operation, _constant, _order, _line, _nothing)):
        yield from ((rank, node, replacement) for node in nodes if (replacement := kind(node)))


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the parts of a statement, but for annotations, which compute nothing."""
    if not isinstance(node, cst.Annotation):
        yield node
        for child in node.children:
            yield from _walk(child)


def _operation(node: cst.CSTNode) -> cst.CSTNode | None:
    """Return an operation with another operator; none for texts, and not for the question what the main script is."""
    if isinstance(node, cst.Comparison) and not matchers.matches(node.left, matchers.Name("__name__")):
        first, *rest = node.comparisons
        operator = _other(first.operator)
        return operator and node.with_changes(comparisons=[first.with_changes(operator=operator), *rest])
    if isinstance(node, cst.AugAssign) or (
        isinstance(node, cst.BinaryOperation)
        and not any(matchers.matches(side, _TEXT) for side in (node.left, node.right))
    ):
        operator = _other(node.operator)
        return operator and node.with_changes(operator=operator)
    return None


def _other(operator: cst.CSTNode) -> cst.CSTNode | None:
    other = _OPERATORS.get(type(operator))
    return other() if other else None


def _constant(node: cst.CSTNode) -> cst.CSTNode | None:
    """Return another number, or the other of True and False."""
    if isinstance(node, cst.Integer):
        return cst.Integer(str(node.evaluated_value + 1))
    if isinstance(node, cst.Float):
        return cst.Float(repr(node.evaluated_value / 2)) if node.evaluated_value else None
    if isinstance(node, cst.Name) and node.value in _OPPOSITE:
        return cst.Name(_OPPOSITE[node.value])
    return None


def _order(node: cst.CSTNode) -> cst.CSTNode | None:
    """Return predictions in the other order."""
    if isinstance(node, cst.Call) and matchers.matches(node.func, matchers.Attribute()):
        code = EMPTY.code_for_node(node)
        return cst.parse_expression(f"{code}[::-1]") if "predict" in code.partition("(")[0] else None
    return None


def _line(node: cst.CSTNode) -> cst.CSTNode | None:
    """Return a print with another end of the line."""
    if matchers.matches(node, matchers.Call(func=matchers.Name("print"))):
        call = cst.ensure_type(node, cst.Call)
        if not any(argument.star or (argument.keyword and argument.keyword.value == "end") for argument in call.args):
            [end] = cst.ensure_type(cst.parse_expression(r'print(end="?\n")'), cst.Call).args
            return call.with_changes(args=[*call.args, end])
    return None


def _nothing(node: cst.CSTNode) -> cst.CSTNode | None:
    """Return no call in the place of one that stands for itself."""
    return node.with_changes(body=[cst.Pass()]) if matchers.matches(node, _EFFECT) else None
