"""Which Python is taken; what uv and pyenv hold is made up here."""

import json
from pathlib import Path

import pytest
from ops.local.pythons import listed_pythons, nearest, pyenv_pythons


@pytest.mark.parametrize(
    ("wanted", "there", "taken"),
    [
        ("3.10", ["3.8", "3.9", "3.11", "3.13"], "3.11"),
        ("3.10", ["3.8", "3.9", "3.13"], "3.9"),
        ("3.7", ["3.12", "3.11"], "3.11"),
        ("3.12", ["3.11"], "3.11"),
        ("3.9", ["3.9", "3.10"], "3.9"),
    ],
)
def test_the_nearest_minor_version_is_taken_and_of_two_the_newer(wanted: str, there: list[str], taken: str) -> None:
    assert nearest(wanted, there) == taken


def test_the_newest_release_of_each_version_of_pyenv_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr("os.name", "posix")
    for release in ("3.8.9", "3.8.18", "3.13.0t", "3.14.0rc1", "3.12.1", "2.7.18", "3.10-dev", "miniconda3-4.7"):
        python = tmp_path / "versions" / release / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()
    (tmp_path / "versions" / "3.9.18").mkdir()
    assert pyenv_pythons() == {
        "3.8": tmp_path / "versions" / "3.8.18" / "bin" / "python",
        "3.12": tmp_path / "versions" / "3.12.1" / "bin" / "python",
    }


def test_without_pyenv_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "missing"))
    assert pyenv_pythons() == {}


def test_the_first_usable_interpreter_of_each_version_that_uv_lists_is_taken() -> None:
    def entry(minor: int, path: str | None, *, implementation: str = "cpython", variant: str = "default") -> object:
        parts = {"major": 3, "minor": minor, "patch": 1}
        return {"path": path, "version_parts": parts, "implementation": implementation, "variant": variant}

    listing = [
        entry(13, "/free/python3.13t", variant="freethreaded"),
        entry(13, None),
        entry(12, "/pypy/python", implementation="pypy"),
        entry(11, "/a/python3.11"),
        entry(11, "/b/python3.11"),
    ]
    assert listed_pythons(json.dumps(listing)) == {"3.11": Path("/a/python3.11")}
    assert listed_pythons("") == {}
