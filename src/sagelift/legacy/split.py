"""The three scripts that a program is cut into."""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from sagelift.legacy.cuts import STEPS, Cuts
from sagelift.legacy.program import EMPTY, Statement

# The function of each part; the second name where the script uses the first itself.
FUNCTIONS = (("preprocess", "prepare_data"), ("predict", "run_model"), ("postprocess", "report_results"))
RESERVED = {"main", "step", "handover", "display"}


@dataclass(frozen=True)
class Script:
    """One of the three scripts."""

    step: str
    code: str


def write(cuts: Cuts, extra: Sequence[set[str]] = (set(), set(), set()), **options: str) -> list[Script]:
    """Return the three scripts.

    Args:
        cuts: Where to cut.
        extra: Definitions that each part must hold although its text does not name them: classes of what it receives.
        options: Keyword arguments of `handover.step`, as text.
    """
    return [Script(step, _script(cuts, index, extra[index], options)) for index, step in enumerate(STEPS)]


def _script(cuts: Cuts, part: int, extra: set[str], options: dict[str, str]) -> str:
    program = cuts.program
    body = cuts.body(part)
    shared = program.shared() & cuts.variables
    received = cuts.alive(part) if part else []
    passed = cuts.alive(part + 1) if part < 2 else []
    reads = cuts.reads(part)
    bound = cuts.bound(part)
    parameters = [n for n in received if (n in reads or n in _touched(body)) and n not in shared]
    returned = [n for n in passed if n in bound and n not in shared]
    taken = cuts.variables | set(program.definitions) | set(program.imported)
    function = next((f for f in FUNCTIONS[part] if f not in taken), FUNCTIONS[part][0] + "_")
    needed = program.needs({n for s in body for n in s.names.reads} | extra)
    sections = [
        f'"""{_title(part)} of {program.source.path.stem}: {_lines(body, cuts)}."""',
        "\n".join(_imports(cuts, needed, uses_display=_uses_display(body, needed, cuts))),
        "\n".join(_code(s).strip("\n") for name, s in cuts.constants.items() if name in needed),
        *(_code(program.definitions[name]).strip("\n") for name in program.definitions if name in needed),
        _function(function, body, parameters, returned, sorted(shared & (bound | reads) & _bound_here(body)), part),
        _main(
            function,
            part,
            received,
            parameters,
            returned,
            passed,
            sorted(shared & (set(received) | set(passed))),
            options,
        ),
        'if __name__ == "__main__":\n    main()',
    ]
    head, rest = sections[:3], sections[3:]
    return "\n\n".join(s for s in head if s) + "\n\n\n" + "\n\n\n".join(rest) + "\n"


def _bound_here(body: Iterable[Statement]) -> set[str]:
    return {n for s in body for n in s.names.binds | s.names.deletes}


def _touched(body: Iterable[Statement]) -> set[str]:
    """Return the names that may be left as they were: bound on some paths only, or deleted."""
    return {n for s in body for n in (s.names.binds - s.names.certain) | s.names.deletes}


def _title(part: int) -> str:
    return ("Preprocessing", "Inference", "Postprocessing")[part]


def _lines(body: Sequence[Statement], cuts: Cuts) -> str:
    name = cuts.program.source.path.name
    if not body:
        return f"nothing of {name}"
    place = cuts.program.source.place
    first, last = place(min(s.lines[0] for s in body)), place(max(s.lines[1] for s in body))
    if first.cell:
        return (
            f"cells {first.cell} to {last.cell} of {name}"
            if first.cell != last.cell
            else f"cell {first.cell} of {name}"
        )
    return f"lines {first.line} to {last.line} of {name}" if first != last else f"line {first.line} of {name}"


def _uses_display(body: Sequence[Statement], needed: set[str], cuts: Cuts) -> bool:
    trees = [s.tree for s in body] + [cuts.program.definitions[n].tree for n in needed & set(cuts.program.definitions)]
    return (
        any(isinstance(n, ast.Name) and n.id == "display" for t in trees for n in ast.walk(t))
        and "display" not in cuts.program.imported
    )


