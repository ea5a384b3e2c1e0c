"""Which files legacy code needs, where it looks for them, and which of its paths have to change.

`locate` only reads the code. `plan` knows what a run of it read and wrote, and `divide` which of the three scripts did.
"""

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sagelift.errors import SageliftError
from sagelift.legacy import paths, roles
from sagelift.legacy.layout import Layout, files_below
from sagelift.legacy.paths import Named, Paths
from sagelift.legacy.program import Program
from sagelift.legacy.roles import Role
from sagelift.legacy.sandbox import Access, Recording
from sagelift.legacy.source import Source

# Below these nothing is the user's own.
SYSTEM = ("/bin/", "/dev/", "/etc/", "/lib/", "/proc/", "/sbin/", "/sys/", "/usr/")
# Where the certain part of a pattern ends: of `glob`, of `format`, of `%`.
PATTERN = re.compile(r"[*?\[{%]")
# How far above the script's folder the folder is looked for that the script is started in.
MOST_ABOVE = 3
# What git and its hosts carry without complaint, in bytes.
MOST_SAMPLE = 100 * 2**20
MODEL_FILES = {
    ".bst", ".cbm", ".dill", ".h5", ".hdf5", ".joblib", ".keras", ".lgb", ".mdl", ".model", ".onnx", ".pickle", ".pkl",
    ".pt", ".pth", ".sav", ".ubj",
}  # fmt: skip
READING = {"read", "touch", "update"}


@dataclass(frozen=True)
class Located:
    """Legacy code that finds its files on any machine.

    Attributes:
        source: The code, its foreign paths replaced by relative ones.
        layout: Where its files lie.
        arguments: What it is called with, likewise.
        named: The paths that the code and its arguments name, as absolute ones of this machine, with their lines.
        notes: What was changed, and why: a sentence each.
    """

    source: Source
    layout: Layout
    arguments: tuple[str, ...]
    named: Mapping[Path, tuple[int, ...]]
    notes: tuple[str, ...]


