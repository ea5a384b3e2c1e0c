"""The proof: the workflow runs in the local cloud, and its results are compared with what was recorded."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from accounts import Container, ScriptedImage, fail, repository
from ops.local import images
from ops.local.environments import Environment
from ops.proof import run as proof
from ops.repository import Repository
from repositories import Render
from rich.console import Console

CAUGHT = [
    {"part": "predict", "kind": "variable", "change": "X is dropped", "caught": True, "how": "predict fails"},
    {"part": "predict", "kind": "operation", "change": "line 3: `+` becomes `-`", "caught": True, "how": "row 1"},
]


def record(repository: Repository, expected: Mapping[str, str], **changes: Any) -> None:  # noqa: ANN401
    """Record that the legacy code left these files for the sample."""
    for name, text in expected.items():
        path = repository.expected / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    document = {
        "script": "churn.py",
        "inputs": digests(repository.sample),
        "expected": digests(repository.expected),
        "packages": {"pytest": "1.0", "nowhere": "2.0"},
        "python": "3.8.1",
        "controls": CAUGHT,
        **changes,
    }
    repository.parity.mkdir(exist_ok=True)
    (repository.parity / "recording.json").write_text(json.dumps(document), encoding="utf-8")


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository whose workflow leaves its sample as it is, in this process's Python."""
    monkeypatch.setattr(images, "prepare", lambda *_, **__: dict.fromkeys(("scikit", "custom"), ScriptedImage()))
    monkeypatch.setattr(proof, "custom_environment", lambda _: Environment(Path(sys.executable), "3.11"))
    return repository(tmp_path / "repository")


SAMPLE = {"sample.csv": "house,price\n1,2\n"}


def prove(made: Repository, *, check: bool = False) -> tuple[int, str]:
    """Return the exit code, and what is said."""
    console = Console(width=200)
    with console.capture() as said:
        code = proof.run(made, console, check=check)
    return code, said.get()


def document(made: Repository) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((made.parity / "parity.json").read_text(encoding="utf-8"))
    return content


def test_a_proof_is_written_and_a_second_one_changes_nothing(made: Repository) -> None:
    record(made, SAMPLE)
    code, said = prove(made)
    assert code == 0
    assert "Identical. The workflow leaves exactly what churn.py left." in said
    found = document(made)
    assert found["verdict"] == "identical"
    assert found["template"] == "v1.2.3"
    assert found["outputs"] == {"sample.csv": {"verdict": "identical"}}
    assert found["controls"] == CAUGHT
    assert found["proved"]["python"] == sys.version.split()[0]
    assert found["proved"]["packages"] == {"pytest": pytest.__version__, "nowhere": ""}
    before = digests(made.parity)
    prove(made)
    assert digests(made.parity) == before


def test_a_difference_is_shown_and_fails(made: Repository) -> None:
    record(made, {"sample.csv": "house,price\n1,3\n", "stdout.txt": "done\n"})
    code, said = prove(made)
    assert code == 1
    assert "different: row 2, column price: expected 3, found 2" in said
    assert "missing" in said
    assert document(made)["verdict"] == "different"


def test_a_check_writes_nothing_and_fails_on_a_difference_only(made: Repository) -> None:
    record(made, SAMPLE, controls=[])
    code, said = prove(made, check=True)
    assert code == 0
    assert "Empty." in said
    assert sorted(path.name for path in made.parity.iterdir()) == ["expected", "recording.json"]


def test_a_workflow_that_fails_proves_nothing(made: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepared(*_: object, **__: object) -> dict[str, ScriptedImage]:
        return {"scikit": ScriptedImage(), "custom": ScriptedImage({"predict": [fail] * 9})}

    monkeypatch.setattr(images, "prepare", prepared)
    record(made, SAMPLE)
    code, said = prove(made)
    assert code == 1
    assert "no such column: price" in said
    assert not (made.parity / "parity.json").exists()


def test_the_last_step_is_compared(made: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(container: Container) -> int:
        (container.output / "added.txt").write_text(container.step, encoding="utf-8")
        return 0

    monkeypatch.setattr(images, "prepare", lambda *_, **__: {"custom": ScriptedImage({"predict": [add]})})
    parameters = made.root / "parameters" / "dev.json"
    values = json.loads(parameters.read_text(encoding="utf-8"))
    parameters.write_text(
        json.dumps({**values, "preprocessing_image": "none", "postprocessing_image": "none"}), "utf-8"
    )
    record(made, {"added.txt": "predict"})
    assert prove(made)[0] == 0


PRINTS_SET = """\
import argparse, os, pathlib
parser = argparse.ArgumentParser()
for option in ("input", "output", "model"):
    parser.add_argument(f"--{option}-dir", type=pathlib.Path)
options = parser.parse_args()
(options.output_dir / "seed.txt").write_text(os.environ.get("PYTHONHASHSEED", "none"))
"""


@pytest.mark.slow
def test_a_generated_repository_proves_itself(render: Render, environments: Path) -> None:
    """By the command, in the environment that the legacy code was recorded with."""
    assert environments
    generated = Repository(render({"preprocessing_image": "none", "postprocessing_image": "none"}))
    (generated.root / "requirements.txt").write_text("", encoding="utf-8")
    (generated.src / "predict.py").write_text(PRINTS_SET, encoding="utf-8")
    record(generated, {"seed.txt": "7"}, environment={"PYTHONHASHSEED": "7"}, packages={})
    command = [sys.executable, "-m", "ops", "prove"]
    ended = subprocess.run(command, cwd=generated.root, env=os.environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert document(generated)["verdict"] == "identical"
