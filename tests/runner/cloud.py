"""AWS, as far as deliveries notice: an account for each environment, on which the real ops acts, in this process.

S3, ECR and STS are moto's, CloudFormation and Step Functions those of fake_aws.py. What a role may do, and who may
assume it, is not asked here: the tests of the policies do that.
"""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import botocore.session
from boto3 import Session
from botocore.loaders import create_loader
from fake_aws import FakeCloudFormation, FakeService, FakeStepFunctions
from moto import mock_aws
from ops import cli
from ops.cloud import stacks
from ops.infrastructure import ALIAS, Deployment
from ops.repository import Repository

from runner.engines import Engines
from runner.forwarding import Call, forwarded

# Shared, because it keeps the service models, which take long to read.
_LOADER = create_loader()


@dataclass
class FakeAccount:
    """The account of an environment, bootstrapped; `session` is its administrator's."""

    deployment: Deployment
    session: Any
    cloudformation: FakeCloudFormation = field(init=False)
    stepfunctions: FakeStepFunctions = field(init=False)

    def __post_init__(self) -> None:
        """Make what the steps rely on: the registry, the bucket, and no stack yet."""
        parameters, name = self.deployment.parameters, self.deployment.prefix
        self.cloudformation = FakeCloudFormation(self.session)
        self.stepfunctions = FakeStepFunctions(self.session)
        self.stepfunctions.machine = f"arn:aws:states:{parameters.region}:{parameters.account}:stateMachine:{name}"
        self.cloudformation.done = self.stepfunctions.deploy
        place = {"LocationConstraint": parameters.region}
        self.session.client("s3").create_bucket(Bucket=self.deployment.bucket, CreateBucketConfiguration=place)
        self.session.client("ecr").create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")

    @property
    def definition(self) -> dict[str, Any]:
        """The definition that the alias leads to."""
        client = self.session.client("stepfunctions")
        alias = client.describe_state_machine_alias(stateMachineAliasArn=f"{self.stepfunctions.machine}:{ALIAS}")
        [route] = alias["routingConfiguration"]
        machine = client.describe_state_machine(stateMachineArn=route["stateMachineVersionArn"])
        definition: dict[str, Any] = json.loads(machine["definition"])
        return definition

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters in that definition."""
        parameters: dict[str, Any] = self.definition["States"]["Defaults"]["Result"]
        return parameters

    @property
    def images(self) -> set[str]:
        """The URIs of the images in the registry."""
        registry = self.session.client("ecr").describe_repositories()["repositories"][0]
        images = self.session.client("ecr").list_images(repositoryName=registry["repositoryName"])["imageIds"]
        return {f"{registry['repositoryUri']}@{image['imageDigest']}" for image in images}

    @property
    def objects(self) -> dict[str, bytes]:
        """The objects in the bucket, by their URIs."""
        client, bucket = self.session.client("s3"), self.deployment.bucket
        keys = [item["Key"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]]
        return {f"s3://{bucket}/{key}": client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


@dataclass
class Cloud:
    """The accounts of a repository's environments, and the programs that act on them."""

    accounts: dict[str, FakeAccount]
    address: str = ""
    """Where the stand-ins find the programs."""
    engines: Engines = field(init=False)

    def __post_init__(self) -> None:
        """Give the engines access to the registries."""
        self.engines = Engines(lambda account: self.account(account).session.client("ecr"))

    @property
    def variables(self) -> dict[str, dict[str, str]]:
        """The variables of GitHub's environments, as bootstrap says to set them."""
        return {name: {"AWS_DEPLOY_ROLE": it.deployment.deploy_role} for name, it in self.accounts.items()}

    def account(self, number: str) -> FakeAccount:
        """Return an account by its number."""
        return next(it for it in self.accounts.values() if it.deployment.parameters.account == number)

    def credentials(self, role: str, region: str) -> dict[str, str]:
        """Return the variables that AWS's action sets for the later steps."""
        return {**_assume(role, region), "AWS_REGION": region}

    def ops(self, call: Call) -> None:
        """Execute `ops`."""
        output = io.TextIOWrapper(_Output(call), encoding="utf-8", write_through=True)  # type: ignore[type-var]  # raw
        with (
            contextlib.chdir(call.folder),
            mock.patch.dict(os.environ, call.environment, clear=True),
            mock.patch.object(sys, "argv", ["ops", *call.arguments]),
            mock.patch.object(sys, "stdin", io.StringIO(call.stdin)),
            mock.patch.object(boto3, "Session", self._session),
            mock.patch.object(stacks, "POLL", 0),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            cli.main()

    def _session(self, region_name: str) -> Any:  # noqa: ANN401  boto3 has no types
        session = _session(region_name)
        account = self.account(session.client("sts").get_caller_identity()["Account"])
        account.cloudformation.serve(session)
        account.stepfunctions.serve(session)
        _Registry(session, self)
        return session


class _Registry(FakeService):
    """Registries, those of other accounts among them, in which moto would not look."""

    name = "ecr"

    def __init__(self, session: Any, cloud: Cloud) -> None:  # noqa: ANN401
        super().__init__(session)
        self._cloud = cloud

    def describe_images(self, registryId: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401, N803
        answer: dict[str, Any] = self._cloud.account(registryId).session.client("ecr").describe_images(**request)
        return answer


class _Output(io.RawIOBase):
    def __init__(self, call: Call) -> None:
        self._call = call

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401  a buffer of any kind
        self._call.say(bytes(data).decode())
        return len(data)


@contextlib.contextmanager
def fake_cloud(root: Path) -> Iterator[Cloud]:
    """Yield a cloud in which every environment of a repository is bootstrapped."""
    repository = Repository(root)
    with mock_aws():
        cloud = Cloud({name: _account(Deployment.load(repository, name)) for name in repository.environments})
        programs = {"ops": cloud.ops, "docker": cloud.engines.docker, "skopeo": cloud.engines.skopeo}
        with forwarded(programs) as cloud.address:
            yield cloud


def _account(deployment: Deployment) -> FakeAccount:
    number, region = deployment.parameters.account, deployment.parameters.region
    with mock.patch.dict(os.environ, _assume(f"arn:aws:iam::{number}:role/administrator", region)):
        return FakeAccount(deployment, _session(region))


def _assume(role: str, region: str) -> dict[str, str]:
    """Return the variables by which a program acts as a role, which need not exist."""
    client = _session(region).client("sts")
    answer = client.assume_role_with_web_identity(RoleArn=role, RoleSessionName="GitHub", WebIdentityToken="token")
    given = answer["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def _session(region: str) -> Any:  # noqa: ANN401
    core = botocore.session.Session()
    core.register_component("data_loader", _LOADER)
    return Session(botocore_session=core, region_name=region)
