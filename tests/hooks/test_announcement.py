"""A release with a migration is a major version, and the changelog says that the update to it asks for trust."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def faults(configuration: Mapping[str, Any], changelog: str) -> Iterator[str]:
    """Yield what is wrong with each migration's announcement."""
    sections: dict[str, str] = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL))
    for migration in configuration.get("_migrations", []):
        version = migration.get("version", "0") if isinstance(migration, dict) else "0"
        if not re.fullmatch(r"[1-9]\d*\.0\.0", version):
            yield f"The migration of {version} names no major version, so every update would ask for trust."
        elif "--trust" not in sections.get(f"v{version}", sections.get("Unreleased", "")):
            yield f"The changelog does not say that the update to {version} needs --trust."


def test_the_migrations_of_the_template_are_announced() -> None:
    configuration = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))

    assert list(faults(configuration, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("migration", "changelog", "number"),
    [
        ({"version": "2.0.0"}, "## Unreleased\n\nThe update needs `--trust`.\n\n## v1.0.0\n\n- First.\n", 0),
        ({"version": "2.0.0"}, "## Unreleased\n\n## v2.0.0\n\nThe update needs `--trust`.\n", 0),
        ({"version": "2.0.0"}, "## Unreleased\n\nThe update needs `--trust`.\n\n## v2.0.0\n\n- Second.\n", 1),
        ({"version": "2.0.0"}, "## Unreleased\n\n## v1.0.0\n\nThe update needs `--trust`.\n", 1),
        ({"version": "1.1.0"}, "## Unreleased\n\nThe update needs `--trust`.\n", 1),
        ({"version": "0.3.0"}, "## Unreleased\n\nThe update needs `--trust`.\n", 1),
        ({"command": "x"}, "## Unreleased\n\nThe update needs `--trust`.\n", 1),
        ("x", "## Unreleased\n\nThe update needs `--trust`.\n", 1),
    ],
)
def test_a_migration_is_announced(migration: object, changelog: str, number: int) -> None:
    assert len(list(faults({"_migrations": [migration]}, changelog))) == number
