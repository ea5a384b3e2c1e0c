"""The functions and classes of the modules that lie beside a script, by the names that the script calls them."""

import ast
from pathlib import Path

from sagelift.legacy import imports, names
from sagelift.legacy.source import Source, SourceError, read


def definitions(source: Source) -> dict[str, ast.stmt]:
    """Return them: `clean` after `from tools import clean`, `tools.clean` after `import tools`.

    What they call themselves is among them by its own name, unless the script means something else by it.
    """
    modules = {path.stem: found for path in imports.helpers(source) if (found := _definitions(path))}
    own = {s.name for s in source.tree.body if isinstance(s, (*names.FUNCTIONS, ast.ClassDef))}
    called: dict[str, ast.stmt] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = modules.get(node.module.rpartition(".")[2], {})
            called |= {a.asname or a.name: module[a.name] for a in node.names if a.name in module}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                module = modules.get(alias.name.rpartition(".")[2], {})
                called |= {f"{alias.asname or alias.name}.{name}": tree for name, tree in module.items()}
    inner = {name: tree for module in modules.values() for name, tree in module.items() if name not in own}
    return inner | called


def _definitions(path: Path) -> dict[str, ast.stmt]:
    try:
        tree = read(path).tree
    except (SourceError, SyntaxError, ValueError, RecursionError):
        return {}
    return {s.name: s for s in tree.body if isinstance(s, (*names.FUNCTIONS, ast.ClassDef))}
