"""`sagelift fleet update`: a branch where all went well, and everywhere else nothing."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from copier import run_update
from repositories import TemplateRepository, commit, files, git

from sagelift.errors import SageliftError
from sagelift.fleet import manifest, rollout
from sagelift.fleet.journal import Journal
from sagelift.fleet.manifest import Manifest
from sagelift.fleet.rollout import EVERYTHING, Call, Wave
from sagelift.fleet.update import Options

BRANCH = "template-update/v1.1.0"
HALF = Wave(50, percent=True)

Fleet = Callable[..., Manifest]


def update(
    fleet: Manifest,
    *,
    version: str | None = None,
    wave: Wave = EVERYTHING,
    force: bool = False,
    options: Options = Options(tests=False),  # noqa: B008  it is frozen
) -> Call:
    """Run `fleet update`, by default without the repositories' own tests."""
    return rollout.run(fleet, version=version, wave=wave, force=force, options=options, jobs=1, progress=lambda _: None)


def states(call: Call) -> dict[str, str]:
    """Return what came of each repository."""
    return {model.repository: result.state.value for model, result in call.results}


def details(call: Call) -> dict[str, str]:
    """Return why."""
    return {model.repository: result.detail for model, result in call.results}


def snapshot(folder: Path) -> dict[str, str | bytes]:
    """Return what an update leaves alone: every file, all of git's references, the checkout and the index."""
    paths = {name: (folder / name).read_bytes() for name in files(folder)}
    return {**paths, "refs": git(folder, "for-each-ref"), "status": git(folder, "status", "--porcelain", "--branch")}


def edit(folder: Path, name: str, text: str) -> None:
    """Change a file as a user does, and commit it."""
    (folder / name).write_text(text)
    commit(folder, f"Edit {name}")


def test_the_branch_holds_what_copier_update_gives_and_the_checkout_is_as_it_was(fleet: Fleet, tmp_path: Path) -> None:
    churn = fleet("churn")
    edit(tmp_path / "churn", "other.txt", "The user's.\n")
    edit(tmp_path / "churn", "src/predict.py", "PREDICTION = 3\n")
    git(tmp_path, "clone", "--quiet", "churn", "plain")
    before = snapshot(tmp_path / "churn")

    call = update(churn)

    assert states(call) == {"churn": "updated"}
    assert call.results[0][1].files == [".copier-answers.yml", "tool.txt"]
    after = snapshot(tmp_path / "churn")
    assert {**after, "refs": ""} == {**before, "refs": ""}
    run_update(tmp_path / "plain", defaults=True, overwrite=True, quiet=True)
    commit(tmp_path / "plain", "Update")
    assert git(tmp_path / "churn", "rev-parse", f"{BRANCH}^{{tree}}") == git(
        tmp_path / "plain", "rev-parse", "HEAD^{tree}"
    )
    assert git(tmp_path / "churn", "log", "--format=%s", BRANCH, "-1") == "Update the template to v1.1.0\n"
    # A call more finds nothing to do; after the merge, the repository is at that version.
    assert states(update(churn)) == {}
    git(tmp_path / "churn", "merge", "--quiet", BRANCH)
    (tmp_path / "fleet.csv.journal.json").unlink()
    assert states(update(churn)) == {"churn": "current"}


def test_none_of_what_is_wrong_with_a_repository_stops_the_others(
    fleet: Fleet, small: TemplateRepository, tmp_path: Path
) -> None:
    names = ["dirty", "new-file", "elsewhere", "merging", "conflict", "no-git", "no-answers", "bad-answers"]
    names += ["no-version", "no-template", "newer", "gone", "good"]
    models = fleet(*names)
    (tmp_path / "dirty" / "other.txt").write_text("At work.\n")
    (tmp_path / "new-file" / "notes.md").write_text("At work.\n")
    git(tmp_path / "elsewhere", "switch", "--quiet", "--create", "feature")
    (tmp_path / "merging" / ".git" / "MERGE_HEAD").write_text(git(tmp_path / "merging", "rev-parse", "HEAD"))
    edit(tmp_path / "conflict", "tool.txt", "one\nmine\nthree\n")
    (tmp_path / "no-git" / ".git").rename(tmp_path / "moved")
    (tmp_path / "no-answers" / ".copier-answers.yml").unlink()
    edit(tmp_path / "bad-answers", ".copier-answers.yml", "{")
    answers = (tmp_path / "good" / ".copier-answers.yml").read_text()
    edit(tmp_path / "no-version", ".copier-answers.yml", answers.replace("v1.0.0", "v0.0.1"))
    edit(tmp_path / "no-template", ".copier-answers.yml", answers.replace(str(small.root), "/nowhere"))
    edit(tmp_path / "newer", ".copier-answers.yml", answers.replace("v1.0.0", "v1.1.0"))
    (tmp_path / "gone").rename(tmp_path / "away")
    left = [name for name in names if name not in {"good", "gone", "no-git"}]
    before = {name: snapshot(tmp_path / name) for name in left}

    call = update(models)

    assert states(call) == {
        **dict.fromkeys(["dirty", "new-file", "elsewhere", "merging"], "skipped"),
        "conflict": "conflicts",
        **dict.fromkeys(["no-git", "no-answers", "bad-answers", "no-version", "no-template", "gone"], "failed"),
        "newer": "current",
        "good": "updated",
    }
    said = details(call)
    assert "uncommitted changes, such as in other.txt" in said["dirty"]
    assert "uncommitted changes, such as in notes.md" in said["new-file"]
    assert "It is on the branch feature: switch to ma" in said["elsewhere"]
    assert "MERGE_HEAD" in said["merging"]
    assert "tool.txt would conflict" in said["conflict"]
    assert "no-git is no git repository" in said["no-git"]
    assert ".copier-answers.yml is missing" in said["no-answers"]
    assert ".copier-answers.yml does not name the template" in said["bad-answers"]
    assert "v0.0.1" in said["no-version"]
    assert "The template /nowhere cannot be had" in said["no-template"]
    assert "gone does not exist" in said["gone"]
    assert {name: snapshot(tmp_path / name) for name in left} == before


