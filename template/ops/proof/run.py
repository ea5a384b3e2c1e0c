"""The proof from beginning to end: check what was recorded, run, compare, report."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ops.comparison import compare
from ops.local import images, report
from ops.local import run as local
from ops.local.environments import custom_environment
from ops.local.interpreter import InterpreterImage
from ops.proof.recording import Recording
from ops.proof.report import UNPROVED, Proof
from ops.repository import Repository

_VERSIONS = """\
import importlib.metadata, json, platform, sys
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
print(json.dumps([platform.python_version(), {name: version(name) for name in sys.argv[1:]}]))
"""


def run(repository: Repository, console: Console, *, check: bool) -> int:
    """Run the workflow on the recorded input, and compare its results with what the legacy code left.

    Args:
        repository: The generated repository.
        console: Where to tell how it goes.
        check: Whether to leave `parity/` as it is, and to fail on a difference only.

    Returns:
        The exit code: 0 if the results are the same, 1 if they differ or the workflow fails, `UNPROVED`.

    Raises:
        OpsError: Nothing was recorded, or the workflow cannot run.
    """
    recording = Recording.load(repository)
    plan = local.plan(repository)
    report.introduce(plan, repository, console)
    prepared = {
        kind: replace(image, variables=recording.environment) if isinstance(image, InterpreterImage) else image
        for kind, image in images.prepare(repository, plan, container=False, base_image=None, console=console).items()
    }
    finished = local.run(repository, plan, prepared, lambda views: report.follow(views, console))
    if finished.view.status != "SUCCEEDED":
        return report.conclude(finished, plan, console)
    python, packages = _versions(custom_environment(repository).python, recording.packages)
    proof = Proof(
        recording=recording,
        comparison=compare(
            repository.expected,
            finished.folder / plan.steps[-1],
            unstable=recording.unstable,
            tolerance=recording.tolerance,
        ),
        template=repository.settings.template_version,
        python=python,
        packages=packages,
    )
    proof.show(console)
    if not check:
        proof.write(repository.parity)
        console.print(f"The page to read: {(repository.parity / 'README.md').relative_to(repository.root)}")
    return 0 if check and proof.exit_code == UNPROVED else proof.exit_code


def _versions(python: Path, packages: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Return the versions of an environment's Python and of its packages."""
    command = [str(python), "-c", _VERSIONS, *packages]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    version, found = json.loads(ended.stdout)
    return version, found
