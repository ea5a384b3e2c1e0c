"""What is deployed to AWS: the CloudFormation templates, their parameters, and the policies of the roles.

`infra/*.yaml` name by `file://` what stands elsewhere: the policies in `iam/`, and the workflow's definition. Here they
are put together, and the parameters computed from an environment's parameter file. Nothing here calls AWS.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ops.errors import OpsError
from ops.images import scikit_image_uri
from ops.parameters import Parameters, is_under, own_tags
from ops.placeholders import for_cloudformation, insert, literal, resolve
from ops.regions import partition
from ops.repository import Repository
from ops.s3 import split_uri

ALIAS = "live"
"""The alias of the version that runs; `infra/stack.yaml` and `iam/scheduler.policy.json` name it, too."""

DEPLOYED_TAG = "deployed-"
"""Begins the tag that an image is given before its first deployment. The registry drops images without one."""

BUILD_ENVIRONMENT = "dev"
"""The environment whose images are built; every other one is given copies of them."""

TEMPLATE_LIMIT = 51_200
"""Bytes of a template in a request:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

_ONLY_WITH = {
    "jobs-model.policy": "ModelBucket",
    "jobs-vpc.policy": "SubnetArns",
    "jobs-volume-kms.policy": "VolumeKmsKeyArn",
    "jobs-output-kms.policy": "OutputKmsKeyArn",
    "workflow-vpc.policy": "SubnetIds",
    "workflow-volume-kms.policy": "VolumeKmsKeyNames",
    "workflow-output-kms.policy": "OutputKmsKeyNames",
    "workflow-tracing.policy": "Tracing",
    "deploy-promotion.policy": "SourceRepositoryArn",
}
"""Policies that not every environment needs, and the parameter of `infra/bootstrap.yaml` that tells."""

_NAMES = {
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::S3::BucketPolicy": "Bucket",
}
"""What outlives the bootstrap stack, and the property that tells one from another. A stack takes over what exists only
if the template spells that out, without a function:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html"""

_ECR_IMAGE = re.compile(
    r"(?P<account>[0-9]{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.]+/(?P<name>[^:@]+)"
)

_KMS_KEY_ID = re.compile(r"(mrk-)?[0-9a-f-]+")


