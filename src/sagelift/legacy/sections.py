"""How a long part is divided into functions: at its headings, where few variables cross and nothing else does."""

import ast
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from sagelift.legacy import closures, headings, names
from sagelift.legacy.headings import Heading
from sagelift.legacy.roles import Judge, Role
from sagelift.legacy.statements import Statement

SHORTEST = 25
"""Lines of a part that stays one function."""
MOST_VARIABLES = 6
"""How many variables a function takes or returns before it is worth keeping it together with the next one."""
FEW_LINES, MANY_LINES, LONGEST = 5, 40, 400
# What a division costs: a function, one too small or too long, each variable; and what a marked heading is worth.
A_FUNCTION, A_MISSING_LINE, A_FURTHER_LINE, A_MARK, A_VARIABLE, ONE_TOO_MANY = 3.0, 2.0, 0.5, 4.5, 0.25, 10.0
# What these see depends on the function in which they stand.
SCOPE_DEPENDENT = {"dir", "eval", "exec", "globals", "locals", "vars"}


@dataclass(frozen=True)
class Section:
    """What becomes one function.

    Attributes:
        statements: What it does.
        takes: The variables that it needs.
        leaves: The variables that are needed after it.
        heading: What stands above it; None if nothing does.
    """

    statements: Sequence[Statement]
    takes: Sequence[str]
    leaves: Sequence[str]
    heading: Heading | None = None


@dataclass(frozen=True)
class Body:
    """The statements of a part, and how its local variables come and go.

    Attributes:
        statements: The statements.
        received: The variables that it receives.
        passed: Those that it passes on, if it binds them.
        unbound: Those of them that it may leave unbound: they are None then.
        variables: All of its local variables.
    """

    statements: Sequence[Statement]
    received: Sequence[str]
    passed: Sequence[str]
    unbound: Collection[str]
    variables: Collection[str]

    @cached_property
    def _exposed(self) -> list[set[str]]:
        return [names.upward_exposed([s.tree]) & set(self.variables) for s in self.statements]

    @cached_property
    def _needed(self) -> list[set[str]]:
        """What may be read from each statement on, and behind the last one."""
        found = [set(self.passed)]
        for statement, exposed in zip(reversed(self.statements), reversed(self._exposed), strict=True):
            found.append((found[-1] - statement.names.certain) | exposed)
        return found[::-1]

    @cached_property
    def _bound(self) -> list[set[str]]:
        """What may be bound before each statement, and behind the last one."""
        own = (s.names.binds & set(self.variables) for s in self.statements)
        return list(itertools.accumulate(own, set.union, initial=set(self.received)))

    def section(self, begin: int, end: int) -> Section:
        """Return the section of these statements, without its heading."""
        [(takes, leaves)] = self.crossing(begin, [end])
        return Section(self.statements[begin:end], self._in_order(takes), self._in_order(leaves))

    def crossing(self, begin: int, ends: Iterable[int]) -> Iterator[tuple[set[str], set[str]]]:
        """Yield what sections that begin alike take and leave, for each of their ends in turn."""
        reads: set[str] = set()
        certain: set[str] = set()
        binds: set[str] = set()
        at = begin
        for end in ends:
            for statement, exposed in zip(self.statements[at:end], self._exposed[at:end], strict=True):
                reads |= exposed - certain
                certain |= statement.names.certain
                binds |= statement.names.binds
            at = end
            leaves = binds & self._needed[end] & set(self.variables)
            yield (reads | (leaves - certain)) & self._bound[begin], leaves

    def _in_order(self, found: set[str]) -> list[str]:
        return [n for n in self._order if n in found]

    @cached_property
    def _order(self) -> list[str]:
        """All variables in the order in which they come."""
        named = (n.id for s in self.statements for n in ast.walk(s.tree) if isinstance(n, ast.Name))
        return list(dict.fromkeys([*self.received, *(n for n in named if n in self.variables), *self.passed]))

    def boundaries(self) -> list[int]:
        """Return the indices of the statements before which it can be divided, without any difference."""
        if any(isinstance(n, ast.Global | ast.Nonlocal) for s in self.statements for n in ast.walk(s.tree)):
            return []
        if any(s.names.reads & SCOPE_DEPENDENT for s in self.statements):
            return []
        sure = set(self.received)
        remembered: set[str] = set()
        fixed: set[str] = set()
        found = []
        binds = (s.names.binds for s in reversed(self.statements))
        rebound = list(itertools.accumulate(binds, set.union, initial=set[str]()))[::-1]
        for index, statement in enumerate(self.statements):
            crossing = self._needed[index] & self._bound[index]
            if index and crossing <= sure and not remembered & rebound[index] and not crossing & fixed:
                found.append(index)
            sure = (sure - statement.names.deletes) | statement.names.certain
            sure |= statement.names.binds & set(self.unbound)
            remembered |= closures.remembered(statement.tree)
            fixed |= _definitions(statement.tree)
        return found


