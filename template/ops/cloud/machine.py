"""The deployed state machine: its versions, and the one that its alias points at."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from ops import aws
from ops.aws import Account
from ops.errors import OpsError
from ops.infrastructure import ALIAS, Deployment

_ABSENT = {"ResourceNotFound", "StateMachineDoesNotExist"}


@dataclass(frozen=True)
class Live:
    """The version of the state machine that the alias points at."""

    version_arn: str
    created: datetime
    parameters: Mapping[str, Any]
    """What was deployed as the result of `Defaults`."""

    @property
    def version(self) -> int:
        """The number of the version."""
        return number(self.version_arn)


def arn(account: Account, deployment: Deployment) -> str:
    """Return the ARN of the state machine of a deployment."""
    return f"arn:{account.partition}:states:{account.region}:{account.account}:stateMachine:{deployment.prefix}"


def alias_arn(account: Account, deployment: Deployment) -> str:
    """Return the ARN of the alias, which executions are started by."""
    return f"{arn(account, deployment)}:{ALIAS}"


def number(version_arn: str) -> int:
    """Return the number of a version."""
    return int(version_arn.rpartition(":")[2])


def live(account: Account, deployment: Deployment) -> Live | None:
    """Return what is deployed; None if nothing is."""
    client = account.client("stepfunctions")
    try:
        alias = client.describe_state_machine_alias(stateMachineAliasArn=alias_arn(account, deployment))
        route = max(alias["routingConfiguration"], key=lambda route: route["weight"])
        machine = client.describe_state_machine(stateMachineArn=route["stateMachineVersionArn"])
    except ClientError as error:
        if aws.code(error) in _ABSENT:
            return None
        raise
    parameters = json.loads(machine["definition"])["States"].get("Defaults", {}).get("Result", {})
    return Live(route["stateMachineVersionArn"], machine["creationDate"], parameters)


def deployed(account: Account, deployment: Deployment) -> Live:
    """Return what is deployed.

    Raises:
        OpsError: nothing is.
    """
    found = live(account, deployment)
    if found is None:
        message = (
            f"{deployment.prefix} is not deployed in account {account.account}, {account.region}: "
            f"run `uv run ops deploy --env {deployment.environment}` first."
        )
        raise OpsError(message)
    return found


def versions(account: Account, deployment: Deployment) -> list[str]:
    """Return the ARNs of the published versions, newest first."""
    client, found = account.client("stepfunctions"), []
    more: dict[str, str] = {}
    while True:
        page = client.list_state_machine_versions(stateMachineArn=arn(account, deployment), **more)
        found += [version["stateMachineVersionArn"] for version in page["stateMachineVersions"]]
        if not page.get("nextToken"):
            return sorted(found, key=number, reverse=True)
        more = {"nextToken": page["nextToken"]}


def point(account: Account, deployment: Deployment, version_arn: str) -> None:
    """Make the alias point at a version; executions that run already keep theirs."""
    account.client("stepfunctions").update_state_machine_alias(
        stateMachineAliasArn=alias_arn(account, deployment),
        routingConfiguration=[{"stateMachineVersionArn": version_arn, "weight": 100}],
    )
