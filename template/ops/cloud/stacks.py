"""A CloudFormation stack: what a change set would do, doing it, and what an interrupted deployment left.

States of a stack: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ops import aws
from ops.aws import Account
from ops.errors import OpsError
from ops.infrastructure import Deployment, template_body

POLL = 2.0
"""Seconds between two questions about a change."""

OWN_TAGS = ("sagelift:model", "sagelift:environment")
"""The tags that tell a stack of this model in this environment from another's of the same name."""

# A stack that a change set was made for, which nobody has executed.
_REVIEW = "REVIEW_IN_PROGRESS"
_SUCCESS = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "DELETE_COMPLETE")
_NO_CHANGE = re.compile("didn't contain changes|no updates are to be performed", re.IGNORECASE)
_IN_PROGRESS = re.compile(r"is in \S+_IN_PROGRESS state|[Ii]nvalidChangeSetStatus|in progress")
_CANCELLED = re.compile("cancel", re.IGNORECASE)


@dataclass(frozen=True)
class Event:
    """What CloudFormation says of a resource while it changes the stack."""

    resource: str
    kind: str
    status: str
    reason: str


@dataclass(frozen=True)
class Change:
    """What a change set would do to a resource."""

    action: str
    resource: str
    kind: str
    replacement: bool


@dataclass(frozen=True)
class ChangeSet:
    """Changes that CloudFormation has computed, and not made."""

    arn: str
    stack: str
    changes: tuple[Change, ...]


Say = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """Say nothing of an event."""


