"""Change sets, and stacks in whatever state an earlier deployment left them."""

import time
from typing import Any

import pytest
from fake_aws import FakeCloudFormation, Fault
from ops.aws import Account
from ops.cloud.stacks import Change, Event, Stack
from ops.errors import OpsError

TAGS = {"sagelift:model": "my-model", "sagelift:environment": "dev"}


def template(*names: str, **properties: str) -> dict[str, Any]:
    return {"Resources": {name: {"Type": "AWS::SNS::Topic", "Properties": properties} for name in names}}


@pytest.fixture
def stack(account: Account, cloudformation: FakeCloudFormation) -> Stack:
    """The stack of a model, which is not there."""
    assert not cloudformation.stacks
    return Stack(account.client("cloudformation"), "my-model-dev", TAGS, "dev")


def deploy(stack: Stack, wanted: dict[str, Any]) -> list[Event]:
    events: list[Event] = []
    stack.settle()
    change_set = stack.plan(wanted, {})
    assert change_set
    stack.apply(change_set, events.append)
    return events


def test_a_stack_is_created_updated_and_left_alone(stack: Stack, cloudformation: FakeCloudFormation) -> None:
    assert [event.resource for event in deploy(stack, template("A", "B"))] == ["A", "B", "my-model-dev"]
    assert stack.status == "CREATE_COMPLETE"
    change_set = stack.plan(template("B", "C", DisplayName="other"), {})
    assert change_set
    assert change_set.changes == (
        Change("Remove", "A", "AWS::SNS::Topic", replacement=False),
        Change("Modify", "B", "AWS::SNS::Topic", replacement=False),
        Change("Add", "C", "AWS::SNS::Topic", replacement=False),
    )
    # A plan changes nothing.
    assert {resource["LogicalResourceId"] for resource in stack.resources()} == {"A", "B"}
    stack.apply(change_set)
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.plan(template("B", "C", DisplayName="other"), {}) is None
    assert not cloudformation.change_sets


def test_a_failed_update_is_rolled_back_and_says_why(stack: Stack, cloudformation: FakeCloudFormation) -> None:
    deploy(stack, template("A"))
    cloudformation.failure = ("B", "The role is not there.")
    with pytest.raises(
        OpsError, match=r"UPDATE_ROLLBACK_COMPLETE\): B: The role is not there\. Everything is as it was"
    ):
        deploy(stack, template("A", "B"))
    assert {resource["LogicalResourceId"] for resource in stack.resources()} == {"A"}
    deploy(stack, template("A", "B"))
    assert stack.status == "UPDATE_COMPLETE"


def test_after_a_failed_creation_the_next_deployment_works(stack: Stack, cloudformation: FakeCloudFormation) -> None:
    cloudformation.failure = ("A", "no")
    with pytest.raises(OpsError, match="ROLLBACK_COMPLETE"):
        deploy(stack, template("A"))
    deploy(stack, template("A"))
    assert stack.status == "CREATE_COMPLETE"
    assert "delete_stack" in cloudformation.operations()


def test_a_deployment_that_was_killed_before_it_began_is_repeated(
    stack: Stack, cloudformation: FakeCloudFormation
) -> None:
    stack.plan(template("A"), {})
    assert cloudformation.status("my-model-dev") == "REVIEW_IN_PROGRESS"
    assert stack.status is None
    deploy(stack, template("A"))
    assert stack.status == "CREATE_COMPLETE"


def test_a_deployment_that_was_killed_half_way_is_finished_by_cloudformation(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    def see(event: Event) -> None:
        # From the first event on, the next wait is interrupted.
        patch.setattr(time, "sleep", interrupt)
        assert event

    change_set = stack.plan(template("A"), {})
    assert change_set
    with monkeypatch.context() as patch:
        client = stack.client
        patch.setattr(client, "describe_stacks", lambda **_: {"Stacks": [{"StackStatus": "CREATE_IN_PROGRESS"}]})
        with pytest.raises(OpsError, match=r"interrupted: CloudFormation goes on .*ops status --env dev"):
            stack.apply(change_set, see)
    stack.settle()
    assert stack.plan(template("A"), {}) is None
    assert stack.status == "CREATE_COMPLETE"


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_a_stack_that_is_being_changed_is_left_alone(
    stack: Stack, cloudformation: FakeCloudFormation, status: str
) -> None:
    cloudformation.add("my-model-dev", status, TAGS)
    with pytest.raises(OpsError, match=rf"Another deployment is changing .* \({status}\): wait"):
        stack.settle()
    assert not cloudformation.operations()


def test_two_deployments_at_once(stack: Stack, cloudformation: FakeCloudFormation) -> None:
    deploy(stack, template("A"))
    one, other = stack.plan(template("A", "B"), {}), stack.plan(template("A", "C"), {})
    assert one
    assert other
    stack.apply(one)
    with pytest.raises(OpsError, match="Another deployment is changing"):
        stack.apply(other)
    assert {resource["LogicalResourceId"] for resource in stack.resources()} == {"A", "B"}
    deploy(stack, template("A", "C"))
    assert stack.status == "UPDATE_COMPLETE"
    # And where the other one begins between two requests of this one:
    busy = Fault("ValidationError", "Stack:my-model-dev is in UPDATE_IN_PROGRESS state and can not be updated.")
    cloudformation.faults["create_change_set"] = [busy]
    with pytest.raises(OpsError, match="Another deployment is changing"):
        stack.plan(template("A"), {})


@pytest.mark.parametrize("tags", [{}, {**TAGS, "sagelift:environment": "prod"}])
def test_a_stack_of_somebody_else_is_never_touched(
    stack: Stack, cloudformation: FakeCloudFormation, tags: dict[str, str]
) -> None:
    cloudformation.add("my-model-dev", "CREATE_COMPLETE", tags)
    for verb in (stack.settle, stack.delete, stack.outputs, stack.resources):
        with pytest.raises(OpsError, match="that is not this model's"):
            verb()
    assert not cloudformation.operations()


def test_a_failed_rollback_is_continued(stack: Stack, cloudformation: FakeCloudFormation) -> None:
    cloudformation.add("my-model-dev", "UPDATE_ROLLBACK_FAILED", TAGS)
    stack.settle()
    assert cloudformation.operations() == ["continue_update_rollback"]
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_stack_that_cannot_be_changed_says_how_to_go_on(stack: Stack, cloudformation: FakeCloudFormation) -> None:
    cloudformation.add("my-model-dev", "DELETE_FAILED", TAGS)
    with pytest.raises(OpsError, match=r"DELETE_FAILED.*uv run ops destroy --env dev"):
        stack.settle()


def test_a_change_that_cloudformation_refuses_leaves_nothing(
    stack: Stack, cloudformation: FakeCloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(stack, template("A"))

    def refused(**_: str) -> dict[str, Any]:
        return {"Status": "FAILED", "StatusReason": "Resource B already exists."}

    monkeypatch.setattr(cloudformation, "describe_change_set", refused)
    with pytest.raises(OpsError, match=r"Resource B already exists\. Nothing was changed"):
        stack.plan(template("A", "B"), {})
    assert not cloudformation.change_sets


def test_a_deleted_stack_is_gone(stack: Stack, cloudformation: FakeCloudFormation) -> None:
    deploy(stack, template("A"))
    stack.delete()
    assert stack.status is None
    stack.delete()
    assert cloudformation.operations().count("delete_stack") == 1
