"""`ops logs`: what the jobs of an execution printed."""

from botocore.exceptions import ClientError
from rich.console import Console
from rich.text import Text

from ops import aws
from ops.aws import Account
from ops.cloud import console_links, executions, machine
from ops.definition import STEPS
from ops.errors import OpsError
from ops.infrastructure import Deployment


def run(account: Account, deployment: Deployment, console: Console, *, name: str | None, step: str | None) -> None:
    """Print the logs of an execution's jobs, each that of its last attempt.

    Args:
        account: where.
        deployment: whose.
        console: where they are printed.
        name: of the execution; None: the newest.
        step: the only step whose job is meant.

    Raises:
        OpsError: there is no such execution, or no job of that step in it.
    """
    machine.deployed(account, deployment)
    arn = executions.find(account, deployment, name)
    view = executions.view(account, arn)
    jobs = {each: job for each in STEPS if step in {None, each} and (job := view.steps[each].job_name)}
    if not jobs:
        which = f"no job of {step}" if step else "no job"
        message = f"The execution {arn.rpartition(':')[2]} ({view.status}) has started {which}: there are no logs."
        raise OpsError(message)
    for each, job in jobs.items():
        console.print(f"[bold]{each}[/]  {job}  {view.steps[each].status.value}", soft_wrap=True)
        if not _print(account, job, console):
            console.print("  (no line yet)")


def _print(account: Account, job: str, console: Console) -> bool:
    pages = account.client("logs").get_paginator("filter_log_events")
    printed = False
    try:
        for page in pages.paginate(logGroupName=console_links.JOB_LOGS, logStreamNamePrefix=f"{job}/"):
            for event in page["events"]:
                host = event["logStreamName"].removeprefix(f"{job}/").rpartition("-")[0]
                # A Text: what a script prints is no markup, and its escapes are not for this terminal.
                console.print(Text(f"  {host}  {event['message'].rstrip()}"), soft_wrap=True)
                printed = True
    except ClientError as error:
        if aws.code(error) != "ResourceNotFoundException":
            raise
    return printed
