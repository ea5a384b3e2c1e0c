"""What a history says of an execution."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ops import execution
from ops.execution import ExecutionView, StepStatus, StepView, reason, view

START = datetime(2026, 1, 1, tzinfo=UTC)


class History:
    """Writes the events of an execution, one second apart."""

    def __init__(self) -> None:
        """Start with ExecutionStarted."""
        self.events: list[dict[str, Any]] = []
        self.add("ExecutionStarted")
        self.enter("Defaults", "Pass")

    @property
    def now(self) -> datetime:
        """The moment of the next event."""
        return START + timedelta(seconds=len(self.events))

    def add(self, kind: str, **details: object) -> "History":
        """Add an event."""
        self.events.append({"type": kind, "timestamp": self.now, **details})
        return self

    def enter(self, state: str, kind: str = "Task") -> "History":
        """Enter a state."""
        return self.add(f"{kind}StateEntered", stateEnteredEventDetails={"name": state})

    def schedule(self, job: str) -> "History":
        """Start an attempt."""
        parameters = json.dumps({"ProcessingJobName": job})
        return self.add("TaskScheduled", taskScheduledEventDetails={"parameters": parameters}).add("TaskStarted")

    def fail(self, cause: object) -> "History":
        """End an attempt."""
        text = cause if isinstance(cause, str) else json.dumps(cause)
        return self.add("TaskFailed", taskFailedEventDetails={"error": "States.TaskFailed", "cause": text})

    def succeed(self) -> "History":
        """End a state."""
        return self.add("TaskSucceeded").add("TaskStateExited")

    def view(self, status: str = "RUNNING", **description: object) -> ExecutionView:
        """Return what is to be seen at this point."""
        ended = {} if status == "RUNNING" else {"stopDate": self.now}
        return view({"status": status, **ended, **description}, self.events)


def statuses(seen: ExecutionView) -> list[str]:
    return [step.status.value for step in seen.steps.values()]


def test_execution_that_has_not_begun_waits() -> None:
    seen = view({"status": "RUNNING"}, [])
    assert statuses(seen) == ["waiting", "waiting", "waiting"]
    assert seen.failed_step is None


def test_step_that_runs_has_its_job_and_its_time() -> None:
    history = History().enter("Preprocessing")
    entered = history.now - timedelta(seconds=1)
    step = history.schedule("job-0").view().steps["preprocessing"]
    assert step == StepView(
        "preprocessing", StepStatus.RUNNING, attempt=1, job_name="job-0", started=entered, ended=None, reason=None
    )
    assert step.elapsed(entered + timedelta(seconds=30)) == 30


def test_steps_succeed_one_after_the_other() -> None:
    history = History().enter("Preprocessing").schedule("a").succeed().enter("ModelSource", "Choice")
    assert statuses(history.view()) == ["succeeded", "waiting", "waiting"]
    history.enter("Predict").schedule("b").succeed().enter("Postprocessing").schedule("c")
    assert statuses(history.view()) == ["succeeded", "succeeded", "running"]
    history.succeed().enter("Output", "Pass")
    seen = history.view("SUCCEEDED", output='{"output_uri": "s3://b/x/"}')
    assert statuses(seen) == ["succeeded"] * 3
    assert seen.output == {"output_uri": "s3://b/x/"}
    assert seen.failed_step is None


def test_time_of_a_step_ends_with_its_task() -> None:
    history = History().enter("Preprocessing").schedule("a").succeed()
    step = history.view().steps["preprocessing"]
    assert step.elapsed(START + timedelta(days=1)) == 3


def test_step_that_failed_once_is_retrying_then_runs_again() -> None:
    history = History().enter("Predict").schedule("job-0").fail({"FailureReason": "no such column"})
    step = history.view().steps["predict"]
    assert (step.status, step.attempt, step.reason) == (StepStatus.RETRYING, 1, "no such column")
    step = history.schedule("job-1").view().steps["predict"]
    assert (step.status, step.attempt, step.job_name) == (StepStatus.RUNNING, 2, "job-1")


@pytest.mark.parametrize(
    ("status", "expected"),
    [("FAILED", StepStatus.FAILED), ("ABORTED", StepStatus.STOPPED), ("TIMED_OUT", StepStatus.STOPPED)],
)
def test_step_at_which_an_execution_ended(status: str, expected: StepStatus) -> None:
    history = History().enter("Preprocessing").schedule("a").succeed().enter("Predict").schedule("b")
    seen = history.view(status, error="E", cause="C")
    assert statuses(seen) == ["succeeded", expected.value, "waiting"]
    assert seen.failed_step is seen.steps["predict"]
    assert seen.steps["predict"].ended == history.now
    assert (seen.error, seen.cause) == ("E", "C")


def test_step_that_failed_for_good() -> None:
    seen = History().enter("Predict").schedule("b").fail("Rate exceeded").view("FAILED")
    assert seen.failed_step == seen.steps["predict"]
    assert (seen.steps["predict"].status, seen.steps["predict"].reason) == (StepStatus.FAILED, "Rate exceeded")


def test_state_that_timed_out() -> None:
    seen = History().enter("Predict").schedule("b").add("TaskTimedOut").view("FAILED", error="States.Timeout")
    assert seen.failed_step is seen.steps["predict"]
    assert seen.steps["predict"].status is StepStatus.TIMED_OUT


def test_execution_that_failed_before_a_job_has_no_failed_step() -> None:
    assert History().view("FAILED", error="States.NoChoiceMatched").failed_step is None


def test_step_that_is_left_out_shows_once_it_is_overtaken() -> None:
    history = History().enter("WithoutPreprocessing", "Pass")
    assert statuses(history.view()) == ["waiting", "waiting", "waiting"]
    history.enter("Predict").schedule("b")
    assert statuses(history.view()) == ["left out", "running", "waiting"]
    history.succeed().enter("WithoutPostprocessing", "Pass").enter("Output", "Pass")
    assert statuses(history.view("SUCCEEDED")) == ["left out", "succeeded", "left out"]


def test_steps_that_are_passed_over() -> None:
    history = History().enter("Preprocessing", "Pass").enter("Predict").schedule("b").succeed()
    seen = history.enter("Postprocessing", "Pass").view("SUCCEEDED")
    assert statuses(seen) == ["passed over", "succeeded", "passed over"]


@pytest.mark.parametrize(
    ("cause", "readable"),
    [
        (None, ""),
        ("", ""),
        ("plain text", "plain text"),
        ('{"FailureReason": "why", "ExitMessage": "what"}', "why"),
        ('{"ExitMessage": "what", "FailureReason": null}', "what"),
        ('{"ProcessingJobStatus": "Stopped"}', '{"ProcessingJobStatus": "Stopped"}'),
        ("[1]", "[1]"),
        ("3", "3"),
    ],
)
def test_readable_part_of_a_cause(cause: str | None, readable: str) -> None:
    assert reason(cause) == readable


class Client:
    """Step Functions, whose execution gains an event each time that it is asked."""

    def __init__(self, history: History, length: int) -> None:
        """Have an execution that ends after `length` looks."""
        self.history, self.left = history, length

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        """Answer as AWS does."""
        assert executionArn == "arn"
        self.left -= 1
        return {"status": "RUNNING"} if self.left else {"status": "SUCCEEDED", "stopDate": START, "output": "{}"}

    def get_paginator(self, operation: str) -> "Client":
        """Return pages of one event each."""
        assert operation == "get_execution_history"
        return self

    def paginate(self, executionArn: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """Yield the pages."""
        assert executionArn == "arn"
        return ({"events": [event]} for event in self.history.events)


def test_execution_is_followed_to_its_end_over_all_pages_of_its_history() -> None:
    client = Client(History().enter("Predict").schedule("b"), length=3)
    views = list(execution.follow(client, "arn", interval=0))
    assert [seen.status for seen in views] == ["RUNNING", "RUNNING", "SUCCEEDED"]
    assert views[0].steps["predict"].job_name == "b"
