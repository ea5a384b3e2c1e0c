"""The optional template of a CodeBuild project, which is deployed as it stands."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cloudformation import evaluate
from ops.cli import app
from tools import CHECKOV, installed

TEMPLATE = Path(__file__).resolve().parents[2] / "template" / "infra" / "codebuild.yaml"
REQUIRED = {"Repository": "my-model-dev", "Environment": "dev", "Bucket": "my-bucket"}
VPC = {"VpcId": "vpc-0123456789abcdef0", "Subnets": "subnet-0a,subnet-0b", "SecurityGroups": "sg-0a"}
ROLE = "arn:aws:iam::111111111111:role/builds"


def resources(**parameters: str) -> dict[str, Any]:
    """Return the resources of the stack."""
    document = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    found: dict[str, Any] = evaluate(document, {**REQUIRED, **parameters}, "eu-west-1", "111111111111")
    return found


def test_cfn_lint_finds_nothing() -> None:
    assert lint(TEMPLATE.read_text(encoding="utf-8"), config=ManualArgs(regions=["eu-west-1"])) == []


def test_checkov_finds_nothing() -> None:
    options = ["--framework", "cloudformation", "--skip-download", "--output", "json", "--file", str(TEMPLATE)]
    checked = subprocess.run([*installed(CHECKOV), *options], check=False, capture_output=True, text=True)

    summary = json.loads(checked.stdout)["summary"]
    assert (summary["failed"], summary["parsing_errors"]) == (0, 0)
    assert summary["passed"] > 0


def test_build_is_that_of_ops() -> None:
    [command] = yaml.safe_load(resources()["Project"]["Properties"]["Source"]["BuildSpec"])["phases"]["build"][
        "commands"
    ]

    assert command == 'uv run ops build --env "$ENVIRONMENT" --push'
    build = typer.main.get_command(app).commands["build"]  # type: ignore[attr-defined]
    assert {"--env", "--push"} <= {option for parameter in build.params for option in parameter.opts}


def test_build_runs_in_a_vpc_where_one_is_named() -> None:
    properties = resources(**VPC)["Project"]["Properties"]

    assert properties["VpcConfig"] == {
        "VpcId": VPC["VpcId"],
        "Subnets": ["subnet-0a", "subnet-0b"],
        "SecurityGroupIds": ["sg-0a"],
    }
    assert "VpcConfig" not in resources()["Project"]["Properties"]


@pytest.mark.parametrize(("parameters", "policies"), [({}, ["image"]), (VPC, ["image", "image-vpc"])])
def test_role_reaches_no_further_than_it_must(parameters: dict[str, str], policies: list[str]) -> None:
    role = resources(**parameters)["Role"]["Properties"]

    assert [policy["PolicyName"] for policy in role["Policies"]] == policies
    statements = [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]
    everywhere = {statement["Sid"] for statement in statements if statement["Resource"] == "*"}
    assert everywhere == {"LogInToTheRegistry"} | ({"JoinTheNetwork"} if parameters else set())
    assert not re.search(r'"(\w+:)?\*"', json.dumps([statement["Action"] for statement in statements]))


def test_role_that_exists_is_taken() -> None:
    found = resources(RoleArn=ROLE)

    assert "Role" not in found
    assert found["Project"]["Properties"]["ServiceRole"] == ROLE
