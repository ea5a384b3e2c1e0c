"""The workflow: what the definition says, and what its states ask of SageMaker when the local cloud runs it."""

import copy
import itertools
import json
import re
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accounts import DEFINITION, RESOLUTION, Account, account, resolve
from allpairspy import AllPairs
from hypothesis import given
from hypothesis import strategies as st
from ops import definition, requests
from ops.definition import STEPS
from ops.errors import OpsError
from ops.parameters import ENVIRONMENT_PATTERN
from tools import asl_validator

STATES: dict[str, Any] = definition.load(DEFINITION)["States"]
TASKS: dict[str, Any] = {name: state for name, state in STATES.items() if state["Type"] == "Task"}

VPC = {"Subnets": ["subnet-0a"], "SecurityGroupIds": ["sg-0a"]}
NETWORKS: list[dict[str, Any]] = [
    {},
    {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True},
    {"VpcConfig": VPC},
]
KEY = "arn:aws:kms:eu-west-1:111111111111:key/0a"
ENCRYPTIONS: list[dict[str, Any]] = [
    {},
    {"volume_encryption": {"VolumeKmsKeyId": KEY}, "output_encryption": {"KmsKeyId": KEY}},
]
IMAGES = ["scikit", "custom", "none"]
MODELS = [None, "s3://bucket/model/"]
COUNTS = [1, 3]


def requests_of(made: Account) -> dict[str, dict[str, Any]]:
    """Return the request of each step's last job."""
    return {container.step: container.request for container in made.image.containers}


# The file


def test_defaults_come_first_and_are_empty() -> None:
    assert definition.load(DEFINITION)["StartAt"] == "Defaults"
    assert STATES["Defaults"]["Type"] == "Pass"
    assert STATES["Defaults"]["Result"] == {}


def test_each_step_is_a_processing_job_that_the_state_waits_for() -> None:
    assert list(TASKS) == list(STEPS.values())
    assert {task["Resource"] for task in TASKS.values()} == {"arn:aws:states:::sagemaker:createProcessingJob.sync"}


def test_failure_ends_the_execution_so_that_redrive_continues_from_the_failed_step() -> None:
    # After a Catch, the step that failed is the state that was caught in.
    assert {state["Type"] for state in STATES.values()} == {"Pass", "Choice", "Task"}
    assert not [name for name, state in STATES.items() if "Catch" in state]


@pytest.mark.parametrize("name", TASKS)
def test_retries_tell_classes_of_errors_apart(name: str) -> None:
    retriers = TASKS[name]["Retry"]
    assert [retrier["ErrorEquals"] for retrier in retriers] == [
        ["SageMaker.ResourceLimitExceededException"],
        ["ThrottlingException", "SageMaker.AmazonSageMakerException"],
        # Last, because it matches whatever is no timeout.
        ["States.TaskFailed"],
    ]
    for retrier in retriers:
        assert retrier["BackoffRate"] > 1
        assert retrier["MaxDelaySeconds"] >= retrier["IntervalSeconds"] > 0
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["MaxAttempts"] > 0
    # Of a script that fails there is hardly ever more to expect.
    assert retriers[-1]["MaxAttempts"] == 1


@pytest.mark.parametrize("name", TASKS)
def test_retry_count_in_a_job_name_has_one_digit(name: str) -> None:
    assert sum(retrier["MaxAttempts"] for retrier in TASKS[name]["Retry"]) <= 9


@pytest.mark.parametrize("name", TASKS)
def test_result_of_a_job_leaves_the_state_as_it_is(name: str) -> None:
    # A job's description would count towards the 256 KiB that Step Functions passes on.
    assert TASKS[name]["ResultPath"] is None


def test_images_have_no_default() -> None:
    for step in ("Preprocessing", "Postprocessing"):
        assert "Default" not in STATES[f"{step}Image"]


def test_every_next_state_exists_and_every_state_is_reached() -> None:
    following = {name: set(_next_states(state)) for name, state in STATES.items()}
    reached, new = set[str](), {"Defaults"}
    while new:
        reached |= new
        new = set().union(*(following[name] for name in new)) - reached
    assert reached == STATES.keys()


def _next_states(state: dict[str, Any]) -> Iterator[str]:
    for holder in (state, *state.get("Choices", [])):
        yield from (holder[key] for key in ("Next", "Default") if key in holder)


