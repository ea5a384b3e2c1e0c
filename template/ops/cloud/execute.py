"""`ops execute`: start the deployed workflow and follow it."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from ops import aws, execution, progress
from ops.aws import Account
from ops.cloud import console_links as links
from ops.cloud import machine, scope
from ops.definition import STEPS
from ops.errors import OpsError
from ops.execution import ExecutionView
from ops.infrastructure import Deployment
from ops.parameters import Parameters, Resolution, execution_input

POLL = 5.0
"""Seconds between two looks at an execution on AWS."""


def run(
    account: Account, deployment: Deployment, console: Console, *, assignments: Iterable[str], wait: bool = True
) -> int:
    """Start an execution of the deployed version.

    Args:
        account: where.
        deployment: what.
        console: shows the states live.
        assignments: `key=value` pairs that replace parameters.
        wait: whether to follow the execution until it ends.

    Returns:
        The exit code: 1 if the execution failed.

    Raises:
        OpsError: an assignment is wrong, or beyond what the roles may do; or nothing is deployed.
    """
    live = machine.deployed(account, deployment)
    if differing := sorted(differences(deployment, live.parameters)):
        console.print(
            f"[yellow]note:[/] deployed are other values of {', '.join(differing)} than the repository's, and they "
            f"hold: `uv run ops deploy --env {deployment.environment}` changes that.",
            soft_wrap=True,
        )
    overrides = checked_input(deployment, live.parameters, list(assignments))
    started = account.client("stepfunctions").start_execution(
        stateMachineArn=machine.alias_arn(account, deployment),
        name=f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%f}"[:-3],
        input=json.dumps(overrides),
    )
    arn = started["executionArn"]
    name = arn.rpartition(":")[2]
    console.print(
        f"Started [bold]{escape(name)}[/] of {escape(deployment.prefix)}, version {live.version}", soft_wrap=True
    )
    console.print(links.execution(account, arn), soft_wrap=True, markup=False)
    if not wait:
        return 0
    return _conclude(account, deployment, _follow(account, deployment, arn, name, console), name, console)


def checked_input(deployment: Deployment, deployed: Mapping[str, Any], assignments: list[str]) -> dict[str, Any]:
    """Return the input of an execution with assignments.

    Raises:
        OpsError: an assignment is wrong, or beyond what the roles may do.
    """
    path = deployment.repository.parameters(deployment.environment)
    parameters = Parameters.load(path, assignments)
    overrides = execution_input(_resolve(deployment, parameters, deployed), assignments)
    scope.check(deployment, deployed, overrides)
    return overrides


def differences(deployment: Deployment, deployed: Mapping[str, Any]) -> set[str]:
    """Return the parameters whose values in the repository are not those that are deployed."""
    present = _resolve(deployment, deployment.parameters, deployed)
    return {
        key
        for key in present.keys() | deployed.keys()
        if key not in {"tags", "job_name_prefix"} and present.get(key) != deployed.get(key)
    }


def _resolve(deployment: Deployment, parameters: Parameters, deployed: Mapping[str, Any]) -> dict[str, Any]:
    resolution = Resolution(
        role=deployment.jobs_role,
        **{key: str(deployed.get(key, "")) for key in ("code_uri", "custom_image_uri", "scikit_image_uri")},
    )
    return parameters.resolve(deployment.repository.settings, deployment.environment, resolution)


def _follow(account: Account, deployment: Deployment, arn: str, name: str, console: Console) -> ExecutionView:
    goes_on = f"the execution {name} goes on; `uv run ops status --env {deployment.environment}` shows how it ends"
    try:
        return progress.show(execution.follow(account.client("stepfunctions"), arn, POLL), console)
    except KeyboardInterrupt:
        message = f"interrupted, and {goes_on}."
        raise OpsError(message) from None
    except (BotoCoreError, ClientError) as error:
        message = f"{aws.explain(error, deployment.environment)} Meanwhile {goes_on}."
        raise OpsError(message) from None


def _conclude(account: Account, deployment: Deployment, view: ExecutionView, name: str, console: Console) -> int:
    jobs = {step: view.steps[step].job_name for step in STEPS}
    for step, job in jobs.items():
        if job:
            console.print(f"Logs of {step}: {links.job_logs(account, job)}", soft_wrap=True, markup=False)
    if view.status == "SUCCEEDED":
        outputs = f"{(view.output or {}).get('output_uri', '')}"
        console.print(f"[green]Succeeded.[/] {escape(outputs and f'The outputs: {outputs}')}", soft_wrap=True)
        return 0
    failed = view.failed_step
    where = f" in {failed.step}, attempt {failed.attempt}" if failed and failed.attempt else ""
    console.print(f"[bold red]{view.status}[/]{where}: {escape(view.error or '')}", soft_wrap=True)
    if why := (failed.reason if failed else None) or execution.reason(view.cause):
        console.print(why, soft_wrap=True, markup=False)
    console.print(f"uv run ops logs --env {deployment.environment} --execution {name}", soft_wrap=True)
    return 1
