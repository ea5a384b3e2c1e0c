"""A stand-in for GitHub's runner: executes the `run:` steps of workflows, and hands the actions of others to stubs.

It is strict where GitHub is lenient: an unknown key of a job or a step, an expression that names nothing, or an input
that an action does not have is an error.
"""

import hashlib
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from runner.expressions import Context, Lenient, condition, interpolate

OWN = "$/"
"""Begins a reference to the repository itself."""

WORKFLOW_KEYS = {"concurrency", "jobs", "name", "on", "permissions"}
JOB_KEYS = {
    "concurrency",
    "env",
    "environment",
    "name",
    "outputs",
    "permissions",
    "runs-on",
    "steps",
    "timeout-minutes",
}
CALL_KEYS = {"name", "permissions", "uses", "with"}
ORDER_KEYS = {"if", "needs"}
STEP_KEYS = {"env", "id", "if", "name", "run", "shell", "uses", "with"}

SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
"""Without `shell`, and with it: they treat a failure within a pipe differently."""

Action = Callable[[Mapping[str, str], dict[str, str]], Mapping[str, str]]
"""The stub of an action: takes its inputs and the variables of the job's later steps, which it may add to; returns its
outputs."""


@dataclass
class Run:
    """What a workflow did."""

    log: str = ""
    """What the steps printed."""
    failed: list[str] = field(default_factory=list)
    """The jobs that failed."""
    skipped: list[str] = field(default_factory=list)
    """The jobs that were skipped."""
    summary: str = ""
    """What the steps wrote on the page of the run."""


class StepFailedError(Exception):
    """A step ended with another exit code than 0."""


@dataclass(frozen=True)
class _Scope:
    """What a step sees: environment variables, and contexts for its expressions."""

    env: Mapping[str, str]
    context: Context
    exported: dict[str, str]
    """What actions have added to the variables of the job."""


