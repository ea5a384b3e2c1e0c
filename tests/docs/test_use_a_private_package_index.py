"""The how-to on package indexes: what it shows installs, and leaves the lock alone."""

import os
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from accounts import repository
from docs.pages import ROOT, blocks
from ops.local.environments import custom_environment
from package_index import package_index

PAGE = "how-to/use-a-private-package-index"
OPEN, PROTECTED = "https://packages.example.com/simple", "https://user:password@packages.example.com/simple"
PASSWORD = "password"  # noqa: S105  that of the page

pytestmark = pytest.mark.slow


def exported(name: str) -> str:
    """Return the value that a shell block gives to a variable."""
    words = [word for block in blocks(PAGE, "sh") for word in shlex.split(block)]
    [value] = {word.removeprefix(f"{name}=") for word in words if word.startswith(f"{name}=")}
    return value


def version_of_probe(root: Path, requirements: str) -> str:
    """Return the version of the private package that a local run finds."""
    made = repository(root)
    made.requirements.write_text(requirements, encoding="utf-8")
    python = custom_environment(made).python
    return subprocess.check_output([python, "-c", "import probe; print(probe.VERSION)"], text=True).strip()


def test_a_line_of_the_requirements_is_enough_without_a_password(tmp_path: Path) -> None:
    [requirements] = blocks(PAGE, "text")
    assert OPEN in requirements

    with package_index(tmp_path) as url:
        assert version_of_probe(tmp_path / "repository", requirements.replace(OPEN, url)) == "1.0"


def test_a_variable_is_enough_with_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert exported("UV_INDEX") == PROTECTED

    with package_index(tmp_path, PASSWORD) as url:
        monkeypatch.setenv("UV_INDEX", url)
        assert version_of_probe(tmp_path / "repository", "probe==1.0\n") == "1.0"


def test_the_password_may_come_from_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with package_index(tmp_path, PASSWORD) as url:
        parts = urlsplit(url)
        (tmp_path / "netrc").write_text(f"machine {parts.hostname} login user password {PASSWORD}\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("UV_INDEX", url.replace(f"user:{PASSWORD}@", ""))
        assert version_of_probe(tmp_path / "repository", "probe==1.0\n") == "1.0"


def test_pip_reads_the_same_index() -> None:
    [text] = blocks(PAGE, "ini")
    configuration = ConfigParser()
    configuration.read_string(text)

    assert configuration["global"]["index-url"] == PROTECTED


def test_only_another_default_index_would_change_the_lock(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / "template" / name, tmp_path)

    def checks(**variables: str) -> bool:
        command = ["uv", "lock", "--check", "--offline"]
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, env={**os.environ, **variables})
        return done.returncode == 0

    assert checks(UV_INDEX=PROTECTED)
    assert not checks(UV_DEFAULT_INDEX=PROTECTED)


def test_what_ops_needs_can_be_exported_from_the_lock() -> None:
    [line] = [line for block in blocks(PAGE, "sh") for line in block.splitlines() if line.startswith("uv export")]
    export, _, install = line.partition(" | ")

    exported_packages = subprocess.check_output(shlex.split(export), cwd=ROOT / "template", text=True)

    assert "\nmoto==" in exported_packages
    assert install == "uv pip install --requirements -"
