"""The hooks of pre-commit: here and in a generated repository the same, where both need the same."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from copier import run_copy
from expected_tree import SEEDS
from repositories import TemplateRepository, commit, git

ROOT = Path(__file__).resolve().parents[2]
UV = os.environ.get("UV", "uv")

# All on one worker, which makes the clone once.
pytestmark = pytest.mark.xdist_group("pre-commit")

MARKERS = "<<<<<<< before updating\n\n=======\n# mine\n>>>>>>> after updating\n"
KEY = f"-----BEGIN {'RSA'} PRIVATE KEY-----\n"


def hooks(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the hooks that a folder configures, by id."""
    configuration = yaml.safe_load((folder / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    [repository] = configuration["repos"]
    assert repository["repo"] == "local"
    return {hook["id"]: hook for hook in repository["hooks"]}


@pytest.fixture(scope="module")
def clone(template: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated repository in its own environment, whose first commit passed the hooks."""
    folder = tmp_path_factory.mktemp("clone") / "generated"
    run_copy(str(template.root), folder, defaults=True, quiet=True)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    subprocess.run([UV, "run", "--quiet", "pre-commit", "install"], cwd=folder, check=True, capture_output=True)
    command = ["git", "commit", "--message", "Generate from sagelift"]
    committed = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert committed.returncode == 0, committed.stdout + committed.stderr
    return folder


@pytest.mark.parametrize("folder", [ROOT, ROOT / "template"], ids=["here", "generated"])
def test_hooks_are_locked_programs_that_need_no_network(folder: Path) -> None:
    for hook in hooks(folder).values():
        assert hook["language"] == "system"
        assert hook["entry"].startswith("uv run ")


def test_hooks_that_both_need_are_the_same() -> None:
    here, generated = hooks(ROOT), hooks(ROOT / "template")

    assert here.keys() - generated.keys() == {"mypy"}
    assert generated.keys() - here.keys() == {"ops-lint"}
    for name in here.keys() & generated.keys():
        assert {**here[name], "exclude": ""} == {**generated[name], "exclude": ""}


@pytest.mark.slow
def test_the_first_commit_passes_and_changes_no_file(clone: Path) -> None:
    assert git(clone, "log", "--format=%s") == "Generate from sagelift\n"
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.slow
def test_what_users_write_in_their_files_stays_as_it_is(clone: Path) -> None:
    written = {}
    for name in SEEDS:
        end = "  \n  " if name.endswith((".csv", ".json")) else "\n# mine  \n\n\n#"
        written[name] = (clone / name).read_bytes() + end.encode()
        (clone / name).write_bytes(written[name])

    commit(clone, "Write sloppily")

    assert {name: (clone / name).read_bytes() for name in SEEDS} == written
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hook", "name", "content"),
    [
        ("ops-lint", "src/predict.py", "prediction = undefined\n"),
        ("ruff-check", "ops/errors.py", "import os\n"),
        ("ruff-format", "ops/errors.py", "a  = 1\n"),
        ("trailing-whitespace", "docs/notes.txt", "a \n"),
        ("end-of-file", "docs/notes.txt", "a"),
        ("json", "parameters/dev.json", "{"),
        ("yaml", "docs/notes.yaml", "a: b: c\n"),
        ("toml", "docs/notes.toml", "a = \n"),
        ("merge-conflicts", "Makefile", MARKERS),
        ("merge-conflicts", "src/predict.py", MARKERS),
        ("private-keys", "data/sample/key.pem", KEY),
        ("large-files", "model/large.bin", "0" * (50 * 1024 * 1024 + 1)),
    ],
    ids=lambda value: str(value)[:30].strip(),
)
def test_what_must_not_be_committed_is_found(clone: Path, hook: str, name: str, content: str) -> None:
    path = clone / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    git(clone, "add", name)

    command = [UV, "run", "--quiet", "pre-commit", "run", hook]
    found = subprocess.run(command, cwd=clone, check=False, capture_output=True, text=True)
    git(clone, "reset", "--quiet", "--hard")

    assert found.returncode == 1
    assert f"- hook id: {hook}\n" in found.stdout
