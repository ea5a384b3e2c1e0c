"""The executions of the deployed workflow."""

from typing import Any

from ops import execution
from ops.aws import Account
from ops.cloud import machine
from ops.errors import OpsError
from ops.execution import ExecutionView
from ops.infrastructure import Deployment


def last(account: Account, deployment: Deployment, count: int) -> list[dict[str, Any]]:
    """Return what Step Functions lists of the newest executions, newest first."""
    answer = account.client("stepfunctions").list_executions(
        stateMachineArn=machine.arn(account, deployment), maxResults=count
    )
    return list(answer["executions"])


def find(account: Account, deployment: Deployment, name: str | None) -> str:
    """Return the ARN of an execution: the one of a name, or the newest.

    Raises:
        OpsError: there is none.
    """
    pages = account.client("stepfunctions").get_paginator("list_executions")
    for page in pages.paginate(stateMachineArn=machine.arn(account, deployment)):
        for item in page["executions"]:
            if name in {None, item["name"]}:
                return str(item["executionArn"])
    environment = deployment.environment
    message = (
        f"{deployment.prefix} has no execution {name}: `uv run ops status --env {environment}` lists the last ones."
        if name
        else f"{deployment.prefix} has not run yet: start it with `uv run ops execute --env {environment}`."
    )
    raise OpsError(message)


def view(account: Account, arn: str) -> ExecutionView:
    """Return an execution as it is now."""
    client = account.client("stepfunctions")
    return execution.view(client.describe_execution(executionArn=arn), execution.history(client, arn))