@given(
    model=st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda name: len(name) <= 25),
    environment=st.from_regex(ENVIRONMENT_PATTERN.removesuffix("$"), fullmatch=True),
    state=st.sampled_from(list(TASKS)),
    unique=st.text(string.hexdigits.lower()[:16], min_size=8, max_size=8),
    retry=st.integers(0, 9),
)
def test_job_names_are_those_that_sagemaker_takes(
    model: str, environment: str, state: str, unique: str, retry: int
) -> None:
    name = _job_name(state, f"{model}-{environment}", unique, retry)
    shape = requests.input_shape("sagemaker", "CreateProcessingJob").members["ProcessingJobName"]
    assert len(name) <= shape.metadata["max"] == 63
    assert re.fullmatch(shape.metadata["pattern"], name)


@pytest.mark.parametrize("name", TASKS)
def test_longest_job_name_fits(name: str) -> None:
    assert len(_job_name(name, f"{'m' * 25}-{'e' * 10}", "0" * 8, 9)) <= 63


def _job_name(state: str, prefix: str, unique: str, retry: int) -> str:
    """Return what the state's intrinsic function gives, of which only these arguments are expected."""
    expression = TASKS[state]["Parameters"]["ProcessingJobName.$"]
    matched = re.fullmatch(
        r"States\.Format\('([^']+)', \$\.job_name_prefix, "
        r"States\.ArrayGetItem\(States\.StringSplit\(States\.UUID\(\), '-'\), 0\), \$\$\.State\.RetryCount\)",
        expression,
    )
    assert matched, expression
    return matched[1].format(prefix, unique, retry)


@pytest.mark.parametrize("assembled", [False, True], ids=["as it stands", "assembled"])
def test_asl_validator_finds_no_fault(tmp_path: Path, *, assembled: bool) -> None:
    path = tmp_path / "definition.json"
    content = definition.load(DEFINITION)
    path.write_text(json.dumps(definition.assemble(content, resolve()) if assembled else content))
    done = subprocess.run(
        [asl_validator(), "--json-path", path], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout


# Assembly


def test_assembled_definition_differs_in_the_defaults_only() -> None:
    content = definition.load(DEFINITION)
    before = copy.deepcopy(content)
    assembled = definition.assemble(content, {"a": 1})
    assert content == before
    assert assembled["States"]["Defaults"].pop("Result") == {"a": 1}
    del before["States"]["Defaults"]["Result"]
    assert assembled == before


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov", "aws-iso"])
def test_outside_of_the_standard_partition_the_integrations_differ_too(partition: str) -> None:
    content = definition.load(DEFINITION)
    assembled = definition.assemble(content, {}, partition)
    assert json.loads(json.dumps(assembled).replace(f"arn:{partition}:states", "arn:aws:states")) == content
    assert json.dumps(assembled).count(f"arn:{partition}:states:::sagemaker:createProcessingJob.sync") == len(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_definition_of_one_step_passes_over_the_other_jobs(step: str) -> None:
    content = definition.load(DEFINITION)
    cut = definition.only(content, step)
    for name, state in content["States"].items():
        if name in STEPS.values() and name != STEPS[step]:
            assert cut["States"][name] == {"Type": "Pass", "Next": state["Next"]}
        else:
            assert cut["States"][name] == state


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "is missing: bring it back with `copier recopy`"),
        (b"{", "is no valid JSON: Expecting property name"),
        (b"\xff", "is no valid JSON: 'utf-8' codec"),
        (b"[]", "has no Pass state Defaults"),
        (b'{"States": {}}', "has no Pass state Defaults"),
        (b'{"States": {"Defaults": {"Type": "Task"}}}', "has no Pass state Defaults"),
    ],
)
def test_file_that_holds_no_definition(tmp_path: Path, content: bytes | None, fault: str) -> None:
    path = tmp_path / "state_machine.asl.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OpsError) as refused:
        definition.load(path)
    assert str(refused.value).startswith(f"{path} {fault}")
    assert "copier recopy" in str(refused.value)


# What is asked of SageMaker


