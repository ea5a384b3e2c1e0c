"""The model's image: its tag, by its content; its digest in Amazon ECR; which one is deployed, and kept."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from ops import aws, scripts
from ops.aws import Account
from ops.cloud.machine import Live
from ops.errors import OpsError
from ops.images import registry_host
from ops.infrastructure import DEPLOYED_TAG, Deployment
from ops.repository import Repository

_CONTEXT = ("Dockerfile", "packages.txt", "requirements.txt", "model", "src")
"""What .dockerignore lets into the build."""

_IMAGE = re.compile(r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>.+))?")

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Choice:
    """The image to deploy, and what the user ought to know of the choice."""

    uri: str
    note: str = ""


def repository_uri(deployment: Deployment) -> str:
    """Return the URI of the environment's repository in ECR, without a tag."""
    parameters = deployment.parameters
    return f"{registry_host(parameters.account, parameters.region)}/{deployment.prefix}"


def content_tag(repository: Repository, base_image: str | None = None) -> str:
    """Return the tag of the image of the present content: a hash of all that goes into it.

    Args:
        repository: the generated repository.
        base_image: what replaces the Dockerfile's base image.
    """
    paths: list[Path] = []
    for name in _CONTEXT:
        path = repository.root / name
        paths += scripts.files(path) if path.is_dir() else [path] * path.is_file()
    content = scripts.hash_files(repository.root, paths)
    return f"{content}-{scripts.hash_text(base_image)}" if base_image else content


def find(account: Account, deployment: Deployment, image_id: dict[str, str]) -> str | None:
    """Return the URI with the digest of an image of the environment's repository; None if it is not there.

    Args:
        account: where.
        deployment: whose repository.
        image_id: `imageTag` or `imageDigest`, as ECR takes it.
    """
    try:
        details = account.client("ecr").describe_images(
            registryId=account.account, repositoryName=deployment.prefix, imageIds=[image_id]
        )["imageDetails"]
    except ClientError as error:
        if aws.code(error) == "ImageNotFoundException":
            return None
        raise
    return f"{repository_uri(deployment)}@{details[0]['imageDigest']}"


def choose(account: Account, deployment: Deployment, given: str | None, live: Live | None) -> Choice:
    """Return the image to deploy.

    Args:
        account: where.
        deployment: what.
        given: the user's choice, with its digest; None: the image of the present content, else the deployed one.
        live: what is deployed.

    Raises:
        OpsError: the image is not in the environment's repository.
    """
    environment, fixed = deployment.environment, deployment.parameters.custom_image_uri
    if fixed:
        ignored = f"parameters/{environment}.json names custom_image_uri: --image {given} is not deployed."
        return Choice(fixed, note=ignored if given and given != fixed else "")
    # An empty one, too, which a workflow may hand over by mistake, must not become the choice of another.
    if given is not None:
        return Choice(_given(account, deployment, given))
    tag = content_tag(deployment.repository)
    if uri := find(account, deployment, {"imageTag": tag}):
        return Choice(uri)
    build = f"`uv run ops build --env {environment} --push`"
    if live and live.parameters.get("custom_image_uri", "").startswith(f"{repository_uri(deployment)}@"):
        return Choice(
            live.parameters["custom_image_uri"],
            note=f"the present content has no image ({tag}): the deployed one stays; {build} makes it.",
        )
    message = f"The registry {repository_uri(deployment)} holds no image of the present content ({tag}): run {build}."
    raise OpsError(message)


def keep(account: Account, deployment: Deployment, uri: str) -> None:
    """Tag an image of the environment's repository as deployed, which its lifecycle policy never drops.

    Args:
        account: where.
        deployment: whose repository.
        uri: of the image, with its tag, its digest or both; one of another repository is left alone.

    Raises:
        OpsError: the repository does not hold the image.
    """
    named, own = _IMAGE.fullmatch(uri), repository_uri(deployment)
    if named is None or named["repository"] != own:
        return
    image_id = {"imageDigest": named["digest"]} if named["digest"] else {"imageTag": named["tag"] or "latest"}
    ecr = account.client("ecr")
    place = {"registryId": account.account, "repositoryName": deployment.prefix}
    images = ecr.batch_get_image(**place, imageIds=[image_id])["images"]
    if not images:
        message = (
            f"{own} does not hold the image {uri}: push it there, or let custom_image_uri in "
            f"parameters/{deployment.environment}.json name one that it holds."
        )
        raise OpsError(message)
    [image] = images
    digest = image["imageId"]["imageDigest"]
    try:
        ecr.put_image(
            **place,
            imageManifest=image["imageManifest"],
            imageManifestMediaType=image["imageManifestMediaType"],
            imageDigest=digest,
            imageTag=f"{DEPLOYED_TAG}{digest.partition(':')[2][:16]}",
        )
    except ClientError as error:
        if aws.code(error) not in {"ImageAlreadyExistsException", "ImageTagAlreadyExistsException"}:
            raise


def publish(uri: str) -> None:
    """Hand the URI with the digest on to the next steps of a GitHub workflow, where this is one."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"image={uri}\n")


def digest_of(uri: str) -> str:
    """Return the digest of an image's URI.

    Raises:
        OpsError: the URI has none.
    """
    _, _, digest = uri.partition("@")
    if not _DIGEST.fullmatch(digest):
        message = f"--image {uri} has no digest: give it as REPOSITORY@sha256:…, as `ops build --push` prints it."
        raise OpsError(message)
    return digest


def _given(account: Account, deployment: Deployment, given: str) -> str:
    digest, own = digest_of(given), repository_uri(deployment)
    if not given.startswith(f"{own}@"):
        message = (
            f"--image {given} is not in {own}, the only registry that {deployment.prefix} may pull from: "
            "copy it there with `uv run ops promote`."
        )
        raise OpsError(message)
    found = find(account, deployment, {"imageDigest": digest})
    if found is None:
        message = f"{own} does not hold --image {given}: run `uv run ops build --env {deployment.environment} --push`."
        raise OpsError(message)
    return found
