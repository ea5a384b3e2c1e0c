"""Requests that SageMaker would refuse, found without asking it."""

import copy
from typing import Any

import pytest
from ops import requests

VALID: dict[str, Any] = {
    "ProcessingJobName": "my-model-dev-predict-0a1b2c3d-0",
    "RoleArn": "arn:aws:iam::111111111111:role/my-model",
    "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", "predict.py"]},
    "ProcessingResources": {
        "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
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
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "Environment": {"A": "1"},
    "Tags": [{"Key": "a", "Value": "b"}],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the valid request with another value; numbers in the path are positions."""
    request = copy.deepcopy(VALID)
    *parents, last = path.split(".")
    holder: Any = request
    for key in parents:
        holder = holder[int(key) if key.isdigit() else key]
    holder[int(last) if last.isdigit() else last] = value
    return request


def faults(request: dict[str, Any]) -> list[str]:
    return requests.faults("sagemaker", "CreateProcessingJob", request)


def test_valid_request_has_no_fault() -> None:
    assert faults(VALID) == []
    assert requests.structural_faults("sagemaker", "CreateProcessingJob", VALID) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("ProcessingJobName", "a" * 64, "ProcessingJobName has a length of 64, over the maximum of 63"),
        ("ProcessingJobName", "my_model", "ProcessingJobName is 'my_model', which does not match"),
        ("ProcessingJobName", "-a", "ProcessingJobName is '-a', which does not match"),
        ("RoleArn", "a-role-by-its-name-only", "RoleArn is 'a-role-by-its-name-only', which does not match"),
        ("StoppingCondition.MaxRuntimeInSeconds", 777601, "StoppingCondition.MaxRuntimeInSeconds is 777601, over the"),
        ("StoppingCondition.MaxRuntimeInSeconds", 0, "MaxRuntimeInSeconds, value: 0, valid min value: 1"),
        ("ProcessingResources.ClusterConfig.InstanceCount", 101, "ClusterConfig.InstanceCount is 101, over the"),
        ("ProcessingResources.ClusterConfig.VolumeSizeInGB", 16385, "ClusterConfig.VolumeSizeInGB is 16385, over the"),
        (
            "AppSpecification.ImageUri",
            "x" * 256,
            "AppSpecification.ImageUri has a length of 256, over the maximum of 255",
        ),
        ("AppSpecification.ContainerArguments", [], "ContainerArguments, value: 0, valid min length: 1"),
        ("AppSpecification.ContainerArguments", ["x"] * 101, "ContainerArguments has a length of 101"),
        ("AppSpecification.ContainerArguments", ["x" * 257], "ContainerArguments[0] has a length of 257"),
        ("Environment", {"A": "x" * 257}, "Environment.A has a length of 257"),
        ("Environment", {"1A": "x"}, "Environment (key 1A) is '1A', which does not match"),
        ("Environment", {f"A{number}": "" for number in range(101)}, "Environment has a length of 101"),
        ("ProcessingInputs.0.S3Input.S3InputMode", "FastFile", "is 'FastFile', not one of Pipe, File"),
        ("ProcessingInputs.0.S3Input.S3Uri", "bucket/input", "ProcessingInputs[0].S3Input.S3Uri is 'bucket/input'"),
        ("ProcessingInputs", [VALID["ProcessingInputs"][0]] * 11, "ProcessingInputs has a length of 11"),
        ("Tags", [{"Key": "a", "Value": "b"}] * 51, "Tags has a length of 51"),
        ("NetworkConfig", {"VpcConfig": {"Subnets": [], "SecurityGroupIds": ["sg-1"]}}, "Subnets, value: 0, valid min"),
    ],
)
def test_value_beyond_a_limit_is_named(path: str, value: object, fault: str) -> None:
    request = changed(path, value)
    assert any(fault in found for found in faults(request))
    # The service finds it, not the client.
    assert requests.structural_faults("sagemaker", "CreateProcessingJob", request) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("ProcessingJobNames", "a", 'Unknown parameter in input: "ProcessingJobNames"'),
        ("ProcessingInputs.0.S3Input.S3Url", "a", 'Unknown parameter in ProcessingInputs[0].S3Input: "S3Url"'),
        ("AppSpecification", {}, 'Missing required parameter in AppSpecification: "ImageUri"'),
        ("Tags", None, "Invalid type for parameter Tags, value: None"),
        ("StoppingCondition.MaxRuntimeInSeconds", "60", "Invalid type for parameter StoppingCondition.MaxRuntime"),
        ("Environment", {"A": 1}, "Invalid type for parameter Environment.A"),
        ("Environment", [], "Invalid type for parameter Environment"),
    ],
)
def test_key_or_type_that_the_operation_lacks_is_named(path: str, value: object, fault: str) -> None:
    request = changed(path, value)
    (found,) = faults(request)
    assert found.startswith(fault)
    assert requests.structural_faults("sagemaker", "CreateProcessingJob", request) == [found]


def test_every_fault_is_found() -> None:
    request = changed("ProcessingJobName", "_" * 64) | {"Tags": None, "Unknown": 1}
    assert len(faults(request)) == 4


@pytest.mark.parametrize("instance_type", ["ml.m5.xlarge", "ml.z99.1024xlarge"])
def test_instance_types_newer_than_botocore_are_taken(instance_type: str) -> None:
    assert faults(changed("ProcessingResources.ClusterConfig.InstanceType", instance_type)) == []


def test_patterns_of_javas_dialect_are_left_to_the_service() -> None:
    assert faults(changed("Tags.0.Key", "Größe")) == []
