"""One step of legacy code: a working folder before, the results after."""

import argparse
import contextlib
import io
import json
import os
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

from handover import figures, state

STATE = "handover.pickle"
SUMMARY = "handover.json"
FILES = "files"
STDOUT = "stdout.txt"
FIGURES = "figures"


class _Tee(io.TextIOBase):
    """Writes to the log of the job, and into the file that keeps what the script printed."""

    def __init__(self, log, kept):
        self._log = log
        self._kept = kept

    encoding = "utf-8"

    def write(self, text):
        self._log.write(text)
        self._kept.write(text)
        return len(text)

    def flush(self):
        self._log.flush()
        self._kept.flush()

    def writable(self):
        return True

    def fileno(self):
        return self._log.fileno()


class Step:
    """The step that runs, as `step` yields it."""

    def __init__(self, work, settings, source, closes_figures):
        self._work = work
        self._settings = settings
        self._source = source
        self._closes_figures = closes_figures
        self.variables = {}
        self.passed_on = False

    def receive(self, *names):
        """Return variables of the step before, under the names that it passed them on by; one alone as itself."""
        self.variables = state.load(self._source / STATE)
        values = [self.variables[name] for name in names]
        return values[0] if len(values) == 1 else tuple(values)

    def pass_on(self, **variables):
        """Keep variables for the next step.

        Raises:
            CannotCross: One of them is bound to this process: an open file, a generator, a lock, a connection.
        """
        self.variables = variables
        self.passed_on = True

    def run(self, script):
        """Run a script as it is, by its path in the working folder."""
        sys.path.insert(0, str(Path(script).resolve().parent))
        main = sys.modules["__main__"]
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        finally:
            sys.modules["__main__"] = main


@contextlib.contextmanager
def step(name, folder=".", arguments=(), answers=(), keeps=(), last=None, script=None, closes_figures=False):
    """Prepare the working folder of a step, and keep what it leaves.

    Args:
        name: preprocessing, predict or postprocessing.
        folder: Where the script stood, seen from the root of its files.
        arguments: What the script was called with.
        answers: What was typed at its prompts.
        keeps: The inputs that a later step reads, too, as paths from the root.
        last: Whether this is the last step; only postprocessing is, unless told otherwise.
        script: The name of the legacy script, for its `sys.argv[0]`.
        closes_figures: Whether a figure is closed once it is shown, as in a notebook.
    """
    last = name == "postprocessing" if last is None else last
    options = _options()
    source = Path(options.input_dir)
    output = Path(options.output_dir)
    if not any(path.is_file() for path in source.rglob("*")):
        if name == "predict":
            return_empty = Step(None, None, source, closes_figures)
            del return_empty
            # Its machine got no share of the input: nothing to do is no fault.
            sys.exit(0)
        sys.exit("{}: the input folder {} holds no file.".format(name, source))
    continues = (source / STATE).is_file()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary).resolve() / "root"
        root.mkdir()
        _copy(source / FILES if continues else source, root)
        if options.model_dir:
            _copy(Path(options.model_dir), root)
        work = root / folder
        work.mkdir(parents=True, exist_ok=True)
        kept = Path(temporary) / "kept"
        kept.mkdir()
        summary = json.loads((source / SUMMARY).read_text(encoding="utf-8")) if continues else {}
        if continues:
            for item in (STDOUT, FIGURES):
                _copy(source / item, kept / item)
        staged = _state_of(root)
        inputs = set(staged) - set(summary.get("written", []))
        figures.begin(kept / FIGURES, closes=closes_figures)
        running = Step(work, options, source, closes_figures)
        remaining = summary.get("stdin", "".join("{}\n".format(a) for a in answers))
        with (
            open(str(kept / STDOUT), "a", encoding="utf-8", newline="") as stdout,
            _process(work, stdout, remaining, script, arguments),
        ):
            yield running
            figures.end()
            unread = sys.stdin.read()
            stdout.flush()
            now = _state_of(root)
            written = sorted(path for path in now if path not in inputs or now[path] != staged.get(path))
            _clear(output)
            if last:
                _leave(root, work, written, kept, output)
            else:
                found = state.dump(running.variables, output / STATE)
                for path in {*written, *(p for p in keeps if (root / p).exists())}:
                    _copy(root / path, output / FILES / path)
                for item in (STDOUT, FIGURES):
                    _copy(kept / item, output / item)
                found.update(written=written, stdin=unread)
                text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
                (output / SUMMARY).write_text(text, encoding="utf-8")


def _options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--input-dir", required=True)
    parser.add_argument("--output-dir", required=True)
    parser.add_argument("--model-dir")
    parser.add_argument("--preprocessing-dir")
    return parser.parse_args()


@contextlib.contextmanager
def _process(work, stdout, stdin, script, arguments):
    """Make the process look as it did for the script: its folder, arguments and prompts."""
    before = (os.getcwd(), sys.argv, sys.stdin, sys.stdout)
    os.chdir(str(work))
    sys.argv = [script or sys.argv[0], *arguments]
    sys.stdin = io.StringIO(stdin)
    sys.stdout = _Tee(before[3], stdout)
    try:
        yield
    finally:
        os.chdir(before[0])
        sys.argv, sys.stdin, sys.stdout = before[1:]


def _state_of(root):
    """Return what tells a file apart from its later self, by path."""
    found = {}
    for path in root.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            status = path.stat()
            found[path.relative_to(root).as_posix()] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _copy(source, target):
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            place = target / path.relative_to(source)
            if path.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(path), str(place))
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(str(source), str(target))


def _clear(output):
    output.mkdir(parents=True, exist_ok=True)


def _leave(root, work, written, kept, output):
    """Leave the results: the files where the script put them, what it printed, what it plotted."""
    for path in written:
        absolute = root / path
        inside = work in absolute.parents
        _copy(absolute, output / (absolute.relative_to(work) if inside else path))
    for item in (STDOUT, FIGURES):
        if (kept / item).is_dir() or (kept / item).stat().st_size if (kept / item).exists() else False:
            _copy(kept / item, output / item)
