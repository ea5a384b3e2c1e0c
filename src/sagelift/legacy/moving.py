"""What moves into a generated repository: the scripts, what they need beside them, and their data."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[1] / "runtime"
"""What is copied into repositories as it stands."""

NO_INPUT = """\
The model reads no file. A workflow has to have an input all the same: this file is it.
"""


@dataclass(frozen=True)
class Content:
    """What a migrated repository holds of its own.

    Attributes:
        scripts: The code of each step that there is.
        modules: The modules that the code imports from beside it, by their paths below `src/`.
        inputs: The files that it reads, by their paths from their root.
        models: Those of them that only inference reads, likewise.
        legacy: The legacy files as they are, by their paths from the same root.
    """

    scripts: Mapping[str, str]
    modules: Mapping[str, Path] = field(default_factory=dict)
    inputs: Mapping[str, Path] = field(default_factory=dict)
    models: Mapping[str, Path] = field(default_factory=dict)
    legacy: Mapping[str, Path] = field(default_factory=dict)


def move_in(content: Content, repository: Path) -> None:
    """Put what a repository holds of its own in the place of the template's seeds."""
    for name in ("data/sample", "model", "src"):
        shutil.rmtree(repository / name, ignore_errors=True)
        (repository / name).mkdir(parents=True)
    write_sources(content, repository / "src")
    _copy(content.inputs, repository / "data" / "sample")
    if not content.inputs:
        (repository / "data" / "sample" / "no-input.txt").write_text(NO_INPUT, encoding="utf-8")
    _copy(content.models, repository / "model")
    if not content.models:
        # git keeps no empty folder, and the Dockerfile copies this one.
        (repository / "model" / ".gitkeep").touch()
    _copy(content.legacy, repository / "parity" / "legacy")
    _copy({"test_model.py": RUNTIME / "model_tests" / "test_model.py"}, repository / "tests")


def write_sources(content: Content, folder: Path) -> None:
    """Write the scripts, with the package that carries them from step to step and the modules that they import."""
    shutil.copytree(RUNTIME / "handover", folder / "handover", ignore=shutil.ignore_patterns("__pycache__"))
    _copy(content.modules, folder)
    for step, code in content.scripts.items():
        (folder / f"{step}.py").write_text(code, encoding="utf-8", newline="\n")


def _copy(files: Mapping[str, Path], folder: Path) -> None:
    for name, path in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
