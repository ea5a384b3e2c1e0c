"""Executables in the place of the container engines: they note how they were called."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[..., None]
Calls = Callable[[], list[list[str]]]

_ENGINE = """\
#!{python}
import json, os, sys
with open({calls!r}, "a") as file:
    file.write(json.dumps([{name!r}, *sys.argv[1:]]) + "\\n")
script = {scripts!r}.get(sys.argv[1], "")
os.execve("/bin/sh", ["sh", "-c", script], {{**os.environ, "PATH": "/usr/bin:/bin"}})
"""


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the engines, which is all that is on the PATH."""
    folder = tmp_path / "engines"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def install_engine(engines: Path) -> Install:
    """Return a function that installs an engine, given what the shell does for each verb; nothing where not given."""

    def install(name: str, **scripts: str) -> None:
        path = engines / name
        calls = str(engines / "calls")
        path.write_text(_ENGINE.format(python=sys.executable, calls=calls, name=name, scripts=scripts), "utf-8")
        path.chmod(0o755)

    return install


@pytest.fixture
def engine_calls(engines: Path) -> Calls:
    """Return a function that tells the engines' command lines so far, in order."""

    def calls() -> list[list[str]]:
        path = engines / "calls"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    return calls
