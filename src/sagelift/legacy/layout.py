"""Where the files of legacy code lie, as the code sees them."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sagelift.errors import SageliftError

# Folders that are no part of the code: caches and environments; hidden ones hold version control and credentials.
LEFT_OUT = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}
# Files that hold credentials by convention.
SECRET = {".env", ".netrc", ".pgpass", ".pypirc"}
# More is no model's folder, but somebody's desktop.
MOST_FILES = 20_000
MOST_BYTES = 20 * 2**30
# Files above this size are linked rather than copied where they are only read from.
BIG = 50 * 2**20


@dataclass(frozen=True)
class Layout:
    """The folder tree that legacy code runs in.

    Attributes:
        root: The top of the tree: the script's folder, or the one above it that holds all the files that it names.
        folder: The working folder, from the root; `.` is the root itself.
        script: The script, from the working folder; of a notebook the script that its code becomes.
        additions: Files from elsewhere, by where the code looks for them, from the root.
        tops: The folders of the tree, from the root; the root may hold others that are of no concern.
    """

    root: Path
    folder: str
    script: str
    additions: Mapping[str, Path] = field(default_factory=dict)
    tops: tuple[str, ...] = (".",)

    @property
    def work(self) -> Path:
        """The working folder."""
        return self.root / self.folder

    def files(self) -> dict[str, Path]:
        """Return the files of the tree, by their path from the root.

        Raises:
            SageliftError: There are too many to be those of a model.
        """
        found: dict[str, Path] = {}
        size = 0
        for path in self._paths():
            if path.is_file():
                found[path.relative_to(self.root).as_posix()] = path
                size += path.stat().st_size
                if len(found) > MOST_FILES or size > MOST_BYTES:
                    message = (
                        f"{self.root} holds more than {MOST_FILES} files or {MOST_BYTES >> 30} GB: "
                        "move the script and the files that it needs into a folder of their own."
                    )
                    raise SageliftError(message)
        return found | dict(self.additions)

    def stage(self, target: Path) -> None:
        """Fill a folder with the tree; nothing in it may be written to, for big files are links to the real ones.

        Raises:
            SageliftError: A file cannot be read.
        """
        target.mkdir(parents=True)
        for path in self._paths():
            if path.is_dir():
                (target / path.relative_to(self.root)).mkdir(parents=True, exist_ok=True)
        for name, path in self.files().items():
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                if path.stat().st_size > BIG:
                    place.symlink_to(path.resolve())
                else:
                    shutil.copy2(path, place)
            except OSError as error:
                message = f"{path} cannot be read ({error.strerror}): let it be read, or move it out of {self.root}."
                raise SageliftError(message) from error

    def _paths(self) -> Iterator[Path]:
        for top in self.tops:
            yield from files_below(self.root / top, with_folders=True)


def files_below(top: Path, *, with_folders: bool = False) -> Iterator[Path]:
    """Yield the files below a folder, without those that are no part of the code."""
    for parent, folders, names in os.walk(top, followlinks=True):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if not _is_left_out(here / name))
        if with_folders:
            yield from (here / name for name in folders)
        yield from (here / name for name in sorted(names) if name not in SECRET)


def _is_left_out(folder: Path) -> bool:
    # A link to a folder that it lies in would lead round and round.
    leads_back = folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())
    is_hidden = folder.name.startswith(".") or folder.name in LEFT_OUT
    return leads_back or is_hidden or (folder / "pyvenv.cfg").is_file()
