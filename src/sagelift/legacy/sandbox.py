"""Runs legacy code: in a copy of its folder, without the user's credentials, for a limited time.

What a run reads and writes is traced; see `sagelift/runtime/tracing`. The network cannot be cut off without the rights
of an administrator: code that calls out still does, and the trace says so.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sagelift.errors import SageliftError
from sagelift.legacy import processes
from sagelift.legacy.cuts import STEPS
from sagelift.legacy.layout import SECRET, Layout
from sagelift.legacy.source import Source

RUNTIME = Path(__file__).parent.parent / "runtime"
TIME_LIMIT = 600.0
# What a run may print, in bytes: a loop that prints would fill the disk long before its time is over.
MOST_OUTPUT = 100 * 2**20
# All that legacy code sees of the user's environment: nothing that could hold a credential.
PASSED_ON = ("PATH", "SYSTEMROOT", "TZ", "LD_LIBRARY_PATH")
SEED = "HANDOVER_SEED"
# Repeatable: the same random numbers, text and order of sets, and the same sums whatever the number of cores.
FIXED = {
    SEED: "0",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


class RunError(SageliftError):
    """Legacy code did not run to its end; `log` is the end of what it said."""

    def __init__(self, message: str, log: str = "") -> None:
        """Keep the log beside the sentence."""
        super().__init__(message)
        self.log = log


class PromptError(RunError):
    """Legacy code prompts for more than there are answers; `said` is what it printed, the prompt at its end."""

    def __init__(self, message: str, log: str, said: str) -> None:
        """Keep what it printed beside the sentence."""
        super().__init__(message, log)
        self.said = said


@dataclass(frozen=True)
class Access:
    """What legacy code did outside its own variables.

    Attributes:
        kind: `read`; `write`, which leaves nothing of what was there; `update`, which does; `touch`, read by whatever
            means, as the file's time of access tells; `list` of a folder; `remove`; `chdir`; `module`, the import of a
            file of the user's own; `process`, `connect` and `prompt`.
        target: A path from the root, an absolute path outside of it, a command, a host or a prompt.
        lines: The lines of the script's code that did it, from the outermost call to the innermost; empty if unknown.
        step: The step that did it, where the three scripts ran.
        module: The name that a module was imported by.
    """

    kind: str
    target: str
    lines: tuple[int, ...] = ()
    step: str = ""
    module: str = ""


@dataclass(frozen=True)
class Recording:
    """One run, or one of the three scripts.

    Attributes:
        outputs: The folder with what the last job leaves: files, `stdout.txt` and `figures/`.
        accesses: What the code did, in its order.
        seconds: How long it took.
        definitions: For each step of a chain, the definitions of the script that the variables it passed on need.
        failure: Why a chain did not run to its end, in one sentence; empty if it did.
        log: The end of what was said on standard error.
    """

    outputs: Path
    accesses: tuple[Access, ...]
    seconds: float
    definitions: Mapping[str, frozenset[str]]
    failure: str = ""
    log: str = ""


def record(  # noqa: PLR0913  all of them say what a run is
    source: Source,
    layout: Layout,
    outputs: Path,
    *,
    interpreter: Path,
    arguments: Sequence[str] = (),
    answers: Sequence[str] = (),
    time_limit: float = TIME_LIMIT,
    seeded: bool = True,
) -> Recording:
    """Run the original once, through the same `handover` that its jobs use.

    Args:
        source: The code; it may differ from the file in its paths.
        layout: Where its files lie.
        outputs: The folder to make, for what the run leaves.
        interpreter: The Python of the model's environment.
        arguments: What the script is called with.
        answers: What is typed at its prompts.
        time_limit: Seconds.
        seeded: Whether random numbers that it draws without a seed begin as in every other run.

    Raises:
        PromptError: It asked for more answers than there are.
        RunError: It failed, printed without end or ran too long.
    """
    with _workshop() as workshop:
        inputs = workshop / "inputs"
        layout.stage(inputs)
        script = inputs / layout.folder / layout.script
        if source.is_notebook:
            # Beside the driver, so that the folder looks as it did for the notebook.
            script = workshop / "code" / Path(layout.script).name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(source.code, encoding="utf-8")
        driver = workshop / "code" / "predict.py"
        driver.parent.mkdir(exist_ok=True)
        driver.write_text(_driver(source, layout, script, arguments, answers), encoding="utf-8")
        run = _Run(
            workshop,
            driver,
            interpreter=interpreter,
            folder=layout.folder,
            script=script.name,
            time_limit=time_limit,
            fixed=FIXED if seeded else {**FIXED, SEED: ""},
        )
        run(["--input-dir", str(inputs), "--output-dir", str(outputs)])
    if run.lacks_answer:
        raise PromptError(_explained(run, source), run.log, run.said)
    if run.failure:
        raise RunError(_explained(run, source), run.log)
    return Recording(outputs, tuple(run.accesses), run.seconds, {}, log=run.log)


def run_chain(  # noqa: PLR0913  all of them say what a chain is
    scripts: Path,
    inputs: Path,
    outputs: Path,
    *,
    interpreter: Path,
    folder: str = ".",
    model: Path | None = None,
    steps: Sequence[str] = STEPS,
    passed: Path | None = None,
    time_limit: float = TIME_LIMIT,
) -> Recording:
    """Run the migrated scripts one after another, each in a fresh process, as the workflow does.

    Args:
        scripts: The folder that holds them, such as `src/` of the generated repository.
        inputs: What the first one reads.
        outputs: The folder to make, for what the last one leaves.
        interpreter: The Python of the model's environment.
        folder: The working folder from the root, as the scripts were told.
        model: The folder that predict gets, besides.
        steps: The scripts to run; `["predict"]` where the whole code runs in that one.
        passed: The folder that keeps what steps pass on, by their names; nothing keeps it without.
        time_limit: Seconds for each.

    Returns:
        The recording; a script that failed is told in `failure`, and the ones after it did not run.
    """
    accesses: list[Access] = []
    definitions: dict[str, frozenset[str]] = {}
    seconds = 0.0
    with _workshop() as workshop:
        left, passed = inputs, passed or workshop / "passed"
        for step in steps:
            target = outputs if step == steps[-1] else passed / step
            # There it is, as in a job, whatever the script does.
            target.mkdir(parents=True, exist_ok=True)
            script = scripts / f"{step}.py"
            run = _Run(
                workshop, script, interpreter=interpreter, folder=folder, script=script.name, time_limit=time_limit
            )
            command = ["--input-dir", str(left), "--output-dir", str(target)]
            if step == "predict" and model is not None:
                command += ["--model-dir", str(model)]
            if step == "postprocessing":
                command += ["--preprocessing-dir", str(passed / "preprocessing")]
            run(command)
            accesses += (Access(a.kind, a.target, a.lines, step) for a in run.accesses)
            definitions[step] = _definitions(target / "handover.json")
            seconds += run.seconds
            if run.failure:
                return Recording(outputs, tuple(accesses), seconds, definitions, f"{step}: {run.failure}", run.log)
            left = target
    return Recording(outputs, tuple(accesses), seconds, definitions, log=run.log)


def keep_bytecode(interpreter: Path) -> None:
    """Leave what runs compiled of an environment in the environment, for runs elsewhere."""
    root = interpreter.parent.parent
    compiled = _bytecode() / root.relative_to(root.anchor)
    for path in compiled.rglob("*.pyc"):
        target = root / path.relative_to(compiled).parent / "__pycache__" / path.name
        if target.parent.parent.is_dir() and not target.exists():
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)


class _Run:
    """One process that runs one script, traced."""

    def __init__(  # noqa: PLR0913  all of them say what a run is
        self,
        workshop: Path,
        program: Path,
        *,
        interpreter: Path,
        folder: str,
        script: str,
        time_limit: float,
        fixed: Mapping[str, str] = FIXED,
    ) -> None:
        self._workshop = workshop
        self._program = program
        self._interpreter = interpreter
        self._folder = folder
        self._script = script
        self._time_limit = time_limit
        self._fixed = fixed
        self.accesses: list[Access] = []
        self.fault: dict[str, object] = {}
        self.failure = ""
        self.log = ""
        self.said = ""
        self.seconds = 0.0

    @property
    def lacks_answer(self) -> bool:
        """Whether it ended because nothing was typed at a prompt."""
        return self.fault.get("type") == "EOFError" and any(access.kind == "prompt" for access in self.accesses)

    def __call__(self, arguments: Sequence[str]) -> None:
        """Run it; a failure is kept in `failure`."""
        trace = Path(tempfile.mkdtemp(prefix="run-", dir=self._workshop)) / "trace"
        temporary, home = trace.parent / "temporary", trace.parent / "home"
        temporary.mkdir()
        home.mkdir()
        variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        variables["PATH"] = os.pathsep.join([str(self._interpreter.parent), variables.get("PATH", os.defpath)])
        variables |= self._fixed
        variables |= {
            "HOME": str(home),
            "USERPROFILE": str(home),
            "TMPDIR": str(temporary),
            "MPLCONFIGDIR": str(_shared_folder()),
            # Neither compiled anew by each run, nor beside modules of the user's own.
            "PYTHONPYCACHEPREFIX": str(_bytecode()),
            "PYTHONPATH": os.pathsep.join([str(RUNTIME), str(RUNTIME / "tracing")]),
            "SAGELIFT_TRACE": str(trace),
            "SAGELIFT_SCRIPT": self._script,
            "SAGELIFT_FOLDER": self._folder,
        }
        command = [str(self._interpreter), str(self._program), *arguments]
        said, errors = trace.parent / "stdout", trace.parent / "stderr"
        begin = time.monotonic()
        with said.open("wb") as stdout, errors.open("wb") as stderr:
            try:
                process = subprocess.Popen(  # noqa: S603  to run it is what this is for
                    command,
                    cwd=trace.parent,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,
                )
            except OSError as error:
                message = f"{self._interpreter} cannot be started ({error.strerror}): name the Python of the model."
                raise RunError(message) from error
            with processes.bound(process):
                self.failure = self._watched(process, begin, (said, errors))
        self.seconds = time.monotonic() - begin
        self.log = _tail(errors)
        self._read(trace, temporary)
        if process.returncode and not self.failure:
            self.failure = self._last_words(process.returncode)
        if self.lacks_answer:
            self.said = said.read_text(encoding="utf-8", errors="replace")

    def _watched(self, process: "subprocess.Popen[bytes]", begin: float, logs: Iterable[Path]) -> str:
        while True:
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                if time.monotonic() - begin > self._time_limit:
                    limit = f"{self._time_limit:g} s"
                    return f"{self._script} did not end within {limit}: raise --time-limit, or use less data."
                if sum(log.stat().st_size for log in logs) > MOST_OUTPUT:
                    return f"{self._script} printed more than {MOST_OUTPUT >> 20} MB: make it print less."
            else:
                return ""

    def _last_words(self, code: int) -> str:
        if self.fault:
            lines = self.fault["lines"]
            where = f" (line {lines[-1]})" if isinstance(lines, list) and lines else ""
            return f"{self.fault['type']}: {self.fault['text']}".strip().rstrip(":") + where
        if code < 0:
            return f"{self._script} was ended by {signal.Signals(-code).name}."
        return next((line for line in reversed(self.log.splitlines()) if line.strip()), f"exit code {code}")

    def _read(self, trace: Path, temporary: Path) -> None:
        root: Path | None = None
        if not trace.exists():
            return
        # A process that was killed may have left half a line.
        for line in trace.read_text(encoding="utf-8").splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            note = json.loads(line)
            kind = note.pop("event")
            if kind == "root":
                root = Path(note["path"])
            elif kind == "error":
                self.fault = note
            else:
                target = _target(note, root, [temporary, self._workshop])
                if target is not None:
                    self.accesses.append(Access(kind, target, tuple(note["lines"]), module=note.get("module", "")))
        self._show_as_seen(root, trace.parent / "home")

    def _show_as_seen(self, root: Path | None, home: Path) -> None:
        """Let what is said name files as the script does: nobody knows the folders of the sandbox."""
        seen = {home: "~", self._workshop: "."}
        if root is not None:
            seen = {root / self._folder: ".", root: os.path.relpath(root, root / self._folder), **seen}

        def shown(text: str) -> str:
            for folder, name in seen.items():
                text = text.replace(f"{folder}{os.sep}", "" if name == "." else name + os.sep).replace(
                    str(folder), name
                )
            return text

        self.log = shown(self.log)
        self.fault |= {key: shown(text) for key, text in self.fault.items() if isinstance(text, str)}


def _target(note: Mapping[str, object], root: Path | None, own: Iterable[Path]) -> str | None:
    """Return what an event is about; None for the sandbox's own files."""
    if "text" in note:
        return str(note["text"])
    path = Path(str(note["path"]))
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    if any(path.is_relative_to(folder) for folder in (*own, _shared_folder(), *_SYSTEM)):
        return None
    return str(path)


