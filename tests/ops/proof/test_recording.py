"""What was recorded, and whether it still holds."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from accounts import repository
from ops.comparison import Tolerance
from ops.errors import OpsError
from ops.proof.recording import Recording
from ops.repository import Repository


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    """A repository with a recording, whose sample is that of `accounts`."""
    made = repository(tmp_path / "repository")
    made.expected.mkdir(parents=True)
    (made.expected / "stdout.txt").write_text("2\n", encoding="utf-8")
    write(made)
    return made


def write(made: Repository, **changes: Any) -> None:  # noqa: ANN401
    document = {
        "script": "churn.py",
        "inputs": {"sample.csv": digest("house,price\n1,2\n")},
        "expected": {"stdout.txt": digest("2\n")},
        **changes,
    }
    (made.parity / "recording.json").write_text(json.dumps(document), encoding="utf-8")


def refusal(made: Repository) -> str:
    with pytest.raises(OpsError) as refused:
        Recording.load(made)
    return str(refused.value)


def test_a_recording_is_read(made: Repository) -> None:
    write(made, tolerance={"relative": 0.5}, unstable={"stdout.txt": ["content"]}, something="newer")
    recording = Recording.load(made)
    assert recording.script == "churn.py"
    assert recording.tolerance == Tolerance(relative=0.5)
    assert recording.unstable == {"stdout.txt": ["content"]}


def test_without_a_recording_the_way_to_one_is_said(tmp_path: Path) -> None:
    assert "`sagelift import` records what the legacy code leaves." in refusal(repository(tmp_path))


def test_a_damaged_recording_is_named(made: Repository) -> None:
    write(made, expected=3)
    assert "recording.json: expected: Input should be an object. Bring it back" in refusal(made)
    (made.parity / "recording.json").write_text("{", encoding="utf-8")
    assert "recording.json: the file: Invalid JSON" in refusal(made)


@pytest.mark.parametrize("name", ["data/sample/sample.csv", "parity/expected/stdout.txt"])
def test_what_was_recorded_must_not_change(made: Repository, name: str) -> None:
    path = made.root / name
    (path.parent / "new.csv").write_text("", encoding="utf-8")
    assert f"{path.parent / 'new.csv'} was not recorded: what was recorded holds for its own" in refusal(made)
    (path.parent / "new.csv").unlink()
    path.write_text("changed", encoding="utf-8")
    assert f"{path} is not what was recorded: " in refusal(made)
    path.unlink()
    assert f"{path} is missing: " in refusal(made)
