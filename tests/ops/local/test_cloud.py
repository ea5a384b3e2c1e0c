"""The local cloud: what becomes of an execution when its jobs fail, hang, are refused, or get odd inputs."""

import contextlib
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
from accounts import RESOLUTION, Account, Container, Script, account, copy, fail, hang
from botocore.exceptions import ClientError
from moto.sagemaker.exceptions import SagemakerClientError
from moto.sagemaker.responses import SageMakerResponse
from ops.definition import STEPS
from ops.execution import StepStatus
from ops.local import processing
from ops.local.cloud import local_cloud
from ops.local.interpreter import InterpreterImage
from processes import Lifeline

BEFORE = {"preprocessing": [], "predict": ["preprocessing"], "postprocessing": ["preprocessing", "predict"]}

# SageMaker throttles with a code that its service model does not list.
pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape:UserWarning")

every_step = pytest.mark.parametrize("step", STEPS)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Account]:
    """An account with the outputs of an earlier execution."""
    with account(tmp_path) as made:
        for step in STEPS:
            made.put(f"s3://bucket/output/earlier/{step}/a.csv")
        yield made


def outputs(made: Account) -> list[str]:
    return made.keys("s3://bucket/output/")


def kept(*steps: str) -> list[str]:
    """Return the outputs of the earlier execution, and those of these steps of this one."""
    return sorted([f"earlier/{step}/a.csv" for step in STEPS] + [f"run/{step}/a.csv" for step in steps])


def job_names(made: Account, step: str) -> list[str]:
    return [container.request["ProcessingJobName"] for container in made.image.containers if container.step == step]


class ThrottlingError(SagemakerClientError):  # type: ignore[misc]  # moto is untyped here
    """What SageMaker answers to too many calls."""

    code = "ThrottlingException"


class CapacityError(SagemakerClientError):  # type: ignore[misc]
    """What SageMaker answers when the account's limit of instances is reached."""

    code = "ResourceLimitExceeded"


class InternalError(SagemakerClientError):  # type: ignore[misc]
    """What SageMaker answers when something is wrong with itself."""

    code = "InternalFailure"


@contextlib.contextmanager
def refusing(*errors: SagemakerClientError, step: str) -> Iterator[list[str]]:
    """Make SageMaker refuse a step's jobs with these errors, one after the other; yield the names of those jobs."""
    create = SageMakerResponse.create_processing_job
    left, refused = list(errors), list[str]()

    def create_processing_job(self: Any) -> Any:  # noqa: ANN401
        name = json.loads(self.body)["ProcessingJobName"]
        if left and f"-{step}-" in name:
            refused.append(name)
            raise left.pop(0)
        return create(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SageMakerResponse, "create_processing_job", create_processing_job)
        yield refused


# A job that fails


@every_step
def test_step_that_fails_once_is_tried_again_under_another_name(made: Account, step: str) -> None:
    made.image.scripts[step] = [fail]
    view = made.run()
    assert view.status == "SUCCEEDED"
    assert view.steps[step].attempt == 2
    first, second = job_names(made, step)
    assert first.endswith("-0")
    assert second.endswith("-1")
    assert outputs(made) == kept(*STEPS)


@every_step
def test_step_that_fails_for_good_fails_the_execution(made: Account, tmp_path: Path, step: str) -> None:
    made.image.scripts[step] = [fail, fail]
    view = made.run()
    assert (view.status, view.error) == ("FAILED", "States.TaskFailed")
    assert view.failed_step is view.steps[step]
    assert view.steps[step].attempt == 2
    assert view.steps[step].reason == "AlgorithmError: See job logs for more information, exit code: 1"
    # As on AWS, the cause is what DescribeProcessingJob says.
    cause = json.loads(view.cause or "")
    assert cause["ProcessingJobStatus"] == "Failed"
    assert cause["FailureReason"] == view.steps[step].reason
    log = tmp_path / "logs" / cause["ProcessingJobName"] / "algo-1.log"
    assert log.read_text() == "no such column: price\n"
    assert [container.step for container in made.image.containers] == [*BEFORE[step], step, step]
    assert outputs(made) == kept(*BEFORE[step])


