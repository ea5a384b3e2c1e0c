"""What this repository and a generated one both need is the same in both."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template"


def lines(path: Path) -> set[str]:
    """Return the lines of a file that say something."""
    return {line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}


def tool(folder: Path, name: str) -> dict[str, Any]:
    """Return a tool's configuration in a folder's pyproject.toml."""
    configuration: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["tool"][name]
    return configuration


def test_editors_are_told_the_same() -> None:
    assert (ROOT / ".editorconfig").read_bytes() == (TEMPLATE / ".editorconfig").read_bytes()


@pytest.mark.parametrize("name", [".gitattributes", ".gitignore"])
def test_git_is_told_here_what_it_is_told_there(name: str) -> None:
    there = {line for line in lines(TEMPLATE / name) if not line.endswith(" -text")}

    assert there
    assert there <= lines(ROOT / name)


def test_style_is_the_same() -> None:
    here, there = tool(ROOT, "ruff"), tool(TEMPLATE, "ruff")

    for key in ("line-length", "target-version"):
        assert here[key] == there[key]
    for key in ("select", "ignore", "pydocstyle"):
        assert here["lint"][key] == there["lint"][key]


def test_shared_programs_are_locked_at_the_same_version() -> None:
    def locked(folder: Path) -> dict[str, str]:
        packages = tomllib.loads((folder / "uv.lock").read_text(encoding="utf-8"))["package"]
        return {package["name"]: package["version"] for package in packages}

    here, there = locked(ROOT), locked(TEMPLATE)

    for name in ("boto3", "moto", "pre-commit", "pre-commit-hooks", "pytest", "ruff"):
        assert here[name] == there[name], name