def test_requests_of_a_workflow_with_default_parameters(tmp_path: Path) -> None:
    with account(tmp_path) as made:
        view = made.run("a-run")
    assert view.status == "SUCCEEDED"
    made_requests = requests_of(made)
    for step, request in made_requests.items():
        assert re.fullmatch(rf"my-model-dev-{step}-[0-9a-f]{{8}}-0", request.pop("ProcessingJobName"))
    common = {
        "RoleArn": RESOLUTION.role,
        "Environment": {},
        "NetworkConfig": {"EnableInterContainerTrafficEncryption": False, "EnableNetworkIsolation": False},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "Tags": resolve()["tags"],
    }
    folders = ["--input-dir", "/opt/ml/processing/input", "--output-dir", "/opt/ml/processing/output"]
    assert made_requests == {
        "preprocessing": {
            **common,
            "AppSpecification": {
                "ImageUri": "scikit:image",
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/preprocessing.py"],
                "ContainerArguments": folders,
            },
            "ProcessingInputs": [_input("input", "s3://bucket/input/"), _input("code", "s3://bucket/code/")],
            "ProcessingOutputConfig": _output("s3://bucket/output/a-run/preprocessing/"),
        },
        "predict": {
            **common,
            "AppSpecification": {
                "ImageUri": "custom:image",
                "ContainerEntrypoint": ["python3", "/opt/program/src/predict.py"],
                "ContainerArguments": [*folders, "--model-dir", "/opt/program/model"],
            },
            "ProcessingInputs": [_input("input", "s3://bucket/output/a-run/preprocessing/", "ShardedByS3Key")],
            "ProcessingOutputConfig": _output("s3://bucket/output/a-run/predict/"),
        },
        "postprocessing": {
            **common,
            "AppSpecification": {
                "ImageUri": "scikit:image",
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/postprocessing.py"],
                "ContainerArguments": [*folders, "--preprocessing-dir", "/opt/ml/processing/preprocessing"],
            },
            "ProcessingInputs": [
                _input("input", "s3://bucket/output/a-run/predict/"),
                _input("preprocessing", "s3://bucket/output/a-run/preprocessing/"),
                _input("code", "s3://bucket/code/"),
            ],
            "ProcessingOutputConfig": _output("s3://bucket/output/a-run/postprocessing/"),
        },
    }
    assert view.output == {
        "preprocessing_uri": "s3://bucket/output/a-run/preprocessing/",
        "predict_uri": "s3://bucket/output/a-run/predict/",
        "output_uri": "s3://bucket/output/a-run/postprocessing/",
    }


def _input(name: str, uri: str, distribution: str = "FullyReplicated") -> dict[str, Any]:
    source = {
        "S3Uri": uri,
        "LocalPath": f"/opt/ml/processing/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": distribution,
    }
    return {"InputName": name, "S3Input": source}


def _output(uri: str) -> dict[str, Any]:
    target = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {"Outputs": [{"OutputName": "output", "S3Output": target}]}


Case = tuple[str, str, str | None, dict[str, Any], dict[str, Any], int]


def _check_requests(folder: Path, cases: list[Case]) -> None:
    """Run the workflow for each case, and compare what it asks of SageMaker with what the case says."""
    with account(folder) as made:
        made.put("s3://bucket/model/weights")
        for number, (preprocessing, postprocessing, model, network, encryption, count) in enumerate(cases):
            made.image.containers.clear()
            given = {
                "preprocessing_image": preprocessing,
                "postprocessing_image": postprocessing,
                "model_uri": model,
                "network_config": network,
                **encryption,
                "instance_count": count,
            }
            view = made.run(f"run-{number}", given)
            assert view.status == "SUCCEEDED", (given, view.cause)
            asked = requests_of(made)
            images = {"preprocessing": preprocessing, "predict": "custom", "postprocessing": postprocessing}
            assert {step: request["AppSpecification"]["ImageUri"] for step, request in asked.items()} == {
                step: f"{image}:image" for step, image in images.items() if image != "none"
            }
            for step, request in asked.items():
                assert requests.faults("sagemaker", "CreateProcessingJob", request) == []
                assert request["NetworkConfig"] == network
                cluster = request["ProcessingResources"]["ClusterConfig"]
                assert cluster["InstanceCount"] == (count if step == "predict" else 1)
                assert cluster.get("VolumeKmsKeyId") == (KEY if encryption else None)
                assert request["ProcessingOutputConfig"].get("KmsKeyId") == (KEY if encryption else None)
            _check_flow(f"s3://bucket/output/run-{number}", asked, model)


def _check_flow(prefix: str, asked: dict[str, dict[str, Any]], model: str | None) -> None:
    """Each step reads what the one before it wrote; what is left out is as if it were not there."""
    sources = {
        step: {given["InputName"]: given["S3Input"]["S3Uri"] for given in request["ProcessingInputs"]}
        for step, request in asked.items()
    }
    preprocessed = f"{prefix}/preprocessing/" if "preprocessing" in asked else "s3://bucket/input/"
    assert sources["predict"] == {"input": preprocessed} | ({"model": model} if model else {})
    arguments = asked["predict"]["AppSpecification"]["ContainerArguments"]
    assert arguments[-2:] == ["--model-dir", "/opt/ml/processing/model" if model else "/opt/program/model"]
    if "preprocessing" in asked:
        assert sources["preprocessing"] == {"input": "s3://bucket/input/", "code": "s3://bucket/code/"}
    if "postprocessing" in asked:
        assert sources["postprocessing"] == {
            "input": f"{prefix}/predict/",
            "preprocessing": preprocessed,
            "code": "s3://bucket/code/",
        }


