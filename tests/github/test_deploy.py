"""Deliveries: the steps of the workflows are executed, and ops only notes what they ask of it."""

import json

import pytest
from runner.expressions import interpolate
from runner.hosting import GitHub
from runner.workflows import read

ROLES = {
    name: {"AWS_DEPLOY_ROLE": f"arn:aws:iam::123456789012:role/my-model-{name}-deploy"} for name in ("dev", "prod")
}
DIGEST = "sha256:" + "a" * 64
DEV_IMAGE = f"dev.example/my-model-dev@{DIGEST}"
PROD_IMAGE = f"prod.example/my-model-prod@{DIGEST}"
FIRST, SECOND = "1" * 40, "2" * 40


@pytest.fixture
def bootstrapped(github: GitHub) -> GitHub:
    """A repository whose environments name their roles."""
    github.variables = ROLES
    return github


def deliveries(github: GitHub) -> list[str]:
    """Return the calls of ops that act on AWS."""
    return [call for call in github.calls if call.split()[3] in {"promote", "deploy"} or "--push" in call]


def test_push_is_tested_built_and_deployed_to_dev(bootstrapped: GitHub) -> None:
    run = bootstrapped.push()

    assert run.failed == []
    assert run.skipped == ["prod"]
    assert deliveries(bootstrapped) == [
        "uv run ops build --env dev --push",
        f"uv run ops deploy --env dev --image {DEV_IMAGE} --yes",
    ]
    assert bootstrapped.calls.index("uv run ops test") < bootstrapped.calls.index("uv run ops build --env dev --push")


def test_each_environment_has_its_own_role_and_region(bootstrapped: GitHub) -> None:
    parameters = bootstrapped.repository / "parameters" / "prod.json"
    parameters.write_text(json.dumps({**json.loads(parameters.read_text()), "region": "eu-central-1"}))

    bootstrapped.push()
    bootstrapped.release()

    assert bootstrapped.inputs("aws-actions/configure-aws-credentials") == [
        {"role-to-assume": ROLES["dev"]["AWS_DEPLOY_ROLE"], "aws-region": "eu-west-1"},
        {"role-to-assume": ROLES["prod"]["AWS_DEPLOY_ROLE"], "aws-region": "eu-central-1"},
    ]


def test_push_to_a_branch_that_is_not_the_default_one_runs_nothing(bootstrapped: GitHub) -> None:
    run = bootstrapped.push(branch="master")

    assert sorted(run.skipped) == ["dev", "prod", "test"]
    assert not bootstrapped.calls


def test_first_push_before_bootstrap_says_what_is_missing_and_is_not_red(github: GitHub) -> None:
    run = github.push()

    assert run.failed == []
    assert "::notice title=Nothing was deployed to dev::" in run.log
    assert "`uv run ops bootstrap --env dev`" in run.log
    assert deliveries(github) == []
    assert github.inputs("aws-actions/configure-aws-credentials") == []
    assert github.inputs("actions/upload-artifact") == []


def test_release_promotes_the_image_of_its_commit_and_builds_nothing(bootstrapped: GitHub) -> None:
    bootstrapped.push(FIRST)
    bootstrapped.push(SECOND)
    before = len(bootstrapped.calls)

    run = bootstrapped.release(FIRST)

    assert run.failed == []
    assert run.skipped == ["test", "dev"]
    assert bootstrapped.calls[before:] == [
        f"uv run ops promote --from dev --to prod --image {DEV_IMAGE}",
        f"uv run ops deploy --env prod --image {PROD_IMAGE} --yes",
    ]


def test_release_of_a_commit_that_dev_never_had_is_refused(bootstrapped: GitHub) -> None:
    bootstrapped.push(FIRST)
    before = len(bootstrapped.calls)

    run = bootstrapped.release(SECOND)

    assert run.failed == ["prod/deploy"]
    assert f"::error title=Never deployed to dev::No push of the commit {SECOND}" in run.log
    assert bootstrapped.calls[before:] == []


def test_release_before_bootstrap_of_dev_is_refused(github: GitHub) -> None:
    github.variables = {"prod": ROLES["prod"]}
    github.push()

    run = github.release()

    assert run.failed == ["prod/deploy"]
    assert "::error title=Never deployed to dev::" in run.log
    assert deliveries(github) == []


def test_release_before_bootstrap_of_prod_is_not_red(github: GitHub) -> None:
    github.variables = {"dev": ROLES["dev"]}
    github.push()

    run = github.release()

    assert run.failed == []
    assert "::notice title=Nothing was deployed to prod::" in run.log


@pytest.mark.parametrize("verb", ["pre-commit", "test", "run", "assemble"])
def test_what_fails_its_checks_is_not_deployed(bootstrapped: GitHub, verb: str) -> None:
    bootstrapped.failing_verb = verb

    run = bootstrapped.push()

    assert [job.partition("/")[0] for job in run.failed] == ["test"]
    assert "dev" in run.skipped
    assert deliveries(bootstrapped) == []


@pytest.mark.parametrize("verb", ["build", "deploy"])
def test_what_was_not_deployed_to_dev_cannot_be_released(bootstrapped: GitHub, verb: str) -> None:
    bootstrapped.failing_verb = verb
    assert bootstrapped.push().failed
    bootstrapped.failing_verb = ""

    assert bootstrapped.release().failed == ["prod/deploy"]


def test_parameters_without_a_region_stop_the_deployment(bootstrapped: GitHub) -> None:
    (bootstrapped.repository / "parameters" / "dev.json").write_text("{}")

    run = bootstrapped.push()

    assert run.failed == ["dev/deploy"]
    assert deliveries(bootstrapped) == []


def test_image_has_no_attestations_and_its_layers_are_cached(bootstrapped: GitHub) -> None:
    bootstrapped.push()

    [check, deployment] = bootstrapped.inputs("docker/build-push-action")

    assert check == deployment
    assert check["provenance"] == check["sbom"] == "false"
    assert check["cache-from"] == "type=gha"


def test_two_deployments_of_one_environment_never_run_at_once(github: GitHub) -> None:
    concurrency = read(github.repository / ".github/workflows/_deploy.yml")["jobs"]["deploy"]["concurrency"]

    groups = [interpolate(concurrency["group"], {"inputs": {"environment": name}}) for name in ("dev", "dev", "prod")]

    assert groups[0] == groups[1] != groups[2]
    assert concurrency["cancel-in-progress"] == "false"


def test_pushes_wait_for_each_other_and_no_release_for_another(github: GitHub) -> None:
    concurrency = read(github.repository / ".github/workflows/deploy.yml")["concurrency"]

    def group(event: str, ref: str, run: str) -> str:
        return interpolate(concurrency["group"], {"github": {"event_name": event, "ref": ref, "run_id": run}})

    assert group("push", "refs/heads/main", "1") == group("push", "refs/heads/main", "2")
    assert group("release", "refs/tags/v1", "3") != group("release", "refs/tags/v1", "4")
    assert concurrency["cancel-in-progress"] == "false"