# Time


@every_step
def test_job_that_exceeds_its_runtime_is_stopped_and_fails_the_execution(
    made: Account, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    # A minute passes at each look at the clock.
    monkeypatch.setattr(processing, "time", SimpleNamespace(monotonic=itertools.count(step=60).__next__))
    made.image.scripts[step] = [hang, hang]
    view = made.run(given={f"{step}_overrides": {"max_runtime": 90}})
    assert (view.status, view.error) == ("FAILED", "States.TaskFailed")
    assert view.steps[step].reason == "MaxRuntimeExceeded: the job ran longer than 90 seconds"
    assert json.loads(view.cause or "")["ProcessingJobStatus"] == "Stopped"
    assert all(container.stopped for container in made.image.containers)
    assert outputs(made) == kept(*BEFORE[step])


@every_step
def test_state_that_times_out_stops_its_job_and_is_not_tried_again(made: Account, step: str) -> None:
    made.definition["States"]["Jobs"]["Parameters"][step] |= {"timeout": 1}
    del made.definition["States"]["Jobs"]["Parameters"][step]["timeout.$"]
    made.image.scripts[step] = [hang]
    arn = made.start()
    view = made.wait(arn)
    made.cloud.close()
    assert (view.status, view.error) == ("FAILED", "States.Timeout")
    assert view.steps[step].status == StepStatus.TIMED_OUT
    assert view.steps[step].attempt == 1
    (name,) = job_names(made, step)
    assert made.cloud.jobs[name].status == "Stopped"
    assert made.image.containers[-1].stopped
    assert outputs(made) == kept(*BEFORE[step])
    # Its end is no success of the task, neither now nor later.
    assert [event["type"] for event in made.history(arn)].count("TaskSucceeded") == len(BEFORE[step])


def test_waits_between_attempts_are_passed_over(made: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep, slept = time.sleep, []

    def note(seconds: float) -> None:
        slept.append(seconds)
        sleep(min(seconds, 0.1))

    monkeypatch.setattr(time, "sleep", note)
    made.image.scripts["predict"] = [fail]
    with refusing(CapacityError("ml.m5.xlarge"), ThrottlingError("Rate exceeded"), step="predict"):
        assert made.run().status == "SUCCEEDED"
    assert max(slept) < 1


# Stopped from outside


@every_step
def test_execution_that_is_stopped_is_aborted_and_its_job_with_it(made: Account, step: str) -> None:
    made.image.scripts[step] = [hang]
    arn = made.start()
    while not job_names(made, step):
        time.sleep(0.01)
    made.stepfunctions.stop_execution(executionArn=arn)
    view = made.wait(arn)
    assert view.status == "ABORTED"
    assert view.steps[step].status == StepStatus.STOPPED
    assert made.image.containers[-1].stopped
    assert made.cloud.jobs[job_names(made, step)[0]].status == "Stopped"
    assert outputs(made) == kept(*BEFORE[step])
    kinds = [event["type"] for event in made.history(arn)]
    assert kinds[-1] == "ExecutionAborted"
    assert kinds.count("TaskSucceeded") == len(BEFORE[step])


def test_execution_can_be_stopped_before_its_first_state(made: Account) -> None:
    made.image.scripts["preprocessing"] = [hang]
    arn = made.start()
    made.cloud.stop(arn)
    assert made.wait(arn).status == "ABORTED"


def test_stop_of_an_execution_that_has_ended_changes_nothing(made: Account) -> None:
    arn = made.start()
    assert made.wait(arn).status == "SUCCEEDED"
    made.cloud.stop(arn)
    assert made.wait(arn).status == "SUCCEEDED"


def test_no_process_is_left_of_an_execution_that_was_stopped(tmp_path: Path) -> None:
    lifeline = Lifeline(tmp_path / "lifeline")
    source = tmp_path / "src"
    source.mkdir()
    (source / "predict.py").write_text(
        dedent(
            f"""
            import os, subprocess, sys, time
            end = os.open({str(lifeline.path)!r}, os.O_WRONLY)
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=[end])
            os.write(end, b"x")
            time.sleep(600)
            """
        )
    )
    image = InterpreterImage(Path(sys.executable), source, tmp_path / "model")
    with account(tmp_path, {"preprocessing_image": "none"}) as made:
        made.cloud.images = {RESOLUTION.custom_image_uri: image}
        arn = made.start()
        assert lifeline.read() == b"x"
        made.cloud.stop(arn)
        assert made.wait(arn).status == "ABORTED"
        assert lifeline.read() == b""
    lifeline.close()


def test_jobs_end_with_the_account(tmp_path: Path) -> None:
    with account(tmp_path, scripts={"preprocessing": [hang]}) as made:
        made.start()
        while not made.image.containers:
            time.sleep(0.01)
    assert made.image.containers[0].stopped
    assert not [job for job in made.cloud.jobs.values() if job.is_alive()]


# Refused by SageMaker


@every_step
@pytest.mark.parametrize(
    "error",
    [
        ThrottlingError("Rate exceeded"),
        CapacityError("The account-level limit is 0 instances"),
        InternalError("Try again"),
    ],
    ids=lambda error: error.code,
)
def test_job_that_is_refused_once_is_tried_again(made: Account, step: str, error: SagemakerClientError) -> None:
    with refusing(error, step=step) as refused:
        view = made.run()
    assert view.status == "SUCCEEDED"
    assert view.steps[step].attempt == 2
    assert str(error.message) in str(view.steps[step].reason)
    assert refused[0].endswith("-0")
    assert job_names(made, step)[0].endswith("-1")
    assert outputs(made) == kept(*STEPS)


@every_step
@pytest.mark.parametrize(
    ("error", "name", "attempts"),
    [
        (ThrottlingError("Rate exceeded"), "ThrottlingException", 4),
        (CapacityError("The limit is 0 instances"), "SageMaker.ResourceLimitExceededException", 5),
        (InternalError("Try again"), "SageMaker.AmazonSageMakerException", 4),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_job_that_is_refused_for_good_fails_the_execution(
    made: Account, step: str, error: SagemakerClientError, name: str, attempts: int
) -> None:
    with refusing(*[error] * 9, step=step) as refused:
        view = made.run()
    assert (view.status, view.error) == ("FAILED", name)
    assert view.failed_step is view.steps[step]
    assert view.steps[step].attempt == attempts
    assert len(set(refused)) == attempts
    assert view.cause is not None
    assert str(error.message) in view.cause
    assert f"Error Code: {error.code}" in view.cause
    assert outputs(made) == kept(*BEFORE[step])


def test_each_class_of_errors_has_attempts_of_its_own(made: Account) -> None:
    errors = [ThrottlingError("x")] * 3 + [CapacityError("x")] * 4
    made.image.scripts["predict"] = [fail]
    with refusing(*errors, step="predict"):
        view = made.run()
    assert view.status == "SUCCEEDED"
    assert view.steps["predict"].attempt == 9
    assert job_names(made, "predict")[-1].endswith("-8")


@every_step
def test_job_name_that_is_taken_is_not_used_again(made: Account, step: str) -> None:
    # The unique part taken away, the first attempt's name is that of a job which exists.
    parameters = made.definition["States"][STEPS[step]]["Parameters"]
    parameters["ProcessingJobName.$"] = f"States.Format('{{}}-{step}-{{}}', $.job_name_prefix, $$.State.RetryCount)"
    taken = {**_request_of(step), "ProcessingJobName": f"my-model-dev-{step}-0"}
    made.cloud.client("sagemaker").create_processing_job(**taken)
    made.cloud.jobs[taken["ProcessingJobName"]].join()
    view = made.run()
    assert view.status == "SUCCEEDED"
    assert view.steps[step].attempt == 2
    assert view.steps[step].job_name == f"my-model-dev-{step}-1"
    assert "Job name must be unique" in str(view.steps[step].reason)
    assert outputs(made) == kept(*STEPS)


def _request_of(step: str) -> dict[str, Any]:
    """Return the request of a job by itself, which has no outputs."""
    return {
        "ProcessingJobName": "job",
        "RoleArn": RESOLUTION.role,
        "AppSpecification": {
            "ImageUri": RESOLUTION.custom_image_uri,
            "ContainerEntrypoint": ["python3", f"/opt/program/src/{step}.py"],
        },
        "ProcessingInputs": [
            {
                "InputName": "input",
                "S3Input": {
                    "S3Uri": "s3://bucket/input/",
                    "LocalPath": "/opt/ml/processing/input",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
        },
        "Environment": {"A": "1"},
    }


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"ProcessingJobName": "my_model"}, "ProcessingJobName is 'my_model', which does not match"),
        ({"ProcessingJobName": "m" * 64}, "ProcessingJobName has a length of 64, over the maximum of 63"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "valid min value: 1"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 777601}}, "is 777601, over the maximum of 777600"),
        ({"RoleArn": "my-role"}, "RoleArn is 'my-role', which does not match"),
    ],
)
def test_request_that_the_service_would_refuse_fails_the_execution(
    made: Account, change: Mapping[str, Any], fault: str
) -> None:
    parameters = made.definition["States"]["Predict"]["Parameters"]
    for key, value in change.items():
        parameters.pop(f"{key}.$", None)
        parameters[key] = value
    view = made.run()
    assert (view.status, view.error) == ("FAILED", "SageMaker.AmazonSageMakerException")
    assert view.cause is not None
    assert fault in view.cause
    assert "Error Code: ValidationException" in view.cause
    assert outputs(made) == kept("preprocessing")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"Environments": {}}, 'Unknown parameter in input: "Environments"'),
        ({"AppSpecification": {}}, 'Missing required parameter in AppSpecification: "ImageUri"'),
        ({"Tags": None}, "Invalid type for parameter Tags"),
    ],
)
def test_request_that_step_functions_would_refuse_fails_the_execution_at_once(
    made: Account, change: Mapping[str, Any], fault: str
) -> None:
    parameters = made.definition["States"]["Predict"]["Parameters"]
    for key, value in change.items():
        parameters.pop(f"{key}.$", None)
        parameters[key] = value
    view = made.run()
    assert (view.status, view.error) == ("FAILED", "States.Runtime")
    assert fault in str(view.cause)
    assert job_names(made, "predict") == []
    assert outputs(made) == kept("preprocessing")


