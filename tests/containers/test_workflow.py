"""The workflow with inference in a container of the image, as `ops run --container` runs it."""

import subprocess
import sys
from pathlib import Path

import pytest
from ops.containers import ENGINES, Engine
from repositories import Render

pytestmark = pytest.mark.container


def predictions(repository: Path, *options: str) -> dict[str, bytes]:
    """Run the workflow, and return what its last step put out."""
    command = [sys.executable, "-c", "from ops.cli import main; main()", "run", *options]
    done = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    newest = max((repository / "build" / "local").iterdir())
    return {path.name: path.read_bytes() for path in (newest / "postprocessing").iterdir()}


def test_container_gives_what_the_environment_gives(
    render: Render, buildah: Engine, base_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = render()
    for engine in ENGINES:
        if engine is not buildah:
            (tmp_path / engine.name).symlink_to("/bin/false")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    in_environment = predictions(repository)
    in_container = predictions(repository, "--container", "--base-image", base_image)

    assert in_container == in_environment != {}
    assert "ENTRYPOINT" in (repository / "build" / "container.log").read_text(encoding="utf-8"), "no image was built"
    assert not subprocess.check_output(["buildah", "containers", "--quiet"])
