"""The how-tos on roles, networks, keys, machines and schedules: what they promise of a deployment holds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from accounts import Container, account, copy
from cloudformation import evaluate
from deployments import assemble, make_deployment
from docs.pages import DOCS, blocks, commands
from ops.cloud.execute import checked_input
from ops.errors import OpsError
from ops.infrastructure import Deployment

REGION, ACCOUNT = "eu-west-1", "111111111111"


def described(page: str, root: Path) -> Deployment:
    """Return a deployment with the parameters that a page shows."""
    [block] = blocks(page, "json")
    return make_deployment(root, json.loads(block))


def bootstrapped(deployment: Deployment) -> dict[str, Any]:
    """Return the resources that bootstrap makes."""
    parameters = deployment.bootstrap_parameters(
        github_subject=deployment.github_subject(None), create_bucket=True, create_oidc_provider=False
    )
    return evaluate(deployment.bootstrap_template(), parameters, REGION, ACCOUNT)


def execution_input(deployment: Deployment, page: str) -> dict[str, Any]:
    """Return the input of the execution that a page starts with `--set`."""
    [arguments] = [given for given in commands(page, "uv run ops") if given[0] == "execute" and "--set" in given]
    deployed = assemble(deployment)["States"]["Defaults"]["Result"]
    return checked_input(deployment, deployed, arguments[arguments.index("--set") + 1 :: 2])


def test_bootstrap_makes_no_role_where_all_exist(tmp_path: Path) -> None:
    resources = bootstrapped(described("how-to/use-existing-roles", tmp_path))

    assert not [name for name, resource in resources.items() if resource["Type"] == "AWS::IAM::Role"]


def test_an_arn_that_bootstrap_would_make_counts_as_not_named(tmp_path: Path) -> None:
    [own] = re.findall("`(arn:[^`]*)`", (DOCS / "how-to" / "use-existing-roles.md").read_text(encoding="utf-8"))

    assert "JobsRole" in bootstrapped(make_deployment(tmp_path, {"role": own}))


def test_the_security_team_gets_every_policy_of_the_roles_that_exist(tmp_path: Path) -> None:
    page = (DOCS / "how-to" / "use-existing-roles.md").read_text(encoding="utf-8")

    for name in described("how-to/use-existing-roles", tmp_path).policies():
        role, _, _ = name.partition(".")
        assert f"`{name}.json`" in page or f"`{role.split('-')[0]}-*.policy.json`" in page, name


@pytest.mark.parametrize("without", ["volume_encryption", "output_encryption"])
def test_an_execution_cannot_do_without_the_network_or_a_key(without: str, tmp_path: Path) -> None:
    deployment = described("how-to/run-in-a-vpc", tmp_path)

    with pytest.raises(OpsError) as refused:
        execution_input(deployment, "how-to/run-in-a-vpc")
    [shown] = blocks("how-to/run-in-a-vpc", "text")
    for piece in shown.removeprefix("error: ").split("…"):
        assert piece.strip() in str(refused.value)
    with pytest.raises(OpsError, match=without):
        checked_input(deployment, assemble(deployment)["States"]["Defaults"]["Result"], [f"{without}={{}}"])


def test_an_alias_of_a_key_is_refused(tmp_path: Path) -> None:
    deployment = make_deployment(tmp_path, {"output_encryption": {"KmsKeyId": "alias/my-key"}})

    with pytest.raises(OpsError, match="is no key's ID or ARN"):
        deployment.policies()


def test_each_machine_gets_a_share_of_the_files_and_its_own_overrides(tmp_path: Path) -> None:
    page = "how-to/process-large-inputs"
    [parameters] = map(json.loads, blocks(page, "json"))
    given = execution_input(described(page, tmp_path / "deployment"), page)
    shares: list[set[str]] = []

    def look(container: Container) -> int:
        shares.append({path.name for path in container.input.iterdir()})
        cluster = container.request["ProcessingResources"]["ClusterConfig"]
        assert (cluster["InstanceType"], cluster["VolumeSizeInGB"]) == ("ml.m5.2xlarge", 200)
        return copy(container)

    with account(tmp_path, parameters, {"predict": [look] * given["instance_count"]}) as made:
        made.put(f"{parameters['model_uri']}weights.json")
        files = {"a.csv", *(f"{number:02}.csv" for number in range(15))}
        for name in files:
            made.put(f"s3://bucket/input/{name}")
        assert made.run(given=given).status == "SUCCEEDED"

    assert [len(share) for share in shares] == [2] * 8
    assert set().union(*shares) == files


def test_the_schedule_needs_no_bootstrap_and_starts_what_is_live(tmp_path: Path) -> None:
    plain, scheduled = (
        make_deployment(tmp_path / "plain"),
        described("how-to/start-on-a-schedule", tmp_path / "scheduled"),
    )
    template = scheduled.stack_template(assemble(scheduled))

    schedule = evaluate(template, scheduled.stack_parameters(), REGION, ACCOUNT)["Schedule"]["Properties"]

    assert bootstrapped(plain) == bootstrapped(scheduled)
    assert schedule["ScheduleExpression"] == "cron(0 6 ? * MON-FRI *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["Target"]["Arn"] == {"Ref": "Alias"}
    assert schedule["Target"]["Input"] == "{}"
