"""The checks of a pull request, executed as they are; only the image is not built."""

import pytest
from repositories import git
from runner.expressions import interpolate
from runner.hosting import GitHub
from runner.workflows import read

pytestmark = pytest.mark.slow


def test_a_fresh_repository_passes(github: GitHub, environments: object) -> None:
    del environments
    git(github.repository, "init", "--quiet")
    git(github.repository, "add", "--all")
    github.real_verbs = ("lint", "test", "run", "assemble")

    run = github.open_pull_request()

    assert run.failed == [], run.log
    assert [call for call in github.calls if call.startswith("uv run ops")] == [
        "uv run ops lint",
        "uv run ops test",
        "uv run ops run",
        "uv run ops build --env dev",
        "uv run ops assemble --env dev",
        "uv run ops assemble --env prod",
    ]
    assert "Succeeded" in run.log
    assert git(github.repository, "diff") == ""


def test_what_was_recorded_of_legacy_code_is_proved(github: GitHub) -> None:
    recording = github.repository / "parity" / "recording.json"
    recording.parent.mkdir()
    recording.write_text("{}")

    run = github.open_pull_request()

    assert run.failed == []
    assert "uv run ops prove --check" in github.calls


def test_a_newer_commit_of_a_pull_request_replaces_the_older_only(github: GitHub) -> None:
    concurrency = read(github.repository / ".github/workflows/ci.yml")["concurrency"]

    def group(run: str, pull_request: dict[str, str] | None) -> str:
        event = {"event": {"pull_request": pull_request}, "run_id": run}
        return interpolate(concurrency["group"], {"github": event})

    assert group("1", {"number": "7"}) == group("2", {"number": "7"}) != group("3", {"number": "8"})
    assert group("4", None) != group("5", None)
