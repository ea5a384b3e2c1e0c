"""Virtual environments, made by uv, that stand for the images on this machine.

An environment is made once for each content (Python, packages) and then only looked up, without a subprocess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.repository import Repository


@dataclass(frozen=True)
class Environment:
    """A Python that has the packages of an image."""

    python: Path
    """The interpreter to run scripts with."""
    version: str
    """Major and minor version of the interpreter, such as `3.10`."""
    notes: tuple[str, ...] = ()
    """Where it differs from the image: sentences for the user."""


def custom_environment(repository: Repository, extra: Sequence[str] = ()) -> Environment:
    """Return the environment that stands for the model's own image: the answered Python and requirements.txt.

    Args:
        repository: whose settings and requirements.txt count.
        extra: further requirements, such as `pytest`; they make an environment of its own.

    Raises:
        OpsError: uv is missing, or requirements.txt cannot be installed.
    """
    raise NotImplementedError


def scikit_environment(repository: Repository, *, packages_needed: bool = True) -> Environment:
    """Return the environment that stands for SageMaker's prebuilt scikit-learn image of the answered version.

    Args:
        repository: whose settings count.
        packages_needed: whether the image's packages are installed; without, nothing is downloaded.

    Raises:
        OpsError: uv is missing, or the packages cannot be installed.
    """
    raise NotImplementedError
