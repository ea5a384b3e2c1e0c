"""The weekly update from the template: what it proposes, and what it says where it cannot."""

from pathlib import Path

import pytest
from repositories import Render, commit, git
from runner.hosting import NAME, GitHub

pytestmark = pytest.mark.slow

WORKFLOW = "template-update.yml"
BRANCH = "template-update"
UPDATED = {"outcome": "updated", "after": "v9.0.0", "outputs": "same"}


@pytest.fixture
def github(render: Render, tmp_path: Path) -> GitHub:
    """A generated repository on GitHub, which has a token for the updates."""
    return hosted(render(), tmp_path)


def hosted(repository: Path, folder: Path) -> GitHub:
    """Bring a repository to GitHub."""
    commit(repository, "Generate")
    git(repository, "branch", "--move", "main")
    github = GitHub(repository, folder / "github", secrets={"TEMPLATE_UPDATE_TOKEN": "a-token"}, report=UPDATED)
    origin = github.server / NAME
    origin.parent.mkdir(parents=True)
    git(folder, "clone", "--quiet", "--bare", str(repository), str(origin))
    return github


def test_a_newer_version_becomes_a_pull_request(github: GitHub) -> None:
    run = github.schedule(WORKFLOW)

    assert run.failed == [], run.log
    [asked] = github.asked
    assert (asked["area"], asked["base"], asked["head"]) == ("pr", "main", BRANCH)
    assert asked["title"] == "Update from the template to v9.0.0"
    assert asked["body"] == run.summary == "Report of updated\n"
    assert asked["by"] == "a-token"
    origin = github.server / NAME
    assert git(origin, "show", f"{BRANCH}:Makefile") == "# v9.0.0\n"
    assert git(origin, "diff", "--name-only", "main", BRANCH).split() == ["Makefile"]


def test_the_token_of_an_app_comes_first(github: GitHub) -> None:
    github.secrets = {"TEMPLATE_UPDATE_APP_KEY": "a key"}
    github.variables = {"": {"TEMPLATE_UPDATE_APP": "an id"}}

    assert github.schedule(WORKFLOW).failed == []

    assert github.asked[0]["by"] == "token-of-the-app"


def test_the_next_version_renews_the_pull_request(github: GitHub) -> None:
    github.schedule(WORKFLOW)
    github.report = {"outcome": "updated", "after": "v9.1.0", "outputs": "different"}

    run = github.schedule(WORKFLOW)

    assert run.failed == [], run.log
    [asked] = github.asked
    assert asked["title"] == "Update from the template to v9.1.0, other outputs"
    assert git(github.server / NAME, "show", f"{BRANCH}:Makefile") == "# v9.1.0\n"


def test_nothing_new_proposes_nothing(github: GitHub) -> None:
    github.report = {"outcome": "current", "after": "v1.0.0", "outputs": "unknown"}

    assert github.schedule(WORKFLOW).failed == []

    assert github.asked == []


@pytest.mark.parametrize(("outcome", "says"), [("conflicts", "Conflicts: "), ("failed", "Checks fail: ")])
def test_what_a_person_has_to_do_is_no_success(github: GitHub, outcome: str, says: str) -> None:
    github.report = {"outcome": outcome, "after": "v9.0.0", "outputs": "unknown"}

    run = github.schedule(WORKFLOW)

    assert run.failed == ["propose"]
    [asked] = github.asked
    assert asked["title"] == f"{says}Update from the template to v9.0.0"
    assert asked["body"] == f"Report of {outcome}\n"


def test_an_update_that_is_refused_fails(github: GitHub) -> None:
    github.report = None

    run = github.schedule(WORKFLOW)

    assert run.failed == ["update"]
    assert "a major one with migrations" in run.log
    assert github.asked == []


def test_the_commits_of_a_person_are_not_replaced(github: GitHub, tmp_path: Path) -> None:
    github.schedule(WORKFLOW)
    person = tmp_path / "person"
    git(tmp_path, "clone", "--quiet", "--branch", BRANCH, str(github.server / NAME), str(person))
    (person / "Makefile").write_text("mended by hand\n")
    commit(person, "Mend it")
    git(person, "push", "--quiet")

    run = github.schedule(WORKFLOW)

    assert run.failed == ["propose"]
    assert "somebody's commits" in run.log
    assert git(github.server / NAME, "show", f"{BRANCH}:Makefile") == "mended by hand\n"


def test_without_a_token_one_issue_says_what_to_do(github: GitHub) -> None:
    github.secrets = {}

    runs = [github.schedule(WORKFLOW) for _ in range(2)]

    assert [run.failed for run in runs] == [[], []]
    [asked] = github.asked
    assert asked["area"] == "issue"
    assert "TEMPLATE_UPDATE_TOKEN" in asked["body"]
    assert asked["by"] == "token"
    assert not github.calls


@pytest.mark.parametrize("answer", ["renovate", "none"])
def test_another_answer_lets_it_stand_aside(render: Render, tmp_path: Path, answer: str) -> None:
    github = hosted(render({"template_updates": answer}), tmp_path)

    run = github.schedule(WORKFLOW)

    assert run.failed == []
    assert f"template_updates is {answer}" in run.log
    assert github.asked == []
    assert not github.calls