def locate(
    source: Source,
    *,
    arguments: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Located:
    """Find the files that legacy code names.

    Args:
        source: The code.
        arguments: What it is called with.
        given: Files and folders of this machine for paths as the code names them.
        folder: The working folder; by default the script's, or one above it where its relative paths lead to files.

    Raises:
        SageliftError: A file that was given is not there, or its path is not named by the code.
    """
    return _Locator(source, tuple(arguments), given or {}, folder).located()


class _Locator:
    """Finds the files of one script."""

    def __init__(
        self, source: Source, arguments: tuple[str, ...], given: Mapping[str, str], folder: Path | None
    ) -> None:
        self._source = source
        self._arguments = arguments
        self._given = {key: Path(value).expanduser().absolute() for key, value in given.items()}
        self._script = source.path.absolute()
        from_code = Paths(source.tree, str(self._script)).named()
        self._named = [*from_code, *(Named(a, 0, frozenset(), is_tried=False, is_literal=True) for a in arguments)]
        self._work = folder.absolute() if folder else self._working_folder()
        self._bases = [self._work]
        for named in self._named:
            if "chdir" in named.uses:
                self._bases += [place for base in self._bases if _exists(place := _normal(base / named.text))]
        self._tops = {self._script.parent, self._work}
        self._mapping: dict[str, str] = {}
        self._additions: dict[Path, Path] = {}
        self._places: dict[Path, set[int]] = {}
        self._notes: list[str] = []

    def located(self) -> Located:
        for key, path in self._given.items():
            if not path.exists():
                message = f"--path '{key}={path}': {path} is not there: name a file or folder that is."
                raise SageliftError(message)
            if not any(named.text == key for named in self._named):
                message = (
                    f"--path '{key}={path}': {self._source.path.name} does not name {key}: write it as the code does."
                )
                raise SageliftError(message)
        for named in self._named:
            if not named.is_beginning:
                continue
            if not paths.is_foreign(named.text):
                self._keep(named)
            elif named.is_literal:
                self._replace(named)
            elif self._is_near(named.text):
                # Put together from `__file__`.
                self._keep(named)
        root = Path(os.path.commonpath([*self._tops, *(place.parent for place in self._additions)]))
        additions = {place.relative_to(root).as_posix(): path for place, path in sorted(self._additions.items())}
        layout = Layout(
            root=root,
            folder=self._work.relative_to(root).as_posix(),
            script=Path(os.path.relpath(self._script.with_suffix(".py"), self._work)).as_posix(),
            additions=additions,
            tops=tuple(sorted(top.relative_to(root).as_posix() for top in self._tops)),
        )
        return Located(
            source=replace(self._source, code=paths.rewrite(self._source.code, self._mapping)),
            layout=layout,
            arguments=tuple(self._mapping.get(argument, argument) for argument in self._arguments),
            named={place: tuple(sorted(lines)) for place, lines in self._places.items()},
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _is_near(self, text: str) -> bool:
        tops = [self._script.parent, *self._script.parent.parents[:MOST_ABOVE]]
        return any(Path(text).is_relative_to(top) for top in tops if top != top.parent)

    def _working_folder(self) -> Path:
        """Return the folder in which most of the code's relative paths lead somewhere: the script's, if in doubt."""
        texts = {named.text for named in self._named if named.is_beginning and _looks_relative(named.text)}
        candidates = [self._script.parent, *self._script.parent.parents[:MOST_ABOVE]]
        return max(candidates, key=lambda folder: sum(_exists(folder / text) for text in texts))

    def _keep(self, named: Named) -> None:
        """Take what a path leads to, as the code names it."""
        text = named.text
        place = self._place(text)
        if PATTERN.search(text) and not _exists(place):
            place = self._place(PATTERN.split(text)[0].rpartition("/")[0])
        if text in self._given:
            self._add(place, self._given[text])
        elif "\\" in text and not _exists(place) and _exists(self._work / text.replace("\\", "/")):
            self._mapping[text] = text.replace("\\", "/")
            place = _normal(self._work / self._mapping[text])
        elif not _exists(place) and "read" in named.uses and "write" not in named.uses and not named.is_tried:
            found = self._search(text) if _looks_relative(text) else None
            if found is not None and found.is_file():
                self._add(place, found)
                self._note(named, f"{text} is not there; {self._shown(found)} stands for it")
        if place in self._additions or _exists(place):
            self._places.setdefault(place, set()).add(named.line)
            # `chdir("..")` after `chdir("data")` leads nowhere else.
            comes_back = len(self._bases) > 1 and not paths.parts(text.replace("..", ""))
            if not (place.is_relative_to(self._work) or place in self._additions or comes_back):
                self._tops.add(place if place.is_dir() else place.parent)

    def _place(self, text: str) -> Path:
        """Return where a path leads, from the working folder or one that the code changes to."""
        places = [_normal(base / text) for base in self._bases]
        inside = [place for place in places if place.is_relative_to(self._work)]
        return next(filter(_exists, [*inside, *places]), places[0])

    def _replace(self, named: Named) -> None:
        """Replace a path that names a place on one machine."""
        text = named.text
        if text in self._mapping or text.startswith(SYSTEM):
            return
        found = self._given.get(text)
        if found is None and named.is_tried and "write" not in named.uses:
            # What happens where the file is missing may be just what happens.
            return
        only_written = bool(named.uses) and "read" not in named.uses
        if found is None and not only_written:
            found = self._on_this_machine(text) or self._search(text)
        if found is not None:
            place = (
                found if found.is_relative_to(self._work) and "\\" not in found.name else self._work / self._base(text)
            )
            if place != found:
                self._add(place, found)
            self._places.setdefault(place, set()).add(named.line)
        elif "write" in named.uses or "make" in named.uses:
            is_folder = "make" not in named.uses and not Path(self._base(text)).suffix
            place = self._work if is_folder else self._work / self._base(text)
        else:
            return
        self._mapping[text] = _relative(place, self._work) + ("/" if text.endswith(("/", "\\")) else "")
        if self._mapping[text] != text:
            self._note(
                named, f"{text} became {self._mapping[text]}" + (f", from {self._shown(found)}" if found else "")
            )

    def _on_this_machine(self, text: str) -> Path | None:
        for path in (self._work / text, Path(text.removeprefix("file://")).expanduser()):
            if _exists(path):
                return path
        return None

    def _search(self, text: str) -> Path | None:
        """Return the file or folder beside the script whose path ends most like this one; None if several do."""
        wanted = [part.lower() for part in paths.parts(text) if part not in {".", ".."}]
        if not wanted:
            return None
        ranked: dict[int, list[Path]] = {}
        for path in files_below(self._work, with_folders=True):
            names = [part.lower() for part in path.parts]
            if names[-1] == wanted[-1] and path != self._script:
                same = next((n for n, (a, b) in enumerate(zip(names[::-1], wanted[::-1], strict=False)) if a != b), 99)
                ranked.setdefault(same, []).append(path)
        best = ranked[max(ranked)] if ranked else []
        return best[0] if len(best) == 1 else None

    def _add(self, place: Path, found: Path) -> None:
        if found.is_dir():
            self._additions |= {place / path.relative_to(found): path for path in files_below(found) if path.is_file()}
        else:
            self._additions[place] = found

    def _base(self, text: str) -> str:
        return paths.parts(text)[-1] if paths.parts(text) else ""

    def _shown(self, path: Path) -> str:
        return _relative(path, self._work) if path.is_relative_to(self._work) else str(path)

    def _note(self, named: Named, sentence: str) -> None:
        self._notes.append(f"{self._source.place(named.line)}: {sentence}." if named.line else f"{sentence}.")


@dataclass(frozen=True)
class Staging:
    """Which files a migrated model needs.

    Attributes:
        inputs: The files that it reads, by their path from the root.
        models: Those of them that are models, as far as the code tells.
        modules: The files of the user's own that it imports, by their path below `src/`.
        legacy: The script and these modules as they are, by their path from the root.
        notes: What the user should know: a sentence each.
    """

    inputs: Mapping[str, Path]
    models: Mapping[str, Path]
    modules: Mapping[str, Path]
    legacy: Mapping[str, Path]
    notes: tuple[str, ...]


def plan(located: Located, program: Program, recording: Recording) -> Staging:
    """Tell which files a run needed.

    Args:
        located: What ran.
        program: The same code, taken apart.
        recording: The run.

    Raises:
        SageliftError: It read a file outside of its folder, by a path that is no string of the code.
    """
    layout = located.layout
    files = layout.files()
    modules = {a.target: a.module for a in recording.accesses if a.kind == "module" and a.target in files}
    script = _relative(located.source.path.absolute(), layout.root)
    _refuse_outside(located, recording)
    inputs = {name: files[name] for name in sorted(_needed(located, recording, files, {script, *modules}))}
    for folder in _empty_folders(located, recording, inputs):
        # Neither git nor S3 keeps an empty folder, and the code does not make it.
        inputs[f"{folder}/.gitkeep"] = Path(os.devnull)
    models = {name: path for name, path in inputs.items() if _is_model(name, located, program, recording)}
    return Staging(
        inputs=inputs,
        models=models,
        modules={_below_src(files[name], modules[name], files[script].parent): files[name] for name in sorted(modules)},
        legacy={name: files[name] for name in (script, *sorted(modules))},
        notes=tuple(_notes(located, recording, inputs)),
    )


def _needed(located: Located, recording: Recording, files: Mapping[str, Path], code: Iterable[str]) -> Iterator[str]:
    """Yield the files that are read before they are written, named, or in a folder that is listed."""
    seen: set[str] = set()
    for access in recording.accesses:
        target = access.target
        if access.kind == "list":
            yield from (name for name in files if Path(name).parent == Path(target))
        elif access.kind in {"read", "update", "remove", "write"} and target in files and target not in seen:
            seen.add(target)
            if access.kind != "write":
                yield target
        elif access.kind == "touch" and target in files and target not in {*seen, *code}:
            yield target
    for place in located.named:
        # Code may only ask whether a file is there.
        name = _relative(place, located.layout.root)
        if name in files and name not in {*seen, *code}:
            yield name


def _empty_folders(located: Located, recording: Recording, inputs: Iterable[str]) -> Iterator[str]:
    """Yield the folders that were there, are used, and hold no input."""
    layout = located.layout
    # The working folder is made in any case.
    filled = {Path(layout.folder), *(parent for name in inputs for parent in Path(name).parents)}
    used = [Path(access.target) for access in recording.accesses if access.kind in {"list", "chdir"}]
    for path in files_below(recording.outputs):
        # What lies outside of the working folder is seen from the root.
        folder = path.relative_to(recording.outputs).parent
        used += [Path(layout.folder) / folder, folder]
    for folder in dict.fromkeys(used):
        if folder not in filled and not folder.is_absolute() and (layout.root / folder).is_dir():
            yield folder.as_posix()


def _is_model(name: str, located: Located, program: Program, recording: Recording) -> bool:
    """Return whether a file is one that a model is loaded from, and that nothing writes."""
    accesses = [access for access in recording.accesses if access.target == name]
    if any(access.kind in {"write", "remove"} for access in accesses):
        return False
    lines = {access.lines[-1] for access in accesses if access.lines}
    found = [_statement(program, line) for line in lines or located.named.get(located.layout.root / name, ())]
    statements = [(statement, program.judge.roles(statement)) for statement in found if statement]
    if any(Role.LOAD_MODEL in done for _, done in statements):
        return True
    # `file = open("model.pkl", "rb")` tells nothing; `pd.read_hdf("table.h5")` does.
    is_data = any(Role.READ in done and not _only_opens(statement) for statement, done in statements)
    return not is_data and Path(name).suffix.lower() in MODEL_FILES


def _statement(program: Program, line: int) -> ast.stmt | None:
    """Return the innermost statement that a line belongs to."""
    around = (n for n in ast.walk(program.source.tree) if isinstance(n, ast.stmt))
    return max(
        (n for n in around if n.lineno <= line <= (n.end_lineno or n.lineno)), key=lambda n: n.lineno, default=None
    )


def _only_opens(statement: ast.stmt) -> bool:
    called = [roles.called(node) for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return called[:1] == ["open"]


def _refuse_outside(located: Located, recording: Recording) -> None:
    for access in recording.accesses:
        if access.kind in READING and Path(access.target).is_absolute() and not access.target.startswith(SYSTEM):
            where = f", {located.source.place(access.lines[-1])}" if access.lines else ""
            message = (
                f"{located.source.path.name}{where}: {access.target} lies outside of {located.layout.root}, and "
                "the code puts its path together: name it there as one string, relative to the script."
            )
            raise SageliftError(message)


def _notes(located: Located, recording: Recording, inputs: Mapping[str, Path]) -> Iterator[str]:
    size = sum(path.stat().st_size for path in inputs.values())
    if size > MOST_SAMPLE:
        largest = max(inputs, key=lambda name: inputs[name].stat().st_size)
        yield (
            f"The inputs have {size >> 20} MB, most of them in {largest}: data/sample/ is kept in git, "
            "so put a smaller sample there before you commit."
        )
    for access in recording.accesses:
        place = f"{located.source.place(access.lines[-1])}: " if access.lines else ""
        if access.kind == "connect":
            yield f"{place}{access.target} is reached over the network: the job on AWS needs a way to it, too."
        program = access.target.partition(" ")[0]
        # Python is there in any case.
        if access.kind == "process" and program and not Path(program).name.startswith("python"):
            yield f"{place}starts {program}: the image needs it, too; see packages.txt."


def _below_src(path: Path, module: str, folder: Path) -> str:
    """Return where a module lies below the folder that it is imported from: the script's, its package's, or another."""
    inner = module.replace(".", "/")
    for name in (f"{inner}.py", f"{inner}/__init__.py"):
        if path.as_posix().endswith(f"/{name}"):
            return name
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    top = path.parent
    while (top / "__init__.py").is_file():
        top = top.parent
    return path.relative_to(top).as_posix()


@dataclass(frozen=True)
class Division:
    """Which step needs which file.

    Attributes:
        inputs: The files for `data/sample/`.
        models: The files for `model/`.
        keeps: For each step, the inputs that a later one needs: those that it has to pass on.
    """

    inputs: Mapping[str, Path]
    models: Mapping[str, Path]
    keeps: Mapping[str, tuple[str, ...]]


def divide(staging: Staging, chain: Recording, scripts: Mapping[str, str]) -> Division:
    """Tell which step needs which file.

    Args:
        staging: What the whole code needs.
        chain: A run of the scripts in which every step could see every file.
        scripts: The code of each step, in their order.
    """
    named = {step: _named(code) for step, code in scripts.items()}
    readers = {name: _readers(name, chain.accesses, named) for name in staging.inputs}
    models = {name: path for name, path in staging.models.items() if readers[name] <= {"predict"}}
    steps = list(scripts)
    keeps = {
        step: tuple(n for n in staging.inputs if n not in models and readers[n] & set(steps[index + 1 :]))
        for index, step in enumerate(steps)
    }
    return Division({n: p for n, p in staging.inputs.items() if n not in models}, models, keeps)


def _readers(name: str, accesses: Iterable[Access], named: Mapping[str, set[str]]) -> set[str]:
    """Return the steps that need a file: that use it, its folder, or name it; all of them if none is known to."""
    path = Path(name)
    found = {step for step, names in named.items() if path.name in names}
    for access in accesses:
        uses = access.kind in READING | {"remove"} and access.target == name
        if uses or (access.kind in {"list", "chdir"} and Path(access.target) == path.parent):
            found.add(access.step)
    return found or set(named)


def _named(code: str) -> set[str]:
    """Return the file names that a script's strings end with, but for what it tells `handover.step`."""
    names = set()
    rest: list[ast.AST] = [ast.parse(code)]
    while rest:
        node = rest.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value.replace("\\", "/").rpartition("/")[2])
        elif not (isinstance(node, ast.Call) and ast.unparse(node.func) == "handover.step"):
            rest += ast.iter_child_nodes(node)
    return names


def _looks_relative(text: str) -> bool:
    return (
        not paths.is_foreign(text)
        and "://" not in text
        and len(text) < paths.LONGEST
        and ("/" in text or bool(Path(text).suffix))
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        # Too long, or with characters that no file name has: no path.
        return False


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
