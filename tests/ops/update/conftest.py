"""Repositories at the first version of a small template; Copier and git are the real ones."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from copier import run_copy
from ops.repository import Repository
from repositories import TemplateRepository, commit
from template_versions import FIRST, release_all

_UV = """\
#!{python}
import os, pathlib, sys, time
if "copier" in sys.argv:
    options = sys.argv[sys.argv.index("copier") + 1 :]
    os.execv(sys.executable, [sys.executable, "-m", "copier", *options])
verb, root = sys.argv[-1], pathlib.Path.cwd()
with open({verbs!r}, "a") as file:
    file.write(verb + "\\n")
codes = root / "exit_codes.txt"
code = dict(line.split() for line in codes.read_text().splitlines()).get(verb) if codes.exists() else None
if code:
    sys.exit(int(code))
if verb == "run":
    run = root / "build" / "local" / str(time.time_ns())
    (run / "predict").mkdir(parents=True)
    (run / "predict" / "predictions.csv").write_bytes((root / "predictions.csv").read_bytes())
    (run / "execution.json").write_text("{{}}")
"""
"""Stands for uv: Copier is the one that the tests have, and the verbs of `ops` end as exit_codes.txt says."""


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory, _own_git_configuration: None) -> TemplateRepository:
    """The template, with a tag for each version."""
    return release_all(tmp_path_factory.mktemp("versions") / "sagelift")


@pytest.fixture(scope="session")
def generated(versions: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository at the first version; nobody may change it."""
    root = tmp_path_factory.mktemp("generated") / "repository"
    run_copy(str(versions.root), root, vcs_ref=FIRST, defaults=True, quiet=True, unsafe=False)
    commit(root, "Generate")
    return root


@pytest.fixture
def repository(generated: Path, verbs: Callable[[], list[str]], tmp_path: Path) -> Repository:
    """A repository at the first version, in which `verbs` run."""
    assert verbs() == []
    shutil.copytree(generated, tmp_path / "repository")
    return Repository(tmp_path / "repository")


@pytest.fixture
def verbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return a function that tells which verbs of `ops` were run so far, in order."""
    path = tmp_path / "verbs"
    path.touch()
    uv = tmp_path / "uv"
    uv.write_text(_UV.format(python=sys.executable, verbs=str(path)), encoding="utf-8")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    return lambda: path.read_text(encoding="utf-8").split()
