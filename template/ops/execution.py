"""An execution as its history tells it: the same view of one on AWS and of one in the local cloud."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ops.definition import STEPS


class StepStatus(StrEnum):
    """What has become of a step."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"
    LEFT_OUT = "left out"
    PASSED_OVER = "passed over"


@dataclass
class StepView:
    """A step: its last attempt, and when it ran. `reason` is the cause of the last failure."""

    step: str
    status: StepStatus = StepStatus.WAITING
    attempt: int = 0
    job_name: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    reason: str | None = None

    def elapsed(self, now: datetime) -> float | None:
        """Return the seconds since the state was entered, until it was left; None before that."""
        return None if self.started is None else ((self.ended or now) - self.started).total_seconds()


@dataclass
class ExecutionView:
    """An execution: `status` is one of Step Functions' own (RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED)."""

    status: str
    steps: dict[str, StepView] = field(default_factory=lambda: {step: StepView(step) for step in STEPS})
    error: str | None = None
    cause: str | None = None
    output: dict[str, Any] | None = None

    @property
    def failed_step(self) -> StepView | None:
        """The step at which the execution ended, unless it succeeded."""
        ended_by = {StepStatus.FAILED, StepStatus.TIMED_OUT, StepStatus.STOPPED}
        return next((view for view in self.steps.values() if view.status in ended_by), None)


def history(client: Any, arn: str) -> list[dict[str, Any]]:  # noqa: ANN401  boto3 makes its clients at run time
    """Return all events of an execution, oldest first."""
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def follow(client: Any, arn: str, interval: float) -> Iterator[ExecutionView]:  # noqa: ANN401
    """Yield the execution as it proceeds, every `interval` seconds, and at last when it has ended."""
    while True:
        # Asked first, so that the history of an execution that has ended is complete.
        description = client.describe_execution(executionArn=arn)
        yield (current := view(description, history(client, arn)))
        if current.status != "RUNNING":
            return
        time.sleep(interval)


def view(description: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> ExecutionView:
    """Return what DescribeExecution and GetExecutionHistory say of an execution."""
    execution = ExecutionView(description["status"], error=description.get("error"), cause=description.get("cause"))
    if output := description.get("output"):
        execution.output = json.loads(output)
    step_of = {state: step for step, state in STEPS.items()}
    current: StepView | None = None
    for event in events:
        kind, moment = event["type"], event["timestamp"]
        if kind.endswith("StateEntered"):
            step = step_of.get(event["stateEnteredEventDetails"]["name"])
            current = execution.steps[step] if step else None
            if current:
                current.started = moment
                if kind == "PassStateEntered":
                    current.status = StepStatus.PASSED_OVER
        elif current:
            _apply(current, kind, event, moment)
    _conclude(execution, description.get("stopDate"))
    return execution


def reason(cause: str | None) -> str:
    """Return the readable part of an error's cause: a failed job's is its whole description, as JSON."""
    try:
        description = json.loads(cause or "")
    except json.JSONDecodeError:
        return cause or ""
    if not isinstance(description, dict):
        return cause or ""
    return str(description.get("FailureReason") or description.get("ExitMessage") or cause)


def _apply(view: StepView, kind: str, event: Mapping[str, Any], moment: datetime) -> None:
    match kind:
        case "TaskScheduled":
            view.attempt += 1
            view.status = StepStatus.RUNNING
            view.job_name = json.loads(event["taskScheduledEventDetails"]["parameters"]).get("ProcessingJobName")
        case "TaskSucceeded":
            view.status = StepStatus.SUCCEEDED
            view.ended = moment
        case "TaskFailed":
            view.status = StepStatus.RETRYING
            view.reason = reason(event["taskFailedEventDetails"].get("cause"))
        case "TaskTimedOut":
            view.status = StepStatus.TIMED_OUT


def _conclude(execution: ExecutionView, stop_date: datetime | None) -> None:
    started = [view.step for view in execution.steps.values() if view.status is not StepStatus.WAITING]
    order = list(STEPS)
    for view in execution.steps.values():
        overtaken = bool(started) and order.index(view.step) < order.index(started[-1])
        if view.status is StepStatus.WAITING and (overtaken or execution.status == "SUCCEEDED"):
            view.status = StepStatus.LEFT_OUT
    if execution.status == "RUNNING":
        return
    for view in execution.steps.values():
        if view.status in {StepStatus.RUNNING, StepStatus.RETRYING}:
            view.status = StepStatus.FAILED if execution.status == "FAILED" else StepStatus.STOPPED
        if view.started and not view.ended:
            view.ended = stop_date or datetime.now(UTC)
