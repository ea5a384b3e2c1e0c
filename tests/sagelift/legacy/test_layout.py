"""The folder tree that legacy code runs in: what belongs to it, and how it is copied."""

import os
import shutil
from pathlib import Path

import pytest

from sagelift.errors import SageliftError
from sagelift.legacy import layout
from sagelift.legacy.layout import Layout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a script, its data, and what is no part of it."""
    root = tmp_path / "project"
    for name in ("model.py", "data/in.csv", ".git/config", ".env", "venv/pyvenv.cfg", "__pycache__/model.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "results").mkdir()
    return root


def test_the_tree_is_copied_without_what_is_no_part_of_the_code(project: Path, tmp_path: Path) -> None:
    Layout(project, ".", "model.py").stage(tmp_path / "copy")
    copied = {path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*")}
    assert copied == {"model.py", "data", "data/in.csv", "results"}


def test_a_file_from_elsewhere_lies_where_it_is_looked_for(project: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("other")
    Layout(project, ".", "model.py", {"raw/in.csv": tmp_path / "other.csv"}).stage(tmp_path / "copy")
    assert (tmp_path / "copy" / "raw" / "in.csv").read_text() == "other"


def test_a_linked_folder_belongs_to_the_tree_once(project: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "large.csv").touch()
    (project / "raw").symlink_to(tmp_path / "disk")
    (project / "data" / "again").symlink_to(project)
    assert sorted(Layout(project, ".", "model.py").files()) == ["data/in.csv", "model.py", "raw/large.csv"]


def test_what_is_no_file_is_left_out(project: Path) -> None:
    os.mkfifo(project / "pipe")
    (project / "gone").symlink_to(project / "nowhere")
    assert sorted(Layout(project, ".", "model.py").files()) == ["data/in.csv", "model.py"]


def test_a_file_that_cannot_be_read_is_named(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Not by its permissions: root may read whatever they are.
    monkeypatch.setattr(shutil, "copy2", refuse)
    with pytest.raises(SageliftError, match=r"model.py cannot be read \(Permission denied\)"):
        Layout(project, ".", "model.py").stage(tmp_path / "copy")


def test_a_tree_too_large_for_a_model_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_FILES", 1)
    with pytest.raises(SageliftError, match=r"more than 1 files .* into a folder of their own"):
        Layout(project, ".", "model.py").files()
