"""What an execution may be given by `--set`: nothing that the roles of bootstrap cannot use.

Such an execution would start, wait for instances, and fail with a denial that names no parameter.
"""

from collections.abc import Mapping
from typing import Any

from ops.errors import OpsError
from ops.infrastructure import Deployment


def check(deployment: Deployment, deployed: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
    """Refuse an execution's input that is beyond the policies.

    Args:
        deployment: whose parameter file the policies were made from.
        deployed: the parameters that hold unless they are overridden.
        overrides: the execution's input.

    Raises:
        OpsError: a role, image, URI, key or network is not one that the policies name.
    """
    for key, value in overrides.items():
        allowed = _allowed(deployment, deployed, key, value)
        if allowed is not None:
            environment = deployment.environment
            message = (
                f"--set {key}={value}: the roles of {deployment.prefix} are limited to {allowed}. To use another, "
                f"change {key} in parameters/{environment}.json, have an administrator run "
                f"`uv run ops bootstrap --env {environment}`, and run `uv run ops deploy --env {environment}`."
            )
            raise OpsError(message)


def _allowed(deployment: Deployment, deployed: Mapping[str, Any], key: str, value: Any) -> str | None:  # noqa: ANN401
    """Return what is allowed instead of a value; None if the value is."""
    parameters = deployment.parameters
    match key:
        case "input_uri" | "output_uri" | "code_uri":
            prefix = deployment.code_uri if key == "code_uri" else getattr(parameters, key)
            allowed, limit = _below(value, prefix), f"what lies below {prefix}"
        case "model_uri" if value:
            prefix = parameters.model_uri or ""
            allowed, limit = bool(prefix) and _below(value, prefix), f"what lies below {prefix}" if prefix else "none"
        case "custom_image_uri" | "scikit_image_uri":
            repository = _repository(str(deployed.get(key, "")))
            allowed, limit = _repository(value) == repository, f"the repository {repository}"
        case "role":
            allowed, limit = value == deployment.jobs_role, deployment.jobs_role
        case "volume_encryption" | "output_encryption":
            allowed, limit = _same(value, getattr(parameters, key).model_dump(exclude_none=True))
        case "network_config":
            network = parameters.network_config.model_dump(exclude_none=True)
            allowed, limit = _same(value.get("VpcConfig"), network.get("VpcConfig"))
        case _:
            return None
    return None if allowed else limit


def _below(uri: str, prefix: str) -> bool:
    # As IAM compares them: the policies name the prefix with a * after it, the output's with a slash before that.
    return uri.startswith(prefix) and (prefix.endswith("/") or uri[len(prefix) :][:1] in {"", "/"})


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    host, slash, path = name.rpartition("/")
    return f"{host}{slash}{path.partition(':')[0]}"


def _same(value: Mapping[str, Any] | None, fixed: Mapping[str, Any] | None) -> tuple[bool, str]:
    # Nothing instead of what is fixed is denied, too: a job must not leave the VPC, or do without the key.
    return (value or None) == (fixed or None), str(fixed) if fixed else "none"
