"""`sagelift fleet new`: every repository is there whole, or not at all."""

from pathlib import Path

import pytest
from repositories import TemplateRepository, files, git

from sagelift.errors import SageliftError
from sagelift.fleet import manifest, new
from sagelift.fleet.new import Made

pytestmark = pytest.mark.usefixtures("inline")


def make(path: Path, template: TemplateRepository, *, push: bool = False) -> list[Made]:
    return new.run(
        manifest.load(path), source=str(template.root), version=None, jobs=1, push=push, progress=lambda _: None
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.csv"
    path.write_text(
        "repository,model_name,region\nrepos/churn,churn,eu-west-1\nrepos/bad,not good,\nrepos/fraud,fraud,\n"
    )
    return path


def test_each_is_generated_and_committed_and_a_wrong_answer_costs_its_own_repository_alone(
    path: Path, small: TemplateRepository, tmp_path: Path
) -> None:
    results = make(path, small)

    assert [result.state for result in results] == ["made", "failed", "made"]
    assert "model_name" in results[1].detail
    assert "Use no spaces; not not good." in results[1].detail
    assert sorted(path.name for path in (tmp_path / "repos").iterdir()) == ["churn", "fraud"]
    churn = tmp_path / "repos" / "churn"
    assert (churn / "README.md").read_text() == "# churn\n\nIn eu-west-1.\n"
    assert git(churn, "log", "--format=%s") == "Generate from the template, version v1.1.0\n"
    assert not git(churn, "status", "--porcelain", "--ignored")


def test_what_exists_is_left_alone_and_what_a_killed_call_left_is_made_anew(
    path: Path, small: TemplateRepository, tmp_path: Path
) -> None:
    churn, fraud = tmp_path / "repos" / "churn", tmp_path / "repos" / "fraud"
    churn.mkdir(parents=True)
    (churn / "notes.md").write_text("Mine.\n")
    fraud.mkdir()
    partial = tmp_path / "repos" / ".fraud.partial" / "fraud"
    partial.mkdir(parents=True)
    (partial / "half").touch()

    results = make(path, small)

    assert [result.state for result in results] == ["exists", "failed", "made"]
    assert files(churn) == {"notes.md"}
    assert not (fraud / "half").exists()
    assert not partial.parent.exists()


def test_an_unknown_question_or_version_stops_before_anything_is_made(
    path: Path, small: TemplateRepository, tmp_path: Path
) -> None:
    path.write_text("repository,modelname\nrepos/churn,churn\n")

    with pytest.raises(SageliftError, match="line 2: the template has no question modelname"):
        make(path, small)
    with pytest.raises(SageliftError, match=r"has no version v9: it has v1.0.0, v1.1.0\."):
        new.run(manifest.load(path), source=str(small.root), version="v9", jobs=1, push=False, progress=lambda _: None)
    with pytest.raises(SageliftError, match="nowhere cannot be had"):
        new.run(manifest.load(path), source="/nowhere", version=None, jobs=1, push=False, progress=lambda _: None)

    assert not (tmp_path / "repos").exists()


def test_a_template_without_a_release_is_taken_at_its_last_commit(
    path: Path, small: TemplateRepository, tmp_path: Path
) -> None:
    for version in git(small.root, "tag").split():
        git(small.root, "tag", "--delete", version)

    assert [result.state for result in make(path, small)] == ["made", "failed", "made"]

    recorded = (tmp_path / "repos" / "churn" / ".copier-answers.yml").read_text()
    assert git(small.root, "rev-parse", "--short", "HEAD").strip() in recorded


def test_a_repository_with_a_url_is_pushed_only_if_asked_and_one_with_content_is_left_alone(
    small: TemplateRepository, tmp_path: Path
) -> None:
    for name in ("kept", "pushed", "full"):
        git(tmp_path, "init", "--quiet", "--bare", f"{name}.git")
    git(small.root, "push", "--quiet", str(tmp_path / "full.git"), "HEAD:refs/heads/main")

    def made(*names: str, push: bool) -> list[str]:
        path = tmp_path / "fleet.csv"
        path.write_text("repository,model_name\n" + "".join(f"file://{tmp_path}/{name}.git,x\n" for name in names))
        return [result.state.value for result in make(path, small, push=push)]

    assert made("kept", "full", push=False) == ["made", "exists"]
    assert made("pushed", push=True) == ["made"]

    assert not git(tmp_path / "kept.git", "branch")
    assert git(tmp_path / "pushed.git", "log", "--all", "--format=%s").startswith("Generate")
    assert git(tmp_path / "repositories" / "kept", "remote", "get-url", "origin").strip().endswith("kept.git")
    assert not (tmp_path / "repositories" / "full").exists()
