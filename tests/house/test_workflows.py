"""The steps of this repository's own workflows, executed as they are."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from runner.workflows import SHELLS, read

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"

GH = """\
#!/bin/bash -e
case "$1 $2" in
    "issue list")
        [ "${@: -2:1}" = --jq ]
        jq "${@: -1}" "$STATE/issues.json"
        ;;
    "issue create")
        [ "$3 $5" = "--title --body" ]
        jq --arg title "$4" '. + [{title: $title}]' "$STATE/issues.json" > "$STATE/new.json"
        mv "$STATE/new.json" "$STATE/issues.json"
        ;;
    "release create")
        [ "$4 $5 $7" = "--verify-tag --title --notes-file" ]
        cp "$8" "$STATE/$3.md"
        ;;
    *) exit 1 ;;
esac
"""


def step(workflow: str, job: str, name: str) -> str:
    """Return the script of a step."""
    steps = read(WORKFLOWS / workflow)["jobs"][job]["steps"]
    [script] = [each["run"] for each in steps if each.get("name") == name]
    assert isinstance(script, str)
    return script


def execute(script: str, folder: Path, state: Path, **variables: str) -> None:
    """Execute a script in a folder, with a stand-in for GitHub's client that keeps its state in another."""
    program = state / "bin" / "gh"
    program.parent.mkdir(exist_ok=True)
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "STATE": str(state), "RUNNER_TEMP": str(state), **variables}
    subprocess.run([*SHELLS[None], "-c", script], cwd=folder, env=environment, check=True)


def test_a_red_night_opens_one_issue(tmp_path: Path) -> None:
    issues = tmp_path / "issues.json"
    issues.write_text('[{"title": "Another"}]', encoding="utf-8")
    script = step("nightly.yml", "report", "Open an issue, unless it is open already")

    for _ in range(2):
        execute(script, tmp_path, tmp_path, TITLE='It "fails"', RUN="https://example.com/1")

    assert json.loads(issues.read_bytes()) == [{"title": "Another"}, {"title": 'It "fails"'}]


@pytest.mark.slow
def test_a_night_takes_releases_that_the_locks_do_not_allow(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "uv.lock", "template/pyproject.toml", "template/uv.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    execute(step("nightly.yml", "test", "Take the newest releases"), tmp_path, tmp_path)

    project = tomllib.loads((tmp_path / "template" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not [requirement for requirement in project["dependencies"] if "==" in requirement]
    for folder in (tmp_path / "template", tmp_path):
        subprocess.run(["uv", "lock", "--check"], cwd=folder, check=True, capture_output=True)


def test_a_release_says_what_the_changelog_says_of_it(tmp_path: Path) -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n- c\n\n## v1.10.0\n\n- b\n\n### More\n\n- d\n\n## v1.1.0\n\n- a\n"
    (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")

    execute(
        step("release.yml", "release", "Release the tag, with its section of the changelog"),
        tmp_path,
        tmp_path,
        TAG="v1.10.0",
    )

    assert (tmp_path / "v1.10.0.md").read_text(encoding="utf-8").strip() == "- b\n\n### More\n\n- d"


def test_what_make_is_asked_for_exists() -> None:
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS.glob("*.yml"))
    asked = re.findall(r"\bmake ([a-z-]+)$", text, re.MULTILINE)

    assert asked
    assert set(asked) <= set(rules)
