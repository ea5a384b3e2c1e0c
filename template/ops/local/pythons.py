"""The Pythons of this machine: those of pyenv, which uv does not see, and the one nearest to a version."""

import json
import os
from collections.abc import Iterable
from pathlib import Path


def pyenv_pythons() -> dict[str, Path]:
    """Return the newest interpreter of each minor version that pyenv has installed, keyed like `3.10`.

    uv knows pyenv only by its shims on the PATH, which fail for every version that is not the active one.
    """
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    program = "python.exe" if os.name == "nt" else "bin/python"
    found: dict[str, tuple[int, Path]] = {}
    for folder in (root / "versions").glob("3.*.*"):
        major, minor, patch = folder.name.split(".", maxsplit=2)
        # Anything else than a number is a pre-release or a build without the GIL (3.13.0t).
        if patch.isdecimal() and (folder / program).exists():
            version = f"{major}.{minor}"
            found[version] = max(found.get(version, (-1, folder)), (int(patch), folder / program))
    return {version: python for version, (_, python) in found.items()}


def listed_pythons(listing: str) -> dict[str, Path]:
    """Return the interpreters in what `uv python list --output-format json` prints, keyed like `3.10`."""
    found: dict[str, Path] = {}
    for entry in json.loads(listing or "[]"):
        if entry["path"] and entry["implementation"] == "cpython" and entry["variant"] == "default":
            parts = entry["version_parts"]
            found.setdefault(f"{parts['major']}.{parts['minor']}", Path(entry["path"]))
    return found


def nearest(version: str, versions: Iterable[str]) -> str:
    """Return the minor version nearest to `version`; of two equally near ones, the newer."""
    wanted = _minor(version)
    return min(versions, key=lambda candidate: (abs(_minor(candidate) - wanted), -_minor(candidate)))


def _minor(version: str) -> int:
    return int(version.split(".")[1])
