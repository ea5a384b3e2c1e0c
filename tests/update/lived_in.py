"""Repositories that were generated from a release, and what users do in them."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import yaml
from copier import run_update
from expected_tree import SEEDS
from repositories import commit, files

NEWEST = "v999.0.0"
"""The tag of the working tree, as the newest release."""

State: TypeAlias = Mapping[str, tuple[bytes, bool]]
"""Of each file its bytes, and whether it can be executed."""


def state(folder: Path) -> State:
    """Return the state of the files of a folder."""
    return {name: ((folder / name).read_bytes(), os.access(folder / name, os.X_OK)) for name in files(folder)}


def differences(one: State, other: State) -> set[str]:
    """Return the files that are not the same in both."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


class Fresh(Protocol):
    """The function that says what a release generates."""

    def __call__(self, answers: Mapping[str, str], version: str = ...) -> State:
        """Return the state of a repository that is generated from these answers, and defaults for the rest."""


@dataclass(frozen=True)
class LivedIn:
    """A repository that was generated, and the template's files that it was generated with."""

    root: Path
    generated: State

    @property
    def answers(self) -> dict[str, str]:
        """The answers that Copier remembers."""
        remembered: dict[str, str] = yaml.safe_load((self.root / ".copier-answers.yml").read_text(encoding="utf-8"))
        return {name: answer for name, answer in remembered.items() if not name.startswith("_")}

    @property
    def users_files(self) -> State:
        """The files that are the user's: the seeds, and what the user added."""
        return {name: file for name, file in state(self.root).items() if name in SEEDS or name not in self.generated}

    @property
    def seeds(self) -> list[Path]:
        """The seeds that are there."""
        return [self.root / name for name in sorted(SEEDS & files(self.root))]

    def commit(self) -> None:
        """Commit everything."""
        commit(self.root, "Work on the model")

    def update(
        self,
        version: str = NEWEST,
        answers: Mapping[str, str] | None = None,
        *,
        conflict: Literal["inline", "rej"] = "inline",
    ) -> None:
        """Update as a user does who trusts nobody."""
        run_update(
            self.root,
            data=dict(answers or {}),
            vcs_ref=version,
            conflict=conflict,
            defaults=True,
            overwrite=True,
            quiet=True,
            unsafe=False,
        )

    def update_cleanly(self, fresh: Fresh, version: str = NEWEST, **answers: str) -> "LivedIn":
        """Update, and compare: the user's files are as they were, all others as if they were generated now.

        This leaves no room for conflict markers, files of rejected changes, or anything that came back.
        """
        users_files = self.users_files
        generated = fresh({**self.answers, **answers}, version)

        self.update(version, answers)

        templates_files = {name: file for name, file in generated.items() if name not in SEEDS}
        assert differences(state(self.root), {**templates_files, **users_files}) == set()
        self.commit()
        return LivedIn(self.root, generated)


class Generate(Protocol):
    """The function that generates repositories from releases."""

    def __call__(self, version: str, answers: Mapping[str, str] = ...) -> LivedIn:
        """Return a repository that is committed."""


def edit(file: Path) -> None:
    """Edit a file as an editor on Windows may do it: the text is no UTF-8, and the last line has no end."""
    file.write_bytes("# Für Köln\r\n".encode("cp1252") + file.read_bytes() + b"\r\nthe end")


def rename(file: Path) -> None:
    """Rename a file."""
    file.rename(file.with_name(f"my {file.name}"))


FATES: Mapping[str, Callable[[Path], None]] = {"edited": edit, "deleted": Path.unlink, "renamed": rename}
"""What a user may do to a file."""


def add_beside(seeds: Iterable[Path]) -> None:
    """Add files of several kinds to each folder in which there is a seed."""
    for folder in {seed.parent for seed in seeds}:
        (folder / "deeper").mkdir()
        (folder / "deeper" / "Größe 2.bin").write_bytes(bytes(range(256)))
        (folder / "empty.txt").touch()
        script = folder / "script.sh"
        script.write_text("#!/bin/sh\n")
        script.chmod(0o755)
