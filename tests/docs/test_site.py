"""The documentation site: it holds every page, and what leads nowhere ends its build."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the documentation, beside links to what else the repository holds."""
    for entry in ROOT.iterdir():
        if entry.name not in {"docs", "build", ".cache", "zensical.toml"}:
            (tmp_path / entry.name).symlink_to(entry)
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    return tmp_path


def build(copy: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a copy, on a machine without npm, which might have to reach a registry."""
    command = [sys.executable, str(copy / "docs" / "build.py")]
    environment = {**os.environ, "PATH": str(copy)}
    return subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True, text=True)


def test_every_page_is_in_the_navigation(copy: Path) -> None:
    built = build(copy)

    assert built.returncode == 0, built.stdout + built.stderr
    assert "note: npm cannot install Mermaid" in built.stderr
    home = (copy / "build" / "site" / "index.html").read_text(encoding="utf-8")
    listed = set(re.findall(r'<a href="\./([^"]*)" class="md-nav__link', home))
    pages = {
        page.parent.relative_to(copy / "build" / "site").as_posix() for page in copy.glob("build/site/*/**/index.html")
    }
    assert {f"{page}/" for page in pages} <= listed


def test_links_out_of_the_documentation_lead_to_the_repository(copy: Path) -> None:
    with (copy / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[one](../README.md#three-owners) `[two](../README.md)`\n")

    build(copy)

    home = (copy / "build" / "site" / "index.html").read_text(encoding="utf-8")
    assert '<a href="https://github.com/example-org/sagelift/blob/HEAD/README.md#three-owners">one</a>' in home
    assert "[two](../README.md)" in home


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("index.md", "[a page](how-to/missing.md)"),
        ("index.md", "[a heading](how-to/promote-to-prod.md#missing)"),
        ("index.md", "[a file of the repository](../missing.toml)"),
        ("index.md", "![a picture](images/missing.svg)"),
        ("SUMMARY.md", "* [a page](missing.md)"),
    ],
)
def test_what_leads_nowhere_ends_the_build(copy: Path, page: str, text: str) -> None:
    with (copy / "docs" / page).open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")

    built = build(copy)

    assert built.returncode == 1
    assert "error: " in built.stderr
    assert "Traceback" not in built.stderr
    assert "missing" in re.sub(r"\x1b\[[0-9;]*m", "", built.stdout + built.stderr)
