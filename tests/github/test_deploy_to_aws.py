"""Deliveries in which ops really builds, promotes and deploys, on accounts of AWS that this process stands for."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_aws import FakeCloudFormation
from ops import execution
from ops.local.cloud import LocalCloud, local_cloud
from ops.local.interpreter import InterpreterImage
from ops.local.processing import download
from ops.repository import Repository
from ops.s3 import split_uri
from runner.cloud import Cloud, fake_cloud
from runner.hosting import GitHub

FIRST, SECOND = "1" * 40, "2" * 40

IMAGE, DEPLOY = "actions/image/action.yml", "workflows/_deploy.yml"

ASSUMED = "if: vars.AWS_DEPLOY_ROLE != ''\n        uses: aws-actions/"
"""Where the credentials come from in the file that deploys."""


@pytest.fixture
def cloud(github: GitHub) -> Iterator[Cloud]:
    """The accounts of the repository's environments; both are bootstrapped, and its variables name their roles."""
    with fake_cloud(github.repository) as cloud:
        github.cloud, github.variables = cloud, cloud.variables
        yield cloud


def change_parameter(github: GitHub, environment: str, **changes: object) -> None:
    """Commit a change of a parameter file."""
    path = github.repository / "parameters" / f"{environment}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def digest(image: str) -> str:
    """Return the digest in an image's URI."""
    return image.partition("@")[2]


def transfers(cloud: Cloud) -> list[list[str]]:
    """Return the calls that brought an image into a registry."""
    return [call[:2] for call in cloud.engines.calls if call[1] in {"push", "copy"}]


def changes(cloudformation: FakeCloudFormation) -> int:
    """Return how often a stack was changed."""
    return cloudformation.operations().count("execute_change_set")


def test_push_deploys_the_image_that_it_built_and_records_it(github: GitHub, cloud: Cloud) -> None:
    run = github.push()

    assert run.failed == [], run.log
    dev = cloud.accounts["dev"]
    [image] = dev.images
    assert dev.parameters["custom_image_uri"] == image
    assert image.startswith("111111111111.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev@sha256:")
    assert [path.read_text() for path in github.state.glob("*/image-dev/image.txt")] == [f"{image}\n"]
    assert "Deployed my-model-dev, version 1." in run.log
    assert cloud.accounts["prod"].images == set()


def test_release_deploys_the_same_digest_and_builds_nothing(github: GitHub, cloud: Cloud) -> None:
    github.push()
    before = len(cloud.engines.calls)

    run = github.release()

    assert run.failed == [], run.log
    dev, prod = cloud.accounts["dev"], cloud.accounts["prod"]
    [image] = prod.images
    assert image.startswith("222222222222.dkr.ecr.eu-west-1.amazonaws.com/my-model-prod@")
    assert prod.parameters["custom_image_uri"] == image
    assert digest(prod.parameters["custom_image_uri"]) == digest(dev.parameters["custom_image_uri"])
    assert [call[:2] for call in cloud.engines.calls[before:]] == 2 * [["skopeo", "login"]] + [["skopeo", "copy"]]


def test_release_of_an_older_commit_deploys_its_image(github: GitHub, cloud: Cloud) -> None:
    requirements = github.repository / "requirements.txt"
    content = requirements.read_text()
    github.push(FIRST)
    first = cloud.accounts["dev"].parameters["custom_image_uri"]
    requirements.write_text("# changed\n")
    github.push(SECOND)
    assert digest(cloud.accounts["dev"].parameters["custom_image_uri"]) != digest(first)

    requirements.write_text(content)
    run = github.release(FIRST)

    assert run.failed == [], run.log
    assert digest(cloud.accounts["prod"].parameters["custom_image_uri"]) == digest(first)


def test_failed_update_is_red_and_leaves_what_was_live(github: GitHub, cloud: Cloud) -> None:
    github.push(FIRST)
    dev = cloud.accounts["dev"]
    before = dev.definition
    change_parameter(github, "dev", volume_size=99)
    dev.cloudformation.failure = ("StateMachine", "The role cannot be assumed")

    run = github.push(SECOND)

    assert run.failed == ["dev/deploy"]
    assert "StateMachine: The role cannot be assumed" in run.log
    assert dev.definition == before
    assert github.release(SECOND).failed == ["prod/deploy"]
    assert cloud.accounts["prod"].images == set()

    assert github.push(SECOND).failed == []
    assert dev.parameters["volume_size"] == 99


def test_failed_release_is_repeated_without_another_copy(github: GitHub, cloud: Cloud) -> None:
    github.push()
    prod = cloud.accounts["prod"]
    prod.cloudformation.failure = ("StateMachine", "The role cannot be assumed")
    assert github.release().failed == ["prod/deploy"]
    assert prod.stepfunctions.live is None
    before = len(cloud.engines.calls)

    run = github.release()

    assert run.failed == [], run.log
    assert prod.parameters["custom_image_uri"] in prod.images
    assert cloud.engines.calls[before:] == []