def test_a_dry_run_tells_what_would_change_and_changes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    models = fleet("churn", "conflict")
    edit(tmp_path / "conflict", "tool.txt", "one\nmine\nthree\n")

    def everything() -> dict[Path, bytes]:
        paths = (path for path in tmp_path.rglob("*") if "temporary" not in path.parts)
        return {path: path.read_bytes() for path in paths if path.is_file()}

    before = everything()

    call = update(models, options=Options(tests=False, dry_run=True))

    assert states(call) == {"churn": "would update", "conflict": "conflicts"}
    assert [result.files for _, result in call.results] == [[".copier-answers.yml", "tool.txt"], ["tool.txt"]]
    assert everything() == before


def test_a_wave_waits_until_those_before_it_are_well(fleet: Fleet, tmp_path: Path) -> None:
    models = fleet("a", "b", "c", "d")
    edit(tmp_path / "a", "tool.txt", "one\nmine\nthree\n")

    assert states(update(models, wave=HALF)) == {"a": "conflicts", "b": "updated"}
    stopped = update(models, wave=HALF)
    assert (states(stopped), stopped.blocking, stopped.waiting) == ({"a": "conflicts"}, ["a"], 2)
    edit(tmp_path / "a", "tool.txt", "one\ntwo\nthree\n")
    assert states(update(models, wave=HALF)) == {"a": "updated", "c": "updated", "d": "updated"}
    assert update(models, wave=HALF) == Call([], [], 0)


def test_a_wave_begins_in_spite_of_failures_if_forced_and_anew_with_each_release(
    fleet: Fleet, small: TemplateRepository, tmp_path: Path
) -> None:
    models = fleet("a", "b", "c")
    edit(tmp_path / "a", "tool.txt", "one\nmine\nthree\n")
    one = Wave(1, percent=False)

    assert states(update(models, wave=one)) == {"a": "conflicts"}
    assert states(update(models, wave=one, force=True)) == {"a": "conflicts", "b": "updated"}
    edit(small.root, "template/other.txt", "newest\n")
    git(small.root, "tag", "v1.2.0")
    assert states(update(models, wave=one)) == {"a": "conflicts"}
    assert states(update(models, wave=one, version="v1.1.0")) == {"a": "conflicts"}


@pytest.mark.parametrize(("text", "total", "size"), [("10%", 200, 20), ("10%", 5, 1), ("3", 200, 3), ("100%", 7, 7)])
def test_a_wave_is_a_part_or_a_number_of_the_fleet(text: str, total: int, size: int) -> None:
    assert Wave.parse(text).of(total) == size


@pytest.mark.parametrize("text", ["0", "0%", "101%", "ten", "-1", "1.5", "nan%", ""])
def test_another_wave_is_refused(text: str) -> None:
    with pytest.raises(SageliftError, match="is no part of a fleet"):
        Wave.parse(text)


