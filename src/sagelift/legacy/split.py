"""The three scripts that a program is cut into, and the module of the functions that several of them call."""

import ast
import builtins
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from sagelift.errors import SageliftError
from sagelift.legacy import closures, common, formatting, heads, sections
from sagelift.legacy.cuts import STEPS, Cuts
from sagelift.legacy.program import EMPTY, Statement
from sagelift.legacy.roles import Role
from sagelift.legacy.sections import Body, Section

TITLES = ("Preprocessing", "Inference", "Postprocessing")
# What each part does, and its function's name; another where the script has a use for the first.
FUNCTIONS = (
    ("Read and prepare the data.", "preprocess", "prepare_data"),
    ("Apply the model.", "predict", "run_model"),
    ("Report the results.", "postprocess", "report_results"),
)
MOST_NAMED = 6
DEFAULTS = {"folder": "'.'", "arguments": "[]", "answers": "[]", "keeps": "[]", "closes_figures": "False"}


class CannotSplitError(SageliftError):
    """The parts would not do what the whole does; the message says why."""


@dataclass(frozen=True)
class Script:
    """A file of `src/`.

    Attributes:
        step: The name of its step, or of the module that it is; the file's, without `.py`.
        code: What it holds.
    """

    step: str
    code: str


def write(
    cuts: Cuts,
    extra: Sequence[set[str]] = (set(), set(), set()),
    keeps: Sequence[Sequence[str]] = ((), ()),
    **options: str,
) -> list[Script]:
    """Return the three scripts and, if they have functions in common, the module of these.

    Args:
        cuts: Where to cut.
        extra: Definitions that each part must hold although its text does not name them: classes of what it receives.
        keeps: The inputs that later parts read, too, of preprocessing and of predict: paths from their root.
        options: Keyword arguments of `handover.step`, as text.

    Raises:
        CannotSplitError: The parts would not do what the whole does.
    """
    parts = [_Part(cuts, index, frozenset(extra[index])) for index in range(len(STEPS))]
    module = common.of(cuts.program, [part.needed() for part in parts], frozenset().union(*extra))
    found = []
    for step, part, kept in zip(STEPS, parts, (*keeps, ()), strict=True):
        kept_options = {"keeps": repr(list(kept))} if kept else {}
        found.append(Script(step, part.script(module, options | kept_options)))
    return [*found, Script(module.name, module.code)] if module.names else found


def job(step: str, options: Mapping[str, str], module: str = "handover", name: str = "step") -> str:
    """Return the line of `main` that begins the job, without what goes without saying."""
    said = [f"{option}={_quoted(value)}" for option, value in options.items() if DEFAULTS.get(option) != value]
    return formatting.call(f"{module}.step", [f'"{step}"', *said], "    with ", f" as {name}:")


def _quoted(value: str) -> str:
    """Return a literal with the quotes of the rest of the file, where that is all there is to change."""
    return value.replace("'", '"') if not {'"', "\\"} & set(value) and "''" not in value else value