def test_image_that_nothing_stands_for_is_named(made: Account) -> None:
    view = made.run(given={"custom_image_uri": "other:image"})
    assert view.status == "FAILED"
    assert view.cause is not None
    assert "No image of this machine stands for other:image; there are: scikit:image, custom:image." in view.cause


def test_another_integration_is_refused_before_anything_runs(made: Account) -> None:
    made.definition["States"]["Predict"]["Resource"] = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    with pytest.raises(ClientError, match=r"createTrainingJob\.sync not recognized"):
        made.start()


# Inputs in S3


@every_step
def test_step_whose_input_is_missing_fails_for_good(made: Account, step: str) -> None:
    def write_nothing(_container: Container) -> int:
        return 0

    if step == "preprocessing":
        given = {"input_uri": "s3://bucket/nothing/"}
        missing = "s3://bucket/nothing/"
    else:
        given = {}
        before = BEFORE[step][-1]
        made.image.scripts[before] = [write_nothing]
        missing = f"s3://bucket/output/run/{before}/"
    view = made.run(given=given)
    assert (view.status, view.error) == ("FAILED", "States.TaskFailed")
    assert view.steps[step].reason == f"ClientError: Data download failed: no S3 objects found under {missing}"
    assert outputs(made) == kept(*BEFORE[step][:-1])


