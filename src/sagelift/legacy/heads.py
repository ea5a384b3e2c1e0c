"""The imports that a piece of a program needs, as the program has them."""

import ast
from collections.abc import Collection

from sagelift.legacy.program import Program

# Modules that are imported for what that does, not for their names.
EFFECTIVE = ("sklearn.experimental", "mpl_toolkits", "swifter", "cufflinks")


def imports(program: Program, needed: Collection[str]) -> list[str]:
    """Return the imports of these names, in the order of the source and without names that are not needed."""
    found = []
    for statement in program.imports:
        tree = statement.tree
        code = statement.code.strip("\n")
        if isinstance(tree, ast.Import | ast.ImportFrom):
            wanted = [alias for alias in tree.names if _is_wanted(alias, tree, needed)]
            if len(wanted) == len(tree.names):
                found.append(code)
            elif wanted and isinstance(tree, ast.Import):
                found.append(ast.unparse(ast.Import(wanted)))
            elif wanted and isinstance(tree, ast.ImportFrom):
                found.append(ast.unparse(ast.ImportFrom(tree.module, wanted, tree.level)))
        elif statement.names.binds & set(needed) or not statement.names.binds:
            found.append(code)
    # What is from the future stands before all else.
    return sorted(found, key=lambda code: "from __future__" not in code)


def _is_wanted(alias: ast.alias, tree: ast.Import | ast.ImportFrom, needed: Collection[str]) -> bool:
    module = alias.name if isinstance(tree, ast.Import) else tree.module or ""
    return (alias.asname or alias.name.split(".")[0]) in needed or module.startswith(("__future__", *EFFECTIVE))
