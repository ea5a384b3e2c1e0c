"""Where a program is cut: before the first and after the last inference, with the training that belongs to it."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import libcst as cst

from sagelift.legacy import names
from sagelift.legacy.program import EMPTY, Program, Statement
from sagelift.legacy.roles import Role, called

STEPS = ("preprocessing", "predict", "postprocessing")


@dataclass(frozen=True)
class Cuts:
    """A program cut into three parts.

    Attributes:
        program: What is cut.
        statements: Its statements; some moved or divided so that it can be cut here.
        first: The index of the first statement of predict.
        end: The index after the last one.
    """

    program: Program
    statements: tuple[Statement, ...]
    first: int
    end: int

    @cached_property
    def parts(self) -> tuple[tuple[Statement, ...], tuple[Statement, ...], tuple[Statement, ...]]:
        """The statements of preprocessing, predict and postprocessing."""
        return self.statements[: self.first], self.statements[self.first : self.end], self.statements[self.end :]

    @cached_property
    def constants(self) -> dict[str, Statement]:
        """The constants that stand at the head of each part that needs them, rather than in its function."""
        program = self.program
        in_definitions = {name for d in program.definitions.values() for name in d.names.reads}
        readers = [{name for s in part for name in s.names.reads} for part in self.parts]
        return {
            name: statement
            for name, statement in program.constants.items()
            if name.isupper() or name in in_definitions or sum(name in reads for reads in readers) > 1
        }

    def body(self, part: int) -> list[Statement]:
        """Return the statements of a part that stay in its function."""
        heads = {id(s) for s in self.constants.values()}
        return [s for s in self.parts[part] if id(s) not in heads]

    def reads(self, part: int) -> set[str]:
        """Return the variables that a part, or a definition that it calls, may read before binding them."""
        bodies = self.body(part)
        exposed = names.upward_exposed(s.tree for s in bodies)
        called_names = {name for s in bodies for name in s.names.reads}
        through = {
            n
            for d in self.program.needs(called_names) & set(self.program.definitions)
            for n in self.program.definitions[d].names.reads
        }
        return (exposed | through) & self.variables

    @cached_property
    def variables(self) -> set[str]:
        """The variables of the sequence, that is neither constants at the head, imports nor definitions."""
        return {name for part in range(3) for s in self.body(part) for name in s.names.binds | s.names.globals} | {
            n for d in self.program.definitions.values() for n in d.names.globals
        }

    def bound(self, part: int) -> set[str]:
        """Return the variables that a part, or a definition that it calls, may bind."""
        bodies = self.body(part)
        called_names = self.program.needs({name for s in bodies for name in s.names.reads})
        through = {
            n for d in called_names & set(self.program.definitions) for n in self.program.definitions[d].names.globals
        }
        return {name for s in bodies for name in s.names.binds | s.names.globals} | through

    def alive(self, cut: int) -> list[str]:
        """Return the variables that are alive at cut 1 or 2, in the order in which they are bound."""
        before = set().union(*(self.bound(part) for part in range(cut)))
        after: set[str] = set()
        certain: set[str] = set()
        for part in range(cut, 3):
            after |= self.reads(part) - certain
            certain |= {n for s in self.body(part) for n in s.names.certain} - self.program.shared()
        order = [n for part in range(cut) for s in self.body(part) for n in _in_order(s.tree)]
        return sorted(before & after, key=lambda n: (order.index(n) if n in order else len(order), n))

    @cached_property
    def degenerate(self) -> str:
        """Why the cuts are no real division of the work; empty if they are one."""
        sizes = [sum(_weight(s) for s in self.body(part)) for part in range(3)]
        for step, size in zip(STEPS, sizes, strict=True):
            if not size:
                return f"nothing is left for {step}"
        calls = {n for s in self.body(1) for n in s.names.reads} & set(self.program.definitions)
        if sizes[1] <= 1 and not calls and sum(sizes) > 8:
            return "predict is a single line, while all the work stands elsewhere"
        return ""


def _in_order(tree: ast.stmt) -> list[str]:
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def _weight(statement: Statement) -> int:
    """Return how many lines of work a statement is."""
    if isinstance(statement.tree, ast.Pass):
        return 0
    if isinstance(statement.tree, ast.Expr) and isinstance(statement.tree.value, ast.Constant):
        return 0
    return sum(isinstance(n, ast.stmt) for n in ast.walk(statement.tree))


def propose(program: Program) -> list[Cuts]:
    """Return possible cuts, the best first; none where nothing infers."""
    statements = _divided(program)
    roles = [program.judge.roles(s.tree) for s in statements]
    span = _inference(statements, roles)
    if span is None:
        return []
    begin, last = span
    found = []
    for sink in (True, False):
        moved, first = _sunk(program, statements, roles, begin, last) if sink else (statements, begin)
        moved, end = _reports_last(program, moved, first, last + 1) if sink else (moved, last + 1)
        cuts = Cuts(program, tuple(moved), first, end)
        found.append(cuts)
        if cuts.degenerate:
            divided = _divide_last_loop(program, cuts)
            if divided is not None:
                found.insert(0, divided)
    return _unique(sorted(found, key=lambda cuts: bool(cuts.degenerate)))


def _unique(found: list[Cuts]) -> list[Cuts]:
    seen = set()
    unique = []
    for cuts in found:
        key = (tuple(s.code for s in cuts.statements), cuts.first, cuts.end)
        if key not in seen:
            seen.add(key)
            unique.append(cuts)
    return unique


def _inference(statements: Sequence[Statement], roles: list[set[Role]]) -> tuple[int, int] | None:
    """Return the indices of the first and the last statement that belong to the inference."""

    def having(*wanted: Role) -> list[int]:
        return [i for i, found in enumerate(roles) if found & set(wanted)]

    def is_quiet(index: int) -> bool:
        return Role.WRITE not in roles[index] and isinstance(statements[index].tree, ast.Assign)

    tiers = (
        having(Role.INFER),
        sorted({*having(Role.TRAIN), *(i for i in having(Role.WEAK_INFER) if is_quiet(i))}),
        having(Role.WEAK_INFER),
        having(Role.TRANSFORM),
        having(Role.COMPUTE),
    )
    found = next((tier for tier in tiers if tier), None)
    if found is None:
        return None
    return min(i for i in (*having(Role.TRAIN, Role.INFER, Role.LOAD_MODEL), *found) if i <= found[-1]), found[-1]


def _divided(program: Program) -> list[Statement]:
    """Take the last inference out of the statement that reports on it: `print(model.predict(X))` becomes two."""
    statements = list(program.statements)
    judge = program.judge
    for index in reversed(range(len(statements))):
        roles = judge.roles(statements[index].tree)
        if Role.INFER not in roles:
            continue
        taken = (
            {n for s in statements for n in s.names.reads | s.names.binds}
            | set(program.definitions)
            | set(program.imported)
        )
        divided = _without_inference(statements[index], program, taken)
        if divided:
            statements[index : index + 1] = divided
        break
    return statements


def _without_inference(statement: Statement, program: Program, taken: set[str]) -> list[Statement] | None:
    tree = statement.tree
    if not isinstance(tree, ast.Expr | ast.Assign | ast.AugAssign) or program.judge.infers(tree.value):
        return None
    call = _first_call(tree, program)
    if call is None:
        return None
    name = "predictions"
    while name in taken:
        name += "_"
    text = ast.get_source_segment(statement.code, call)
    node = statement.node.visit(_Replacer(text or "", name)) if text else statement.node
    if node is statement.node or not isinstance(node, cst.BaseStatement):
        return None
    first = cst.parse_statement(f"{name} = {text}")
    assert isinstance(first, cst.SimpleStatementLine)
    lead = statement.node.leading_lines  # type: ignore[attr-defined]
    return [
        statement.with_node(first.with_changes(leading_lines=lead)),
        statement.with_node(node.with_changes(leading_lines=[])),
    ]


def _first_call(tree: ast.stmt, program: Program) -> ast.Call | None:
    """Return the inference within a statement if nothing that could matter is evaluated before it."""
    stack: list[ast.AST] = [tree.value]  # type: ignore[attr-defined]
    for node in _in_evaluation_order(stack[0]):
        if isinstance(node, ast.Call):
            if program.judge.infers(node):
                return node
            if called(node) not in {"format"}:
                return None
        if isinstance(
            node,
            ast.Lambda
            | ast.ListComp
            | ast.GeneratorExp
            | ast.DictComp
            | ast.SetComp
            | ast.IfExp
            | ast.BoolOp
            | ast.Await,
        ):
            return None
    return None


def _in_evaluation_order(node: ast.AST) -> list[ast.AST]:
    """Return the parts of an expression in the order in which their values are made: a call after its arguments."""
    if isinstance(
        node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp | ast.IfExp | ast.BoolOp
    ):
        return [node]
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        found += _in_evaluation_order(child)
    return [*found, node]


class _Replacer(cst.CSTTransformer):
    """Replaces the first expression of this text by a name."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self._text = text
        self._name = name
        self._done = False

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self._done and EMPTY.code_for_node(original_node) == self._text:
            self._done = True
            return cst.Name(self._name)
        return updated_node


