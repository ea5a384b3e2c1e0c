"""The tests of a repository: the model's in the model's environment, the contract's in that of ops."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ops.definition import STEPS
from ops.local.environments import custom_environment
from ops.repository import Repository

_NO_TESTS = 5
"""pytest's exit code when it found no test."""

_NOT_COLLECTED = (2, 3)
"""pytest's exit codes when a file of tests could not be imported, and when the import ended pytest."""


def run(repository: Repository, console: Console) -> int:
    """Run all tests; return the first exit code of pytest that is not 0, or 0."""
    with console.status("Preparing the environment of requirements.txt and pytest…"):
        environment = custom_environment(repository, extra=("pytest",))
    for note in environment.notes:
        console.print(f"[yellow]note:[/] {escape(note)}")
    console.print(f"[bold]The model's tests[/], with Python {environment.version} and requirements.txt")
    model = _pytest(environment.python, repository, ["tests", "--ignore=tests/contract"])
    if model == _NO_TESTS:
        console.print("[yellow]note:[/] the model has no tests: write some in tests/test_model.py.")
        model = 0
    if model in _NOT_COLLECTED:
        for script in _without_guard(repository):
            console.print(
                f'[yellow]note:[/] {escape(script)} has no `if __name__ == "__main__":`, so that a test which imports '
                "it runs it, with pytest's arguments: move its work into functions, and call them under that line.",
                soft_wrap=True,
            )
    console.print("[bold]The contract tests[/]")
    contract = _pytest(Path(sys.executable), repository, ["tests/contract"])
    return model or contract


def _without_guard(repository: Repository) -> Iterator[str]:
    """Yield the scripts that do their work wherever they are imported."""
    for script in (repository.src / f"{step}.py" for step in STEPS):
        if script.is_file() and b"__main__" not in script.read_bytes():
            yield script.relative_to(repository.root).as_posix()


def _pytest(python: Path, repository: Repository, arguments: Sequence[str]) -> int:
    # Both runs start without configuration: the oldest pytest that a model's Python takes reads no newer one.
    command = [str(python), "-m", "pytest", "-q", f"--rootdir={repository.root}", "-c", os.devnull, *arguments]
    variables = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(command, cwd=repository.root, env=variables, check=False).returncode  # noqa: S603
