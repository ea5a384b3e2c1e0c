"""What the legacy code was run on, and what it left: `parity/`, which `sagelift import` writes."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ops.comparison import Tolerance
from ops.errors import OpsError
from ops.local import input_data
from ops.repository import Repository


class Control(BaseModel):
    """A change to the migrated code that a comparison must not miss.

    Attributes:
        part: The script of `src/` that was changed, without `.py`.
        kind: What was changed: `variable`, one that the part receives, or `operation`, one of its code.
        change: The change, in one sentence that names the place.
        caught: Whether the results differed, or the changed code failed.
        how: The first difference, or the failure; why it was missed.
    """

    model_config = ConfigDict(frozen=True)

    part: str
    kind: str
    change: str
    caught: bool
    how: str = ""


class Recording(BaseModel):
    """`parity/recording.json`.

    Attributes:
        script: The name of the legacy code.
        migration: `split` into three steps, or `wrapped`: run whole in one.
        arguments: What it was called with.
        answers: What was typed at its prompts.
        environment: The variables of the environment that it ran with and a job does not have by itself.
        python: The version of Python that it ran on.
        packages: The versions of the packages that it ran with.
        tolerance: How far floating-point numbers may lie apart.
        unstable: What differs between runs of it, as `python -m ops.comparison --unstable` tells.
        random: What differs, besides, unless its random numbers begin alike.
        inputs: The SHA-256 of each file of `data/sample/`.
        expected: The SHA-256 of each file of `parity/expected/`.
        controls: The changes that the comparison was tried with.
        takes_any_bytes: Whether its first step ends well on files of arbitrary bytes, such as where it reads none.
    """

    model_config = ConfigDict(frozen=True)

    script: str
    migration: str = "split"
    arguments: list[str] = []
    answers: list[str] = []
    environment: dict[str, str] = {}
    python: str = ""
    packages: dict[str, str] = {}
    tolerance: Tolerance = Field(default_factory=Tolerance)
    unstable: dict[str, list[str]] = {}
    random: dict[str, list[str]] = {}
    inputs: dict[str, str]
    expected: dict[str, str]
    controls: list[Control] = []
    takes_any_bytes: bool = False

    @classmethod
    def load(cls, repository: Repository) -> "Recording":
        """Read the recording, and check that it holds.

        Raises:
            OpsError: There is none, it is damaged, or the files that belong to it changed.
        """
        recording = cls.read(repository.recording)
        recording.check(repository)
        return recording

    @classmethod
    def read(cls, path: Path) -> "Recording":
        """Read the recording, whatever became of the files that belong to it.

        Raises:
            OpsError: There is none, or it is damaged.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            message = (
                f"{path} is missing, so there is nothing to compare with: "
                "`sagelift import` records what the legacy code leaves."
            )
            raise OpsError(message) from None
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "the file"
            message = f"{path}: {where}: {fault['msg']}. Bring it back from the history of git."
            raise OpsError(message) from None

    def check(self, repository: Repository) -> None:
        """Check that the inputs and the expected results are those that were recorded.

        Raises:
            OpsError: A file of them changed, is missing, or was not recorded.
        """
        sample = input_data.files(repository.sample) if repository.sample.is_dir() else {}
        _check(repository.sample, sample, self.inputs)
        expected = repository.expected
        files = {path.relative_to(expected).as_posix(): path for path in expected.rglob("*") if path.is_file()}
        _check(expected, files, self.expected)


def _check(folder: Path, files: Mapping[str, Path], recorded: Mapping[str, str]) -> None:
    for name in sorted({*files, *recorded}):
        if name not in files:
            fault = "is missing"
        elif name not in recorded:
            fault = "was not recorded"
        elif hashlib.sha256(files[name].read_bytes()).hexdigest() != recorded[name]:
            fault = "is not what was recorded"
        else:
            continue
        message = (
            f"{folder / name} {fault}: what was recorded holds for its own input only. "
            "Undo that with git, or record anew with `sagelift import`."
        )
        raise OpsError(message)
