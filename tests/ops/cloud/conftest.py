"""An AWS account that moto stands for, and a repository to deploy to it."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import create_loader
from deployments import make_repository
from fake_aws import FakeCloudFormation, FakeStepFunctions
from moto import mock_aws
from ops.aws import Account
from ops.cloud import execute, registry, stacks
from ops.infrastructure import Deployment
from rich.console import Console

ACCOUNT, REGION = "123456789012", "eu-west-1"

# Shared, because it keeps the service models, which take long to read.
_LOADER = create_loader()

MakeDeployment = Callable[..., Deployment]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "POLL", 0)
    monkeypatch.setattr(execute, "POLL", 0)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account of moto's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        core = botocore.session.Session()
        core.register_component("data_loader", _LOADER)
        session = boto3.Session(botocore_session=core, region_name=REGION)
        yield Account(session, ACCOUNT, REGION, "aws", f"arn:aws:iam::{ACCOUNT}:user/somebody")


@pytest.fixture
def cloudformation(account: Account) -> FakeCloudFormation:
    """The account's stacks."""
    return FakeCloudFormation(account.session)


@pytest.fixture
def stepfunctions(account: Account, cloudformation: FakeCloudFormation) -> FakeStepFunctions:
    """The account's state machine; a stack that changes its definition publishes a version."""
    fake = FakeStepFunctions(account.session)
    cloudformation.done = fake.deploy
    return fake


@pytest.fixture
def make_deployment(tmp_path: Path) -> MakeDeployment:
    """Return what makes a deployment of an environment, with further parameters; `prod` is another account's."""
    root = tmp_path / "repository"
    repository = make_repository(root, {"dev": {"account": ACCOUNT}, "prod": {"account": "222222222222"}})
    for name in ("Dockerfile", "requirements.txt", "packages.txt", "src/predict.py", "model/weights.json"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")

    def make(parameters: Mapping[str, Any] | None = None, environment: str = "dev") -> Deployment:
        path = repository.parameters(environment)
        document = {**json.loads(path.read_text("utf-8")), **(parameters or {})}
        path.write_text(json.dumps(document), encoding="utf-8")
        return Deployment.load(repository, environment)

    return make


@pytest.fixture
def console() -> Console:
    """A console that keeps what it shows (see `shown`)."""
    return Console(file=io.StringIO(), width=200)


@pytest.fixture
def shown(console: Console) -> Callable[[], str]:
    """Return a function that tells what the console has shown."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue


@pytest.fixture
def push(account: Account) -> Callable[..., str]:
    """Return what puts an image of the present content into a deployment's registry, and returns its URI."""
    ecr = account.client("ecr")

    def push(deployment: Deployment, tag: str | None = None) -> str:
        with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
            ecr.create_repository(repositoryName=deployment.prefix, imageTagMutability="IMMUTABLE")
        tag = tag or registry.content_tag(deployment.repository)
        docker = "application/vnd.docker"
        config = {"mediaType": f"{docker}.container.image.v1+json", "size": 2, "digest": f"sha256:{tag}"}
        # moto's digest of an image is that of its layers' digests.
        layers = [{"mediaType": f"{docker}.image.rootfs.diff.tar.gzip", "size": 2, "digest": f"sha256:{tag}"}]
        media_type = f"{docker}.distribution.manifest.v2+json"
        manifest = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}
        image = ecr.put_image(repositoryName=deployment.prefix, imageManifest=json.dumps(manifest), imageTag=tag)
        return f"{registry.repository_uri(deployment)}@{image['image']['imageId']['imageDigest']}"

    return push


@pytest.fixture
def bucket(account: Account) -> str:
    """The bucket of the parameter files, as bootstrap makes it."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    return "bucket"