@dataclass(frozen=True)
class _Part:
    """One part of a program, and how its variables come and go."""

    cuts: Cuts
    index: int
    extra: frozenset[str]

    @cached_property
    def body(self) -> list[Statement]:
        return self.cuts.body(self.index)

    def needed(self, elsewhere: Collection[str] = ()) -> set[str]:
        """Return what its code names, directly or through definitions that do not stand elsewhere."""
        program = self.cuts.program
        rest = {n for s in self.body for n in s.names.reads | s.names.globals} | self.extra
        rest |= {n for s in program.imports if not s.names.binds for n in s.names.reads}
        if any(Role.LOAD_MODEL in program.judge.roles(s.tree) for s in self.body):
            # A pickle that was made by such a script names its classes, and finds them nowhere else.
            rest |= {n for n, s in program.definitions.items() if isinstance(s.tree, ast.ClassDef)}
        found: set[str] = set()
        while rest:
            name = rest.pop()
            found.add(name)
            if name in program.definitions and name not in elsewhere:
                rest |= program.definitions[name].names.reads - found
        return found

    @cached_property
    def shared(self) -> set[str]:
        """The variables that must be global: definitions use them, or they take the place of a builtin."""
        program = self.cuts.program
        variables = self.cuts.variables
        declared = {n for definition in program.definitions.values() for n in definition.names.globals}
        return (program.shared() | declared | {n for n in variables if hasattr(builtins, n)}) & variables

    @cached_property
    def received(self) -> list[str]:
        return _crossing(self.cuts, self.index) if self.index else []

    @cached_property
    def passed(self) -> list[str]:
        return _crossing(self.cuts, self.index + 1) if self.index + 1 < len(STEPS) else []

    @cached_property
    def returned(self) -> list[str]:
        bound = self.cuts.bound(self.index)
        return [n for n in self.passed if n in bound and n not in self.shared]

    @cached_property
    def perhaps_unbound(self) -> list[str]:
        """What it passes on, but binds on some paths only."""
        certain = {n for s in self.body for n in s.names.certain}
        known = certain | set(self.received)
        return [n for n in self.passed if n in self.cuts.bound(self.index) and n not in known]

    @cached_property
    def taken(self) -> set[str]:
        """The names that the script has."""
        program = self.cuts.program
        return self.cuts.variables | program.definitions.keys() | program.imported.keys() | program.constants.keys()

    def functions(self, taken: Collection[str]) -> list["_Function"]:
        """Return the functions that the part consists of, in the order in which they are called."""
        local = self.cuts.variables - self.shared
        received = [n for n in self.received if n in local]
        body = Body(self.body, received, self.returned, self.perhaps_unbound, local)
        found = sections.divide(body)
        if len(found) == 1:
            purpose, *candidates = FUNCTIONS[self.index]
            return [_Function(_free(taken, *candidates), purpose, found[0])]
        namer = sections.Namer(self.cuts.program.judge, taken)
        return [_Function(*namer.named(section, shows=not self.passed), section) for section in found]

    def script(self, module: common.Module, options: Mapping[str, str]) -> str:
        """Return the text of the script."""
        program = self.cuts.program
        self._check()
        names = _Names(
            main=_free(self.taken, "main", "run_job"),
            step=_free(self.taken, "step", "job"),
            handover=_free(self.taken, "handover", "job_handover"),
        )
        functions = self.functions({*self.taken, names.main, names.step, names.handover, *module.names})
        named = self.needed(module.names)
        own = named - module.names
        head = [
            self._docstring(named),
            "" if self.index else _text(program.header),
            "\n".join(heads.imports(program, own)),
            "\n".join(self._own_imports(module, names, named)),
            "\n".join(s.code.strip("\n") for name, s in self.cuts.constants.items() if name in own),
        ]
        rest = [
            *(s.code.strip("\n") for name, s in program.definitions.items() if name in own),
            *self._written(functions),
            self._main(names, functions, options),
            f'if __name__ == "__main__":\n    {names.main}()',
        ]
        return "\n\n".join(filter(None, head)) + "\n\n\n" + "\n\n\n".join(rest) + "\n"

    def _check(self) -> None:
        """Check that what a function remembers stays true: it crosses with the variables as they are at the cut."""
        later = set().union(*(self.cuts.bound(part) for part in range(self.index + 1, len(STEPS))))
        for statement in self.body:
            from_here = closures.remembered(statement.tree) & self.cuts.variables & later
            if from_here and self.passed:
                place = self.cuts.program.source.place(statement.lines[0])
                message = f"{place}: a function remembers {min(from_here)}, which changes after the cut."
                raise CannotSplitError(message)

    def _docstring(self, named: set[str]) -> str:
        source = self.cuts.program.source
        if "__doc__" in named and (original := ast.get_docstring(source.tree, clean=False)):
            return f'"""{original}"""'
        script = source.path.name
        arrives = (
            f"the files that {script} reads, in --input-dir.",
            "what preprocessing left, in --input-dir, and the files of the model, in --model-dir.",
            "what predict left, in --input-dir.",
        )[self.index]
        leaves = (
            f"{_some(self.passed)} for predict, in --output-dir.",
            f"{_some(self.passed)} for postprocessing, in --output-dir.",
            f"what {script} leaves: its files, what it prints and what it plots, in --output-dir.",
        )[self.index]
        lines = [
            f'"""{TITLES[self.index]}: {_lines(self.body, self.cuts)}.',
            "",
            *_filled(f"Arrives: {arrives}"),
            *_filled(f"Leaves: {leaves}"),
            "The rule: all of the output or none; a fault ends the script with a message.",
            '"""',
        ]
        return "\n".join(lines)

    def _own_imports(self, module: common.Module, names: "_Names", named: set[str]) -> list[str]:
        used = sorted(named & module.names)
        lines = [formatting.names(used, f"from {module.name} import ")] if used else []
        lines.append("import handover" if names.handover == "handover" else f"import handover as {names.handover}")
        program = self.cuts.program
        is_own = "display" in self.cuts.variables | program.definitions.keys() | program.imported.keys()
        return [*lines, "from handover import display"] if "display" in named and not is_own else lines

    def _written(self, functions: Sequence["_Function"]) -> Iterable[str]:
        """Yield the text of the functions."""
        unbound = list(self.perhaps_unbound)
        for function in functions:
            inner = function.section.statements
            binds = {n for s in inner for n in s.names.binds}
            is_last = function is functions[-1]
            begun = unbound if is_last else [n for n in unbound if n in binds]
            unbound = [n for n in unbound if n not in begun]
            footer = self.cuts.program.footer if is_last and self.index + 1 == len(STEPS) else ()
            yield self._code(function, begun, footer)

    def _code(self, function: "_Function", begun: Sequence[str], footer: Sequence[cst.EmptyLine]) -> str:
        section = function.section
        lines: list[str] = [f'"""{function.purpose}"""']
        bound = {n for s in section.statements for n in s.names.binds | s.names.deletes}.union(begun)
        declared = sorted(self.shared & bound)
        if declared:
            lines += _globals(declared)
        if begun:
            lines.append(" = ".join([*begun, "None"]))
        nodes: list[cst.BaseStatement] = [cst.parse_statement(line) for line in lines]
        moved = [s.node for s in self._apart(section.statements)]
        nodes += [_without_annotations(node, set(declared)) for node in moved] if declared else moved
        if section.leaves:
            nodes.append(cst.parse_statement(formatting.names(section.leaves, "return ")))
        first = len(lines)
        if first < len(nodes):
            leading = _without_blank(nodes[first].leading_lines)  # type: ignore[attr-defined]
            nodes[first] = nodes[first].with_changes(leading_lines=leading)
        head = formatting.call(function.name, section.takes, "def ", ":")
        written = cst.parse_statement(f"{head}\n    pass\n")
        assert isinstance(written, cst.FunctionDef)  # noqa: S101  it was written as one
        whole = written.with_changes(body=cst.IndentedBlock(nodes, footer=footer)).visit(_BareLines())
        assert isinstance(whole, cst.FunctionDef)  # noqa: S101  as before
        return EMPTY.code_for_node(whole).strip("\n")

    def _apart(self, found: Sequence[Statement]) -> list[Statement]:
        """Return statements with no more than one empty line between two, and one where a cell of a notebook begins."""
        cells = [self.cuts.program.source.place(s.lines[0]).cell for s in found]
        apart = []
        for statement, cell, before in zip(found, cells, [None, *cells], strict=False):
            lines = _single(statement.leading_lines)
            if cell != before and not lines:
                lines = [cst.EmptyLine(indent=False)]
            apart.append(statement.led_by(lines))
        return apart

    def _main(self, names: "_Names", functions: Sequence["_Function"], options: Mapping[str, str]) -> str:
        crossing = set(self.received) | set(self.passed)
        lines = [f"def {names.main}():", '    """Run as a job."""']
        if declared := sorted(self.shared & crossing):
            lines += (f"    {line}" for line in _globals(declared))
        lines.append(job(STEPS[self.index], options, names.handover, names.step))
        indent = " " * 8
        if self.received:
            received = [f'"{n}"' for n in self.received]
            lines.append(formatting.assignment(self.received, f"{names.step}.receive", received, indent))
        lines += (formatting.assignment(f.section.leaves, f.name, f.section.takes, indent) for f in functions)
        if self.passed:
            lines.append(formatting.call(f"{names.step}.pass_on", [f"{n}={n}" for n in self.passed], indent))
        return "\n".join(lines)