@pytest.mark.parametrize("files", [1, 2, 4])
def test_files_are_shared_out_over_the_instances(tmp_path: Path, files: int) -> None:
    with account(tmp_path, {"instance_count": 3}) as made:
        names = [f"{letter}.csv" for letter in "abcd"[:files]]
        for name in names:
            made.put(f"s3://bucket/input/{name}", name.encode())
        assert made.run().status == "SUCCEEDED"
        shares = [container for container in made.image.containers if container.step == "predict"]
        assert len(shares) == 3
        assert made.keys("s3://bucket/output/run/predict/") == names
        assert made.keys("s3://bucket/output/run/postprocessing/") == names


def test_failure_of_one_instance_fails_the_step(tmp_path: Path) -> None:
    scripts: dict[str, list[Script]] = {"predict": [copy, fail, copy, copy, copy, fail]}
    with account(tmp_path, {"instance_count": 3}, scripts) as made:
        view = made.run()
        assert view.status == "FAILED"
        assert made.keys("s3://bucket/output/run/predict/") == []


# The execution's input


def test_every_parameter_can_be_overridden_by_the_input(made: Account) -> None:
    made.put("s3://bucket/in/b.csv")
    made.put("s3://bucket/scripts/preprocessing.py")
    made.put("s3://bucket/models/weights")
    vpc = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
    given = {
        "input_uri": "s3://bucket/in/",
        "output_uri": "s3://bucket/out",
        "code_uri": "s3://bucket/scripts/",
        "model_uri": "s3://bucket/models/",
        "scikit_image_uri": "custom:image",
        "custom_image_uri": "scikit:image",
        "role": "arn:aws:iam::111111111111:role/other",
        "instance_type": "ml.c5.large",
        "volume_size": 5,
        "max_runtime": 60,
        "instance_count": 2,
        "preprocessing_image": "custom",
        "postprocessing_image": "none",
        "environment": {"A": "1"},
        "network_config": vpc,
        "volume_encryption": {"VolumeKmsKeyId": "k1"},
        "output_encryption": {"KmsKeyId": "k2"},
        "tags": [{"Key": "a", "Value": "b"}],
        "preprocessing_overrides": {"volume_size": 6},
        "predict_overrides": {"volume_size": 7},
        "postprocessing_overrides": {"volume_size": 8},
    }
    # The names of the jobs alone are not up to the input.
    assert given.keys() == made.resolved.keys() - {"job_name_prefix"}
    view = made.run(given=given)
    assert view.status == "SUCCEEDED", view.cause
    assert made.keys("s3://bucket/out/") == ["run/predict/b.csv", "run/preprocessing/b.csv"]
    seen = {container.step: container.request for container in made.image.containers}
    assert seen.keys() == {"preprocessing", "predict"}
    for step, (volume, inputs) in {
        "preprocessing": (6, ["s3://bucket/in/", "s3://bucket/scripts/"]),
        "predict": (7, ["s3://bucket/out/run/preprocessing/", "s3://bucket/models/"]),
    }.items():
        request = seen[step]
        assert request["RoleArn"] == given["role"]
        assert request["AppSpecification"]["ImageUri"] == "scikit:image"
        assert request["ProcessingResources"]["ClusterConfig"] == {
            "InstanceCount": 2 if step == "predict" else 1,
            "InstanceType": "ml.c5.large",
            "VolumeSizeInGB": volume,
            "VolumeKmsKeyId": "k1",
        }
        assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}
        assert request["Environment"] == {"A": "1"}
        assert request["NetworkConfig"] == vpc
        assert request["ProcessingOutputConfig"]["KmsKeyId"] == "k2"
        assert request["Tags"] == [{"Key": "a", "Value": "b"}]
        assert [source["S3Input"]["S3Uri"] for source in request["ProcessingInputs"]] == inputs


