"""The how-to on leaving the template: nothing needs what it deletes, and there is a way back."""

import subprocess
import sys
from pathlib import Path

import pytest
from copier import run_update
from docs.pages import blocks
from repositories import Render, commit, files, git

PAGE = "how-to/leave-the-template"

pytestmark = pytest.mark.slow


def shell(folder: Path, block: str) -> None:
    """Execute a block, but for Copier, which would be downloaded."""
    script = "\n".join(line for line in block.splitlines() if not line.startswith("uvx"))
    subprocess.run(["bash", "-euc", script], cwd=folder, check=True, capture_output=True)


def ops(folder: Path, *arguments: str) -> None:
    """Execute a verb."""
    command = [sys.executable, "-c", "from ops.cli import main; main()", *arguments]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_left_works_and_can_come_back(render: Render, environments: Path) -> None:
    del environments
    generated = render()
    commit(generated, "Generate")
    before = files(generated)
    _, delete, leave, back = blocks(PAGE, "sh")

    shell(generated, delete)
    (generated / "README.md").write_text("All of this is ours now.\n")
    shell(generated, leave)

    assert ".copier-answers.yml" in before - files(generated)
    ops(generated, "run")
    ops(generated, "doctor")
    with pytest.raises(TypeError, match="Template not found"):
        run_update(generated, defaults=True, overwrite=True, quiet=True)

    shell(generated, back)
    run_update(generated, defaults=True, overwrite=True, quiet=True, unsafe=False)

    assert not git(generated, "diff", "--name-only", "--diff-filter=U")
    assert (generated / "README.md").read_text() == "All of this is ours now.\n"