def _imports(cuts: Cuts, needed: set[str], *, uses_display: bool) -> list[str]:
    """Return the imports that a part needs, and only their names that it needs."""
    found: list[str] = []
    for statement in cuts.program.imports:
        tree = statement.tree
        if isinstance(tree, ast.ImportFrom) and tree.module == "__future__":
            found.append(ast.unparse(tree))
        elif isinstance(tree, ast.Import | ast.ImportFrom):
            wanted = [a for a in tree.names if (a.asname or a.name.split(".")[0]) in needed]
            if len(wanted) == len(tree.names):
                found.append(_code(statement).strip("\n"))
            elif wanted:
                tree = (
                    ast.ImportFrom(tree.module, wanted, tree.level)
                    if isinstance(tree, ast.ImportFrom)
                    else ast.Import(wanted)
                )
                found.append(ast.unparse(tree))
        elif statement.names.binds & needed or not statement.names.binds:
            found.append(_code(statement).strip("\n"))
    # `import os.path` may be all that brings a submodule in.
    own = "import handover" + ("\nfrom handover import display" if uses_display else "")
    return [*found, "", own] if found else [own]


def _code(statement: Statement) -> str:
    return statement.code


def _function(
    name: str, body: list[Statement], parameters: list[str], returned: list[str], shared: list[str], part: int
) -> str:
    nodes: list[cst.BaseStatement] = []
    verb = ("Read and prepare the data", "Apply the model", "Report the results")[part]
    nodes.append(cst.parse_statement(f'"""{verb}."""'))
    if shared:
        nodes.append(cst.parse_statement(f"global {', '.join(shared)}"))
    nodes += [s.node for s in body]
    if returned:
        nodes.append(cst.parse_statement(f"return {', '.join(returned)}"))
    if len(nodes) > 1:
        first = nodes[1]
        nodes[1] = first.with_changes(leading_lines=_without_blank(first.leading_lines))  # type: ignore[attr-defined]
    function = cst.parse_statement(f"def {name}({', '.join(parameters)}):\n    pass\n")
    assert isinstance(function, cst.FunctionDef)
    whole = function.with_changes(body=cst.IndentedBlock(nodes)).visit(_BareLines())
    return EMPTY.code_for_node(whole).strip("\n")


class _BareLines(cst.CSTTransformer):
    """Leaves no blanks on empty lines."""

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        del original_node
        if updated_node.comment is None:
            return updated_node.with_changes(indent=False, whitespace=cst.SimpleWhitespace(""))
        return updated_node


def _without_blank(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    kept = list(lines)
    while kept and kept[0].comment is None:
        kept.pop(0)
    return kept


def _main(
    function: str,
    part: int,
    received: list[str],
    parameters: list[str],
    returned: list[str],
    passed: list[str],
    shared: list[str],
    options: dict[str, str],
) -> str:
    keywords = ", ".join(f"{name}={value}" for name, value in options.items())
    lines = ["def main():", f'    """Run {STEPS[part]} on the folders of the command line."""']
    if shared:
        lines.append(f"    global {', '.join(shared)}")
    lines.append(f'    with handover.step("{STEPS[part]}"{", " + keywords if keywords else ""}) as step:')
    if received:
        quoted = ", ".join(f'"{n}"' for n in received)
        lines.append(f"        {', '.join(received)} = step.receive({quoted})")
    call = f"{function}({', '.join(parameters)})"
    lines.append(f"        {', '.join(returned)} = {call}" if returned else f"        {call}")
    if passed:
        lines.append(f"        step.pass_on({', '.join(f'{n}={n}' for n in passed)})")
    return "\n".join(_wrapped(line) for line in lines)


def _wrapped(line: str, width: int = 120) -> str:
    if len(line) <= width or "(" not in line:
        return line
    indent = re.match(r" *", line)[0]  # type: ignore[index]
    head, _, rest = line.partition("(")
    if " = step.receive" in head:
        names_, _, call = head.partition(" = ")
        return f"{indent}(\n{indent}    {names_.strip()},\n{indent}) = {call}(\n{indent}    {rest[:-1]},\n{indent})"
    return f"{head}(\n{indent}    {rest[:-1]},\n{indent})" if rest.endswith(")") else line
