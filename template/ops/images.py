"""SageMaker's prebuilt scikit-learn image: its address in each region, and what it holds."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ScikitImage:
    """What one version of the image holds, as its public container repository declares it."""

    version: str
    python: str
    """Major and minor version of the Python inside, such as `3.10`."""
    packages: Mapping[str, str]
    """Distributions that a script may import, and the release of each; what they depend on is not listed."""
    modules: frozenset[str]
    """Top-level names that a script can import besides the standard library, dependencies included."""
    caveat: str
    """Where the image may differ from `packages`: one sentence, or empty."""


def scikit_image(version: str) -> ScikitImage:
    """Return what a version of the image (such as `1.4-2`) holds.

    Raises:
        OpsError: the version is unknown.
    """
    raise NotImplementedError


def scikit_image_uri(region: str, version: str) -> str:
    """Return the image's URI in the registry that AWS keeps for a region.

    Raises:
        OpsError: the version is unknown, or AWS publishes no account for the region.
    """
    raise NotImplementedError