def test_requests_of_every_pair_of_choices(tmp_path: Path) -> None:
    pairs = AllPairs([IMAGES, IMAGES, MODELS, NETWORKS, ENCRYPTIONS, COUNTS])
    _check_requests(tmp_path, [tuple(case) for case in pairs])


@pytest.mark.slow
@pytest.mark.parametrize("preprocessing", IMAGES)
@pytest.mark.parametrize("postprocessing", IMAGES)
@pytest.mark.parametrize("model", MODELS)
def test_requests_of_every_combination(
    tmp_path: Path, preprocessing: str, postprocessing: str, model: str | None
) -> None:
    others = itertools.product(NETWORKS, ENCRYPTIONS, COUNTS)
    _check_requests(tmp_path, [(preprocessing, postprocessing, model, *rest) for rest in others])


def test_output_is_that_of_the_last_step_that_runs(tmp_path: Path) -> None:
    with account(tmp_path, {"postprocessing_image": "none"}) as made:
        view = made.run()
        assert view.output is not None
        assert view.output["output_uri"] == "s3://bucket/output/run/predict/"
        assert made.keys(view.output["output_uri"]) == ["a.csv"]


def test_parameters_at_their_limits_make_requests_that_sagemaker_takes(tmp_path: Path) -> None:
    environment = {f"A{number:0255}": "x" * 256 for number in range(20)}
    parameters = {
        "output_uri": "s3://bucket/" + "x" * 912,
        "instance_count": 2,
        "volume_size": 16384,
        "max_runtime": 777600,
        "environment": environment,
        "network_config": {
            "VpcConfig": {
                "Subnets": [f"subnet-{number:025}" for number in range(16)],
                "SecurityGroupIds": [f"sg-{number:029}" for number in range(5)],
            }
        },
        "volume_encryption": {"VolumeKmsKeyId": "k" * 2048},
        "output_encryption": {"KmsKeyId": "k" * 2048},
        "tags": [{"Key": f"{number:0128}", "Value": "x" * 256} for number in range(45)],
    }
    with account(tmp_path, parameters) as made:
        # The longest name of an execution.
        view = made.run("n" * 80)
    assert view.status == "SUCCEEDED", view.cause
    for request in requests_of(made).values():
        assert requests.faults("sagemaker", "CreateProcessingJob", request) == []
        assert request["Environment"] == environment


@pytest.mark.parametrize("step", STEPS)
def test_step_takes_its_overrides_and_the_others_do_not(tmp_path: Path, step: str) -> None:
    overrides = {
        "instance_type": "ml.c5.large",
        "volume_size": 7,
        "max_runtime": 60,
        "environment": {"ONLY": step},
    }
    with account(tmp_path, {"environment": {"COMMON": "1"}, f"{step}_overrides": overrides}) as made:
        arn = made.start()
        assert made.wait(arn).status == "SUCCEEDED"
        timeouts = [
            event["taskScheduledEventDetails"]["timeoutInSeconds"]
            for event in made.history(arn)
            if event["type"] == "TaskScheduled"
        ]
    seen = {
        name: (
            request["ProcessingResources"]["ClusterConfig"]["InstanceType"],
            request["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"],
            request["StoppingCondition"]["MaxRuntimeInSeconds"],
            request["Environment"],
            timeout,
        )
        for (name, request), timeout in zip(requests_of(made).items(), timeouts, strict=True)
    }
    # Step Functions waits a little longer than SageMaker lets the job run.
    usual = ("ml.m5.xlarge", 30, 3600, {"COMMON": "1"}, 4500)
    assert seen == {**dict.fromkeys(STEPS, usual), step: ("ml.c5.large", 7, 60, {"ONLY": step}, 960)}


def test_executions_share_neither_job_names_nor_outputs(tmp_path: Path) -> None:
    with account(tmp_path) as made:
        for name in ("one", "two"):
            assert made.run(name).status == "SUCCEEDED"
        names = [container.request["ProcessingJobName"] for container in made.image.containers]
        assert len(set(names)) == 6
        steps = ("postprocessing", "predict", "preprocessing")
        expected = [f"{name}/{step}/a.csv" for name in ("one", "two") for step in steps]
        assert made.keys("s3://bucket/output/") == expected
