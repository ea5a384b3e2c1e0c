"""What in legacy code stands in the way of a split, or of running it at all."""

import ast
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from sagelift.legacy import cuts, imports, names
from sagelift.legacy.program import Program
from sagelift.legacy.roles import called
from sagelift.legacy.source import Place, Source


class Effect(StrEnum):
    """What an obstacle makes impossible."""

    NO_SPLIT = "no split"
    CANNOT_RUN = "cannot run"
    NOTE = "note"


class Obstacle(NamedTuple):
    """Something that stands in the way.

    Attributes:
        kind: What it is, in a word or two.
        text: One sentence that says what it is and what it makes impossible.
        place: Where it stands; None if it concerns the whole file.
        effect: What it makes impossible.
    """

    kind: str
    text: str
    place: Place | None
    effect: Effect

    def __str__(self) -> str:
        """Return it as a person would say it."""
        return f"{self.place}: {self.text}" if self.place else self.text


class _Found(NamedTuple):
    kind: str
    text: str
    line: int
    effect: Effect


# What Python 3 has no more, by the name that code of Python 2 reads.
PYTHON_2_NAMES = {
    "basestring": "str", "execfile": "exec", "long": "int", "raw_input": "input", "reduce": "functools.reduce",
    "unichr": "chr", "unicode": "str", "xrange": "range",
}  # fmt: skip
PYTHON_2_MODULES = {
    "ConfigParser": "configparser", "Queue": "queue", "StringIO": "io", "Tkinter": "tkinter", "cPickle": "pickle",
    "__builtin__": "builtins", "urllib2": "urllib.request", "urlparse": "urllib.parse",
}  # fmt: skip
# Calls by their full name, what they are called, and why what follows must not be divided.
CALLS = {
    "os.chdir": ("chdir", "the working folder changes, and with it what relative paths mean"),
    "os.fork": ("process", "what runs beside the script cannot be handed from job to job"),
    "os.execv": ("process", "another program takes the place of the script"),
    "threading.Thread": ("thread", "what runs beside the script cannot be handed from job to job"),
    "threading.Timer": ("thread", "what runs beside the script cannot be handed from job to job"),
    "multiprocessing.Process": ("process", "what runs beside the script cannot be handed from job to job"),
    "subprocess.Popen": ("process", "what runs beside the script cannot be handed from job to job"),
    "asyncio.create_task": ("thread", "what runs beside the script cannot be handed from job to job"),
    "signal.signal": ("signal", "a handler of signals holds in its own process only"),
    "signal.alarm": ("signal", "an alarm rings in its own process only"),
    "atexit.register": ("exit handler", "it would run at the end of a part, not at the end of the script"),
    "sys.settrace": ("trace", "tracing holds in its own process only"),
    "sys.setprofile": ("trace", "profiling holds in its own process only"),
    "unittest.main": ("introspection", "it looks at the whole module in which it stands"),
    "sys._getframe": ("introspection", "the names that it uses cannot be seen"),
    "inspect.currentframe": ("introspection", "the names that it uses cannot be seen"),
    "inspect.stack": ("introspection", "the names that it uses cannot be seen"),
    "get_ipython": ("notebook", "it is there in a notebook only"),
}
EXITS = {"exit", "os._exit", "quit", "sys.exit"}
HIDDEN_NAMES = {"eval", "exec", "execfile"}
SCOPES = {"dir", "locals", "vars"}
# Modules of which it means nothing, or is told otherwise, that an attribute is set.
NOT_PATCHED = {"IPython", "sys"}


def find(source: Source, program: Program) -> list[Obstacle]:
    """Return what stands in the way, in the order of the lines; what concerns the whole file comes last."""
    found: set[_Found] = {
        obstacle
        for look in (_calls, _imports, _exits, _loops, _python_2, _special_names, _redirections)
        for obstacle in look(source.tree)
    }
    found |= set(_patches(source))
    obstacles = [
        Obstacle(f.kind, f.text, source.place(f.line), f.effect)
        for f in sorted(found, key=lambda f: (f.line, f.kind, f.text))
    ]
    obstacles += [
        Obstacle("magic", f"{magic.text}: this is no Python; write it as Python", magic.place, Effect.CANNOT_RUN)
        for magic in source.magics
        if not magic.is_harmless
    ]
    obstacles += [Obstacle("early end", note.text, source.place(note.line), Effect.NOTE) for note in program.notes]
    if not source.tree.body:
        obstacles.append(Obstacle("no code", "it holds no code", None, Effect.CANNOT_RUN))
    if not cuts.infers(program):
        text = "nothing in it infers: no model is asked, trained or loaded"
        has_core = cuts.has_core(program)
        text += "; predict gets what it calculates instead" if has_core else ""
        obstacles.append(Obstacle("no inference", text, None, Effect.NOTE if has_core else Effect.NO_SPLIT))
    return obstacles


