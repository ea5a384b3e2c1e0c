"""`ops build`: the model's image, tagged by its content, in the environment's registry if asked for."""

from base64 import b64decode

from rich.console import Console
from rich.markup import escape

from ops import containers
from ops.aws import Account
from ops.cloud import registry
from ops.containers import Engine
from ops.errors import OpsError
from ops.infrastructure import Deployment


def run(deployment: Deployment, console: Console, *, base_image: str | None) -> str:
    """Build the image on this machine, and return its name.

    Raises:
        OpsError: there is no container engine, or the build fails.
    """
    name, engine = _name(deployment, base_image), containers.find()
    _build(engine, deployment, name, base_image, console)
    console.print(f"Built {escape(name)} with {engine.name}; --push brings it into the registry.", soft_wrap=True)
    return name


def push(account: Account, deployment: Deployment, console: Console, *, base_image: str | None) -> str:
    """Build and push the image, unless the registry holds one of the same content, and return its URI with the digest.

    Raises:
        OpsError: there is no container engine or registry, or the build or push fails.
    """
    image_id = {"imageTag": registry.content_tag(deployment.repository, base_image)}
    uri = registry.find(account, deployment, image_id)
    if uri:
        console.print(f"The registry holds the image of this content ({image_id['imageTag']}): nothing to build.")
    else:
        name, engine = _name(deployment, base_image), containers.find()
        _build(engine, deployment, name, base_image, console)
        with (
            console.status(f"Pushing {name}…"),
            engine.logged_in(name.partition("/")[0], "AWS", password(account, account.region)),
        ):
            try:
                engine.push(name)
            except OpsError:
                # Tags are immutable: another build of the same content may have come first.
                if not registry.find(account, deployment, image_id):
                    raise
        uri = registry.find(account, deployment, image_id)
        if uri is None:
            message = f"{engine.name} pushed {name}, but the registry does not hold it: push it again."
            raise OpsError(message)
    registry.publish(uri)
    console.print(uri, soft_wrap=True, markup=False)
    return uri


def password(account: Account, region: str) -> str:
    """Return what the registries of a region take as the password of the user AWS for some hours."""
    client = account.session.client("ecr", region_name=region)
    token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return b64decode(token).decode().partition(":")[2]


def _name(deployment: Deployment, base_image: str | None) -> str:
    return f"{registry.repository_uri(deployment)}:{registry.content_tag(deployment.repository, base_image)}"


def _build(engine: Engine, deployment: Deployment, name: str, base_image: str | None, console: Console) -> None:
    repository = deployment.repository
    log, pip_config = repository.build / "image.log", containers.pip_configuration()
    with console.status(f"Building {name} with {engine.name}…"):
        engine.build(repository.root, name, log=log, base_image=base_image, pip_config=pip_config)
