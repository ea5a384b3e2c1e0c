"""The definition that is deployed: assembled as for the local cloud, with the addresses that hold on AWS."""

from typing import Any

from ops import definition, scripts
from ops.images import scikit_image_uri
from ops.infrastructure import Deployment
from ops.parameters import Resolution
from ops.regions import partition


def code_uri(deployment: Deployment) -> str:
    """Return the S3 prefix of the scripts: the one of their present content, unless the parameters name one."""
    fixed = deployment.parameters.code_uri
    return fixed or f"{deployment.code_uri}{scripts.content_hash(deployment.repository.src)}/"


def resolution(deployment: Deployment, image: str) -> Resolution:
    """Return what stands on AWS for the parameters that may be null."""
    parameters, settings = deployment.parameters, deployment.repository.settings
    return Resolution(
        role=deployment.jobs_role,
        code_uri=code_uri(deployment),
        custom_image_uri=image,
        scikit_image_uri=parameters.scikit_image_uri or scikit_image_uri(parameters.region, settings.scikit_version),
    )


def assemble(deployment: Deployment, image: str) -> dict[str, Any]:
    """Return the definition to deploy.

    Args:
        deployment: what is deployed.
        image: URI of the model's own image.

    Raises:
        OpsError: the definition is damaged, or the region unknown.
    """
    parameters, settings = deployment.parameters, deployment.repository.settings
    resolved = parameters.resolve(settings, deployment.environment, resolution(deployment, image))
    loaded = definition.load(deployment.repository.definition)
    return definition.assemble(loaded, resolved, partition(parameters.region))
