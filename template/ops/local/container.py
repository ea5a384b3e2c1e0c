"""A container of the built image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ops.containers import Container, Engine
from ops.local.processing import ML


@dataclass(frozen=True)
class ContainerImage:
    """Runs a container's command in the image that `engine` built as `tag`."""

    engine: Engine
    tag: str

    def start(self, command: Sequence[str], ml: Path, environment: Mapping[str, str], log: BinaryIO) -> Container:
        """Start the command; see `ops.local.processing.Image`."""
        return self.engine.run(self.tag, command, mounts={ml: str(ML)}, environment=environment, log=log)
