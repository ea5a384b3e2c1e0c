"""The files that are the template's own: which of them differ from the version that the repository came from."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from ops.errors import OpsError

MANIFEST = Path("ops", "data", "template_files.json")
"""The SHA-256 of each of these files except itself, by its path in the repository."""

RENDERED = (".copier-answers.yml", "Dockerfile", "README.md", "renovate.json", "settings.json")
"""The files that are rendered from the answers: they differ in each repository, so that no manifest can list them."""

_MARKERS = re.compile(rb"^<{7} .*^={7}\r?$.*^>{7} ", re.MULTILINE | re.DOTALL)


def digest(content: bytes) -> str:
    """Return the SHA-256 of a text, whichever line ends git gave it on this machine."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def changed(root: Path) -> dict[str, str]:
    """Return the files of the template that are not as they came, each `modified` or `missing`.

    Raises:
        OpsError: the manifest is missing or damaged.
    """
    return dict(_changed(root, _digests(root)))


def conflicted(root: Path) -> list[str]:
    """Return the files of the template, or of the answers, in which conflict markers are left.

    Raises:
        OpsError: the manifest is missing or damaged.
    """
    names = sorted({*_digests(root), *RENDERED})
    return [name for name in names if (root / name).is_file() and _MARKERS.search((root / name).read_bytes())]


def _digests(root: Path) -> dict[str, str]:
    path = root / MANIFEST
    try:
        digests: dict[str, str] = json.loads(path.read_bytes())
        return dict(digests.items())
    except (FileNotFoundError, ValueError, AttributeError):
        message = f"{path} is missing or damaged: bring it back from the history of git, or with `uvx copier recopy`."
        raise OpsError(message) from None


def _changed(root: Path, digests: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, expected in digests.items():
        path = root / name
        if not path.is_file():
            yield name, "missing"
        elif digest(path.read_bytes()) != expected:
            yield name, "modified"
