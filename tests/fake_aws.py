"""Services of AWS that moto does not tell the truth about: CloudFormation's change sets, versions of state machines.

They sit behind boto3's own clients, which refuse a wrong request as they do on AWS.
"""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.awsrequest import AWSResponse

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

_INVALID, _NO_CHANGE_SET, _ABSENT = "ValidationError", "ChangeSetNotFound", "ResourceNotFound"


class Fault(Exception):  # noqa: N818  the word for it in service models
    """An error that a service answers."""

    def __init__(self, code: str, message: str = "") -> None:
        """Take the error's code and message."""
        super().__init__(code, message)
        self.answer = {"Error": {"Code": code, "Message": message}}


class FakeService:
    """Answers the operations that a subclass has methods for; every other goes on to moto.

    Attributes:
        calls: the operations so far, in order.
        faults: by operation, what is answered instead, once for each item.
    """

    name: str

    def __init__(self, session: Any) -> None:  # noqa: ANN401  boto3 has no types
        """Take the place of a service for the clients that a session makes from now on."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: dict[str, list[Exception]] = {}
        self.serve(session)

    def serve(self, session: Any) -> None:  # noqa: ANN401
        """Take the place of the service for the clients that another session makes from now on, too."""
        session.events.register(f"before-parameter-build.{self.name}", self._remember)
        session.events.register(f"before-call.{self.name}", self._answer)

    def operations(self) -> list[str]:
        """Return the names of the operations so far that change something."""
        names = (name for name, _ in self.calls)
        return [name for name in names if not name.startswith(("describe_", "list_", "get_"))]

    @staticmethod
    def _remember(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context["given"] = params

    def _answer(self, model: Any, context: dict[str, Any], **_: object) -> tuple[AWSResponse, dict[str, Any]] | None:  # noqa: ANN401
        operation = xform_name(model.name)
        method: Callable[..., dict[str, Any]] | None = getattr(self, operation, None)
        if method is None:
            return None
        self.calls.append((operation, context["given"]))
        try:
            if faults := self.faults.get(operation):
                raise faults.pop(0)
            answer = method(**context["given"])
        except Fault as fault:
            return AWSResponse(None, 400, {}, None), fault.answer
        return AWSResponse(None, 200, {}, None), {"ResponseMetadata": {}, **answer}


@dataclass
class FakeStack:
    """A stack of FakeCloudFormation; `to_come` are the statuses that it will have, one at each look at it."""

    id: str
    name: str
    status: str
    tags: list[dict[str, str]] = field(default_factory=list)
    parameters: list[dict[str, str]] = field(default_factory=list)
    template: str = "{}"
    to_come: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def resources(self) -> dict[str, Any]:
        """The resources of the template, by logical id; conditions are taken to hold."""
        found: dict[str, Any] = json.loads(self.template).get("Resources", {})
        return found

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs that are texts."""
        found = json.loads(self.template).get("Outputs", {})
        return {key: output["Value"] for key, output in found.items() if isinstance(output["Value"], str)}