def test_second_run_of_a_commit_changes_nothing(github: GitHub, cloud: Cloud) -> None:
    github.push()
    github.release()
    accounts = list(cloud.accounts.values())
    before = [(account.definition, account.images, account.objects) for account in accounts]
    brought = transfers(cloud)

    runs = [github.push(), github.release()]

    assert [run.failed for run in runs] == [[], []]
    assert [(account.definition, account.images, account.objects) for account in accounts] == before
    assert [changes(account.cloudformation) for account in accounts] == [1, 1]
    assert transfers(cloud) == brought == [["docker", "push"], ["skopeo", "copy"]]
    assert "my-model-dev is up to date" in runs[0].log
    assert "my-model-prod is up to date" in runs[1].log


def test_role_of_another_environment_deploys_nothing(github: GitHub, cloud: Cloud) -> None:
    github.variables = {"dev": cloud.variables["prod"]}

    run = github.push()

    assert run.failed == ["dev/deploy"]
    assert "These credentials belong to account 222222222222" in run.log
    assert [account.images for account in cloud.accounts.values()] == [set(), set()]


@pytest.mark.parametrize(
    ("file", "right", "wrong", "job", "said"),
    [
        (IMAGE, "{PUSH:+--push}", "{PUSH:+--psuh}", "dev/deploy", "--psuh"),
        (DEPLOY, "ops deploy --env", "ops deploy --enviroment", "dev/deploy", "--enviroment"),
        (DEPLOY, "steps.build.outputs.image", "steps.build.outputs.img", "dev/deploy", "no digest"),
        (DEPLOY, ASSUMED, ASSUMED.replace("ROLE", "ROEL"), "dev/deploy", "no AWS credentials"),
        (DEPLOY, "ops promote --from", "ops promote --form", "prod/deploy", "--form"),
        (DEPLOY, "IMAGE: ${{ steps.source", "IMGAE: ${{ steps.source", "prod/deploy", "no digest"),
        (DEPLOY, "steps.promote.outputs.image", "steps.promote.outputs.img", "prod/deploy", "no digest"),
    ],
)
@pytest.mark.usefixtures("cloud")
def test_typo_in_a_step_is_red(github: GitHub, file: str, right: str, wrong: str, job: str, said: str) -> None:  # noqa: PLR0913, PLR0917
    path = github.repository / ".github" / file
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))

    runs = [github.push(), github.release()]

    red = next(run for run in runs if run.failed)
    assert red.failed == [job]
    assert said in red.log


def test_deployed_definition_runs_with_the_scripts_that_were_uploaded(github: GitHub, tmp_path: Path) -> None:
    with fake_cloud(github.repository) as cloud:
        github.cloud, github.variables = cloud, cloud.variables
        github.push()
        dev = cloud.accounts["dev"]
        definition, parameters, objects = dev.definition, dev.parameters, dev.objects
    repository = Repository(github.repository)
    sample = {f"{parameters['input_uri']}/{path.name}": path.read_bytes() for path in repository.sample.iterdir()}

    # The scripts and the model of the template need nothing but Python.
    image = InterpreterImage(Path(sys.executable), repository.src, repository.model)
    images = {parameters["custom_image_uri"]: image, parameters["scikit_image_uri"]: image}
    with local_cloud(images, folder=tmp_path / "jobs", logs=tmp_path / "logs", region="eu-west-1") as local:
        status = execute(local, definition, {**objects, **sample})
        download(local.client("s3"), f"{parameters['output_uri']}/run/postprocessing/", tmp_path / "output")

    assert status == "SUCCEEDED"
    [result] = (tmp_path / "output").iterdir()
    assert result.read_text().startswith("house,area,rooms,age,price\n")


def execute(cloud: LocalCloud, definition: dict[str, object], objects: dict[str, bytes]) -> str:
    """Execute a definition over some objects in S3, and return how it ended."""
    s3, stepfunctions = cloud.client("s3"), cloud.client("stepfunctions")
    for bucket in {split_uri(uri)[0] for uri in objects}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": cloud.region})
    for uri, content in objects.items():
        bucket, key = split_uri(uri)
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    machine = stepfunctions.create_state_machine(
        name="deployed", definition=json.dumps(definition), roleArn="arn:aws:iam::111111111111:role/workflow"
    )
    started = stepfunctions.start_execution(stateMachineArn=machine["stateMachineArn"], name="run", input="{}")
    *_, last = execution.follow(stepfunctions, started["executionArn"], 0.05)
    return last.status