def test_a_damaged_journal_and_a_second_call_at_once_are_refused(fleet: Fleet, tmp_path: Path) -> None:
    models = fleet("churn")
    with Journal.load(models.path).alone(), pytest.raises(SageliftError, match="is being updated already"):
        update(models)
    (tmp_path / "fleet.csv.journal.json").write_text('{"begun": [')

    with pytest.raises(SageliftError, match=r"fleet\.csv\.journal\.json is damaged: delete it"):
        update(models)


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a uv on the PATH that runs the repository's `checks`, a file of shell, instead of its tests."""
    folder = tmp_path / "bin"
    folder.mkdir()
    uv = folder / "uv"
    uv.write_text(f'#!/bin/sh\nverb=$4\n. "{tmp_path}/checks"\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return tmp_path / "checks"


def test_a_branch_is_made_only_if_the_repositorys_own_checks_pass(fleet: Fleet, checks: Path, tmp_path: Path) -> None:
    models = fleet("churn")
    before = snapshot(tmp_path / "churn")

    checks.write_text(
        'grep -q new tool.txt || exit 2; [ "$verb" = lint ] || { echo "E  assert"; echo "1 failed"; echo; exit 1; }'
    )
    failed = update(models, options=Options())
    assert details(failed) == {
        "churn": "`uv run ops test` fails on the updated files; it ended with: E  assert | 1 failed"
    }
    assert snapshot(tmp_path / "churn") == before

    checks.write_text("sleep 60 & wait")
    began = time.monotonic()
    hanging = update(models, options=Options(timeout=1))
    assert "`uv run ops lint` took too long" in details(hanging)["churn"]
    assert time.monotonic() - began < 30
    assert snapshot(tmp_path / "churn") == before

    checks.write_text(f'echo "$verb" >> {tmp_path}/verbs')
    assert states(update(models, options=Options())) == {"churn": "updated"}
    assert (tmp_path / "verbs").read_text() == "lint\ntest\n"


def test_a_repository_with_a_url_is_cloned_brought_up_to_date_and_pushed_if_asked(fleet: Fleet, tmp_path: Path) -> None:
    fleet("churn")
    git(tmp_path, "clone", "--quiet", "--bare", "churn", "origin.git")
    path = tmp_path / "urls.csv"
    path.write_text(f"repository\nfile://{tmp_path}/origin.git\n")
    clone = tmp_path / "repositories" / "origin"
    git(tmp_path, "clone", "--quiet", str(tmp_path / "origin.git"), str(clone))
    edit(tmp_path / "churn", "other.txt", "Pushed by somebody else.\n")
    git(tmp_path / "churn", "push", "--quiet", str(tmp_path / "origin.git"), "HEAD")

    call = update(manifest.load(path), options=Options(tests=False, push=True))

    assert list(states(call).values()) == ["updated"]
    assert git(tmp_path / "origin.git", "show", f"{BRANCH}:other.txt") == "Pushed by somebody else.\n"
    assert git(tmp_path / "origin.git", "show", f"{BRANCH}:tool.txt") == "one\nnew\nthree\n"


def test_a_template_with_migrations_is_left_to_a_person(
    fleet: Fleet, small: TemplateRepository, tmp_path: Path
) -> None:
    models = fleet("churn")
    migrations = "_migrations: [{version: v2.0.0, command: [touch, /nowhere/x]}]"
    edit(small.root, "copier.yml", f"{(small.root / 'copier.yml').read_text()}\n{migrations}\n")
    git(small.root, "tag", "v2.0.0")
    before = snapshot(tmp_path / "churn")

    call = update(models)

    assert states(call) == {"churn": "failed"}
    assert "copier update --trust" in details(call)["churn"]
    assert snapshot(tmp_path / "churn") == before


@pytest.mark.slow
def test_a_call_that_was_killed_leaves_nothing_half_done_and_is_taken_up(
    fleet: Fleet, checks: Path, tmp_path: Path
) -> None:
    models = fleet("a", "b", "c")
    before = snapshot(tmp_path / "b")
    checks.write_text(
        f'case $PWD in */b) echo $$ > "{tmp_path}/pid"; while [ ! -e "{tmp_path}/go" ]; do sleep 0.1; done;; esac'
    )
    command = [sys.executable, "-c", "from sagelift.cli import main; main()", "fleet", "update", str(models.path)]
    with subprocess.Popen([*command, "--jobs", "1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as killed:
        wait(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
        killed.kill()
    journal = json.loads((tmp_path / "fleet.csv.journal.json").read_text())
    assert {name: result["state"] for name, result in journal["results"].items()} == {"a": "updated"}
    # What it had started ends with it: nobody would know of what came of that.
    pid = int((tmp_path / "pid").read_text())
    wait(lambda: not is_running(pid))
    assert snapshot(tmp_path / "b") == before

    (tmp_path / "go").touch()
    resumed = subprocess.run([*command, "--jobs", "1"], capture_output=True, text=True, check=True)

    assert "2 updated" in resumed.stdout
    assert all(git(tmp_path / name, "branch", "--list", BRANCH) for name in "abc")


def wait(condition: Callable[[], bool]) -> None:
    """Wait until something holds, or fail after a while."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("It never came true.")


def is_running(pid: int) -> bool:
    """Tell whether there is a process of this number that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[-1][0] != "Z"
    except FileNotFoundError:
        return False
