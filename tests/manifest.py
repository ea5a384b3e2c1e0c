"""Writes the manifest of the template's own files anew: `make generated`."""

import json
from pathlib import Path

from expected_tree import STATIC
from ops.template_files import MANIFEST, digest

TEMPLATE = Path(__file__).resolve().parents[1] / "template"


def manifest() -> str:
    """Return the content that the manifest has to have."""
    names = sorted(STATIC - {MANIFEST.as_posix()})
    return json.dumps({name: digest((TEMPLATE / name).read_bytes()) for name in names}, indent=2) + "\n"


if __name__ == "__main__":
    (TEMPLATE / MANIFEST).write_text(manifest(), encoding="utf-8")