def test_input_cannot_rename_the_jobs(made: Account) -> None:
    assert made.run(given={"job_name_prefix": "other"}).status == "SUCCEEDED"
    assert all(name.startswith("my-model-dev-") for name in made.cloud.jobs)


@pytest.mark.parametrize("given", [None, {}, {"output_uri": "s3://bucket/output/"}, {"unknown": 1}])
def test_input_that_changes_nothing(made: Account, given: object) -> None:
    view = made.run(given=given)
    assert view.status == "SUCCEEDED"
    assert view.output is not None
    # With a slash too many it is another key, for those who write and for those who read.
    uri = "s3://bucket/output//run" if given == {"output_uri": "s3://bucket/output/"} else "s3://bucket/output/run"
    assert made.keys(view.output["output_uri"]) == made.keys(f"{uri}/postprocessing/") == ["a.csv"]


@pytest.mark.parametrize("given", [[], [{}], "text", 3, True])
def test_input_that_is_no_object_fails_the_execution_before_a_job(made: Account, given: object) -> None:
    view = made.run(given=given)
    assert (view.status, view.error) == ("FAILED", "States.Runtime")
    assert view.cause is not None
    assert "JSON object" in view.cause
    assert made.image.containers == []


@pytest.mark.parametrize("step", ["preprocessing", "postprocessing"])
def test_unknown_image_fails_the_execution(made: Account, step: str) -> None:
    view = made.run(given={f"{step}_image": "docker"})
    assert (view.status, view.error) == ("FAILED", "States.NoChoiceMatched")
    assert view.cause == f"No choice rule of the state {STEPS[step]}Image matches its input."
    assert outputs(made) == kept(*BEFORE[step])


