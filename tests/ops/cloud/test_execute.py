"""Executions: started within the policies, followed, and looked at afterwards."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from fake_aws import MOMENT, FakeStepFunctions, Fault
from ops.aws import Account
from ops.cloud import assembly, execute, logs, status
from ops.errors import OpsError
from ops.infrastructure import Deployment
from rich.console import Console

Make = Callable[..., Deployment]
Shown = Callable[[], str]

IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev@sha256:{'0' * 64}"


def event(number: int, kind: str, **details: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"timestamp": MOMENT, "type": kind, "id": number, **details}


def ran(job: str, end: str) -> list[dict[str, Any]]:
    """Return the history of an execution that entered Predict, ran a job and ended with it."""
    scheduled = {
        "resourceType": "sagemaker",
        "resource": "createProcessingJob.sync",
        "region": "eu-west-1",
        "parameters": json.dumps({"ProcessingJobName": job}),
    }
    failed = {"taskFailedEventDetails": {"resourceType": "sagemaker", "resource": "x", "cause": "no memory"}}
    return [
        event(1, "TaskStateEntered", stateEnteredEventDetails={"name": "Predict"}),
        event(2, "TaskScheduled", taskScheduledEventDetails=scheduled),
        event(3, end, **(failed if end == "TaskFailed" else {})),
    ]


@pytest.fixture
def deployment(make_deployment: Make, stepfunctions: FakeStepFunctions) -> Deployment:
    """A deployment that is deployed."""
    deployment = make_deployment()
    stepfunctions.publish(json.dumps(assembly.assemble(deployment, IMAGE)))
    return deployment


def run(account: Account, deployment: Deployment, console: Console, *assignments: str) -> int:
    return execute.run(account, deployment, console, assignments=assignments)


def test_an_execution_starts_the_alias_with_the_overrides_alone(
    account: Account, deployment: Deployment, stepfunctions: FakeStepFunctions, console: Console, shown: Shown
) -> None:
    stepfunctions.history = ran("my-model-dev-predict-1", "TaskSucceeded")
    arguments = ("volume_size=99", "input_uri=s3://bucket/input/january/", "predict_overrides.max_runtime=60")
    assert run(account, deployment, console, *arguments) == 0
    [(_, request)] = [call for call in stepfunctions.calls if call[0] == "start_execution"]
    assert request["stateMachineArn"].endswith(":stateMachine:my-model-dev:live")
    overrides = json.loads(request["input"])
    assert overrides.keys() == {"volume_size", "input_uri", "predict_overrides"}
    assert overrides["predict_overrides"] == {"max_runtime": 60}
    text = shown()
    assert (
        f"#/v2/executions/details/arn:aws:states:eu-west-1:123456789012:execution:my-model-dev:{request['name']}"
        in text
    )
    group = "#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FProcessingJobs"
    assert f"{group}$3FlogStreamNameFilter$3Dmy-model-dev-predict-1$252F" in text
    assert "s3://bucket/output/it/postprocessing/" in text


def test_a_failed_execution_says_where_and_why(
    account: Account, deployment: Deployment, stepfunctions: FakeStepFunctions, console: Console, shown: Shown
) -> None:
    stepfunctions.status, stepfunctions.history = "FAILED", ran("my-model-dev-predict-1", "TaskFailed")
    assert run(account, deployment, console) == 1
    assert "FAILED in predict, attempt 1: States.TaskFailed" in shown()
    assert "no memory" in shown()
    status.run(account, deployment, console)
    assert "The last one ended FAILED in predict, job my-model-dev-predict-1" in shown()


def test_it_need_not_be_followed(
    account: Account, deployment: Deployment, stepfunctions: FakeStepFunctions, console: Console
) -> None:
    stepfunctions.status = "RUNNING"
    assert execute.run(account, deployment, console, assignments=[], wait=False) == 0
    assert "describe_execution" not in [name for name, _ in stepfunctions.calls]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), Fault("ExpiredToken")])
def test_an_execution_goes_on_when_it_is_followed_no_longer(
    account: Account,
    deployment: Deployment,
    stepfunctions: FakeStepFunctions,
    console: Console,
    interruption: Exception,
) -> None:
    stepfunctions.faults["describe_execution"] = [interruption]
    with pytest.raises(OpsError, match=r"the execution .* goes on; `uv run ops status --env dev`"):
        run(account, deployment, console)


def test_what_is_not_deployed_cannot_run(
    account: Account, make_deployment: Make, stepfunctions: FakeStepFunctions, console: Console, shown: Shown
) -> None:
    with pytest.raises(OpsError, match=r"not deployed .*uv run ops deploy --env dev"):
        run(account, make_deployment(), console)
    status.run(account, make_deployment(), console)
    assert "nothing: run `uv run ops deploy --env dev`" in shown()
    assert stepfunctions.live is None


@pytest.mark.parametrize(
    "assignment",
    [
        "role=arn:aws:iam::123456789012:role/admin",
        "input_uri=s3://another/input/",
        "input_uri=s3://bucket/inputs/",
        "output_uri=s3://bucket/elsewhere",
        "output_uri=s3://bucket/output2",
        "code_uri=s3://bucket/code/another-dev/abc/",
        "model_uri=s3://bucket/model/",
        "custom_image_uri=123456789012.dkr.ecr.eu-west-1.amazonaws.com/another:1",
        "scikit_image_uri=123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev:1",
        'volume_encryption={"VolumeKmsKeyId": "key"}',
        'network_config={"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}',
    ],
)
def test_what_is_beyond_the_policies_is_refused_before_the_start(
    account: Account, deployment: Deployment, stepfunctions: FakeStepFunctions, console: Console, assignment: str
) -> None:
    with pytest.raises(OpsError, match=r"are limited to .*ops bootstrap --env dev"):
        run(account, deployment, console, assignment)
    assert not stepfunctions.executions


@pytest.mark.parametrize(
    "assignment",
    [
        "output_uri=s3://bucket/output/tests/",
        "code_uri=s3://bucket/code/my-model-dev/0123456789abcdef/",
        f"custom_image_uri=123456789012.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev@sha256:{'1' * 64}",
        "model_uri=null",
        'network_config={"EnableNetworkIsolation": true}',
        'tags=[{"Key": "cost-center", "Value": "1"}]',
    ],
)
def test_what_the_policies_cover_is_allowed(
    account: Account, deployment: Deployment, console: Console, assignment: str
) -> None:
    assert run(account, deployment, console, assignment) == 0


SECURED = {
    "network_config": {"VpcConfig": {"Subnets": ["subnet-0a"], "SecurityGroupIds": ["sg-0a"]}},
    "volume_encryption": {"VolumeKmsKeyId": "0a"},
    "output_encryption": {"KmsKeyId": "0b"},
}


@pytest.mark.parametrize(
    "assignment",
    [
        "network_config={}",
        'network_config={"EnableNetworkIsolation": true}',
        "volume_encryption={}",
        "output_encryption={}",
    ],
)
def test_no_execution_does_without_the_network_and_the_keys(
    account: Account, make_deployment: Make, stepfunctions: FakeStepFunctions, console: Console, assignment: str
) -> None:
    secured = make_deployment(SECURED)
    stepfunctions.publish(json.dumps(assembly.assemble(secured, IMAGE)))
    with pytest.raises(OpsError, match=r"are limited to .*ops bootstrap --env dev"):
        run(account, secured, console, assignment)
    assert not stepfunctions.executions
    same = (f"{key}={json.dumps(value)}" for key, value in SECURED.items())
    assert run(account, secured, console, *same) == 0


def test_the_account_cannot_be_overridden(account: Account, deployment: Deployment, console: Console) -> None:
    with pytest.raises(OpsError, match="account belongs to the environment"):
        run(account, deployment, console, 'account="222222222222"')


def test_parameters_that_are_not_deployed_are_pointed_out(
    account: Account, deployment: Deployment, make_deployment: Make, console: Console, shown: Shown
) -> None:
    run(account, deployment, console)
    assert "note:" not in shown()
    changed = make_deployment({"volume_size": 99})
    run(account, changed, console)
    assert "other values of volume_size" in shown()
    status.run(account, changed, console)
    assert "the repository's values of volume_size" in shown()


def test_status_tells_what_is_deployed_and_how_it_ran(
    account: Account, deployment: Deployment, console: Console, shown: Shown
) -> None:
    status.run(account, deployment, console)
    for said in (IMAGE, "1, of 2026-01-01 00:00", "v1.2.3", "s3://bucket/code/my-model-dev/", "It has not run yet."):
        assert said in shown()
    run(account, deployment, console)
    status.run(account, deployment, console)
    assert "SUCCEEDED" in shown()


def test_logs_are_those_of_the_jobs(
    account: Account, deployment: Deployment, stepfunctions: FakeStepFunctions, console: Console, shown: Shown
) -> None:
    with pytest.raises(OpsError, match="has not run yet"):
        logs.run(account, deployment, console, name=None, step=None)
    job, client = "my-model-dev-predict-1", account.client("logs")
    stepfunctions.history = ran(job, "TaskSucceeded")
    execute.run(account, deployment, console, assignments=[], wait=False)
    logs.run(account, deployment, console, name=None, step=None)
    assert "(no line yet)" in shown()
    client.create_log_group(logGroupName="/aws/sagemaker/ProcessingJobs")
    stream = {"logGroupName": "/aws/sagemaker/ProcessingJobs", "logStreamName": f"{job}/algo-1-1700000000"}
    client.create_log_stream(**stream)
    client.put_log_events(**stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": "[bold]read 3 rows"}])
    logs.run(account, deployment, console, name=stepfunctions.executions[0]["name"], step="predict")
    assert "algo-1  [bold]read 3 rows" in shown()
    with pytest.raises(OpsError, match="has started no job of postprocessing"):
        logs.run(account, deployment, console, name=None, step="postprocessing")
    with pytest.raises(OpsError, match="has no execution nonsense"):
        logs.run(account, deployment, console, name="nonsense", step=None)
