"""The journal of a fleet's update, a file beside the manifest."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from sagelift.errors import SageliftError
from sagelift.fleet.manifest import Model
from sagelift.fleet.update import Result, State


@dataclass
class Journal:
    """How far an update has come: who has taken part so far, and what came of each.

    It is written after each repository, so that a next call goes on where one was killed.
    """

    path: Path
    versions: dict[str, str] = field(default_factory=dict)
    """The version that the fleet is brought to, of each template."""
    begun: list[str] = field(default_factory=list)
    """The repositories of all waves so far, as the manifest names them."""
    results: dict[str, Result] = field(default_factory=dict)
    kept: bool = True
    """Whether it is written: not, where all is only tried."""

    @classmethod
    def load(cls, manifest: Path) -> Self:
        """Read the journal of a manifest; that of a fleet that was never updated is empty.

        Raises:
            SageliftError: It is damaged.
        """
        path = manifest.with_name(f"{manifest.name}.journal.json")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            results = {name: _result(entry) for name, entry in content["results"].items()}
            return cls(path, content["versions"], list(content["begun"]), results)
        except FileNotFoundError:
            return cls(path)
        except (ValueError, KeyError, TypeError, AttributeError):
            message = f"{path} is damaged: delete it; the branches that were made are found without it."
            raise SageliftError(message) from None

    def save(self) -> None:
        """Write the journal; at no time is there half of one."""
        if not self.kept:
            return
        content: dict[str, Any] = {
            "versions": self.versions,
            "begun": self.begun,
            "results": {name: asdict(result) for name, result in self.results.items()},
        }
        partial = self.path.with_name(f"{self.path.name}.partial")
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        partial.replace(self.path)

    def towards(self, versions: dict[str, str], *, kept: bool) -> Self:
        """Return the journal of an update to these versions: this one, unless it tells of an update to others.

        Args:
            versions: The version to bring repositories to, of each template that can be had.
            kept: Whether it is written.
        """
        # A template that cannot be had today says nothing about where its repositories were to go.
        same = all(self.versions.get(source, version) == version for source, version in versions.items())
        begun, results = (self.begun, self.results) if same else ([], {})
        return type(self)(self.path, {**self.versions, **versions}, [*begun], {**results}, kept=kept)

    def begin(self, repositories: Iterable[str]) -> None:
        """Remember the repositories of another wave."""
        self.begun += repositories
        self.save()

    def record(self, model: Model, result: Result) -> None:
        """Remember what came of a repository."""
        self.results[model.repository] = result
        self.save()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from updating this fleet meanwhile.

        Raises:
            SageliftError: Somebody does.
        """
        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=0)
        try:
            with lock:
                yield
        except Timeout:
            message = f"This fleet is being updated already, as {lock.lock_file} tells: wait for that to end."
            raise SageliftError(message) from None


def _result(entry: dict[str, Any]) -> Result:
    return Result(**{**entry, "state": State(entry["state"])})
