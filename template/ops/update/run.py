"""The update from beginning to end: run, update, check, run again, compare, report."""

import re
import subprocess
from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from ops import template_files
from ops.local.environments import find_uv
from ops.proof.report import UNPROVED
from ops.repository import Repository
from ops.update import template
from ops.update.outputs import differences
from ops.update.report import MARKDOWN, Outcome, Outputs, Report

CONFLICTS = 3
"""The exit code of an update that a person has to complete; 2 is typer's for wrong options."""

_EXIT_CODES = {Outcome.CURRENT: 0, Outcome.UPDATED: 0, Outcome.FAILED: 1, Outcome.CONFLICTS: CONFLICTS}

_EXECUTION = "execution.json"
"""What a run that ended has, as ops.local.run writes it; that module would bring moto, which this process needs not."""


def run(repository: Repository, console: Console, *, version: str | None, data: Iterable[str]) -> int:
    """Update the repository, and report what that changes.

    Args:
        repository: the generated repository.
        console: where to tell how it goes.
        version: a tag of the template; default: the newest.
        data: `question=answer` pairs, for answers that change.

    Returns:
        The exit code: 0 if there is nothing new or every check passes, 1 if one fails, `CONFLICTS`.

    Raises:
        OpsError: `data` is wrong, the repository has uncommitted changes, or Copier refuses; nothing was changed.
    """
    data = list(data)
    template.check_data(data)
    template.check_clean(repository)
    report = _report(repository, console, version=version, data=data)
    report.write(repository.build)
    console.print(report.summary)
    if report.outcome is not Outcome.CURRENT:
        console.print(
            f"Read {(repository.build / MARKDOWN).relative_to(repository.root)}, look at `git diff`, and commit."
        )
    return _EXIT_CODES[report.outcome]


def _report(repository: Repository, console: Console, *, version: str | None, data: list[str]) -> Report:
    settings = repository.settings
    before = settings.template_version
    if not (version or data or template.newer_version(repository)):
        return Report(Outcome.CURRENT, before, before)
    console.print(f"[bold]The workflow at {before}[/]", soft_wrap=True)
    run_before = _local_run(repository)
    with console.status("Updating the template's files…"):
        changes = template.update(repository, version=version, data=data)
    after = _version(repository)
    checks: dict[str, bool] = {}
    run_after: Path | None = None
    if not changes.conflicts:
        for verb in ("lint", "test"):
            console.print(f"[bold]ops {verb} at {after}[/]", soft_wrap=True)
            checks[verb] = _ops(repository, verb)
        console.print(f"[bold]The workflow at {after}[/]", soft_wrap=True)
        run_after = _local_run(repository)
        checks["run"] = run_after is not None
        if run_after and repository.recording.is_file():
            console.print(f"[bold]Parity with the legacy code at {after}[/]", soft_wrap=True)
            # Where nothing can be proved, the newer version is not at fault.
            checks["prove"] = _ops(repository, "prove", passes=(0, UNPROVED))
    found = differences(run_before, run_after) if run_before and run_after else {}
    compared = Outputs.DIFFERENT if found else Outputs.SAME
    passed = Outcome.UPDATED if all(checks.values()) else Outcome.FAILED
    return Report(
        outcome=Outcome.CONFLICTS if changes.conflicts else passed,
        before=before,
        after=after,
        template=template.web_address(settings.template_source),
        **asdict(changes),
        kept=template_files.changed(repository.root),
        checks=checks,
        outputs=compared if run_before and run_after else Outputs.UNKNOWN,
        differences=found,
    )


def _version(repository: Repository) -> str:
    # Not by the settings that were read: the newer version may have other ones, or conflicts in them.
    text = (repository.root / "settings.json").read_text(encoding="utf-8")
    return str(re.findall(r'"template_version": "([^"]*)"', text)[-1])


def _local_run(repository: Repository) -> Path | None:
    """Run the workflow on the sample, and return the folder of the run; None if it failed."""
    earlier = _runs(repository)
    succeeded = _ops(repository, "run")
    made = sorted(_runs(repository) - earlier)
    return made[-1] if succeeded and made else None


def _runs(repository: Repository) -> set[Path]:
    return {path.parent for path in repository.local_runs.glob(f"*/{_EXECUTION}")}


def _ops(repository: Repository, verb: str, *, passes: Collection[int] = (0,)) -> bool:
    # By uv, which installs what the repository's lock asks for now: after the update, that of the newer version.
    command = [find_uv(repository.root), "run", "--quiet", "ops", verb]
    ended = subprocess.run(command, cwd=repository.root, env=template.environment(), check=False)  # noqa: S603
    return ended.returncode in passes
