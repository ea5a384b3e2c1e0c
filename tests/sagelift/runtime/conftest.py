"""Steps of legacy code, each run in a process of its own, as their jobs run them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

import sagelift

RUNTIME = Path(sagelift.__file__).parent / "runtime"
STEPS = ("preprocessing", "predict", "postprocessing")


@dataclass(frozen=True)
class Left:
    """What the last step that ran left.

    Attributes:
        code: Its exit code.
        log: What it said on standard error.
        folder: What it put out.
    """

    code: int
    log: str
    folder: Path

    @property
    def printed(self) -> str:
        """What the script printed, in all of its steps."""
        path = self.folder / "stdout.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files, by name."""
        return {p.relative_to(self.folder).as_posix(): p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}

    @property
    def summary(self) -> dict[str, Any]:
        """What it said about what it passed on."""
        summary: dict[str, Any] = json.loads((self.folder / "handover.json").read_text(encoding="utf-8"))
        return summary


RunSteps = Callable[..., Left]


@pytest.fixture
def run_steps(tmp_path: Path) -> RunSteps:
    """Run the parts of a script, one step each, until one fails.

    A part is the code within `with handover.step(…) as step:`; `head` stands in front of every one of them.
    """

    def run(*parts: str, head: str = "", options: str = "", files: Mapping[str, str] | None = None) -> Left:
        source = tmp_path / "input"
        shutil.rmtree(source, ignore_errors=True)
        for name, text in (files or {"input.csv": "a\n1\n"}).items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text, encoding="utf-8")
        code = tmp_path / "code"
        code.mkdir(exist_ok=True)
        for step, part in zip(STEPS, parts, strict=False):
            script = code / f"{step}.py"
            body = indent(dedent(part).strip("\n"), "        ")
            opened = f"with handover.step('{step}'{', ' * bool(options)}{options}) as step:"
            script.write_text(
                f"{dedent(head)}\nimport handover\n\nif __name__ == '__main__':\n    {opened}\n{body}\n",
                encoding="utf-8",
            )
            output = tmp_path / f"left-by-{step}"
            shutil.rmtree(output, ignore_errors=True)
            done = subprocess.run(
                [sys.executable, str(script), "--input-dir", str(source), "--output-dir", str(output)],
                env={**os.environ, "PYTHONPATH": str(RUNTIME), "PYTHONHASHSEED": "0"},
                capture_output=True,
                text=True,
                check=False,
            )
            left = Left(done.returncode, done.stderr, output)
            if done.returncode:
                break
            source = output
        return left

    return run