@dataclass(frozen=True)
class Deployment:
    """A model in an environment: the names of its resources, and the templates that make them."""

    repository: Repository
    environment: str
    parameters: Parameters

    @classmethod
    def load(cls, repository: Repository, environment: str) -> "Deployment":
        """Return the deployment that a parameter file describes.

        Raises:
            OpsError: the parameter file or its name is wrong.
        """
        return cls(repository, environment, Parameters.load(repository.parameters(environment)))

    @property
    def prefix(self) -> str:
        """`<model>-<environment>`: the name of everything, or the beginning of it."""
        return f"{self.repository.settings.model_name}-{self.environment}"

    @property
    def stack(self) -> str:
        """The stack that CI deploys; the state machine, the schedule and the image repository are named like it."""
        return self.prefix

    @property
    def bootstrap_stack(self) -> str:
        """The stack that an administrator makes once."""
        return f"{self.prefix}-bootstrap"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of both stacks, which CloudFormation passes on to every resource that can have tags."""
        return own_tags(self.repository.settings, self.environment)

    @property
    def bucket(self) -> str:
        """The bucket of the outputs, which bootstrap makes unless it exists."""
        return _split(self.parameters.output_uri)[0]

    @property
    def buckets(self) -> set[str]:
        """All buckets that the parameters name."""
        uris = (self.parameters.input_uri, self.parameters.output_uri, self.code_uri, self.parameters.model_uri)
        return {_split(uri)[0] for uri in uris if uri}

    @property
    def code_uri(self) -> str:
        """The S3 prefix under which each version of the scripts has one of its own; `code_uri`, where that is set.

        Raises:
            OpsError: it lies below `output_uri`.
        """
        output_uri, computed = self.parameters.output_uri, f"s3://{self.bucket}/code/{self.prefix}/"
        if self.parameters.code_uri:
            return self.parameters.code_uri
        if is_under(computed, f"{output_uri}/"):
            message = (
                f"output_uri: below {output_uri} lie the scripts, too ({computed}), so that the jobs could overwrite "
                f"them: name another prefix, such as s3://{self.bucket}/output/, or set code_uri."
            )
            raise OpsError(message)
        return computed

    @property
    def jobs_role(self) -> str:
        """ARN of the execution role of the jobs."""
        return self.parameters.role or self._role("jobs")

    @property
    def workflow_role(self) -> str:
        """ARN of the state machine's role."""
        return self.parameters.workflow_role or self._role("workflow")

    @property
    def scheduler_role(self) -> str:
        """ARN of the role that the schedule starts the workflow with."""
        return self.parameters.scheduler_role or self._role("scheduler")

    @property
    def deploy_role(self) -> str:
        """ARN of the role that GitHub Actions deploy with."""
        return self.parameters.deploy_role or self._role("deploy")

    def github_subject(self, ids: tuple[object, object] | None) -> str:
        """Return the `sub` claim of the tokens that GitHub gives to jobs in this environment.

        Args:
            ids: of the repository's owner and of the repository. GitHub puts them into the claim, but for repositories
                that were neither created, renamed nor transferred since 2026-07-15, and on its Enterprise Server: None.
        """
        owner, _, name = self.repository.settings.github_repository.partition("/")
        if ids:
            owner, name = f"{owner}@{ids[0]}", f"{name}@{ids[1]}"
        return f"repo:{owner}/{name}:environment:{self.environment}"

    def bootstrap_template(self) -> dict[str, Any]:
        """Return `infra/bootstrap.yaml` with the policies in it, and the names of what outlives the stack.

        Raises:
            OpsError: see `bootstrap_parameters`; or a file of the template is missing or damaged.
        """
        template: dict[str, Any] = insert(
            self._template("bootstrap"), lambda path: for_cloudformation(self._policy(path))
        )
        for resource in template["Resources"].values():
            if name := _NAMES.get(resource["Type"]):
                properties = resource["Properties"]
                properties[name] = literal(properties[name], self._values)
        return template

    def bootstrap_parameters(
        self, *, github_subject: str | None, create_bucket: bool, create_oidc_provider: bool
    ) -> dict[str, str]:
        """Return the parameters of the bootstrap stack.

        Args:
            github_subject: who may deploy (see `github_subject`); None: bootstrap makes no role for that. Neither does
                it if the parameters name one.
            create_bucket: whether the stack makes the bucket, or keeps the one that it made.
            create_oidc_provider: whether the stack makes GitHub's OIDC provider. An account has one.

        Raises:
            OpsError: a parameter names what no policy can be limited to: an image outside ECR, or a KMS key's alias.
        """
        values = self._values | {
            "GitHubSubject": "" if self.parameters.deploy_role else github_subject or "",
            "CreateBucket": _text(truth=create_bucket),
            "CreateOidcProvider": _text(truth=create_oidc_provider),
        }
        return {name: value if isinstance(value, str) else ",".join(value) for name, value in values.items()}

    def stack_template(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Return `infra/stack.yaml` with the definition and the subscriptions in it.

        Args:
            definition: as `ops.definition.assemble` returns it.

        Raises:
            OpsError: a file of the template is missing or damaged.
        """
        # A text, because CloudFormation would look for its functions in an object.
        text = json.dumps(definition, ensure_ascii=False)
        template: dict[str, Any] = insert(self._template("stack"), lambda _: text)
        if emails := self.parameters.notification_emails:
            template["Resources"]["FailureTopic"]["Properties"]["Subscription"] = [
                {"Protocol": "email", "Endpoint": email} for email in emails
            ]
        return template

    def stack_parameters(self) -> dict[str, str]:
        """Return the parameters of the stack that CI deploys."""
        return {
            "Prefix": self.prefix,
            "WorkflowRoleArn": self.workflow_role,
            "SchedulerRoleArn": self.scheduler_role,
            "ScheduleExpression": self.parameters.schedule or "",
            "ScheduleTimezone": self.parameters.schedule_timezone,
            "Tracing": _text(truth=self.parameters.tracing),
        }

    def policies(self, github_subject: str | None = None) -> dict[str, dict[str, Any]]:
        """Return the policies and trust policies that this environment needs, without placeholders.

        They are named like their files, such as `jobs.policy`, and include those of roles that exist already.

        Args:
            github_subject: who may deploy (see `github_subject`); None: the repository, its ids spelt out as `…_ID`.

        Raises:
            OpsError: see `bootstrap_parameters`; or a file of the template is missing or damaged.
        """
        subject = github_subject or self.github_subject(("OWNER_ID", "REPOSITORY_ID"))
        values = self._values | {"GitHubSubject": subject} | self._pseudo_parameters
        return {
            path.stem: resolve(self._policy(f"iam/{path.name}"), values)
            for path in sorted((self.repository.root / "iam").glob("*.json"))
            if values[_ONLY_WITH.get(path.stem, "Prefix")] not in ("", "false", [])
        }

    def write(self, build: Path, definition: Mapping[str, Any], github_subject: str | None = None) -> list[Path]:
        """Write everything that is deployed below `build`, for inspection, and return the paths.

        Raises:
            OpsError: see `policies`.
        """
        documents = {
            f"{self.environment}/bootstrap.template.json": self.bootstrap_template(),
            f"{self.environment}/stack.template.json": self.stack_template(definition),
            f"{self.environment}/state_machine.asl.json": definition,
        }
        policies = self.write_policies(build, github_subject)
        return [*_write(build, documents), *policies]

    def write_policies(self, build: Path, github_subject: str | None = None) -> list[Path]:
        """Write the policies below `build`, for inspection, and return the paths.

        Raises:
            OpsError: see `policies`.
        """
        folder = f"iam/{self.environment}"
        documents = {f"{folder}/{name}.json": it for name, it in self.policies(github_subject).items()}
        # A policy of an earlier build that is needed no longer would look as if it were granted.
        for stale in (build / folder).glob("*.json"):
            stale.unlink()
        return _write(build, documents)

    @cached_property
    def _values(self) -> dict[str, str | list[str]]:
        parameters = self.parameters
        input_bucket, input_prefix = _split(parameters.input_uri)
        output_bucket, output_prefix = _split(parameters.output_uri)
        code_bucket, code_prefix = _split(self.code_uri)
        model_bucket, model_prefix = _split(parameters.model_uri or "")
        vpc = parameters.network_config.VpcConfig
        volume_key_arn = self._key_arn("volume_encryption.VolumeKmsKeyId", parameters.volume_encryption.VolumeKmsKeyId)
        output_key_arn = self._key_arn("output_encryption.KmsKeyId", parameters.output_encryption.KmsKeyId)
        scikit = parameters.scikit_image_uri or scikit_image_uri(
            parameters.region, self.repository.settings.scikit_version
        )
        return {
            "Prefix": self.prefix,
            "InputBucket": input_bucket,
            "InputPrefix": input_prefix,
            "OutputBucket": output_bucket,
            "OutputPrefix": f"{output_prefix}/" if output_prefix else "",
            "CodeBucket": code_bucket,
            "CodePrefix": code_prefix,
            "ModelBucket": model_bucket,
            "ModelPrefix": model_prefix,
            "ImageRepositoryArn": self._image_repository_arn,
            "ScikitRepositoryArn": self._repository_arn("scikit_image_uri", scikit),
            "SubnetArns": self._network_arns("subnet", vpc.Subnets if vpc else []),
            "SecurityGroupArns": self._network_arns("security-group", vpc.SecurityGroupIds if vpc else []),
            "SubnetIds": vpc.Subnets if vpc else [],
            "SecurityGroupIds": vpc.SecurityGroupIds if vpc else [],
            "VolumeKmsKeyArn": volume_key_arn,
            "VolumeKmsKeyNames": _distinct(volume_key_arn, parameters.volume_encryption.VolumeKmsKeyId),
            "OutputKmsKeyArn": output_key_arn,
            "OutputKmsKeyNames": _distinct(output_key_arn, parameters.output_encryption.KmsKeyId),
            "Tracing": _text(truth=parameters.tracing),
            "JobsRoleArn": self.jobs_role,
            "WorkflowRoleArn": self.workflow_role,
            "SchedulerRoleArn": self.scheduler_role,
            "SourceRepositoryArn": self._source_repository_arn,
            "PromotionAccounts": self._promotion_accounts,
        }

    @property
    def _pseudo_parameters(self) -> dict[str, str | list[str]]:
        return {
            "AWS::Partition": self._partition,
            "AWS::Region": self.parameters.region,
            "AWS::AccountId": self.parameters.account,
        }

    @cached_property
    def _partition(self) -> str:
        return partition(self.parameters.region)

    @property
    def _own_repository_arn(self) -> str:
        return self._arn("ecr", f"repository/{self.prefix}")

    @property
    def _image_repository_arn(self) -> str:
        uri = self.parameters.custom_image_uri
        return self._repository_arn("custom_image_uri", uri) if uri else self._own_repository_arn

    @property
    def _source_repository_arn(self) -> str:
        if self.environment == BUILD_ENVIRONMENT or BUILD_ENVIRONMENT not in self.repository.environments:
            return ""
        return Deployment.load(self.repository, BUILD_ENVIRONMENT)._own_repository_arn  # noqa: SLF001  of its own class

    @property
    def _promotion_accounts(self) -> list[str]:
        if self.environment != BUILD_ENVIRONMENT:
            return []
        everywhere = (self.repository.parameters(name) for name in self.repository.environments)
        return sorted({Parameters.load(path).account for path in everywhere} - {self.parameters.account})

    def _role(self, name: str) -> str:
        return f"arn:{self._partition}:iam::{self.parameters.account}:role/{self.prefix}-{name}"

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{self._partition}:{service}:{self.parameters.region}:{self.parameters.account}:{resource}"

    def _network_arns(self, kind: str, names: list[str]) -> list[str]:
        # The subnets and security groups of a shared VPC belong to another account.
        return [f"arn:{self._partition}:ec2:{self.parameters.region}:*:{kind}/{name}" for name in names]

    def _repository_arn(self, key: str, uri: str) -> str:
        image = _ECR_IMAGE.match(uri)
        if image is None:
            message = (
                f"{key}: {uri} is not in Amazon ECR, and SageMaker pulls from nowhere else: push the image there, "
                f"and name it as 111111111111.dkr.ecr.{self.parameters.region}.amazonaws.com/repository:tag."
            )
            raise OpsError(message)
        return f"arn:{self._partition}:ecr:{image['region']}:{image['account']}:repository/{image['name']}"

    def _key_arn(self, key: str, value: str | None) -> str:
        if not value:
            return ""
        if _KMS_KEY_ID.fullmatch(value):
            return self._arn("kms", f"key/{value}")
        if value.startswith("arn:") and ":key/" in value:
            return value
        message = (
            f"{key}: {value} is no key's ID or ARN, and a role can be limited to nothing else: give the ARN that "
            f"`aws kms describe-key --key-id {value}` shows."
        )
        raise OpsError(message)

    def _template(self, name: str) -> dict[str, Any]:
        template: dict[str, Any] = self._load(f"infra/{name}.yaml", yaml.safe_load)
        return template

    def _policy(self, path: str) -> dict[str, Any]:
        policy: dict[str, Any] = self._load(path, json.loads)
        return policy

    def _load(self, name: str, parse: Callable[[str], Any]) -> Any:  # noqa: ANN401  whatever the file holds
        path = self.repository.root / name
        try:
            return parse(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            message = f"{path} is missing: bring it back with `copier recopy`."
            raise OpsError(message) from None
        except (ValueError, yaml.YAMLError):
            message = f"{path} is damaged: bring it back with `copier recopy`."
            raise OpsError(message) from None


def template_body(template: Mapping[str, Any]) -> str:
    """Return a template as a request to CloudFormation holds it.

    Raises:
        OpsError: it is too large for that.
    """
    body = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
    if (size := len(body.encode())) > TEMPLATE_LIMIT:
        message = (
            f"The template has {size} bytes, of which CloudFormation takes {TEMPLATE_LIMIT}: shorten the longest of "
            "the parameters, such as environment or tags."
        )
        raise OpsError(message)
    return body


def _write(folder: Path, documents: Mapping[str, Any]) -> list[Path]:
    for name, document in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [folder / name for name in documents]


def _split(uri: str) -> tuple[str, str]:
    """Return the bucket and the prefix of an S3 URI; IAM takes nothing in the prefix for a wildcard or a variable."""
    bucket, prefix = split_uri(uri)
    return bucket, re.sub(r"[$*?]", r"${\g<0>}", prefix)


def _distinct(*names: str | None) -> list[str]:
    """Return the names that there are: SageMaker does not say whether its condition keys hold a KMS key's ARN or ID."""
    return list(dict.fromkeys(filter(None, names)))


def _text(*, truth: bool) -> str:
    return "true" if truth else "false"
