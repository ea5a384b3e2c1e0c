"""The files of a step: those of its working folder, and those that it leaves."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Dict, Iterable, Iterator, Tuple

Marks = Dict[str, Tuple[int, int, int]]
"""What tells a file apart from its later self: its time in ns, its size in bytes and its inode, by path."""


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """Make a folder for the time being.

    `tempfile.TemporaryDirectory` would go with what runs at the exit of the script, before its files are kept.
    """
    folder = tempfile.mkdtemp()
    try:
        yield Path(folder).resolve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Yield a folder whose files get into another once all of them are written; a fault leaves none."""
    folder.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=str(folder)))
    try:
        yield part
        for path in files(part):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (part / path).replace(target)
    finally:
        shutil.rmtree(str(part), ignore_errors=True)


def files(folder: Path) -> list[str]:
    """Return the paths of all files in a folder, as seen from it; without compiled Python."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if "__pycache__" not in path.parts)


def subfolders(folder: Path) -> list[str]:
    """Return the paths of all folders in a folder, as seen from it."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_dir())
    return sorted(path.as_posix() for path in found if "__pycache__" not in path.parts)


def marks(folder: Path) -> Marks:
    """Return what tells later which files of a folder were written."""
    found = {}
    for path in files(folder):
        status = (folder / path).stat()
        found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def copy(source: Path, target: Path) -> None:
    """Copy what a folder holds into another: copies, as the script may write to any of them."""
    for path in subfolders(source):
        (target / path).mkdir(parents=True, exist_ok=True)
    for path in files(source):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(str(source / path), str(target / path))


def move(paths: Iterable[str], source: Path, target: Path) -> None:
    """Move files from folder to folder: what may be large is not written twice; a link becomes what it leads to."""
    for path in sorted(paths, key=lambda path: not (source / path).is_symlink()):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        if (source / path).is_symlink():
            shutil.copy2(str(source / path), str(target / path))
        else:
            shutil.move(str(source / path), str(target / path))
