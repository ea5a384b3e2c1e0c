"""`parameters/<environment>.json`: the workflow's input, validated, and resolved into what the definition reads.

Limits are those of SageMaker's CreateProcessingJob, read from its service model:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from ops.errors import OpsError
from ops.repository import SCHEMA
from ops.s3 import split_uri
from ops.settings import Settings, StepImage

ENVIRONMENT_PATTERN = r"^[a-z][a-z0-9]{0,9}$"
"""An environment's name is part of its job names, of which SageMaker allows 63 characters."""

SHOWN = 80
"""Characters of a wrong value that a message shows."""

NOT_IN_THE_DEFINITION = {
    "schema_",
    "region",
    "account",
    "workflow_role",
    "scheduler_role",
    "deploy_role",
    "schedule",
    "schedule_timezone",
    "notification_emails",
    "tracing",
}
"""Parameters of the deployment, which an execution cannot override."""

EXAMPLES: dict[str, str] = {}
"""What is right, for each pattern: no reader of a message should have to read a regular expression."""


def _text(pattern: str, example: str, max_length: int | None = None) -> StringConstraints:
    EXAMPLES[pattern] = example
    return StringConstraints(pattern=pattern, max_length=max_length)


_BUCKET_AND_PREFIX = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/\S*)?$"
S3Uri = Annotated[str, _text(_BUCKET_AND_PREFIX, "s3://bucket/prefix/", 1024)]
# 1024 less what the definition adds: an execution's name, of at most 80 characters, and a step's.
OutputUri = Annotated[str, _text(_BUCKET_AND_PREFIX, "s3://bucket/prefix/", 924)]
ImageUri = Annotated[str, _text(r"^\S+$", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/repository:tag", 255)]
RoleArn = Annotated[
    str,
    _text(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z0-9_+=,.@/-]+$", "arn:aws:iam::111111111111:role/my-model", 2048
    ),
]
KmsKey = Annotated[str, _text(r"^[a-zA-Z0-9:/_-]+$", "alias/my-key", 2048)]
InstanceType = Annotated[str, _text(r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$", "ml.m5.xlarge")]
VolumeSize = Annotated[int, Field(ge=1, le=16384)]
MaxRuntime = Annotated[int, Field(ge=1, le=777600)]
Schedule = Annotated[str, _text(r"^(cron|rate)\([^()]+\)$", "cron(0 6 * * ? *) or rate(1 day)", 256)]
Timezone = Annotated[str, _text(r"^[A-Za-z0-9_+/-]+$", "Europe/Berlin", 50)]
Email = Annotated[str, _text(r"^[^@\s,]+@[^@\s,]+\.[^@\s,]+$", "risk@example.com", 320)]
InstanceCount = Annotated[int, Field(ge=1, le=100)]
EnvironmentKey = Annotated[str, _text(r"^[a-zA-Z_][a-zA-Z0-9_]{0,255}$", "LOG_LEVEL")]
# No process can be given the character NUL.
EnvironmentValue = Annotated[str, _text(r"^[^\x00]*$", "text without the character NUL", 256)]
EnvironmentVariables = Annotated[
    dict[EnvironmentKey, EnvironmentValue],
    Field(max_length=100, json_schema_extra={"additionalProperties": False}),
]


class _Model(BaseModel):
    # strict: "30" is not a volume size, although Python could make one of it.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Vpc(_Model):
    """SageMaker's VpcConfig: the subnets and security groups of the jobs."""

    Subnets: list[Annotated[str, _text(r"^subnet-[a-z0-9]+$", "subnet-0a1b2c3d", 32)]] = Field(
        min_length=1, max_length=16, description="Where the jobs run; best in several availability zones."
    )
    SecurityGroupIds: list[Annotated[str, _text(r"^sg-[a-z0-9]+$", "sg-0a1b2c3d", 32)]] = Field(
        min_length=1, max_length=5, description="What the jobs may reach."
    )


class NetworkConfig(_Model):
    """SageMaker's NetworkConfig; without a VpcConfig the jobs run in SageMaker's own network."""

    EnableInterContainerTrafficEncryption: bool = Field(
        default=False, description="What the instances of a job tell each other is encrypted."
    )
    EnableNetworkIsolation: bool = Field(default=False, description="The containers can make no network call.")
    VpcConfig: Vpc | None = Field(default=None, description="The VPC of the jobs.")


class VolumeEncryption(_Model):
    """Joins the ClusterConfig of each job."""

    VolumeKmsKeyId: KmsKey | None = Field(default=None, description="A key's id, ARN or alias.")


class OutputEncryption(_Model):
    """Joins the ProcessingOutputConfig of each job."""

    KmsKeyId: KmsKey | None = Field(default=None, description="A key's id, ARN or alias.")


class Tag(_Model):
    """A tag of the jobs."""

    Key: Annotated[str, _text(r"^[\w .:/=+@-]+$", "cost-center", 128)]
    Value: Annotated[str, _text(r"^[\w .:/=+@-]*$", "risk@example.com", 256)]


class Overrides(_Model):
    """Parameters that one step takes instead of the common ones."""

    instance_type: InstanceType | None = None
    volume_size: VolumeSize | None = None
    max_runtime: MaxRuntime | None = None
    environment: EnvironmentVariables | None = None


def _without_trailing_slash(uri: str) -> str:
    return uri.rstrip("/")


def is_under(uri: str, prefix: str) -> bool:
    """Return whether SageMaker would read `uri` with a prefix: all keys that begin with it, whatever follows."""
    bucket, key = split_uri(prefix)
    return f"{uri.rstrip('/')}/".startswith(f"s3://{bucket}/{key}")


class Parameters(_Model):
    """The workflow's input in one environment, as the user writes it.

    Keys are flat: the execution's input replaces them key by key. A key that holds an object is passed to SageMaker
    as a whole, because the definition can neither omit a key nor pass a null.
    """

    schema_: str | None = Field(default=None, alias="$schema", description="Lets editors complete this file.")

    input_uri: S3Uri = Field(description="S3 prefix of the input files.")
    output_uri: Annotated[OutputUri, AfterValidator(_without_trailing_slash)] = Field(
        description="S3 prefix of the outputs; each execution writes to <output_uri>/<execution>/<step>/."
    )
    code_uri: S3Uri | None = Field(
        default=None, description="S3 prefix of the script-mode code; null: uploaded from src/ under a content hash."
    )
    custom_image_uri: ImageUri | None = Field(
        default=None, description="The model's own image; null: the image that was built from this repository."
    )
    scikit_image_uri: ImageUri | None = Field(
        default=None,
        description="SageMaker's prebuilt scikit-learn image; null: computed from region and scikit_version.",
    )
    role: RoleArn | None = Field(
        default=None, description="ARN of the jobs' execution role; null: the role of the environment's stack."
    )
    instance_type: InstanceType = Field(description="Instance type of the jobs.")
    volume_size: VolumeSize = Field(default=30, description="Storage of each instance, in GB.")
    max_runtime: MaxRuntime = Field(default=3600, description="Seconds after which SageMaker stops a job.")

    region: Annotated[str, _text(r"^[a-z]{2}(-[a-z]+)+-[0-9]+$", "eu-west-1")] = Field(
        description="The AWS region of this environment."
    )
    account: Annotated[str, _text(r"^[0-9]{12}$", "111111111111")] = Field(
        description="The AWS account of this environment; operations refuse any other."
    )

    instance_count: InstanceCount = Field(
        default=1, description="Instances of the predict step; the input files are distributed among them."
    )
    model_uri: S3Uri | None = Field(
        default=None, description="S3 prefix of a model too large for the image; null: model/ inside the image."
    )
    preprocessing_image: StepImage | None = Field(
        default=None, description="Where preprocessing runs; none leaves it out; null: the answer."
    )
    postprocessing_image: StepImage | None = Field(
        default=None, description="Where postprocessing runs; none leaves it out; null: the answer."
    )
    environment: EnvironmentVariables = Field(
        default={},
        description="Environment variables of the scripts; no secrets: the definition and its logs show them.",
    )
    network_config: NetworkConfig = Field(
        default=NetworkConfig(), description="SageMaker's NetworkConfig: VPC, network isolation, traffic encryption."
    )
    volume_encryption: VolumeEncryption = Field(
        default=VolumeEncryption(), description="The KMS key of the instances' storage."
    )
    output_encryption: OutputEncryption = Field(default=OutputEncryption(), description="The KMS key of the outputs.")
    # SageMaker allows 50; `resolve` adds its own.
    tags: list[Tag] = Field(default=[], max_length=45, description="Further tags of the jobs.")
    preprocessing_overrides: Overrides = Field(default=Overrides(), description="What preprocessing takes instead.")
    predict_overrides: Overrides = Field(default=Overrides(), description="What predict takes instead.")
    postprocessing_overrides: Overrides = Field(default=Overrides(), description="What postprocessing takes instead.")

    workflow_role: RoleArn | None = Field(
        default=None, description="ARN of the state machine's role; null: the role that bootstrap creates."
    )
    scheduler_role: RoleArn | None = Field(
        default=None, description="ARN of the role that starts the schedule; null: the role that bootstrap creates."
    )
    deploy_role: RoleArn | None = Field(
        default=None, description="ARN of the role of GitHub Actions; null: the role that bootstrap creates."
    )
    schedule: Schedule | None = Field(
        default=None, description="When the workflow starts by itself, as cron(…) or rate(…); null: never."
    )
    schedule_timezone: Timezone = Field(default="UTC", description="The time zone of the schedule.")
    notification_emails: list[Email] = Field(
        default=[], max_length=20, description="Who is told of executions that fail, time out or are aborted."
    )
    tracing: bool = Field(default=False, description="Trace executions with AWS X-Ray.")

    @field_validator("output_uri", "code_uri", "model_uri")
    @classmethod
    def _nothing_else_is_input(cls, uri: str | None, info: ValidationInfo) -> str | None:
        input_uri = info.data.get("input_uri")
        if uri and input_uri and is_under(uri, input_uri):
            message = f"lies under input_uri ({input_uri}), so that the jobs would read it as input"
            if not is_under(uri, f"{input_uri}/"):
                message += f": S3 takes all keys that begin with it, so end it with a slash ({input_uri}/)"
            raise ValueError(message)
        return uri

    @field_validator("code_uri", "model_uri")
    @classmethod
    def _nothing_else_is_output(cls, uri: str | None, info: ValidationInfo) -> str | None:
        output_uri = info.data.get("output_uri")
        if uri and output_uri and is_under(uri, f"{output_uri}/"):
            message = f"lies below output_uri ({output_uri}), so that the jobs could overwrite it"
            raise ValueError(message)
        return uri

    @field_validator("tags")
    @classmethod
    def _tags_are_distinct(cls, tags: list[Tag]) -> list[Tag]:
        keys = [tag.Key for tag in tags]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            message = f"the tag {twice} stands there twice"
            raise ValueError(message)
        if reserved := next((key for key in keys if key.lower().startswith(("aws:", "sagelift:"))), None):
            message = f"the tag {reserved} begins with aws: or sagelift:, which are not yours to set"
            raise ValueError(message)
        return tags

    @classmethod
    def load(cls, path: Path, assignments: Iterable[str] = ()) -> "Parameters":
        """Read an environment's parameter file.

        Args:
            path: `parameters/<environment>.json`.
            assignments: `key=value` pairs that replace what the file says; see `parse_assignment`.

        Raises:
            OpsError: the file is missing or is no JSON object, or its name, a key or a value is wrong.
        """
        check_environment(path.stem)
        document = _read_json_object(path)
        source = str(path)
        for assignment in assignments:
            source = f"{path} with --set {assignment}"
            _assign(document, *parse_assignment(assignment))
        try:
            return cls.model_validate_json(json.dumps(document))
        except ValidationError as error:
            raise OpsError(_explain(source, error)) from None

    def resolve(self, settings: Settings, environment: str, resolution: "Resolution") -> dict[str, Any]:
        """Return what the definition's `Defaults` state holds: every key that it reads, each with a value.

        Args:
            settings: the answers, which stand in for images that the parameters leave open.
            environment: the environment's name, a part of the job names.
            resolution: what stands for the keys that may be null.

        Raises:
            OpsError: the environment's name cannot be part of a job name.
        """
        check_environment(environment)
        return {
            "job_name_prefix": f"{settings.model_name}-{environment}",
            **self.model_dump(mode="json", exclude=NOT_IN_THE_DEFINITION, exclude_none=True),
            "model_uri": self.model_uri,
            "role": self.role or resolution.role,
            "code_uri": self.code_uri or resolution.code_uri,
            "custom_image_uri": self.custom_image_uri or resolution.custom_image_uri,
            "scikit_image_uri": self.scikit_image_uri or resolution.scikit_image_uri,
            "preprocessing_image": (self.preprocessing_image or settings.preprocessing_image).value,
            "postprocessing_image": (self.postprocessing_image or settings.postprocessing_image).value,
            "tags": [{"Key": key, "Value": value} for key, value in own_tags(settings, environment).items()]
            + [tag.model_dump() for tag in self.tags],
        }


@dataclass(frozen=True)
class Resolution:
    """What stands for the parameters that may be null; AWS and the local cloud have one each."""

    role: str
    code_uri: str
    custom_image_uri: str
    scikit_image_uri: str


def own_tags(settings: Settings, environment: str) -> dict[str, str]:
    """Return the tags that everything on AWS carries which belongs to a model in an environment."""
    tags = {
        "sagelift:model": settings.model_name,
        "sagelift:environment": environment,
        "sagelift:owner": settings.owner,
        "sagelift:template": settings.template_version,
    }
    return {key: value for key, value in tags.items() if value}


def check_environment(name: str) -> None:
    """Refuse a name that cannot be part of the job names.

    Raises:
        OpsError: the name does not match ENVIRONMENT_PATTERN.
    """
    if not re.fullmatch(ENVIRONMENT_PATTERN, name):
        message = (
            f"{name!r} cannot name an environment, because its jobs are named after it: "
            "use a letter and up to 9 more lower-case letters or digits, as in parameters/dev.json."
        )
        raise OpsError(message)


def parse_assignment(assignment: str) -> tuple[list[str], Any]:
    """Split `key=value` into the key's parts (`predict_overrides.instance_type` has two) and the value.

    A value that is JSON is taken as such, any other as a string. That of an environment variable is always a string.

    Raises:
        OpsError: there is no `=`.
    """
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        message = f"--set {assignment} is not of the form key=value, such as --set instance_type=ml.m5.xlarge."
        raise OpsError(message)
    keys = key.split(".")
    if keys[-2:-1] == ["environment"]:
        return keys, text
    try:
        return keys, json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return keys, text


def execution_input(resolved: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Return the execution's input that replaces what `assignments` name.

    Args:
        resolved: the parameters, resolved with these assignments.
        assignments: `key=value` pairs.

    Raises:
        OpsError: an assignment names a key that the definition does not read.
    """
    keys = {parse_assignment(assignment)[0][0] for assignment in assignments}
    if fixed := sorted(keys - resolved.keys()):
        message = f"--set {fixed[0]}=…: {fixed[0]} belongs to the environment: change it in its parameter file."
        raise OpsError(message)
    return {key: resolved[key] for key in sorted(keys)}


def json_schema() -> str:
    """Return the JSON Schema of a parameter file, as shipped beside the files."""
    schema = Parameters.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2) + "\n"


def _assign(document: dict[str, Any], keys: list[str], value: Any) -> None:  # noqa: ANN401
    *parents, last = keys
    for key in parents:
        child = document.setdefault(key, {})
        if not isinstance(child, dict):
            message = f"--set {'.'.join(keys)}: {key} holds no object, so it has no key {last}."
            raise OpsError(message)
        document = child
    document[last] = value


def _read_json_object(path: Path) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            message = f"{path}: the key {twice} stands there twice: keep one of them."
            raise OpsError(message)
        return dict(pairs)

    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=unique)
    except FileNotFoundError:
        there = ", ".join(sorted(file.stem for file in path.parent.glob("*.json") if file.name != SCHEMA)) or "none"
        message = f"{path} does not exist: copy another environment's file (there: {there}), or name one of these."
        raise OpsError(message) from None
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): make it a readable file."
        raise OpsError(message) from None
    except UnicodeDecodeError:
        message = f"{path} is not UTF-8 text: save it as UTF-8."
        raise OpsError(message) from None
    except json.JSONDecodeError as error:
        message = f"{path}:{error.lineno}:{error.colno}: no valid JSON: {error.msg}. Correct it there."
        raise OpsError(message) from None
    except RecursionError:
        message = f"{path} is nested too deeply: no parameter needs that."
        raise OpsError(message) from None
    if not isinstance(document, dict):
        message = f"{path} holds no JSON object: write one, {{…}}, with a key for each parameter."
        raise OpsError(message)
    return document


def _explain(source: str, error: ValidationError) -> str:
    faults = "; ".join(_explain_one(fault) for fault in error.errors())
    return f"{source}: {faults}. Correct that; parameters/{SCHEMA} describes every key."


def _explain_one(fault: ErrorDetails) -> str:
    key = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    given = json.dumps(fault["input"], ensure_ascii=False, default=str)
    given = given if len(given) <= SHOWN else f"{given[:SHOWN]}…"
    match fault["type"]:
        case "missing":
            return f"{key} is missing"
        case "extra_forbidden":
            known = [name for name in _known_keys(fault["loc"]) if name != "schema_"]
            similar = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
            hint = f"did you mean {similar[0]}?" if similar else f"known here: {', '.join(known)}"
            return f"{key} is no parameter ({hint})"
        case "string_pattern_mismatch":
            return f"{key}: {given} is not of the form {EXAMPLES[fault['ctx']['pattern']]}"
        case "value_error":
            return f"{key}: {fault['ctx']['error']}"
        case "json_invalid":
            # json.loads took it: what remains is half a surrogate pair, or nesting that pydantic does not follow.
            return "a value is no text, or is nested too deeply"
        case _:
            # Messages about lengths tell them themselves.
            said = fault["msg"] if ", not " in fault["msg"] else f"{fault['msg']}, not {given}"
            return f"{key}: {said}"


def _known_keys(location: tuple[int | str, ...]) -> Mapping[str, Any]:
    holders: dict[int | str, type[BaseModel]] = {
        "network_config": NetworkConfig,
        "VpcConfig": Vpc,
        "volume_encryption": VolumeEncryption,
        "output_encryption": OutputEncryption,
        "tags": Tag,
        **{f"{step}_overrides": Overrides for step in ("preprocessing", "predict", "postprocessing")},
    }
    models = [holders[part] for part in location[:-1] if part in holders]
    return (models[-1] if models else Parameters).model_fields