# Seen through the API


def test_job_can_be_created_described_and_stopped_by_itself(made: Account) -> None:
    sagemaker = made.cloud.client("sagemaker")
    request = _request_of("predict")
    made.image.scripts["predict"] = [hang]
    sagemaker.create_processing_job(**request)
    described = sagemaker.describe_processing_job(ProcessingJobName="job")
    assert described["ProcessingJobStatus"] == "InProgress"
    assert {key: described[key] for key in request} == request
    with pytest.raises(sagemaker.exceptions.ResourceInUse, match="job already exists"):
        sagemaker.create_processing_job(**request)
    sagemaker.stop_processing_job(ProcessingJobName="job")
    made.cloud.jobs["job"].join()
    assert sagemaker.describe_processing_job(ProcessingJobName="job")["ProcessingJobStatus"] == "Stopped"


def test_job_that_does_not_exist_cannot_be_described_or_stopped(made: Account) -> None:
    sagemaker = made.cloud.client("sagemaker")
    for operation in (sagemaker.describe_processing_job, sagemaker.stop_processing_job):
        with pytest.raises(ClientError, match=r"ResourceNotFound|ValidationException"):
            operation(ProcessingJobName="none")


# No real account


def test_users_own_configuration_of_aws_is_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[profile mine]\nregion = us-west-2\nendpoint_url = http://127.0.0.1:9\n")
    planted = {
        "AWS_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_SESSION_TOKEN": "planted",
    }
    for name, value in planted.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with account(tmp_path) as made:
        assert made.run().status == "SUCCEEDED"
        assert not {"planted", "no-such-profile"} & set(os.environ.values())
    assert dict(os.environ) == before


def test_scripts_get_credentials_and_an_endpoint_that_lead_nowhere(made: Account) -> None:
    assert made.run().status == "SUCCEEDED"
    for container in made.image.containers:
        assert container.environment["AWS_ACCESS_KEY_ID"] == "local"
        assert container.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
        assert container.environment["AWS_REGION"] == "eu-west-1"


def test_script_that_calls_aws_fails_at_once(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "predict.py").write_text("import boto3\nboto3.client('s3').list_buckets()\n")
    image = InterpreterImage(Path(sys.executable), source, tmp_path / "model")
    with account(tmp_path, {"preprocessing_image": "none"}) as made:
        made.cloud.images = {RESOLUTION.custom_image_uri: image}
        view = made.run()
    assert view.status == "FAILED"
    (log, *_) = sorted((tmp_path / "logs").glob("*predict*/algo-1.log"))
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in log.read_text()


def test_each_account_is_new(tmp_path: Path) -> None:
    for number in (1, 2):
        with local_cloud({}, folder=tmp_path, logs=tmp_path, region="eu-west-1") as cloud:
            assert cloud.client("s3").list_buckets()["Buckets"] == []
            cloud.client("s3").create_bucket(
                Bucket=f"bucket-{number}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