_SYSTEM = tuple(map(Path, ("/dev", "/etc", "/lib", "/proc", "/sys", "/usr", sys.prefix, sys.base_prefix)))


def _explained(run: _Run, source: Source) -> str:
    """Return why the original did not run, with the place in the legacy file and what to do."""
    lines = run.fault.get("lines")
    name = source.path.name
    where = f"{name}, {source.place(lines[-1])}" if isinstance(lines, list) and lines else name
    kind, text, path = (str(run.fault.get(key, "")) for key in ("type", "text", "path"))
    if not kind and run.failure.endswith("."):
        return run.failure
    what = f"{kind}: {text}".rstrip(": ") if kind else f"failed ({run.failure})"
    reason = f"{' '.join(what.split())}: the code must run before it can be migrated."
    if run.lacks_answer:
        prompt = next(access.target for access in reversed(run.accesses) if access.kind == "prompt")
        prompt = textwrap.shorten(prompt, 80, placeholder="…")
        asks = f"prompts for input ({prompt})" if prompt else "prompts for input"
        reason = f"{asks}: give what is to be typed with --answer, once for each prompt."
    elif kind == "EndlessPrompts":
        reason = "prompts for input again and again: give what is to be typed with --answer, once for each prompt."
    elif kind == "FileNotFoundError" and Path(path).name in SECRET:
        reason = f"{path} holds credentials by convention, and is left out: the code must run without it."
    elif kind == "FileNotFoundError" and path.startswith("~"):
        reason = f"{path} is looked for in the home folder, which is empty as on AWS: put it beside the script."
    elif kind == "FileNotFoundError" and path:
        reason = f"{path} is not there: put it there, or say where it is with --path '{path}=FILE'."
    elif kind == "PermissionError" and path:
        reason = f"{path} may not be written, as it is no file of the script's: write beside the script."
    elif kind == "ModuleNotFoundError":
        reason = f"{text}: add its distribution with --requirements."
    elif kind == "ImportError" and "site-packages" in text:
        reason = f"{text.partition(' (/')[0]}: give the version that the code was written for with --requirements."
    return f"{where}: {reason}"