@dataclass(frozen=True)
class _Function:
    """A function that a part consists of."""

    name: str
    purpose: str
    section: Section


@dataclass(frozen=True)
class _Names:
    """The names of what the script did not have; none of its own."""

    main: str
    step: str
    handover: str


def _free(taken: Collection[str], *candidates: str) -> str:
    return next((name for name in candidates if name not in taken), f"{candidates[-1]}_")


def _crossing(cuts: Cuts, cut: int) -> list[str]:
    """Return the variables that cross a cut, without those that are deleted before it.

    Raises:
        CannotSplitError: Whether one is deleted is not known.
    """
    alive = cuts.alive(cut)
    gone: set[str] = set()
    for part in range(cut):
        for statement in cuts.body(part):
            gone -= statement.names.binds
            deleted = statement.names.deletes & set(alive)
            if deleted and not isinstance(statement.tree, ast.Delete):
                place = cuts.program.source.place(statement.lines[0])
                message = f"{place}: {min(deleted)} may be deleted, or not, before the cut."
                raise CannotSplitError(message)
            gone |= deleted
    return [name for name in alive if name not in gone]


def _filled(text: str) -> list[str]:
    return textwrap.wrap(
        text, formatting.WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _some(variables: Sequence[str]) -> str:
    """Return a list of names, not too long."""
    if not variables:
        return "nothing but files"
    is_short = len(variables) <= MOST_NAMED and len(", ".join(variables)) <= formatting.WIDTH // 2
    named = variables if is_short else variables[:2]
    if more := len(variables) - len(named):
        return f"{', '.join(named)} and {more} more"
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def _lines(body: Sequence[Statement], cuts: Cuts) -> str:
    name = cuts.program.source.path.name
    if not body:
        return f"nothing of {name}"
    place = cuts.program.source.place
    first, last = place(min(s.lines[0] for s in body)), place(max(s.lines[1] for s in body))
    unit, begin, end = ("cell", first.cell, last.cell) if first.cell else ("line", first.line, last.line)
    return f"{unit} {begin} of {name}" if begin == end else f"{unit}s {begin} to {end} of {name}"


def _without_annotations(node: cst.BaseStatement, names: set[str]) -> cst.BaseStatement:
    changed = node.visit(_Unannotated(names))
    assert isinstance(changed, cst.BaseStatement)  # noqa: S101  none is removed
    return changed


class _Unannotated(cst.CSTTransformer):
    """Makes plain assignments of annotated ones, which a global name must not have."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self._names = names

    def leave_AnnAssign(
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.BaseSmallStatement | cst.FlattenSentinel[cst.BaseSmallStatement]:
        del original_node
        target = updated_node.target
        if not (isinstance(target, cst.Name) and target.value in self._names):
            return updated_node
        if updated_node.value is None:
            return cst.Pass()
        return cst.Assign([cst.AssignTarget(target)], updated_node.value)


class _BareLines(cst.CSTTransformer):
    """Leaves no blanks on empty lines."""

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        del original_node
        if updated_node.comment is None:
            return updated_node.with_changes(indent=False, whitespace=cst.SimpleWhitespace(""))
        return updated_node


def _single(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Return lines without all but the first of several empty ones."""
    pairs = zip(lines, [None, *lines], strict=False)
    return [line for line, before in pairs if line.comment or before is None or before.comment]


def _without_blank(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    kept = list(lines)
    while kept and kept[0].comment is None:
        kept.pop(0)
    return kept


def _text(lines: Sequence[cst.EmptyLine]) -> str:
    """Return comments, without the empty lines around them."""
    return "\n".join(line.comment.value if line.comment else "" for line in lines).strip("\n")


def _globals(names: Sequence[str]) -> list[str]:
    return [f"global {', '.join(names[at : at + MOST_NAMED])}" for at in range(0, len(names), MOST_NAMED)]
