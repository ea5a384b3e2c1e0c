"""An interpreter of this machine in the place of an image."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ops.local.processing import ML, rebase

PROGRAM = PurePosixPath("/opt/program")
"""The working directory of the model's own image; it holds src/ and model/."""

GRACE = 5.0
"""Seconds between the request to end and the end by force."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class InterpreterImage:
    """Runs a container's command with `python` in the place of `python3`.

    The container's folders are replaced, in the arguments and the variables, by those that stand for them. Of this
    machine's variables a script sees only what it needs to start: never the user's credentials.
    """

    python: Path
    src: Path
    model: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    """What scripts see besides, in their environment."""

    def start(
        self, command: Sequence[str], ml: Path, environment: Mapping[str, str], log: BinaryIO
    ) -> "InterpreterProcess":
        """Start the command; see `ops.local.processing.Image`."""
        program = self._program(ml.parent / "program")
        folders = {ML: ml, PROGRAM: program}
        argv = [rebase(argument, folders) for argument in command]
        if argv[0] in ("python", "python3"):
            argv[0] = str(self.python)
        home = ml.parent / "home"
        home.mkdir(exist_ok=True)
        variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        variables["PATH"] = os.pathsep.join([str(self.python.parent), variables.get("PATH", "")])
        variables |= {"HOME": str(home), "USERPROFILE": str(home), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
        variables |= self.variables
        variables |= {name: rebase(value, folders) for name, value in environment.items()}
        return InterpreterProcess(
            subprocess.Popen(  # noqa: S603  running the job's command is what this is for
                argv,
                cwd=program,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )

    def _program(self, folder: Path) -> Path:
        folder.mkdir()
        shutil.copytree(self.src, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
        if self.model.is_dir():
            try:
                (folder / "model").symlink_to(self.model, target_is_directory=True)
            except OSError:  # Windows allows links to developers only
                shutil.copytree(self.model, folder / "model")
        return folder


@dataclass(frozen=True)
class InterpreterProcess:
    """A script that runs, with all that it started."""

    popen: "subprocess.Popen[bytes]"

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; see `ops.local.processing.Process`."""
        code = self.popen.wait(timeout)
        # A container tells the signal that ended it this way.
        return code if code >= 0 else 128 - code

    def stop(self) -> None:
        """End the script and all that it started."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(GRACE)
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self.popen.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.popen.pid, number)
            else:
                self.popen.terminate()