def _driver(source: Source, layout: Layout, script: Path, arguments: Sequence[str], answers: Sequence[str]) -> str:
    options = {
        "last": True,
        "folder": layout.folder,
        "script": layout.script,
        "arguments": list(arguments),
        "answers": list(answers),
        "closes_figures": source.is_notebook,
    }
    keywords = ", ".join(f"{name}={value!r}" for name, value in options.items())
    path = str(script) if source.is_notebook else layout.script
    lines = ["import builtins", "import sys", "", "import handover", ""]
    if source.is_notebook:
        lines += ["builtins.display = handover.display", 'sys.path.insert(0, "")']
    lines += [f'with handover.step("predict", {keywords}) as step:', f"    step.run({path!r})", ""]
    return "\n".join(lines)


def _definitions(summary: Path) -> frozenset[str]:
    if not summary.is_file():
        return frozenset()
    return frozenset(json.loads(summary.read_text(encoding="utf-8"))["definitions"])


def _tail(path: Path, size: int = 20_000) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        return file.read().decode(errors="replace")


@contextmanager
def _workshop() -> Iterator[Path]:
    """Provide a folder of which nothing is left afterwards, whatever the code made of its permissions."""
    folder = Path(tempfile.mkdtemp(prefix="sagelift-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _kept() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="sagelift-", ignore_cleanup_errors=True)


def _shared_folder() -> Path:
    """Return the folder that all runs share: matplotlib needs seconds to make its list of fonts."""
    return Path(_kept().name).resolve()


def _bytecode() -> Path:
    return _shared_folder() / "bytecode"
