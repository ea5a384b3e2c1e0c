"""Where a program is cut: before the first and after the last inference, with the training that belongs to it."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sagelift.legacy import core, loops, moves, names
from sagelift.legacy.effects import Effects
from sagelift.legacy.moves import MODEL, Span
from sagelift.legacy.program import Program, Statement
from sagelift.legacy.roles import Role

STEPS = ("preprocessing", "predict", "postprocessing")
# What counts as the inference: the first of these that is there and can be cut out.
TIERS = (
    {Role.INFER},
    {Role.TRAIN},
    {Role.TRAIN, Role.WEAK_INFER},
    {Role.TRANSFORM},
    {Role.COMPUTE},
    {Role.COMPUTE, Role.CALCULATE},
)
ANY = set().union(*TIERS)
MOST = 4
"""How many cuts are proposed at most: each is tried by running it."""
SINGLE_LINE = "predict is a single line, while all the work stands elsewhere"
SMALL = 8
"""Up to how many statements a program may have whose predict is a single line."""


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
    statements: Sequence[Statement]
    first: int
    end: int

    @cached_property
    def parts(self) -> tuple[Sequence[Statement], Sequence[Statement], Sequence[Statement]]:
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
        if sizes[1] <= 1 and not calls and sum(sizes) > SMALL:
            return SINGLE_LINE
        return ""


def _in_order(tree: ast.stmt) -> list[str]:
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def _weight(statement: Statement) -> int:
    """Return how many lines of work a statement is."""
    if isinstance(statement.tree, ast.Expr) and isinstance(statement.tree.value, ast.Constant | ast.Name):
        return 0
    return sum(isinstance(n, ast.stmt) for n in ast.walk(statement.tree))


def infers(program: Program) -> bool:
    """Return whether anything in a program asks, trains or loads a model, or computes as one."""
    return any(program.judge.roles(statement.tree) & ANY for statement in program.statements)


def has_core(program: Program) -> bool:
    """Return whether a program can be cut though nothing in it infers."""
    return core.find(program, ANY) is not None


def propose(program: Program) -> list[Cuts]:
    """Return possible cuts, the best first; none where nothing infers.

    Those that leave a part empty, or predict a single line, come last.
    """
    effects = Effects(program)
    found: list[Cuts] = []
    for tier in TIERS:
        for every in (True, False):
            statements = moves.divide_reports(program, program.statements, tier, every=every)
            span = _inference(program, statements, tier)
            if span is not None:
                variants = _variants(program, effects, span, tier)
                # Where all reports are divided, that is for the sake of moving them.
                found += variants[:1] if every else variants
        if any(not cuts.degenerate for cuts in found):
            break
    else:
        found += [Cuts(program, *span)] if (span := core.find(program, ANY)) else []
    unique: dict[tuple[object, ...], Cuts] = {}
    for cuts in found:
        unique.setdefault((*(s.code for s in cuts.statements), cuts.first, cuts.end), cuts)
    return sorted(unique.values(), key=lambda cuts: bool(cuts.degenerate))[:MOST]


def _inference(program: Program, statements: list[Statement], tier: set[Role]) -> Span | None:
    """Return where the inference begins and ends, as it stands."""
    roles = [program.judge.roles(s.tree) for s in statements]
    found = [i for i, here in enumerate(roles) if here & tier]
    if not found:
        return None
    model = [i for i, here in enumerate(roles) if here & (MODEL | tier) and i <= found[-1]]
    return Span(statements, model[0], found[-1] + 1)


def _variants(program: Program, effects: Effects, span: Span, tier: set[Role]) -> list[Cuts]:
    """Return what can be made of a span: with all moves, with fewer, with none."""
    work = MODEL | tier | {Role.READ, Role.SAVE_MODEL}
    sunk = moves.sink_models(program, effects, span, tier)
    late = moves.reports_last(effects, sunk, lambda statement: bool(program.judge.roles(statement.tree) & work))
    found: list[Cuts] = []
    for moved in (late, sunk, span):
        cuts = Cuts(program, *moved)
        if cuts.degenerate == SINGLE_LINE:
            cuts = Cuts(program, *moves.widen(program, moved))
        if cuts.degenerate and (divided := loops.divide_last(program, effects, moved, tier)):
            cuts = Cuts(program, *divided)
        found.append(cuts)
    return found
