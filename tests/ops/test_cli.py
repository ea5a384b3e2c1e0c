"""The command line: faults end it with one sentence."""

import errno
import sys
from pathlib import Path

import pytest
from accounts import repository
from ops import cli
from ops.local import images
from ops.local.environments import Environment
from ops.repository import Repository


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command says that fails."""
    monkeypatch.setattr(sys, "argv", ["ops", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "build"), "error: build: Permission denied. Mend that"),
        (OSError(errno.ENOSPC, "No space left on device"), "error: No space left on device. Mend that"),
        (ConnectionResetError("gone"), "error: gone. Mend that"),
    ],
)
def test_what_the_machine_refuses_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: OSError, sentence: str
) -> None:
    def refuse() -> Repository:
        raise fault

    monkeypatch.setattr(Repository, "find", refuse)
    assert said(monkeypatch, capsys, "lint").startswith(sentence)


def test_base_image_without_a_container_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(repository(tmp_path).root)
    assert "--base-image is for --container" in said(monkeypatch, capsys, "run", "--base-image", "mirror/python")


def test_the_path_of_the_model_s_python_stands_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    environment = Environment(tmp_path / "bin" / "python", "3.11", ("Another Python stands in.",))
    monkeypatch.setattr(images, "custom_environment", lambda _: environment)
    monkeypatch.chdir(repository(tmp_path).root)
    monkeypatch.setattr(sys, "argv", ["ops", "setup", "--python"])
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr()
    assert said.out == f"{environment.python}\n"
    assert said.err == "note: Another Python stands in.\n"