@dataclass(frozen=True)
class Stack:
    """A stack, there or not.

    Attributes:
        client: boto3's client of CloudFormation.
        name: the stack's name.
        tags: the tags of the stack and of all its resources; OWN_TAGS are among them.
        environment: the environment's name, for messages.
    """

    client: Any
    name: str
    tags: Mapping[str, str]
    environment: str

    def describe(self) -> dict[str, Any] | None:
        """Return what CloudFormation says of the stack; None if there is none.

        Raises:
            OpsError: there is one of this name, and it belongs to somebody else.
        """
        try:
            description: dict[str, Any] = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if aws.code(error) == "ValidationError" and "does not exist" in str(error):
                return None
            raise
        # Nothing is in a stack under review, and its tags come with its first resources.
        if description["StackStatus"] != _REVIEW:
            self._refuse_another(description)
        return description

    @property
    def status(self) -> str | None:
        """The stack's status, such as UPDATE_COMPLETE; None if there is none, or none with anything in it."""
        description = self.describe()
        status = str(description["StackStatus"]) if description else None
        return None if status == _REVIEW else status

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs; none if it is not there."""
        found = (self.describe() or {}).get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    def resources(self) -> list[dict[str, Any]]:
        """Return the summaries of the resources that the stack holds; none if it is not there."""
        if self.status is None:
            return []
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [summary for page in pages for summary in page["StackResourceSummaries"]]
        return [summary for summary in found if summary["ResourceStatus"] != "DELETE_COMPLETE"]

    def settle(self, say: Say = ignore) -> None:
        """Bring the stack into a state that it can be changed from, whatever an earlier deployment left.

        Raises:
            OpsError: another deployment is under way, or a person has to look at the stack.
        """
        status = self.status
        if status is None:
            return
        if status.endswith("_IN_PROGRESS"):
            raise self._busy(status)
        if status == "ROLLBACK_COMPLETE":
            # The first deployment failed: nothing is in this stack, and CloudFormation takes no other change of it.
            self.delete(say)
        elif status == "UPDATE_ROLLBACK_FAILED":
            self._continue_rollback(say)
        elif status.endswith("_FAILED"):
            message = (
                f"The stack {self.name} is {status}, and cannot be changed: look at its events in CloudFormation, "
                f"then remove it with `uv run ops destroy --env {self.environment}`, which keeps the data."
            )
            raise OpsError(message)

    def plan(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, str],
        options: Mapping[str, Any] | None = None,
    ) -> ChangeSet | None:
        """Ask CloudFormation what would change; `settle` comes before.

        Args:
            template: the template.
            parameters: its parameters.
            options: further arguments of CreateChangeSet.

        Returns:
            None if nothing would change.

        Raises:
            OpsError: CloudFormation takes no change of this kind, or not now.
        """
        with self._alone():
            made = self.client.create_change_set(
                StackName=self.name,
                ChangeSetName=f"ops-{secrets.token_hex(8)}",
                ChangeSetType="CREATE" if self.status is None else "UPDATE",
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
                Tags=[{"Key": key, "Value": value} for key, value in self.tags.items()],
                TemplateBody=template_body(template),
                **(options or {}),
            )
        arn, stack = made["Id"], made["StackId"]
        while (description := self._describe_change_set(stack, arn))["Status"] in {
            "CREATE_PENDING",
            "CREATE_IN_PROGRESS",
        }:
            time.sleep(POLL)
        if description["Status"] == "FAILED":
            reason = description.get("StatusReason", "")
            self.client.delete_change_set(StackName=stack, ChangeSetName=arn)
            if _NO_CHANGE.search(reason):
                return None
            message = f"CloudFormation cannot change the stack {self.name}: {reason.rstrip('.')}. Nothing was changed."
            raise OpsError(message)
        return ChangeSet(arn, stack, tuple(self._changes(description)))

    def stands(self, change_set: ChangeSet) -> bool:
        """Return whether a change set from `plan` can still be executed: nothing has changed the stack since."""
        try:
            description = self._describe_change_set(change_set.stack, change_set.arn)
        except ClientError as error:
            if aws.code(error) in {"ChangeSetNotFound", "ValidationError"}:
                return False
            raise
        same = tuple(self._changes(description)) == change_set.changes
        return description["ExecutionStatus"] == "AVAILABLE" and same

    def discard(self, change_set: ChangeSet) -> None:
        """Forget a change set."""
        self.client.delete_change_set(StackName=change_set.stack, ChangeSetName=change_set.arn)

    def apply(self, change_set: ChangeSet, say: Say = ignore) -> None:
        """Make the changes, and wait until they are made.

        Args:
            change_set: from `plan`.
            say: is called with each event.

        Raises:
            OpsError: the changes failed and were rolled back, or another deployment came first.
        """
        seen = self._event_ids(change_set.stack)
        with self._alone():
            self.client.execute_change_set(StackName=change_set.stack, ChangeSetName=change_set.arn)
        self._follow(change_set.stack, seen, say)

    def delete(self, say: Say = ignore) -> None:
        """Delete the stack, and wait until it is gone; what the template retains stays.

        Raises:
            OpsError: another deployment is under way, or something in it cannot be deleted.
        """
        description = self.describe()
        if description is None:
            return
        status, stack = description["StackStatus"], description["StackId"]
        if status.endswith("_IN_PROGRESS") and status not in {_REVIEW, "DELETE_IN_PROGRESS"}:
            raise self._busy(status)
        seen = self._event_ids(stack)
        # By its id: should it be gone already, CloudFormation says so instead of not knowing it.
        self.client.delete_stack(StackName=stack)
        self._follow(stack, seen, say)

    def _continue_rollback(self, say: Say) -> None:
        description = self.describe() or {}
        seen = self._event_ids(description["StackId"])
        self.client.continue_update_rollback(StackName=self.name)
        status, reason = self._wait(description["StackId"], seen, say)
        if status != "UPDATE_ROLLBACK_COMPLETE":
            message = (
                f"The stack {self.name} is {status} ({reason}): mend what is named here, then run "
                f"`aws cloudformation continue-update-rollback --stack-name {self.name}`."
            )
            raise OpsError(message)

    def _follow(self, stack: str, seen: set[str], say: Say) -> None:
        try:
            status, reason = self._wait(stack, seen, say)
        except KeyboardInterrupt:
            message = (
                f"interrupted: CloudFormation goes on without you; `uv run ops status --env {self.environment}` "
                "shows how it ends."
            )
            raise OpsError(message) from None
        if status not in _SUCCESS:
            undone = " Everything is as it was before." if status.endswith("ROLLBACK_COMPLETE") else ""
            message = f"The change of the stack {self.name} failed ({status}): {reason}.{undone}"
            raise OpsError(message)

    def _wait(self, stack: str, seen: set[str], say: Say) -> tuple[str, str]:
        """Return the status in which the change ends, and the reason of its first failure."""
        first_failure = ""
        while True:
            # Asked first, so that the events of a change that has ended are complete.
            status = self.client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            for event in self._new_events(stack, seen):
                say(event)
                if event.status.endswith("_FAILED") and not _CANCELLED.search(event.reason):
                    first_failure = first_failure or f"{event.resource}: {event.reason.rstrip('.')}"
            if not status.endswith("_IN_PROGRESS"):
                return status, first_failure or "CloudFormation gave no reason"
            time.sleep(POLL)

    def _new_events(self, stack: str, seen: set[str]) -> Iterator[Event]:
        new: list[dict[str, Any]] = []
        for page in self.client.get_paginator("describe_stack_events").paginate(StackName=stack):
            # The newest come first: where a known one comes, all that follow are known.
            fresh = [event for event in page["StackEvents"] if event["EventId"] not in seen]
            new += fresh
            if len(fresh) < len(page["StackEvents"]):
                break
        for event in reversed(new):
            seen.add(event["EventId"])
            yield Event(
                event["LogicalResourceId"],
                event["ResourceType"],
                event["ResourceStatus"],
                event.get("ResourceStatusReason", ""),
            )

    def _event_ids(self, stack: str) -> set[str]:
        return {event["EventId"] for event in self.client.describe_stack_events(StackName=stack)["StackEvents"]}

    def _describe_change_set(self, stack: str, arn: str) -> dict[str, Any]:
        # With the stack, which a policy can name; here and wherever a change set is meant.
        description: dict[str, Any] = self.client.describe_change_set(StackName=stack, ChangeSetName=arn)
        page = description
        while token := page.get("NextToken"):
            page = self.client.describe_change_set(StackName=stack, ChangeSetName=arn, NextToken=token)
            description["Changes"] += page["Changes"]
        return description

    @staticmethod
    def _changes(description: Mapping[str, Any]) -> Iterator[Change]:
        for entry in description.get("Changes", []):
            change = entry["ResourceChange"]
            yield Change(
                change["Action"],
                change["LogicalResourceId"],
                change["ResourceType"],
                change.get("Replacement") in {"True", "Conditional"},
            )

    def _alone(self) -> "_Alone":
        return _Alone(self)

    def _busy(self, status: str) -> OpsError:
        return OpsError(
            f"Another deployment is changing the stack {self.name} ({status}): wait until it has ended "
            f"(`uv run ops status --env {self.environment}`), then repeat the command. Nothing was changed."
        )

    def _refuse_another(self, description: Mapping[str, Any]) -> None:
        if not is_own(description.get("Tags", []), self.tags):
            message = (
                f"The account holds a stack {self.name} that is not this model's: it has no tags "
                f"{' and '.join(f'{key}={self.tags[key]}' for key in OWN_TAGS)}. "
                "Answer another model_name (`copier update`), or have that stack removed by who owns it."
            )
            raise OpsError(message)


@dataclass(frozen=True)
class _Alone:
    """Says in plain words that another deployment came between."""

    stack: Stack

    def __enter__(self) -> None:
        """Nothing to prepare: CloudFormation itself refuses a second change."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if not isinstance(error, ClientError):
            return
        busy = aws.code(error) in {"InvalidChangeSetStatus", "ChangeSetNotFound", "OperationInProgressException"}
        if busy or (aws.code(error) == "ValidationError" and _IN_PROGRESS.search(str(error))):
            raise self.stack._busy(aws.code(error)) from error  # noqa: SLF001  one module


def is_own(found: Iterable[Mapping[str, str]], tags: Mapping[str, str]) -> bool:
    """Return whether tags, as AWS lists them, are those of a model in an environment."""
    values = {tag["Key"]: tag["Value"] for tag in found}
    return all(values.get(key) == tags[key] for key in OWN_TAGS)


def of(account: Account, deployment: Deployment) -> Stack:
    """Return the stack that `ops deploy` makes."""
    return _stack(account, deployment, deployment.stack)


def bootstrap_of(account: Account, deployment: Deployment) -> Stack:
    """Return the stack that `ops bootstrap` makes."""
    return _stack(account, deployment, deployment.bootstrap_stack)


def _stack(account: Account, deployment: Deployment, name: str) -> Stack:
    return Stack(account.client("cloudformation"), name, deployment.tags, deployment.environment)
