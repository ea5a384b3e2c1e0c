"""What job scripts import, and whether the image that runs them holds it; nothing is executed."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ops.local.environments import Environment
from ops.repository import Repository


@dataclass(frozen=True)
class Import:
    """One import of a module that is neither in the standard library nor beside the script."""

    path: Path
    line: int
    module: str
    """Dotted name as written, such as `sklearn.linear_model.Ridge`: its tail may be an attribute."""


@dataclass(frozen=True)
class ImportFault:
    """An import that fails in the step's image."""

    path: Path
    line: int
    module: str
    message: str
    """One sentence that names the import (`src/predict.py:3`) and the fix."""


def third_party_imports(script: Path, python_version: str) -> list[Import]:
    """Return what a script and the modules beside it import from elsewhere, in the order in which it is reached.

    Imports that need not succeed are left out: under `TYPE_CHECKING`, or in a `try` that handles `ImportError`.

    Raises:
        OpsError: the script is not there, or one of the files is not Python `python_version`.
    """
    raise NotImplementedError


def scikit_faults(repository: Repository, step: str) -> list[ImportFault]:
    """Return the imports of `src/<step>.py` that SageMaker's prebuilt scikit-learn image does not hold.

    Raises:
        OpsError: the script is not there, or does not parse.
    """
    raise NotImplementedError


def custom_faults(repository: Repository, step: str, environment: Environment | None = None) -> list[ImportFault]:
    """Return the imports of `src/<step>.py` that requirements.txt does not give.

    With the `environment` made from requirements.txt the answer is exact; without, a module counts as given
    when requirements.txt names its distribution.

    Raises:
        OpsError: the script is not there, or does not parse.
    """
    raise NotImplementedError