class FakeCloudFormation(FakeService):
    """Stacks and change sets, with rollback; nothing is in a stack but its template.

    Attributes:
        failure: (resource, reason): the next change fails at that resource.
        done: is called with each stack that was created or updated.
        undone: is called with each stack whose update was rolled back.
    """

    name = "cloudformation"

    def __init__(self, session: Any) -> None:  # noqa: ANN401
        """Start without a stack."""
        super().__init__(session)
        self.stacks: dict[str, FakeStack] = {}
        self.change_sets: dict[str, dict[str, Any]] = {}
        self.failure: tuple[str, str] | None = None
        self.done: Callable[[FakeStack], object] = lambda _: None
        self.undone: Callable[[FakeStack], object] = lambda _: None
        self._ids = itertools.count(1)

    def add(self, name: str, status: str, tags: Mapping[str, str] | None = None, template: str = "{}") -> FakeStack:
        """Put a stack there, and return it."""
        stack = FakeStack(f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/{next(self._ids)}", name, status)
        stack.tags = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        stack.template = template
        self.stacks[stack.id] = stack
        return stack

    def status(self, name: str) -> str | None:
        """Return a stack's status; None if there is none."""
        stack = self._by_name(name)
        return stack.status if stack else None

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: D102, N803
        stack = self._find(StackName)
        self._advance(stack)
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in stack.outputs.items()]
        return {
            "Stacks": [
                {
                    "StackId": stack.id,
                    "StackName": stack.name,
                    "StackStatus": stack.status,
                    "Tags": [] if stack.status == "REVIEW_IN_PROGRESS" else stack.tags,
                    "Parameters": stack.parameters,
                    "Outputs": outputs,
                }
            ]
        }

    def create_change_set(self, StackName: str, ChangeSetType: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401, D102, N803
        stack = self._by_name(StackName)
        if ChangeSetType == "CREATE":
            if stack and stack.status != "REVIEW_IN_PROGRESS":
                raise Fault(_INVALID, f"Stack [{StackName}] already exists and cannot be created")
            stack = stack or self.add(StackName, "REVIEW_IN_PROGRESS")
        if stack is None:
            raise Fault(_INVALID, f"Stack [{StackName}] does not exist")
        if ChangeSetType == "UPDATE" and not stack.status.endswith("_COMPLETE"):
            raise Fault(_INVALID, f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        arn = f"arn:aws:cloudformation:eu-west-1:123456789012:changeSet/{request['ChangeSetName']}/{next(self._ids)}"
        self.change_sets[arn] = {**request, "stack": stack, "status": "CREATE_PENDING", "type": ChangeSetType}
        return {"Id": arn, "StackId": stack.id}

    def describe_change_set(self, StackName: str, ChangeSetName: str) -> dict[str, Any]:  # noqa: D102, N803
        change_set = self._change_set(StackName, ChangeSetName)
        if change_set["status"] == "CREATE_PENDING":
            change_set["status"] = "CREATE_COMPLETE"
            return {"Status": "CREATE_PENDING"}
        changes = list(self._changes(change_set))
        same = change_set["Parameters"] == change_set["stack"].parameters
        if change_set["type"] == "UPDATE" and not changes and same:
            reason = "The submitted information didn't contain changes. Submit different information."
            return {"Status": "FAILED", "StatusReason": reason}
        return {"Status": change_set["status"], "ExecutionStatus": "AVAILABLE", "Changes": changes}

    def delete_change_set(self, StackName: str, ChangeSetName: str) -> dict[str, Any]:  # noqa: D102, N803
        self._change_set(StackName, ChangeSetName)
        del self.change_sets[ChangeSetName]
        return {}

    def execute_change_set(self, StackName: str, ChangeSetName: str) -> dict[str, Any]:  # noqa: D102, N803
        change_set = self._change_set(StackName, ChangeSetName)
        stack, kind = change_set["stack"], change_set["type"]
        # Those that were computed for what the stack was before are obsolete now.
        self.change_sets = {arn: other for arn, other in self.change_sets.items() if other["stack"] is not stack}
        stack.status = f"{kind}_IN_PROGRESS"
        if self.failure:
            rollback = "ROLLBACK" if kind == "CREATE" else "UPDATE_ROLLBACK"
            stack.to_come = [f"{rollback}_IN_PROGRESS", f"{rollback}_COMPLETE"]
            resource, reason = self.failure
            self._happen(stack, resource, f"{kind}_FAILED", reason)
            self._happen(stack, "Other", f"{kind}_FAILED", "Resource creation cancelled")
            self.failure = None
            stack.tags = stack.tags or change_set["Tags"]
            return {}
        stack.tags, stack.parameters = change_set["Tags"], change_set["Parameters"]
        stack.template = change_set["TemplateBody"]
        stack.to_come = [f"{kind}_COMPLETE"]
        for resource in stack.resources:
            self._happen(stack, resource, f"{kind}_COMPLETE")
        return {}

    def delete_stack(self, StackName: str) -> dict[str, Any]:  # noqa: D102, N803
        stack = self._find(StackName)
        stack.status, stack.to_come = "DELETE_IN_PROGRESS", ["DELETE_COMPLETE"]
        return {}

    def continue_update_rollback(self, StackName: str) -> dict[str, Any]:  # noqa: D102, N803
        stack = self._find(StackName)
        stack.status, stack.to_come = "UPDATE_ROLLBACK_IN_PROGRESS", ["UPDATE_ROLLBACK_COMPLETE"]
        return {}

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: D102, N803
        return {"StackEvents": list(reversed(self._find(StackName).events))}

    def list_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: D102, N803
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": name,
                    "PhysicalResourceId": name.lower(),
                    "ResourceType": resource["Type"],
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                for name, resource in self._find(StackName).resources.items()
            ]
        }

    def get_template(self, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: D102, N803
        assert TemplateStage == "Original"
        return {"TemplateBody": json.loads(self._find(StackName).template)}

    def _advance(self, stack: FakeStack) -> None:
        if stack.to_come:
            stack.status = stack.to_come.pop(0)
            self._happen(stack, stack.name, stack.status)
            if stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
                self.done(stack)
            elif stack.status == "UPDATE_ROLLBACK_COMPLETE":
                self.undone(stack)

    def _happen(self, stack: FakeStack, resource: str, status: str, reason: str = "") -> None:
        event = {
            "EventId": str(next(self._ids)),
            "LogicalResourceId": resource,
            "ResourceType": "AWS::Some::Resource",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }
        stack.events.append(event)

    def _changes(self, change_set: Mapping[str, Any]) -> Any:  # noqa: ANN401
        before = change_set["stack"].resources
        after = json.loads(change_set["TemplateBody"])["Resources"]
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                action = "Add" if name not in before else "Remove" if name not in after else "Modify"
                kind = (after.get(name) or before[name])["Type"]
                change = {"Action": action, "LogicalResourceId": name, "ResourceType": kind, "Replacement": "False"}
                yield {"Type": "Resource", "ResourceChange": change}

    def _by_name(self, name: str) -> FakeStack | None:
        there = (stack for stack in self.stacks.values() if stack.status != "DELETE_COMPLETE")
        return next((stack for stack in there if stack.name == name), None)

    def _find(self, name_or_id: str) -> FakeStack:
        stack = self.stacks.get(name_or_id) or self._by_name(name_or_id)
        if stack is None:
            raise Fault(_INVALID, f"Stack with id {name_or_id} does not exist")
        return stack

    def _change_set(self, stack: str, arn: str) -> dict[str, Any]:
        if arn not in self.change_sets or self.change_sets[arn]["stack"] is not self._find(stack):
            raise Fault(_NO_CHANGE_SET, f"ChangeSet [{arn}] does not exist")
        return self.change_sets[arn]


class FakeStepFunctions(FakeService):
    """A state machine with versions, an alias and executions that ended before they began.

    Attributes:
        versions: the definitions, by the number of their version.
        live: the version that the alias points at; None: there is no state machine.
        executions: what is known of each, newest first.
    """

    name = "stepfunctions"
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:my-model-dev"

    def __init__(self, session: Any) -> None:  # noqa: ANN401
        """Start without a state machine."""
        super().__init__(session)
        self.versions: dict[int, str] = {}
        self.live: int | None = None
        self.executions: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.status = "SUCCEEDED"

    def publish(self, definition: str) -> str:
        """Publish a version, point the alias at it, and return its ARN."""
        self.live = max(self.versions, default=0) + 1
        self.versions[self.live] = definition
        return f"{self.machine}:{self.live}"

    def deploy(self, stack: FakeStack) -> None:
        """Publish a version if a stack brings another definition, and let the stack's output name it."""
        if "StateMachine" not in stack.resources:
            return
        definition = stack.resources["StateMachine"]["Properties"]["DefinitionString"]
        if definition not in self.versions.values():
            template = json.loads(stack.template)
            template["Outputs"]["VersionArn"]["Value"] = self.publish(definition)
            stack.template = json.dumps(template)

    def describe_state_machine_alias(self, stateMachineAliasArn: str) -> dict[str, Any]:  # noqa: D102, N803
        self._check(stateMachineAliasArn)
        return {"routingConfiguration": [{"stateMachineVersionArn": f"{self.machine}:{self.live}", "weight": 100}]}

    def update_state_machine_alias(  # noqa: D102
        self,
        stateMachineAliasArn: str,  # noqa: N803
        routingConfiguration: list[dict[str, Any]],  # noqa: N803
    ) -> dict[str, Any]:
        self._check(stateMachineAliasArn)
        self.live = int(routingConfiguration[0]["stateMachineVersionArn"].rpartition(":")[2])
        return {}

    def describe_state_machine(self, stateMachineArn: str) -> dict[str, Any]:  # noqa: D102, N803
        number = int(stateMachineArn.removeprefix(f"{self.machine}:"))
        return {"definition": self.versions[number], "creationDate": MOMENT}

    def list_state_machine_versions(self, stateMachineArn: str, nextToken: str = "") -> dict[str, Any]:  # noqa: D102, N803
        assert stateMachineArn == self.machine
        # One to a page.
        numbers = sorted(self.versions, reverse=True)
        page = int(nextToken or 0)
        more = {"nextToken": str(page + 1)} if page + 1 < len(numbers) else {}
        arns = [{"stateMachineVersionArn": f"{self.machine}:{number}"} for number in numbers[page : page + 1]]
        return {"stateMachineVersions": arns, **more}

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: A002, D102, N803
        self._check(stateMachineArn)
        arn = f"{self.machine.replace('stateMachine', 'execution')}:{name}"
        execution = {"executionArn": arn, "name": name, "status": self.status, "startDate": MOMENT, "stopDate": MOMENT}
        self.executions.insert(0, execution | {"input": input})
        return {"executionArn": arn, "startDate": MOMENT}

    def list_executions(self, stateMachineArn: str, maxResults: int = 100) -> dict[str, Any]:  # noqa: D102, N803
        assert stateMachineArn == self.machine
        return {"executions": self.executions[:maxResults]}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: D102, N803
        [found] = [execution for execution in self.executions if execution["executionArn"] == executionArn]
        ended = {"SUCCEEDED": {"output": '{"output_uri": "s3://bucket/output/it/postprocessing/"}'}}
        return {**found, **ended.get(found["status"], {"error": "States.TaskFailed", "cause": "no memory"})}

    def get_execution_history(self, executionArn: str) -> dict[str, Any]:  # noqa: D102, N803
        assert executionArn
        return {"events": self.history}

    def _check(self, alias: str) -> None:
        if self.live is None:
            raise Fault(_ABSENT, f"Request references a resource that does not exist: {alias}")
        assert alias == f"{self.machine}:live"