def divide(body: Body) -> list[Section]:
    """Divide a body at those of its headings that make functions of a good size with few variables; or not at all."""
    lines = list(itertools.accumulate((s.code.count("\n") for s in body.statements), initial=0))
    if lines[-1] <= SHORTEST:
        return [body.section(0, len(body.statements))]
    found: dict[int, Heading | None] = {0: headings.find([cst.EmptyLine(), *_leading(body.statements, 0)])}
    marked = ((index, headings.find(_leading(body.statements, index))) for index in body.boundaries())
    found |= {index: heading for index, heading in marked if heading}
    places = [*found, len(body.statements)]
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [0])}
    for number, begin in enumerate(places[:-1]):
        so_far, division = best[begin]
        heading = found[begin]
        so_far -= A_MARK if begin and heading and heading.is_marked else 0
        # One heading further, however far that is; but no more than what would make far too long a function.
        ends = [e for e in places[number + 1 :] if e == places[number + 1] or lines[e] - lines[begin] <= LONGEST]
        for end, crossing in zip(ends, body.crossing(begin, ends), strict=True):
            cost = so_far + _cost(crossing, lines[end] - lines[begin])
            best[end] = min(best.get(end, (cost, [*division, end])), (cost, [*division, end]))
    _, division = best[places[-1]]
    sections = [body.section(begin, end) for begin, end in itertools.pairwise(division)]
    if len(sections) == 1:
        return sections
    return [_under(section, found[begin]) for section, begin in zip(sections, division, strict=False)]


def _leading(statements: Sequence[Statement], index: int) -> Sequence[cst.EmptyLine]:
    return statements[index].leading_lines


def _under(section: Section, heading: Heading | None) -> Section:
    """Return a section with its heading taken off its first statement."""
    if heading is None:
        return section
    first, *rest = section.statements
    return Section([first.led_by(heading.rest), *rest], section.takes, section.leaves, heading)


def _cost(crossing: tuple[set[str], set[str]], lines: int) -> float:
    cost = A_FUNCTION + A_MISSING_LINE * max(0, FEW_LINES - lines) + A_FURTHER_LINE * max(0, lines - MANY_LINES)
    for variables in crossing:
        cost += A_VARIABLE * len(variables) + ONE_TOO_MANY * max(0, len(variables) - MOST_VARIABLES)
    return cost


def _definitions(tree: ast.stmt) -> set[str]:
    """Return what a statement binds to modules, functions and classes: nobody passes these between functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom, *names.FUNCTIONS, ast.ClassDef)):
            found |= names.of(node).binds
    return found


# What a function does is told by the first of these roles that its statements have.
DOES = (
    (Role.TRAIN, "train", "model", "Train the model"),
    (Role.INFER, "predict", "results", "Apply the model"),
    (Role.READ, "load", "data", "Read the data"),
)
PLOTS = {"plt", "sns", "ax", "axes", "fig"}
LONG_ENOUGH = 3


class Namer:
    """Names the functions of a script; no name is given twice."""

    def __init__(self, judge: Judge, taken: Collection[str]) -> None:
        """Begin with the names that the script has."""
        self._judge = judge
        self._taken = set(taken)

    def named(self, section: Section, *, shows: bool) -> tuple[str, str]:
        """Return the name of a section's function, and what its docstring says.

        Args:
            section: The section.
            shows: Whether its part is the one that reports.
        """
        verb, thing, purpose = self._does(section, shows=shows)
        heading = section.heading
        things = [
            n for n in section.leaves if n.isascii() and n.islower() and len(n) >= LONG_ENOUGH and n[-1].isalpha()
        ]
        candidates = heading.names(verb, thing) if heading else []
        candidates += [f"{verb}_{name}" for name in (thing, *reversed(things))]
        numbered = (f"{candidates[0]}_{number}" for number in itertools.count(2))
        name = next(n for n in itertools.chain(candidates, numbered) if n not in self._taken)
        self._taken.add(name)
        said = heading.title if heading else purpose
        return name, said if said.endswith(("!", "?")) else f"{said}."

    def _does(self, section: Section, *, shows: bool) -> tuple[str, str, str]:
        trees = [s.tree for s in section.statements]
        roles = {role for tree in trees for role in self._judge.roles(tree)}
        for role, *text in DOES:
            if role in roles:
                verb, thing, purpose = text
                return verb, thing, purpose
        thing = "results" if shows else "data"
        if any(isinstance(n, ast.Name) and n.id in PLOTS for tree in trees for n in ast.walk(tree)):
            return "plot", thing, f"Plot the {thing}"
        if Role.WRITE in roles and (shows or not section.leaves):
            return "show", thing, f"Show the {thing}"
        return "prepare", thing, f"Prepare the {thing}"