def _sunk(
    program: Program, statements: list[Statement], roles: list[set[Role]], first: int, last: int
) -> tuple[list[Statement], int]:
    """Move to the front of predict what loads or makes the model, so that preprocessing does without."""
    inference = next((i for i in range(last + 1) if roles[i] & {Role.TRAIN, Role.INFER}), last)
    order = list(range(len(statements)))
    sunk: list[int] = []
    start = inference
    for index in reversed(range(inference)):
        if not (Role.LOAD_MODEL in roles[index] or _makes_model(statements[index], program)):
            continue
        between = [statements[i] for i in order if index < i < inference and i not in sunk]
        if _can_pass(statements[index], between):
            sunk.insert(0, index)
    if not sunk:
        return statements, first
    rest = [i for i in order if i < inference and i not in sunk]
    loads = [i for i in rest if Role.LOAD_MODEL in roles[i] or Role.TRAIN in roles[i]]
    moved = [statements[i] for i in (*rest, *sunk, *range(start, len(statements)))]
    return moved, min([*(rest.index(i) for i in loads), len(rest)])


# Methods that leave their object as it is.
QUIET = {"predict", "predict_proba", "predict_log_proba", "decision_function", "score", "kneighbors", "score_samples", "staged_predict", "get_params",
         "copy", "head", "mean", "sum", "reshape", "astype", "drop", "values", "apply_model", "argmax", "round"}  # fmt: skip


