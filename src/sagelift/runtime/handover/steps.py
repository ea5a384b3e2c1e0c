"""One step of legacy code: a working folder before, the results after."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import json
import os
import shutil
import sys
import types
from pathlib import Path
from typing import Any, Iterator, Sequence

from . import figures, folders, modules, process, state
from .errors import CannotCross
from .pickling import MAIN

STATE = "handover.pickle"
SUMMARY = "handover.json"
TABLES = "tables"
FILES = "files"
STDOUT = "stdout.txt"
FIGURES = "figures"


class Step:
    """The step that runs, as `step` yields it."""

    def __init__(self, received: dict[str, Any], beside: Path, place: Path) -> None:
        """Begin with what the step before passed on; run what lies in the working folder, or beside the job script."""
        self._received = received
        self._beside = beside
        self._place = place
        self.variables: dict[str, Any] = {}

    def receive(self, *names: str) -> Any:
        """Return variables of the step before, under the names that it passed them on by; one alone as itself."""
        missing = sorted(set(names) - set(self._received))
        if missing:
            sys.exit(
                f"{missing[0]} is not in the input: this step needs all that the step before left, on one machine."
            )
        values = [self._received[name] for name in names]
        return values[0] if len(values) == 1 else tuple(values)

    def pass_on(self, **variables: Any) -> None:
        """Keep variables for the next step.

        What cannot leave the process, like an open file, ends the step with a message and without output.
        """
        self.variables = variables

    def run(self, script: str) -> None:
        """Run a script as it is.

        Args:
            script: Its path in the working folder or, where it is not there, beside the job script.
        """
        path = Path(script).resolve()
        if not path.is_file():
            path = self._beside / script
        module: Any = types.ModuleType(MAIN)
        # It and its modules find their files beside themselves.
        module.__file__ = str(self._place)
        module.display = figures.display
        text = path.read_bytes()
        if b"matplotlib" in text:
            with contextlib.suppress(ImportError):
                figures.hold_backend()
        sys.path[:0] = [str(path.parent), str(Path.cwd())]
        before, sys.modules[MAIN] = sys.modules[MAIN], module
        try:
            with modules.imported(self._beside, self._place.parent):
                exec(compile(text, str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102 - what this is for
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        finally:
            # The process lives on, but for the script it ends here.
            atexit._run_exitfuncs()  # noqa: SLF001
            sys.modules[MAIN] = before


@contextlib.contextmanager
def step(  # noqa: PLR0913 - what there is to say about how a script was run
    name: str,
    *,
    folder: str = ".",
    script: str | None = None,
    arguments: Sequence[str] = (),
    answers: Sequence[str] = (),
    keeps: Sequence[str] = (),
    last: bool | None = None,
    closes_figures: bool = False,
) -> Iterator[Step]:
    """Prepare the working folder of a step, and keep what it leaves: all of it or, after a fault, none.

    Args:
        name: preprocessing, predict or postprocessing.
        folder: Where the legacy script stood, seen from the root of its files.
        script: Its name, for `sys.argv[0]` and `__file__`.
        arguments: What it was called with.
        answers: What was typed at its prompts, a line each.
        keeps: The inputs that a later step reads, too: files or folders, seen from the root.
        last: Whether this is the last step; only postprocessing is, unless told otherwise.
        closes_figures: Whether a figure is closed once it is shown, as in a notebook.
    """
    process.fix_hashes()
    process.seed_random_numbers()
    options = _options()
    source, output = Path(options.input_dir).resolve(), Path(options.output_dir).resolve()
    if not folders.files(source):
        # A machine that got no share of the input has nothing to do, which is no fault.
        sys.exit(0 if name == "predict" else f"{name}: the input folder {source} holds no file.")
    is_last = name == "postprocessing" if last is None else last
    beside = Path(sys.modules[MAIN].__file__ or "").resolve().parent
    summary = _summary(source)
    with folders.temporary() as temporary:
        root, kept = temporary / "root", temporary / "kept"
        _stage(source, root, kept, summary)
        if options.model_dir:
            folders.copy(Path(options.model_dir), root)
        (root / folder).mkdir(parents=True, exist_ok=True)
        staged = folders.marks(root)
        figures.SCREEN.begin(kept / FIGURES, closes=closes_figures)
        with (kept / STDOUT).open("ab", buffering=0) as stdout:
            streams = process.Streams(summary.get("stdin", "".join(answer + "\n" for answer in answers)), stdout)
            with process.of_script(root / folder, script, arguments, streams):
                place = (root / folder / (script or "script.py")).resolve()
                modules.move(beside, place.parent)
                os.chdir(str(root / summary.get("cwd", folder)))
                before = state.snapshot(str(beside))
                # Even where no variable crosses, random numbers and figures may.
                received = state.load(source / STATE, root, before) if (source / STATE).is_file() else {}
                running = Step(received, beside, place)
                try:
                    yield running
                except SystemExit as end:
                    # With its last part, the script has come to its end.
                    if not is_last or end.code not in (None, 0):
                        raise
                process.flush_files()
                written = _written(root, staged, summary)
                with folders.written_whole(output) as left:
                    if is_last:
                        _leave(root, folder, written, left)
                    else:
                        try:
                            found = _hand_over(running.variables, left, before, streams, root)
                        except CannotCross as error:
                            sys.exit(f"{name}: {error}")
                        found.update(
                            written=written, folders=folders.subfolders(root), cwd=os.path.relpath(".", str(root))
                        )
                        (left / SUMMARY).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
                        folders.move({*written, *_kept(root, keeps), *_opened(root, found)}, root, left / FILES)
                    _leave_shown(kept, left, whole=not is_last)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--input-dir", required=True)
    parser.add_argument("--output-dir", required=True)
    parser.add_argument("--model-dir")
    parser.add_argument("--preprocessing-dir", help="not needed: what preprocessing left comes by way of predict")
    return parser.parse_args()


def _summary(source: Path) -> dict[str, Any]:
    """Return what the step before said; nothing for the files that the workflow starts with."""
    path = source / SUMMARY
    if not path.is_file():
        return {}
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"{path} is not what a step leaves: {error}.")
    return summary


def _stage(source: Path, root: Path, kept: Path, summary: dict[str, Any]) -> None:
    """Fill the folder that the script's files are in, and the one of what has been shown so far."""
    for path in summary.get("folders", []):
        (root / path).mkdir(parents=True, exist_ok=True)
    root.mkdir(exist_ok=True)
    kept.mkdir()
    folders.copy(source / FILES if summary else source, root)
    if summary:
        folders.copy(source / FIGURES, kept / FIGURES)
        if (source / STDOUT).is_file():
            shutil.copy2(str(source / STDOUT), str(kept / STDOUT))


