"""`sagelift fleet status`: read from the repositories alone, and right for old releases, too."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from repositories import TemplateRepository, commit, git

from sagelift.fleet import status
from sagelift.fleet.manifest import Manifest
from sagelift.fleet.releases import Template
from sagelift.fleet.status import Status


def look(fleet: Manifest) -> dict[str, Status]:
    found = status.run(fleet, jobs=1, progress=lambda _: None)
    return {entry.repository: entry for entry in found}


def test_a_repository_tells_its_version_its_changes_and_its_last_run(
    fleet: Callable[..., Manifest], tmp_path: Path
) -> None:
    models = fleet("churn", "fraud")
    churn = tmp_path / "churn"
    (churn / "other.txt").unlink()
    (churn / "tool.txt").write_text("mine\n")
    commit(churn, "Edit")
    (churn / "src" / "predict.py").write_text("PREDICTION = 3\n")
    for name, outcome in {"2026-01-01T00-00-00-000": "SUCCEEDED", "2026-01-02T00-00-00-000": "FAILED"}.items():
        (churn / "build" / "local" / name).mkdir(parents=True)
        (churn / "build" / "local" / name / "execution.json").write_text(json.dumps({"status": outcome}))
    (churn / "build" / "local" / "2026-01-03T00-00-00-000").mkdir()
    (churn / ".git" / "info" / "exclude").write_text("/build/\n")
    (tmp_path / "fraud" / "tool.txt").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    git(tmp_path / "fraud", "config", "core.autocrlf", "true")

    found = look(models)

    assert asdict(found["churn"]) == {
        "repository": "churn",
        "version": "v1.0.0",
        "newest": "v1.1.0",
        "behind": 1,
        "modified": {"other.txt": "missing", "tool.txt": "modified"},
        "uncommitted": ["src/predict.py"],
        "last_run": {"name": "2026-01-02T00-00-00-000", "status": "FAILED"},
        "last_update": None,
        "fault": None,
    }
    assert found["fraud"].modified == {}
    assert found["fraud"].last_run is None


def test_the_list_of_the_templates_files_is_believed_where_there_is_one(
    fleet: Callable[..., Manifest], tmp_path: Path
) -> None:
    models = fleet("churn")
    listed = tmp_path / "churn" / status.TEMPLATE_FILES
    listed.parent.mkdir(parents=True)
    digests = {"tool.txt": hashlib.sha256(b"one\ntwo\nthree\n").hexdigest(), "other.txt": "0" * 64}
    listed.write_text(json.dumps(digests))
    assert look(models)["churn"].modified == {"other.txt": "modified"}

    listed.write_text("{")
    assert look(models)["churn"].modified == {}


def test_what_cannot_be_looked_at_is_said_and_the_rest_is_shown(fleet: Callable[..., Manifest], tmp_path: Path) -> None:
    models = fleet("gone", "no-template", "good")
    (tmp_path / "gone").rename(tmp_path / "away")
    answers = tmp_path / "no-template" / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("_src_path: ", "_src_path: /nowhere"))

    found = look(models)

    assert "gone does not exist" in (found["gone"].fault or "")
    assert "/nowhere" in (found["no-template"].fault or "")
    assert (found["no-template"].version, found["no-template"].behind) == ("v1.0.0", None)
    assert found["good"].behind == 1


def test_a_commit_after_a_release_is_as_far_behind_as_the_release(small: TemplateRepository) -> None:
    template = Template(str(small.root), small.root)

    behind = {version: template.behind(version) for version in ("v1.1.0", "v1.0.0-3-gf744b0f", "v0.9.0", "f744b0f")}

    assert behind == {"v1.1.0": 0, "v1.0.0-3-gf744b0f": 1, "v0.9.0": 2, "f744b0f": None}
