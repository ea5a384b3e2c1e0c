"""SageMaker's prebuilt scikit-learn image: its address in each region, and what it holds.

The facts are in `data/scikit_images.json`, with their sources.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ops.errors import OpsError

_DATA = Path(__file__).with_name("data") / "scikit_images.json"


@dataclass(frozen=True)
class ScikitImage:
    """What one version of the image holds, as the public repository that it is built from declares it."""

    version: str
    python: str
    """Major and minor version of the Python inside, such as `3.10`."""
    packages: Mapping[str, str]
    """Distributions that job scripts use, and the releases of each, such as `==2.1.0`; empty where any may be inside.

    Their dependencies are not listed, nor is what only serves or trains: web servers and SageMaker's toolkits.
    """
    modules: frozenset[str]
    """All that can be imported besides the standard library; dotted where distributions share a namespace."""
    caveat: str
    """Where the image may differ from `packages` or `python`; may be empty."""

    @property
    def name(self) -> str:
        """The image, as a sentence calls it."""
        return f"SageMaker's scikit-learn image {self.version}"


def scikit_image(version: str) -> ScikitImage:
    """Return what a version of the image (such as `1.4-2`) holds.

    Raises:
        OpsError: the version is unknown.
    """
    versions = _data()["versions"]
    if version not in versions:
        message = (
            f"SageMaker's scikit-learn image has no version {version!r}: answer one of {', '.join(versions)} "
            "to scikit_version (`copier update --data scikit_version=…`)."
        )
        raise OpsError(message)
    facts = versions[version]
    return ScikitImage(version, facts["python"], facts["packages"], frozenset(facts["modules"]), facts["caveat"])


def scikit_image_uri(region: str, version: str) -> str:
    """Return the image's URI in the registry that AWS keeps for a region.

    Raises:
        OpsError: the version is unknown, or no account is known for the region.
    """
    version = scikit_image(version).version
    registry = _data()["registry"]
    accounts = registry["accounts"]
    if region not in accounts:
        message = (
            f"No account is known that holds SageMaker's scikit-learn image in {region}: correct the region, or set "
            f"scikit_image_uri in the parameter file. Known are {', '.join(accounts)}."
        )
        raise OpsError(message)
    return f"{registry_host(accounts[region], region)}/sagemaker-scikit-learn:{version}-cpu-py3"


def registry_host(account: str, region: str) -> str:
    """Return the host of an account's registry in a region, with which the URIs of its images begin."""
    suffixes = _data()["registry"]["dns_suffixes"].items()
    suffix = next((suffix for prefix, suffix in suffixes if region.startswith(prefix)), "amazonaws.com")
    return f"{account}.dkr.ecr.{region}.{suffix}"


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_DATA.read_bytes())
    return data
