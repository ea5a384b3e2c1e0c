"""The manifest of the template's own files, and what it tells of a repository."""

import shutil
from pathlib import Path

import pytest
from expected_tree import ANSWERS, STATIC
from manifest import TEMPLATE, manifest
from ops.errors import OpsError
from ops.template_files import MANIFEST, RENDERED, changed, conflicted
from repositories import Render

CONFLICT = b"<<<<<<< before updating\nmine\n=======\ntheirs\n>>>>>>> after updating\n"


def test_the_manifest_is_current() -> None:
    written = (TEMPLATE / MANIFEST).read_text(encoding="utf-8")
    assert written == manifest(), f"template/{MANIFEST} is out of date: run `make generated`"


def test_the_rendered_files_are_those_that_the_answers_own() -> None:
    assert set(RENDERED) == ANSWERS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The template's files, as they come."""
    for name in STATIC:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TEMPLATE / name, tmp_path / name)
    (tmp_path / MANIFEST).write_text(manifest(), encoding="utf-8")
    return tmp_path


def test_a_generated_repository_is_as_it_came(render: Render) -> None:
    generated = render()
    (generated / MANIFEST).write_text(manifest(), encoding="utf-8")
    assert changed(generated) == {}
    assert conflicted(generated) == []


def test_modified_and_missing_files_are_told_apart(root: Path) -> None:
    with (root / "Makefile").open("a") as file:
        file.write("more:\n")
    (root / ".editorconfig").unlink()
    (root / "iam" / "README.md").unlink()
    (root / "iam" / "README.md").mkdir()

    assert changed(root) == {"Makefile": "modified", ".editorconfig": "missing", "iam/README.md": "missing"}


def test_line_ends_of_windows_are_no_change(root: Path) -> None:
    path = root / "Makefile"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert changed(root) == {}


@pytest.mark.parametrize("name", ["settings.json", "ops/cli.py"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_conflict_markers_are_found(root: Path, name: str, line_end: bytes) -> None:
    (root / name).write_bytes(b"first\n" + CONFLICT.replace(b"\n", line_end))

    assert conflicted(root) == [name]


def test_headings_that_look_like_a_marker_are_none(root: Path) -> None:
    (root / "README.md").write_text("Title\n=======\n\n<<<<<<< shown in a text\n")

    assert conflicted(root) == []


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_damaged_manifest_is_named(root: Path, content: str | None) -> None:
    (root / MANIFEST).unlink()
    if content is not None:
        (root / MANIFEST).write_text(content)

    with pytest.raises(OpsError, match=r"template_files\.json is missing or damaged: bring it back"):
        changed(root)