@dataclass
class Runner:
    """A machine that runs the workflows of a repository.

    Attributes:
        repository: the workspace.
        temporary: a folder for the files through which steps talk to the runner.
        github: the `github` context.
        variables: the variables of each environment; those of the repository itself under "".
        secrets: the secrets of the repository.
        actions: the stubs of actions, by OWNER/NAME, without a revision.
        environment: the variables that a step's process starts with.
    """

    repository: Path
    temporary: Path
    github: Mapping[str, Any]
    variables: Mapping[str, Mapping[str, str]]
    actions: Mapping[str, Action]
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)

    def run(self, workflow: str) -> Run:
        """Run a workflow of `.github/workflows`, whatever it is triggered by."""
        run = Run()
        self._workflow(f".github/workflows/{workflow}", {}, run, caller="")
        return run

    def _workflow(self, path: str, inputs: Mapping[str, str], run: Run, *, caller: str) -> None:
        document = read(self.repository / path)
        _known(document, WORKFLOW_KEYS, path)
        ended: dict[str, Any] = {}
        context = {"github": self.github, "inputs": inputs, "needs": ended}
        for name, job in _in_order(document["jobs"]):
            _known(job, ORDER_KEYS | (CALL_KEYS if "uses" in job else JOB_KEYS), f"{path}: {name}")
            needs = tuple(f"{caller}{needed}" for needed in _names(job.get("needs", [])))
            waits_in_vain = any(other.startswith(needs) for other in run.failed + run.skipped)
            if waits_in_vain or not condition(job.get("if", "true"), context):
                run.skipped.append(f"{caller}{name}")
            elif "uses" in job:
                called = job["uses"].removeprefix(OWN)
                declared = read(self.repository / called)["on"]["workflow_call"] or {}
                given = _inputs(declared.get("inputs", {}), _values(job, "with", context), called)
                self._workflow(called, given, run, caller=f"{caller}{name}/")
            else:
                outputs = self._job(f"{caller}{name}", job, context, run)
                ended[name] = {"outputs": Lenient(outputs)}

    def _job(self, name: str, job: Mapping[str, Any], context: Context, run: Run) -> dict[str, str]:
        environment = interpolate(job.get("environment", ""), context)
        context = {
            **context,
            "secrets": Lenient(self.secrets),
            "vars": Lenient(self.variables.get(environment, {})),
            "runner": {"temp": str(self.temporary)},
            "hashFiles": self._hash_of_files,
        }
        try:
            left = self._steps(job["steps"], _Scope(_values(job, "env", context), context, {}), run)
        except StepFailedError:
            run.failed.append(name)
            return {}
        return _values(job, "outputs", left)

    def _hash_of_files(self, pattern: str) -> str:
        """Return the hash that GitHub makes of files; empty where there are none."""
        files = sorted(self.repository.glob(pattern))
        digests = b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)
        return hashlib.sha256(digests).hexdigest() if files else ""

    def _steps(self, steps: Sequence[Mapping[str, Any]], scope: _Scope, run: Run) -> Context:
        """Execute steps, and return the contexts that they leave."""
        done: dict[str, Any] = {}
        context = {**scope.context, "steps": done}
        for step in steps:
            _known(step, STEP_KEYS, str(step))
            outputs: Mapping[str, str] = {}
            if condition(step.get("if", "true"), context):
                here = replace(scope, env={**scope.env, **_values(step, "env", context)}, context=context)
                outputs = self._command(step, here, run) if "run" in step else self._action(step, here, run)
            if "id" in step:
                done[step["id"]] = {"outputs": Lenient(outputs)}
        return context

    def _command(self, step: Mapping[str, Any], scope: _Scope, run: Run) -> Mapping[str, str]:
        assert "${{" not in step["run"], "An expression in a script would be an injection."
        script = self.temporary / "script.sh"
        script.write_text(step["run"])
        # What a step tells the runner: its outputs, variables for the steps after it, and a page for people.
        told = {name: self.temporary / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
        for path in told.values():
            path.write_text("")
        done = subprocess.run(
            [*SHELLS[step.get("shell")], script],
            cwd=self.repository,
            check=False,
            env={
                **self.environment,
                **self._variables,
                **scope.exported,
                **scope.env,
                **{name: str(path) for name, path in told.items()},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        run.log += done.stdout
        if done.returncode:
            raise StepFailedError
        run.summary += told["GITHUB_STEP_SUMMARY"].read_text()
        scope.exported.update(_pairs(told["GITHUB_ENV"]))
        return _pairs(told["GITHUB_OUTPUT"])

    @property
    def _variables(self) -> dict[str, str]:
        names = {"GITHUB_REPOSITORY": "repository", "GITHUB_RUN_ID": "run_id", "GITHUB_SHA": "sha"}
        found = {name: str(self.github[key]) for name, key in names.items()}
        return {**found, "CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(self.temporary)}

    def _action(self, step: Mapping[str, Any], scope: _Scope, run: Run) -> Mapping[str, str]:
        given = _values(step, "with", scope.context)
        name, _, _ = step["uses"].partition("@")
        if not name.startswith(OWN):
            return self.actions[name](given, scope.exported)
        path = f"{name.removeprefix(OWN)}/action.yml"
        document = read(self.repository / path)
        inputs = _inputs(document.get("inputs", {}), given, path)
        inner = replace(scope, context={"github": self.github, "inputs": inputs})
        left = self._steps(document["runs"]["steps"], inner, run)
        return {key: interpolate(output["value"], left) for key, output in document.get("outputs", {}).items()}


def read(path: Path) -> dict[str, Any]:
    """Return a workflow or an action; all that is in it is text, as it reaches an action."""
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return document


def _pairs(path: Path) -> dict[str, str]:
    pairs = [line.partition("=") for line in path.read_text().splitlines()]
    assert all(sign for _, sign, _ in pairs), pairs
    return {name: value for name, _, value in pairs}


def _known(document: Mapping[str, Any], keys: set[str], where: str) -> None:
    assert document.keys() <= keys, f"{where}: this runner does not know {sorted(document.keys() - keys)}"


def _names(needs: str | list[str]) -> list[str]:
    return [needs] if isinstance(needs, str) else needs


def _values(document: Mapping[str, Any], key: str, context: Context) -> dict[str, str]:
    return {name: interpolate(value, context) for name, value in document.get(key, {}).items()}


def _in_order(jobs: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    done: set[str] = set()
    while len(done) < len(jobs):
        ready = [name for name in jobs if name not in done and done.issuperset(_names(jobs[name].get("needs", [])))]
        assert ready, f"{sorted(jobs.keys() - done)} need what is not there"
        for name in ready:
            yield name, jobs[name]
        done.update(ready)


def _inputs(declared: Mapping[str, Mapping[str, str]], given: Mapping[str, str], where: str) -> dict[str, str]:
    assert given.keys() <= declared.keys(), f"{where} has no input {sorted(given.keys() - declared.keys())}"
    missing = [name for name, entry in declared.items() if entry.get("required") == "true" and name not in given]
    assert not missing, f"{where} is not given {missing}"
    return {name: given.get(name, entry.get("default", "")) for name, entry in declared.items()}
