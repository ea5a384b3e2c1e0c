"""Parameter files: what is taken, what is refused and in which words, and what becomes of them."""

import json
from collections.abc import Callable
from pathlib import Path

import accounts
import pytest
from accounts import PARAMETERS as REQUIRED
from accounts import RESOLUTION
from jsonschema import Draft202012Validator
from ops.errors import OpsError
from ops.parameters import (
    Parameters,
    check_environment,
    execution_input,
    json_schema,
    parse_assignment,
)
from ops.settings import StepImage

ROOT = Path(__file__).resolve().parents[2]

SETTINGS = accounts.SETTINGS.model_copy(update={"postprocessing_image": StepImage.CUSTOM})

VPC = {"Subnets": ["subnet-0a"], "SecurityGroupIds": ["sg-0a"]}

Write = Callable[[object], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes parameters/dev.json: bytes as they are, anything else as JSON."""

    def write(content: object) -> Path:
        path = tmp_path / "parameters" / "dev.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


def short(value: object) -> str:
    return str(value)[:30]


def refusal(path: Path, *assignments: str) -> str:
    with pytest.raises(OpsError) as refused:
        Parameters.load(path, assignments)
    message = str(refused.value)
    # One line: the command line prints it as one sentence.
    assert "\n" not in message
    return message


# What a key may hold: the model and the schema that editors read must agree about each.
TAKEN: list[tuple[str, object]] = [
    ("$schema", "./parameters.schema.json"),
    ("input_uri", "s3://elsewhere"),
    ("input_uri", "s3://bucket/a/b.csv"),
    ("output_uri", "s3://other.bucket/" + "x" * 900),
    ("code_uri", None),
    ("code_uri", "s3://bucket/" + "x" * 1012),
    ("custom_image_uri", None),
    ("custom_image_uri", "x" * 255),
    ("scikit_image_uri", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/image@sha256:0a"),
    ("role", None),
    ("role", "arn:aws:iam::111111111111:role/service-role/some.name@x"),
    ("role", "arn:aws-us-gov:iam::111111111111:role/name"),
    ("instance_type", "ml.g4dn.12xlarge"),
    ("volume_size", 1),
    ("volume_size", 16384),
    ("max_runtime", 1),
    ("max_runtime", 777600),
    ("region", "us-gov-east-1"),
    ("region", "us-isob-east-1"),
    ("instance_count", 1),
    ("instance_count", 100),
    ("model_uri", None),
    ("model_uri", "s3://bucket/model/"),
    ("preprocessing_image", None),
    ("preprocessing_image", "scikit"),
    ("postprocessing_image", "none"),
    ("environment", {}),
    ("environment", {"_A1": "", "B": "x" * 256}),
    ("environment", {f"A{number}": "x" for number in range(100)}),
    ("network_config", {}),
    ("network_config", {"EnableNetworkIsolation": True, "VpcConfig": VPC}),
    ("network_config", {"VpcConfig": None}),
    ("volume_encryption", {"VolumeKmsKeyId": "alias/key"}),
    ("volume_encryption", {"VolumeKmsKeyId": None}),
    ("output_encryption", {"KmsKeyId": "arn:aws:kms:eu-west-1:111111111111:key/0a-1b"}),
    ("tags", [{"Key": "cost center", "Value": ""}]),
    ("tags", [{"Key": f"key-{number}", "Value": "x"} for number in range(45)]),
    ("predict_overrides", {"instance_type": "ml.c5.large", "volume_size": 1, "max_runtime": 1, "environment": {}}),
    ("predict_overrides", {"instance_type": None}),
    ("workflow_role", None),
    ("workflow_role", "arn:aws:iam::111111111111:role/path/workflow"),
    ("scheduler_role", "arn:aws-cn:iam::111111111111:role/scheduler"),
    ("deploy_role", "arn:aws:iam::111111111111:role/github/deploy"),
    ("schedule", None),
    ("schedule", "cron(0 6 ? * MON-FRI *)"),
    ("schedule", "rate(12 hours)"),
    ("schedule_timezone", "America/Argentina/Buenos_Aires"),
    ("notification_emails", []),
    ("notification_emails", ["risk+model@example.co.uk", "b@example.com"]),
    ("tracing", True),
]

REFUSED: list[tuple[str, object]] = [
    ("input_uri", None),
    ("input_uri", ""),
    ("input_uri", "bucket/input"),
    ("input_uri", "s3://Bucket/input"),
    ("input_uri", "s3://bucket/with space"),
    ("output_uri", "https://bucket/output"),
    ("output_uri", "s3://other.bucket/" + "x" * 1000),
    ("code_uri", "s3://bucket/" + "x" * 1013),
    ("custom_image_uri", ""),
    ("custom_image_uri", "x" * 256),
    ("scikit_image_uri", "an image"),
    ("role", "my-role"),
    ("role", "arn:aws:iam::111:role/name"),
    ("role", "arn:aws:iam::111111111111:user/name"),
    ("instance_type", "m5.xlarge"),
    ("instance_type", "ml.m5"),
    ("volume_size", 0),
    ("volume_size", 16385),
    ("volume_size", "30"),
    ("volume_size", 30.5),
    ("volume_size", True),
    ("max_runtime", 0),
    ("max_runtime", 777601),
    ("max_runtime", None),
    ("region", "Ireland"),
    ("region", "eu-west"),
    ("account", 111111111111),
    ("account", "11111111111"),
    ("account", "\u0661" * 12),
    ("instance_count", 0),
    ("instance_count", 101),
    ("model_uri", ""),
    ("preprocessing_image", "docker"),
    ("postprocessing_image", ""),
    ("environment", None),
    ("environment", {"1A": "x"}),
    ("environment", {"A-B": "x"}),
    ("environment", {"A" * 257: "x"}),
    ("environment", {"A": 1}),
    ("environment", {"A": "x\0"}),
    ("environment", {"A": "x" * 257}),
    ("environment", {f"A{number}": "x" for number in range(101)}),
    ("network_config", None),
    ("network_config", {"EnableNetworkIsolation": "yes"}),
    ("network_config", {"VpcConfig": {}}),
    ("network_config", {"VpcConfig": VPC | {"Subnets": []}}),
    ("network_config", {"VpcConfig": VPC | {"SecurityGroupIds": [f"sg-{number}" for number in range(6)]}}),
    ("network_config", {"VpcConfig": VPC | {"Subnets": ["vpc-0a"]}}),
    ("volume_encryption", {"VolumeKmsKeyId": ""}),
    ("output_encryption", {"KmsKeyId": "my key"}),
    ("tags", {"key": "value"}),
    ("tags", [{"Key": "", "Value": "x"}]),
    ("tags", [{"Key": "a"}]),
    ("tags", [{"Key": "a", "Value": "x;y"}]),
    ("tags", [{"Key": f"key-{number}", "Value": "x"} for number in range(46)]),
    ("predict_overrides", {"max_runtime": 0}),
    ("predict_overrides", {"environment": {"1A": "x"}}),
    ("workflow_role", "workflow"),
    ("scheduler_role", ""),
    ("deploy_role", "deploy"),
    ("schedule", "0 6 * * *"),
    ("schedule", "at(2026-01-01T00:00:00)"),
    ("schedule_timezone", None),
    ("schedule_timezone", "Central European Time"),
    ("notification_emails", ["risk"]),
    ("notification_emails", "risk@example.com"),
    ("tracing", "true"),
]

UNKNOWN: list[tuple[str, object]] = [
    ("volume_sizes", 1),
    ("network_config", {"Vpc": VPC}),
    ("network_config", {"VpcConfig": VPC | {"Subnet": []}}),
    ("volume_encryption", {"KmsKeyId": "x"}),
    ("output_encryption", {"VolumeKmsKeyId": "x"}),
    ("tags", [{"Key": "a", "Value": "b", "Values": "c"}]),
    ("preprocessing_overrides", {"instance_count": 2}),
    ("predict_overrides", {"image": "x"}),
]


@pytest.mark.parametrize(("key", "value"), TAKEN, ids=short)
def test_model_and_schema_take(write: Write, key: str, value: object) -> None:
    document = REQUIRED | {key: value}
    assert Parameters.load(write(document))
    assert Draft202012Validator(json.loads(json_schema())).is_valid(document)


@pytest.mark.parametrize(("key", "value"), REFUSED, ids=short)
def test_model_and_schema_refuse(write: Write, key: str, value: object) -> None:
    document = REQUIRED | {key: value}
    path = write(document)
    message = refusal(path)
    assert message.startswith(f"{path}: {key}")
    assert message.endswith("Correct that; parameters/parameters.schema.json describes every key.")
    assert not Draft202012Validator(json.loads(json_schema())).is_valid(document)


@pytest.mark.parametrize(("key", "value"), UNKNOWN, ids=short)
def test_model_and_schema_refuse_unknown_keys(write: Write, key: str, value: object) -> None:
    document = REQUIRED | {key: value}
    assert "is no parameter" in refusal(write(document))
    assert not Draft202012Validator(json.loads(json_schema())).is_valid(document)


@pytest.mark.parametrize("key", REQUIRED)
def test_model_and_schema_require(write: Write, key: str) -> None:
    document = {name: value for name, value in REQUIRED.items() if name != key}
    assert f"{key} is missing" in refusal(write(document))
    assert not Draft202012Validator(json.loads(json_schema())).is_valid(document)


def test_the_tables_above_cover_every_key() -> None:
    names = {field.alias or name for name, field in Parameters.model_fields.items()}
    assert {key for key, _ in TAKEN} | REQUIRED.keys() >= names - {
        "preprocessing_overrides",
        "postprocessing_overrides",
    }
    assert {key for key, _ in REFUSED} >= names - {"$schema", "preprocessing_overrides", "postprocessing_overrides"}


def test_shipped_schema_is_the_models() -> None:
    shipped = ROOT / "template" / "parameters" / "parameters.schema.json"
    assert shipped.read_text(encoding="utf-8") == json_schema()


def test_schema_is_a_valid_schema_that_describes_every_parameter() -> None:
    schema = json.loads(json_schema())
    Draft202012Validator.check_schema(schema)
    assert all(described.get("description") for described in schema["properties"].values())


def test_every_fault_is_named(write: Write) -> None:
    message = refusal(write(REQUIRED | {"volume_size": 0, "regions": "x", "account": "1"}))
    assert "volume_size: Input should be greater than or equal to 1, not 0" in message
    assert 'account: "1" is not of the form 111111111111' in message
    assert "regions is no parameter (did you mean region?)" in message


def test_fault_deep_inside_is_named_with_its_whole_key(write: Write) -> None:
    message = refusal(write(REQUIRED | {"network_config": {"VpcConfig": VPC | {"Subnets": ["subnet-0a", "x"]}}}))
    assert 'network_config.VpcConfig.Subnets.1: "x" is not of the form subnet-0a1b2c3d' in message


def test_unlike_key_is_answered_with_those_that_are_known_there(write: Write) -> None:
    message = refusal(write(REQUIRED | {"predict_overrides": {"zzz": 1}}))
    assert "(known here: instance_type, volume_size, max_runtime, environment)" in message


def test_wrong_value_is_shown_shortened(write: Write) -> None:
    message = refusal(write(REQUIRED | {"environment": {"A": "x" * 5000}}))
    assert "environment.A" in message
    assert len(message) < 500


@pytest.mark.parametrize("output_uri", ["s3://bucket/data", "s3://bucket/data/", "s3://bucket/data/output"])
@pytest.mark.parametrize("input_uri", ["s3://bucket/data", "s3://bucket/data/", "s3://bucket", "s3://bucket/"])
def test_outputs_under_the_input_are_refused(write: Write, input_uri: str, output_uri: str) -> None:
    message = refusal(write(REQUIRED | {"input_uri": input_uri, "output_uri": output_uri}))
    assert f"output_uri: lies under input_uri ({input_uri})" in message


@pytest.mark.parametrize("key", ["output_uri", "code_uri", "model_uri"])
def test_prefix_that_the_inputs_begins_is_refused(write: Write, key: str) -> None:
    document = REQUIRED | {"input_uri": "s3://bucket/data", key: "s3://bucket/data-of-it/x"}
    assert f"{key}: lies under input_uri (s3://bucket/data)" in refusal(write(document))
    assert "end it with a slash (s3://bucket/data/)" in refusal(write(document))


@pytest.mark.parametrize(
    ("input_uri", "uri"), [("s3://bucket/data/", "s3://bucket/data-out"), ("s3://bucket", "s3://bucket-out/data")]
)
@pytest.mark.parametrize("key", ["output_uri", "code_uri", "model_uri"])
def test_what_lies_beside_the_input_is_taken(write: Write, key: str, input_uri: str, uri: str) -> None:
    elsewhere = {"output_uri": "s3://elsewhere/output"}
    assert Parameters.load(write(REQUIRED | elsewhere | {"input_uri": input_uri, key: uri}))


@pytest.mark.parametrize("uri", ["s3://elsewhere/data", "s3://elsewhere/data/", "s3://elsewhere/data/code"])
@pytest.mark.parametrize("output_uri", ["s3://elsewhere", "s3://elsewhere/", "s3://elsewhere/data"])
@pytest.mark.parametrize("key", ["code_uri", "model_uri"])
def test_what_the_jobs_could_overwrite_is_refused(write: Write, key: str, output_uri: str, uri: str) -> None:
    message = refusal(write(REQUIRED | {"output_uri": output_uri, key: uri}))
    assert f"{key}: lies below output_uri ({output_uri.rstrip('/')})" in message


@pytest.mark.parametrize(
    ("output_uri", "uri"), [("s3://elsewhere/data", "s3://elsewhere/data-of-it/x"), ("s3://else", "s3://elsewhere/x")]
)
@pytest.mark.parametrize("key", ["code_uri", "model_uri"])
def test_what_lies_beside_the_output_is_taken(write: Write, key: str, output_uri: str, uri: str) -> None:
    assert Parameters.load(write(REQUIRED | {"output_uri": output_uri, key: uri}))


@pytest.mark.parametrize(
    ("tags", "fault"),
    [
        ([("a", "1"), ("b", "1"), ("a", "2")], "tags: the tag a stands there twice"),
        ([("sagelift:model", "x")], "tags: the tag sagelift:model begins with aws: or sagelift:"),
        ([("AWS:x", "x")], "tags: the tag AWS:x begins with aws: or sagelift:"),
    ],
)
def test_tags_that_aws_or_the_template_would_refuse(write: Write, tags: list[tuple[str, str]], fault: str) -> None:
    assert fault in refusal(write(REQUIRED | {"tags": [{"Key": key, "Value": value} for key, value in tags]}))


# The file


def test_missing_file_is_answered_with_those_that_are_there(write: Write) -> None:
    path = write(REQUIRED)
    (path.parent / "prod.json").write_text("{}")
    (path.parent / "parameters.schema.json").write_text("{}")
    missing = path.parent / "test.json"
    assert refusal(missing) == (
        f"{missing} does not exist: copy another environment's file (there: dev, prod), or name one of these."
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ":1:1: no valid JSON"),
        (b'{\n  "input_uri": ,\n}', ":2:16: no valid JSON"),
        (b"[]", " holds no JSON object"),
        (b'"text"', " holds no JSON object"),
        (b"\xff\xfe", " is not UTF-8 text"),
        (b"[" * 100_000, " is nested too deeply"),
        (b'{"region": "a", "region": "b"}', ": the key region stands there twice"),
        (b'{"network_config": {"VpcConfig": 1, "VpcConfig": 2}}', ": the key VpcConfig stands there twice"),
        (json.dumps(REQUIRED | {"role": "\ud800"}).encode(), ": a value is no text"),
    ],
    ids=short,
)
def test_file_that_is_no_json_object(write: Write, content: bytes, fault: str) -> None:
    path = write(content)
    assert refusal(path).startswith(f"{path}{fault}")


def test_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dev.json"
    path.mkdir()
    assert refusal(path) == f"{path} cannot be read (Is a directory): make it a readable file."


def test_byte_order_mark_of_windows_editors_is_taken(write: Write) -> None:
    path = write(b"\xef\xbb\xbf" + json.dumps(REQUIRED).encode())
    assert Parameters.load(path).region == "eu-west-1"


@pytest.mark.parametrize("name", ["", "Dev", "my-env", "my_env", "1st", "averylongname", "dev\n", "../dev", "é"])
def test_environments_name_that_cannot_be_part_of_a_job_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(OpsError, match="cannot name an environment"):
        check_environment(name)
    parameters = Parameters.model_validate_json(json.dumps(REQUIRED))
    with pytest.raises(OpsError, match="cannot name an environment"):
        parameters.resolve(SETTINGS, name, RESOLUTION)
    if "/" not in name and name:
        assert "cannot name an environment" in refusal(tmp_path / f"{name}.json")


# Assignments


@pytest.mark.parametrize(
    ("assignment", "keys", "value"),
    [
        ("volume_size=50", ["volume_size"], 50),
        ("role=null", ["role"], None),
        ("instance_type=ml.m5.large", ["instance_type"], "ml.m5.large"),
        ("input_uri=s3://b/a=b", ["input_uri"], "s3://b/a=b"),
        ("model_uri=", ["model_uri"], ""),
        ('tags=[{"Key": "a", "Value": "b"}]', ["tags"], [{"Key": "a", "Value": "b"}]),
        ("network_config.EnableNetworkIsolation=true", ["network_config", "EnableNetworkIsolation"], True),
        ("environment.THRESHOLD=0.50", ["environment", "THRESHOLD"], "0.50"),
        ("predict_overrides.environment.DEBUG=true", ["predict_overrides", "environment", "DEBUG"], "true"),
        ('environment={"A": "1"}', ["environment"], {"A": "1"}),
        ("custom_image_uri=" + "[" * 100_000, ["custom_image_uri"], "[" * 100_000),
    ],
    ids=short,
)
def test_assignment_is_parsed(assignment: str, keys: list[str], value: object) -> None:
    assert parse_assignment(assignment) == (keys, value)


@pytest.mark.parametrize("assignment", ["", "volume_size", "=50", "volume_size:50"])
def test_assignment_without_key_or_value_is_refused(assignment: str) -> None:
    with pytest.raises(OpsError, match=f"--set {assignment} is not of the form key=value"):
        parse_assignment(assignment)


def test_assignments_replace_what_the_file_says_and_leave_the_file(write: Write) -> None:
    path = write(REQUIRED | {"volume_size": 10, "environment": {"A": "1", "B": "2"}})
    before = path.read_bytes()
    parameters = Parameters.load(path, ["volume_size=20", "volume_size=30", "environment.B=3"])
    assert parameters.volume_size == 30
    assert parameters.environment == {"A": "1", "B": "3"}
    assert path.read_bytes() == before


def test_fault_of_an_assignment_names_it(write: Write) -> None:
    path = write(REQUIRED)
    assert refusal(path, "volume_size=big").startswith(f"{path} with --set volume_size=big: volume_size: ")


@pytest.mark.parametrize("assignment", ["volume_size=NaN", "volume_size=1e400", "max_runtime=-Infinity"])
def test_numbers_that_json_does_not_know_are_refused(write: Write, assignment: str) -> None:
    assert "Input should be a valid integer" in refusal(write(REQUIRED), assignment)


def test_assignment_into_a_plain_value_is_refused(write: Write) -> None:
    message = refusal(write(REQUIRED), "instance_type.size=large")
    assert "--set instance_type.size: instance_type holds no object, so it has no key size." in message


# What the definition gets


def test_resolved_parameters_replace_every_null() -> None:
    resolved = Parameters.model_validate_json(json.dumps(REQUIRED)).resolve(SETTINGS, "dev", RESOLUTION)
    assert resolved == {
        "job_name_prefix": "my-model-dev",
        "input_uri": "s3://bucket/input/",
        "output_uri": "s3://bucket/output",
        "code_uri": "s3://bucket/code/",
        "custom_image_uri": "custom:image",
        "scikit_image_uri": "scikit:image",
        "role": "arn:aws:iam::111111111111:role/my-model",
        "instance_type": "ml.m5.xlarge",
        "volume_size": 30,
        "max_runtime": 3600,
        "instance_count": 1,
        "model_uri": None,
        "preprocessing_image": "scikit",
        "postprocessing_image": "custom",
        "environment": {},
        "network_config": {"EnableInterContainerTrafficEncryption": False, "EnableNetworkIsolation": False},
        "volume_encryption": {},
        "output_encryption": {},
        "tags": [
            {"Key": "sagelift:model", "Value": "my-model"},
            {"Key": "sagelift:environment", "Value": "dev"},
            {"Key": "sagelift:owner", "Value": "risk@example.com"},
            {"Key": "sagelift:template", "Value": "v1.2.3"},
        ],
        "preprocessing_overrides": {},
        "predict_overrides": {},
        "postprocessing_overrides": {},
    }


def test_what_the_file_says_outranks_what_stands_for_a_null() -> None:
    own = {
        "code_uri": "s3://own/code/",
        "custom_image_uri": "own:custom",
        "scikit_image_uri": "own:scikit",
        "role": "arn:aws:iam::111111111111:role/own",
        "preprocessing_image": "none",
        "postprocessing_image": "scikit",
        "model_uri": "s3://own/model/",
        "tags": [{"Key": "cost-center", "Value": "7"}],
    }
    resolved = Parameters.model_validate_json(json.dumps(REQUIRED | own)).resolve(SETTINGS, "prod", RESOLUTION)
    assert {key: resolved[key] for key in own if key != "tags"} == {key: own[key] for key in own if key != "tags"}
    assert resolved["tags"][-1] == {"Key": "cost-center", "Value": "7"}
    assert resolved["job_name_prefix"] == "my-model-prod"


def test_optional_objects_are_passed_without_nulls() -> None:
    given = {
        "network_config": {"VpcConfig": None},
        "volume_encryption": {"VolumeKmsKeyId": None},
        "predict_overrides": {"instance_type": None, "max_runtime": 60},
    }
    resolved = Parameters.model_validate_json(json.dumps(REQUIRED | given)).resolve(SETTINGS, "dev", RESOLUTION)
    assert "VpcConfig" not in resolved["network_config"]
    assert resolved["volume_encryption"] == {}
    assert resolved["predict_overrides"] == {"max_runtime": 60}


def test_execution_input_holds_what_is_assigned_and_nothing_else() -> None:
    resolved = {"volume_size": 50, "output_uri": "s3://b/out", "environment": {"A": "1"}, "role": "r"}
    assignments = ["environment.A=1", "volume_size=50", "output_uri=s3://b/out/"]
    # The resolved values, not those that were typed: the trailing slash is gone, the environment is whole.
    assert execution_input(resolved, assignments) == {
        "environment": {"A": "1"},
        "output_uri": "s3://b/out",
        "volume_size": 50,
    }
    assert execution_input(resolved, []) == {}


@pytest.mark.parametrize("key", ["region", "account", "$schema"])
def test_what_belongs_to_the_environment_cannot_be_assigned(key: str) -> None:
    with pytest.raises(OpsError, match=r"belongs to the environment: change it in its parameter file"):
        execution_input({"volume_size": 50}, [f"{key}=x"])