def _written(root: Path, staged: folders.Marks, summary: dict[str, Any]) -> list[str]:
    """Return the files that this step or one before it has written, inputs that it changed among them."""
    earlier = set(summary.get("written", []))
    now = folders.marks(root)
    return [path for path in now if path in earlier or now[path] != staged.get(path)]


def _kept(root: Path, keeps: Sequence[str]) -> set[str]:
    """Return the files that are kept, whether they or their folders are named."""
    wanted = {Path(keep).as_posix() for keep in keeps}
    return {path for path in folders.files(root) if wanted & {path, *(p.as_posix() for p in Path(path).parents)}}


def _opened(root: Path, found: dict[str, Any]) -> set[str]:
    """Return the files that the next step opens again: those that lie among the script's."""
    here = Path(os.path.relpath(".", str(root)))
    return {os.path.normpath(str(here / path)) for path in found["opened"]} & set(folders.files(root))


def _hand_over(
    variables: dict[str, Any], left: Path, before: state.Before, streams: process.Streams, root: Path
) -> dict[str, Any]:
    """Leave the variables, and return what there is to say about them.

    Raises:
        CannotCross: One of them is bound to this process.
    """
    streams.check()
    found = state.dump(variables, left / STATE, before, root)
    state.write_tables(variables, left / TABLES)
    found["stdin"] = streams.unread()
    return found


def _leave(root: Path, folder: str, written: list[str], left: Path) -> None:
    """Leave the results where the script put them: seen from its folder or, if some lie outside, from the root."""
    prefix = Path(folder).as_posix() + "/"
    if prefix != "./" and all(path.startswith(prefix) for path in written):
        root /= folder
        written = [path[len(prefix) :] for path in written]
    folders.move(written, root, left)


def _leave_shown(kept: Path, left: Path, *, whole: bool) -> None:
    """Leave what was printed and plotted."""
    shown = [path for path in folders.files(kept) if whole or (kept / path).stat().st_size]
    taken = [path for path in shown if (left / path).exists()]
    if taken:
        sys.exit(f"The script writes {taken[0]} itself, where what it prints or plots is kept: let it write elsewhere.")
    folders.move(shown, kept, left)
