"""GitHub, as far as the workflows notice: the actions of others, runs and their artifacts, and programs on the PATH."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from repositories import git

from runner.cloud import Cloud
from runner.expressions import Lenient
from runner.workflows import Action, Run, Runner

STAND_INS = Path(__file__).parent / "stand_ins"

# The inputs that the workflows may give to the actions, at the commits that they are pinned to.
INPUTS = {
    "actions/checkout": {"persist-credentials", "ref"},
    "actions/create-github-app-token": {
        "client-id",
        "owner",
        "permission-contents",
        "permission-pull-requests",
        "permission-workflows",
        "private-key",
        "repositories",
    },
    "actions/upload-artifact": {"name", "overwrite", "path"},
    "astral-sh/setup-uv": {"enable-cache", "version"},
    "aws-actions/configure-aws-credentials": {"aws-region", "role-to-assume"},
    "docker/build-push-action": {"cache-from", "cache-to", "context", "outputs", "platforms", "provenance", "sbom"},
    "docker/setup-buildx-action": {"driver-opts"},
}

OUTPUTS = {
    "actions/create-github-app-token": {"token": "token-of-the-app"},
    "docker/setup-buildx-action": {"name": "builder-1"},
}

DEFAULT_BRANCH = "main"

NAME = "org/my-model"

CLOUD_VERBS = ("build", "promote", "deploy")
"""The verbs of ops that act on AWS or on the engines."""

NO_ACCOUNT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass
class GitHub:
    """A repository on GitHub, whose workflows run here."""

    repository: Path
    state: Path
    """A folder for all that GitHub keeps."""
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    """The variables of its environments, and under "" its own."""
    secrets: dict[str, str] = field(default_factory=dict)
    report: dict[str, str] | None = None
    """What `ops update` reports, where it is not executed; without it, that it failed before anything was updated."""
    real_verbs: tuple[str, ...] = ()
    """The verbs of ops that are executed; the others only hand over an image, where the real one does."""
    cloud: Cloud | None = None
    """Where CLOUD_VERBS are executed, on its accounts; without it, they are no different from the other verbs."""
    failing_verb: str = ""
    used: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """The actions of others that were used, with their inputs."""
    _runs: list[dict[str, str]] = field(default_factory=list)

    @property
    def _programs(self) -> Path:
        return self.state / "bin"

    def push(self, sha: str = "1" * 40, branch: str = DEFAULT_BRANCH) -> Run:
        """Push a commit to a branch."""
        return self._trigger("deploy.yml", "push", sha, branch)

    def release(self, sha: str = "1" * 40) -> Run:
        """Release a commit."""
        return self._trigger("deploy.yml", "release", sha)

    def open_pull_request(self) -> Run:
        """Open a pull request."""
        return self._trigger("ci.yml", "pull_request", "2" * 40)

    def schedule(self, workflow: str) -> Run:
        """Let the time come at which a workflow runs by itself."""
        return self._trigger(workflow, "schedule", "3" * 40, DEFAULT_BRANCH)

    @property
    def server(self) -> Path:
        """The folder of the repositories, as git reaches them."""
        return self.state / "server"

    @property
    def asked(self) -> list[dict[str, str]]:
        """The issues and pull requests, each as it is now."""
        path = self.state / "asked.json"
        return json.loads(path.read_text()) if path.exists() else []

    @property
    def calls(self) -> list[str]:
        """The calls of uv and uvx, as one would type them."""
        path = self.state / "calls.jsonl"
        return [shlex.join(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []

    def inputs(self, action: str) -> list[Mapping[str, str]]:
        """Return the inputs that an action was given, each time that it was used."""
        return [inputs for name, inputs in self.used if name == action]

    def _install(self) -> None:
        stand_ins = {"uv": ["uv.py", "uv"], "uvx": ["uv.py", "uvx"], "gh": ["gh.py"]}
        if self.cloud:
            stand_ins |= {engine: ["forward.py", engine] for engine in ("docker", "skopeo")}
        for name, arguments in stand_ins.items():
            command = shlex.join([sys.executable, f"{STAND_INS}/{arguments[0]}", *arguments[1:]])
            program = self._programs / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
            program.chmod(0o755)

    def _trigger(self, workflow: str, event: str, sha: str, ref: str = "") -> Run:
        self._install()
        number = str(len(self._runs))
        temporary = self.state / f"temp-{number}"
        temporary.mkdir()
        runner = Runner(
            self.repository,
            temporary,
            github={
                "event": {"repository": Lenient(default_branch=DEFAULT_BRANCH)},
                "event_name": event,
                "ref_name": ref,
                "repository": NAME,
                "run_id": number,
                "repository_owner": NAME.partition("/")[0],
                "server_url": self.server.as_uri(),
                "sha": sha,
                "token": "token",
            },
            variables=self.variables,
            secrets=self.secrets,
            actions={name: self._stub(name, self.state / number) for name in INPUTS},
            environment={
                # Nothing here may reach an account of whoever runs the tests.
                **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
                **NO_ACCOUNT,
                "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
                "STAND_INS": str(self.state),
                "REAL_VERBS": " ".join(self.real_verbs),
                "CLOUD": self.cloud.address if self.cloud else "",
                "CLOUD_VERBS": " ".join(CLOUD_VERBS if self.cloud else ()),
                "FAILING_VERB": self.failing_verb,
                "REPORT": json.dumps(self.report) if self.report else "",
                "UV": os.environ.get("UV") or which("uv") or "",
            },
        )
        run = runner.run(workflow)
        status = "failure" if run.failed else "success"
        self._runs.append({"workflow": workflow, "event": event, "commit": sha, "status": status})
        (self.state / "runs.json").write_text(json.dumps(self._runs))
        return run

    def _check_out(self) -> None:
        """Make the workspace what the default branch holds, and nothing else."""
        tip = git(self.server / NAME, "rev-parse", DEFAULT_BRANCH).strip()
        git(self.repository, "reset", "--quiet", "--hard", tip)
        git(self.repository, "clean", "--quiet", "--force", "-d", "-x")

    def _stub(self, name: str, artifacts: Path) -> Action:
        def use(inputs: Mapping[str, str], exported: dict[str, str]) -> Mapping[str, str]:
            assert inputs.keys() <= INPUTS[name], f"{name} has no input {sorted(inputs.keys() - INPUTS[name])}"
            self.used.append((name, inputs))
            if name == "actions/checkout" and self.server.is_dir():
                self._check_out()
            if name == "actions/upload-artifact":
                folder = artifacts / inputs["name"]
                folder.mkdir(parents=True)
                path = self.repository / inputs["path"]
                if path.is_dir():
                    shutil.copytree(path, folder, dirs_exist_ok=True)
                else:
                    shutil.copy2(path, folder)
            if name == "aws-actions/configure-aws-credentials" and self.cloud:
                exported.update(self.cloud.credentials(inputs["role-to-assume"], inputs["aws-region"]))
            return OUTPUTS.get(name, {})

        return use