def _reports_last(program: Program, statements: list[Statement], first: int, end: int) -> tuple[list[Statement], int]:
    """Move what only reports behind the last inference, where no later inference can tell the difference."""
    part = statements[first:end]
    roles = [program.judge.roles(s.tree) for s in part]
    stay: list[Statement] = []
    late: list[Statement] = []
    # From the end: a report may move if all that is printed or plotted after it moves, too.
    free = True
    for statement, found in zip(reversed(part), reversed(roles), strict=True):
        works = bool(found & {Role.TRAIN, Role.INFER, Role.LOAD_MODEL, Role.READ, Role.SAVE_MODEL})
        writes = Role.WRITE in found
        if not works and (free or not writes) and _can_wait(statement, stay, program):
            late.insert(0, statement)
        else:
            stay.insert(0, statement)
            free = free and not writes
    if not stay:
        return statements, end
    return [*statements[:first], *stay, *late, *statements[end:]], first + len(stay)


def _can_wait(statement: Statement, after: list[Statement], program: Program) -> bool:
    """Whether a statement may run after others that stand behind it: they neither need nor change what it uses."""
    own = statement.names
    definitions = set(program.definitions)
    if any(isinstance(n, ast.Call) and "random" in ast.unparse(n.func) for n in ast.walk(statement.tree)):
        return False
    used = {n for n in own.reads if n not in program.imported and n not in definitions and n not in program.constants}
    for other in after:
        if (
            other.names.reads & own.binds
            or other.names.binds & (own.binds | own.reads)
            or other.names.globals & (own.reads | own.binds)
        ):
            return False
        if _changes(other.tree, definitions) & used or _changes(statement.tree, definitions) & other.names.reads - set(
            program.imported
        ):
            return False
    return True


def _changes(tree: ast.AST, definitions: set[str]) -> set[str]:
    """Return the names whose objects a statement may change in place."""
    changed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            changed |= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr not in QUIET:
                root = node.func.value
                while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
                    root = root.func if isinstance(root, ast.Call) else root.value
                changed |= {root.id} if isinstance(root, ast.Name) else set()
            if isinstance(node.func, ast.Name) and node.func.id in definitions:
                changed |= {a.id for a in node.args if isinstance(a, ast.Name)}
        elif isinstance(node, ast.AugAssign):
            changed |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    return changed


