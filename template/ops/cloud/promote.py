"""`ops promote`: the same image, to the byte, in another environment's registry."""

import contextlib
import subprocess
import tempfile
from pathlib import Path
from shutil import which

from botocore.exceptions import ClientError
from rich.console import Console
from rich.markup import escape

from ops import aws
from ops.aws import Account
from ops.cloud import build, registry
from ops.containers import DOCKER
from ops.errors import OpsError
from ops.infrastructure import DEPLOYED_TAG, Deployment


def run(account: Account, source: Deployment, target: Deployment, console: Console, *, image: str) -> str:
    """Copy an image between registries, and return its URI in the target's.

    Args:
        account: the target's; its credentials may read the source's registry, if bootstrap knew of both environments.
        source: where the image was built or deployed.
        target: where it is to be deployed.
        console: says what was done.
        image: its URI in the source's registry, with its digest.

    Raises:
        OpsError: the image is not there, cannot be copied, or came out as another one.
    """
    digest, origin = registry.digest_of(image), registry.repository_uri(source)
    if image != f"{origin}@{digest}":
        message = f"--image {image} is not in {origin}, the registry of {source.environment}: name one that is."
        raise OpsError(message)
    uri = registry.find(account, target, {"imageDigest": digest})
    if uri:
        console.print(f"The registry of {target.environment} holds it already.")
    else:
        # The tag by its content goes along, so that a deployment without --image finds it.
        name = f"{registry.repository_uri(target)}:{_tag(account, source, digest)}"
        with console.status(f"Copying {digest}…"):
            _copy(account, source, target, image, name)
        uri = registry.find(account, target, {"imageDigest": digest})
        if uri is None:
            message = (
                f"{escape(name)} was copied, but not as {digest}: install skopeo, which preserves digests, or a newer "
                "docker buildx, delete that tag and repeat the command."
            )
            raise OpsError(message)
    registry.publish(uri)
    console.print(uri, soft_wrap=True, markup=False)
    return uri


def _tag(account: Account, source: Deployment, digest: str) -> str:
    client = account.session.client("ecr", region_name=source.parameters.region)
    try:
        details = client.describe_images(
            registryId=source.parameters.account, repositoryName=source.prefix, imageIds=[{"imageDigest": digest}]
        )["imageDetails"][0]
    except ClientError as error:
        if aws.code(error) != "ImageNotFoundException":
            raise
        message = f"{registry.repository_uri(source)} does not hold {digest}: name an image that was deployed there."
        raise OpsError(message) from None
    tags = sorted(tag for tag in details.get("imageTags", []) if not tag.startswith(DEPLOYED_TAG))
    return tags[0] if tags else digest.partition(":")[2][:16]


def _copy(account: Account, source: Deployment, target: Deployment, image: str, name: str) -> None:
    hosts = {
        image.partition("/")[0]: build.password(account, source.parameters.region),
        name.partition("/")[0]: build.password(account, target.parameters.region),
    }
    if which("skopeo"):
        with tempfile.TemporaryDirectory() as folder:
            authentication = ("--authfile", str(Path(folder) / "auth.json"))
            for host, password in hosts.items():
                _call("skopeo", "login", *authentication, "--username", "AWS", "--password-stdin", host, stdin=password)
            options = ("--all", "--preserve-digests", *authentication)
            _call("skopeo", "copy", *options, f"docker://{image}", f"docker://{name}")
    elif DOCKER.fault() is None:
        with contextlib.ExitStack() as logins:
            for host, password in hosts.items():
                logins.enter_context(DOCKER.logged_in(host, "AWS", password))
            # Without the option, buildx would wrap a single image into an index, which has another digest.
            _call("docker", "buildx", "imagetools", "create", "--prefer-index=false", "--tag", name, image)
    else:
        message = "Neither skopeo nor docker is here to copy an image with its digest preserved: install one of them."
        raise OpsError(message)


def _call(*command: str, stdin: str = "") -> None:
    answer = subprocess.run(  # noqa: S603  our own command
        command, input=stdin, capture_output=True, check=False, encoding="utf-8", errors="replace"
    )
    if answer.returncode:
        said = (answer.stderr.strip().splitlines() or ["it gave no reason"])[-1].rstrip(".")
        message = f"{' '.join(command[:2])} failed: {said}."
        raise OpsError(message)