def _calls(tree: ast.Module) -> Iterator[_Found]:
    full_names = _full_names(tree)
    in_functions = {id(n) for f in ast.walk(tree) if isinstance(f, names.SCOPES) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = full_names(node.func)
        if name in HIDDEN_NAMES:
            yield _Found(name, f"{name}(…): the names that it uses cannot be seen", node.lineno, Effect.NO_SPLIT)
        elif name == "globals" or (name in SCOPES and not node.args and id(node) not in in_functions):
            text = f"{name}(): the variables that it gives to others cannot be seen"
            yield _Found(name, text, node.lineno, Effect.NO_SPLIT)
        elif name == "input":
            yield _Found("prompt", "input(…): an answer must be given beforehand", node.lineno, Effect.NOTE)
        elif name in CALLS:
            kind, why = CALLS[name]
            effect = Effect.CANNOT_RUN if name == "get_ipython" else Effect.NO_SPLIT
            yield _Found(kind, f"{name}(…): {why}", node.lineno, effect)


def _full_names(tree: ast.Module) -> Callable[[ast.expr], str]:
    """Return what tells the full name of an expression: `os.chdir` of `chdir` after `from os import chdir`."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            known.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, (*names.FUNCTIONS, ast.ClassDef)):
            # The script's own function of the same name.
            known.setdefault(node.name, f".{node.name}")

    def full_name(expression: ast.expr) -> str:
        if isinstance(expression, ast.Name):
            return known.get(expression.id, expression.id)
        if isinstance(expression, ast.Attribute):
            return f"{full_name(expression.value)}.{expression.attr}"
        return ""

    return full_name


def _imports(tree: ast.Module) -> Iterator[_Found]:
    guarded = {id(n) for t in ast.walk(tree) if isinstance(t, ast.Try) for n in ast.walk(t)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            text = f"from {'.' * node.level}{node.module or ''} import *: the names that it binds cannot be seen"
            yield _Found("import *", text, node.lineno, Effect.NO_SPLIT)
        elif isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in guarded:
            modules = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for module in modules:
                if module in PYTHON_2_MODULES:
                    text = f"import {module}: Python 3 calls this module {PYTHON_2_MODULES[module]}"
                    yield _Found("Python 2", text, node.lineno, Effect.CANNOT_RUN)


def _exits(tree: ast.Module) -> Iterator[_Found]:
    last = _last(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name, arguments = ast.unparse(node.value.func), node.value.args
        elif isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc
            name = ast.unparse(raised.func if isinstance(raised, ast.Call) else raised)
            arguments = raised.args if isinstance(raised, ast.Call) else []
        else:
            continue
        if name not in EXITS | {"SystemExit"} or node is last:
            continue
        if arguments and _is_failure(arguments[0]):
            yield _Found("exit", f"{name}(…): the run may fail here", node.lineno, Effect.NOTE)
        else:
            text = f"{name}(…): the script may end here, before the parts that follow"
            yield _Found("exit", text, node.lineno, Effect.NO_SPLIT)


def _last(body: list[ast.stmt]) -> ast.stmt | None:
    """Return the last statement of a script, looking into its main guard."""
    last = body[-1] if body else None
    if isinstance(last, ast.If) and not last.orelse and "__name__" in ast.unparse(last.test):
        return _last(last.body)
    return last


def _is_failure(argument: ast.expr) -> bool:
    """Whether what is given to sys.exit says that the run has failed: a message, or a number that is not 0."""
    if isinstance(argument, ast.JoinedStr):
        return True
    if isinstance(argument, ast.UnaryOp):
        return _is_failure(argument.operand)
    return isinstance(argument, ast.Constant) and bool(argument.value)


def _loops(tree: ast.Module) -> Iterator[_Found]:
    guarded = {id(n) for t in ast.walk(tree) if isinstance(t, ast.Try) for n in ast.walk(t)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.While) or id(node) in guarded:
            continue
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        if endless and not any(_leaves(s, is_inner=False) for s in node.body):
            text = f"while {ast.unparse(node.test)}: it never ends; a job must"
            yield _Found("endless loop", text, node.lineno, Effect.CANNOT_RUN)


def _leaves(node: ast.AST, *, is_inner: bool) -> bool:
    """Whether code within a loop may leave it; `is_inner` says that a break is of a loop within."""
    if isinstance(node, ast.Return | ast.Raise | ast.Yield | ast.YieldFrom | ast.Await):
        return True
    if isinstance(node, ast.Break):
        return not is_inner
    if isinstance(node, ast.Call) and (ast.unparse(node.func) in EXITS or called(node) in {"next", "input"}):
        return True
    if isinstance(node, names.SCOPES):
        return False
    inner = is_inner or isinstance(node, ast.For | ast.AsyncFor | ast.While)
    return any(_leaves(child, is_inner=inner) for child in ast.iter_child_nodes(node))


def _python_2(tree: ast.Module) -> Iterator[_Found]:
    bound = names.of(tree).binds | {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }
    bound |= {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in PYTHON_2_NAMES and node.id not in bound:
            text = f"{node.id}: Python 3 has {PYTHON_2_NAMES[node.id]} for it"
            yield _Found("Python 2", text, node.lineno, Effect.CANNOT_RUN)
        elif (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.RShift)
            and isinstance(node.left, ast.Name)
            and node.left.id == "print"
        ):
            yield _Found("Python 2", "print >> file: Python 3 has print(…, file=…)", node.lineno, Effect.CANNOT_RUN)
        elif isinstance(node, ast.Call) and called(node) in {"has_key", "iteritems", "itervalues"}:
            # pandas had an iteritems of its own until 2.0: whether it is there is known only when it runs.
            yield _Found(
                "Python 2", f".{called(node)}(…): dictionaries of Python 3 have none", node.lineno, Effect.NOTE
            )


def _special_names(tree: ast.Module) -> Iterator[_Found]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in {"__doc__", "__builtins__"}:
            text = f"{node.id}: it is another one in each part"
            yield _Found("introspection", text, node.lineno, Effect.NO_SPLIT)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.modules", "inspect.getsource"}:
            text = f"{ast.unparse(node)}: what it sees is another thing in each part"
            yield _Found("introspection", text, node.lineno, Effect.NO_SPLIT)


def _redirections(tree: ast.Module) -> Iterator[_Found]:
    """Find where what `sys` holds for the whole process is replaced."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = ast.unparse(node)
            if name in {"sys.argv", "sys.excepthook", "sys.stderr", "sys.stdin", "sys.stdout"}:
                text = f"{name} = …: it holds in its own process only"
                yield _Found("redirection", text, node.lineno, Effect.NO_SPLIT)


def _patches(source: Source) -> Iterator[_Found]:
    """Find where what a library holds is changed. Its options cross, and so does what helper modules hold."""
    libraries = _libraries(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            patched = ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr" and node.args:
            patched = ast.unparse(node.args[0])
        else:
            continue
        first, *rest = patched.split(".")
        # What a call returns is no part of the library: `plt.gca().title`.
        if first in libraries and "options" not in rest and "(" not in patched:
            text = f"{patched}: what a library holds is changed, which holds in its own process only"
            yield _Found("patch", text, node.lineno, Effect.NO_SPLIT)


def _libraries(source: Source) -> set[str]:
    """Return the names that mean modules of others, or parts of them, wherever they stand."""
    known = NOT_PATCHED | {path.stem for path in imports.helpers(source)}
    found = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found |= {a.asname or a.name.partition(".")[0] for a in node.names if not known & set(a.name.split("."))}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {a.asname or a.name for a in node.names if not known & set(node.module.split("."))}
    return found - {n.id for n in ast.walk(source.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