def _makes_model(statement: Statement, program: Program) -> bool:
    """Whether a statement only calls the constructor of a class that is later trained or asked."""
    tree = statement.tree
    if not (isinstance(tree, ast.Assign) and isinstance(tree.value, ast.Call)):
        return False
    name = called(tree.value) or ""
    targets = names.targets(tree)
    if not name[:1].isupper() or name in {"DataFrame", "Series", "Path", "ExcelFile", "ExcelWriter"}:
        return False
    if any(isinstance(n, ast.Call) and not (called(n) or "")[:1].isupper() for n in ast.walk(tree.value)):
        return False
    return any(
        isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id in targets
        and n.attr in {"fit", "predict", "fit_predict", "train"}
        for s in program.statements
        for n in ast.walk(s.tree)
    )


def _can_pass(statement: Statement, between: list[Statement]) -> bool:
    """Whether a statement may run after others that stand behind it."""
    own = statement.names
    return not any(
        s.names.reads & own.binds
        or s.names.binds & (own.binds | own.reads)
        or s.names.globals & (own.binds | own.reads)
        for s in between
    )


def _divide_last_loop(program: Program, cuts: Cuts) -> Cuts | None:
    """Divide a loop that infers and reports in turn, where it ends the program: first all inferences, then all reports."""
    if cuts.end != len(cuts.statements):
        return None
    statement = cuts.statements[-1]
    node, tree = statement.node, statement.tree
    if (
        not isinstance(node, cst.For)
        or not isinstance(tree, ast.For)
        or tree.orelse
        or not isinstance(node.body, cst.IndentedBlock)
    ):
        return None
    judge = program.judge
    infers = [i for i, s in enumerate(tree.body) if judge.roles(s) & {Role.INFER, Role.TRAIN}]
    if not infers or infers[-1] + 1 >= len(tree.body):
        return None
    at = infers[-1] + 1
    head, tail = tree.body[:at], tree.body[at:]
    if any(Role.WRITE in judge.roles(s) for s in head) or any(
        isinstance(n, ast.Break | ast.Continue | ast.Return) for s in tree.body for n in ast.walk(s)
    ):
        return None
    head_names, tail_names = names.of(head), names.of(tail)
    loop_targets = names.targets(tree.target)
    carried = sorted(((head_names.binds | loop_targets) & names.upward_exposed(tail)))
    # What the reports bind or change must not matter to a later inference.
    if tail_names.binds & head_names.reads or not carried:
        return None
    changed = {
        n.func.value.id
        for s in tail
        for n in ast.walk(s)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and isinstance(n.func.value, ast.Name)
    }
    changed |= {
        n.value.id
        for s in tail
        for n in ast.walk(s)
        if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store) and isinstance(n.value, ast.Name)
    }
    if changed & head_names.reads - set(program.imported) - loop_targets:
        return None
    # What is carried must be made anew in each turn.
    if (
        any(n in head_names.binds and n not in head_names.certain for n in carried)
        or set(carried) & {n for n in head_names.reads & names.upward_exposed(head)} - loop_targets
    ):
        return None
    taken = {n for s in cuts.statements for n in s.names.reads | s.names.binds}
    collected = "results"
    while collected in taken:
        collected += "_"
    bundle = ", ".join(carried) + ("," if len(carried) == 1 else "")
    body = list(node.body.body)
    append = cst.parse_statement(f"{collected}.append(({bundle}))")
    first = node.with_changes(body=node.body.with_changes(body=[*body[:at], append]))
    second = cst.parse_statement(f"for {bundle if len(carried) > 1 else carried[0] + ','} in {collected}:\n    pass\n")
    assert isinstance(second, cst.For)
    second = second.with_changes(body=node.body.with_changes(body=body[at:]))
    start = statement.with_node(cst.parse_statement(f"{collected} = []"))
    divided = (*cuts.statements[:-1], start, statement.with_node(first), statement.with_node(second))
    return replace(cuts, statements=divided, end=len(divided) - 1)
