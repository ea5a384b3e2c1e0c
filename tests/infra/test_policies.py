"""The policies: what they name exists, what they leave open has a reason, and they stay within IAM's limits."""

import itertools
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from deployments import EVERYTHING, ROOT, make_deployment, make_repository
from ops.infrastructure import Deployment
from policy_sentry.querying.actions import get_action_data
from tools import PARLIAMENT, installed

IAM = ROOT / "template" / "iam"

SOURCES = {path.stem: json.loads(path.read_bytes()) for path in sorted(IAM.glob("*.json"))}
"""The files as they stand, with placeholders."""

ROLE_TABLE = "The roles, and what each may do"

ROLES = ("deploy", "jobs", "scheduler", "workflow")

# Characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
POLICIES_LIMIT = 10_240
TRUST_LIMIT = 2_048

PARLIAMENT_IS_MISTAKEN = {
    # It wants all kinds of resource that an action takes in one statement. IAM finds them in several as well.
    ("jobs-vpc.policy.json", "ec2:CreateNetworkInterface", "arn:*:ec2:*:*:subnet/*"),
    ("jobs-vpc.policy.json", "ec2:CreateNetworkInterface", "arn:*:ec2:*:*:network-interface/*"),
    # It wants kinds that the action takes instead: here is no map run, and no express workflow.
    ("deploy.policy.json", "states:ListExecutions", "arn:*:states:*:*:mapRun:*/*:*"),
    ("deploy.policy.json", "states:DescribeExecution", "arn:*:states:*:*:express:*:*:*"),
}

PARLIAMENT_DOES_NOT_KNOW = {"events:TargetArn", "sagemaker:OutputKmsKey", "sagemaker:VolumeKmsKey"}
"""Condition keys whose types it gets wrong: it breaks down at a list of ARNs, and takes no ID for a KMS key."""


def test_statements_can_be_told_apart() -> None:
    for name, policy in SOURCES.items():
        assert policy["Version"] == "2012-10-17", name
        sids = [statement["Sid"] for statement in policy["Statement"]]
        assert len(set(sids)) == len(sids), name
        assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids), name


def test_only_guardrails_deny() -> None:
    denying = {name for name, statement in statements(SOURCES) if statement["Effect"] != "Allow"}
    assert denying == {"workflow-vpc.policy", "workflow-volume-kms.policy", "workflow-output-kms.policy"}
    for name in denying:
        assert {statement["Effect"] for statement in SOURCES[name]["Statement"]} == {"Deny"}, name


def test_actions_are_sorted_and_none_is_a_wildcard() -> None:
    for name, statement in statements(SOURCES):
        actions = many(statement["Action"])
        assert actions == sorted(set(actions)), f"{name} {statement['Sid']}"
        assert "*" not in "".join(actions), f"{name} {statement['Sid']}"


def test_no_placeholder_is_left(deployment: Deployment) -> None:
    text = json.dumps(deployment.policies())
    assert "${" not in text
    assert "arn::" not in text
    assert '""' not in text


def test_every_action_exists_and_takes_every_resource_of_its_statement(deployment: Deployment) -> None:
    for name, statement in statements(deployment.policies(), ".policy"):
        for action in many(statement["Action"]):
            formats = {row["resource_arn_format"] for row in facts(action)}
            assert formats, f"{name}: {action} does not exist"
            for resource in many(statement["Resource"]):
                where = f"{name} {statement['Sid']}: {action} on {resource}"
                if resource == "*":
                    assert formats == {"*"}, f"{where}: could be limited to {formats - {'*'}}"
                else:
                    assert any(is_of_format(resource, arn_format) for arn_format in formats), where


def test_every_condition_is_on_a_key_that_the_actions_know(deployment: Deployment) -> None:
    for name, statement in statements(deployment.policies(), ".policy"):
        keys = {key for operands in statement.get("Condition", {}).values() for key in operands}
        for action in many(statement["Action"]):
            known = {key for row in facts(action) for key in row["condition_keys"]}
            assert keys <= known, f"{name} {statement['Sid']}: {action}"


def test_every_wildcard_has_its_reason_in_the_readme() -> None:
    rows = table("Every wildcard, and why")
    reasons = {(*code(policy), *code(sid)): code(wildcards) for policy, sid, wildcards, _ in rows}
    found = {
        (name, statement["Sid"]): wildcards
        for name, statement in statements(SOURCES)
        if (wildcards := [text for text in texts(statement) if "*" in text])
    }

    assert len(reasons) == len(rows)
    assert reasons.keys() == found.keys()
    for where, wildcards in found.items():
        endings = reasons[where]
        assert all(any(text.endswith(ending) for ending in endings) for text in wildcards), where
        assert all(any(text.endswith(ending) for text in wildcards) for ending in endings), where
        # `*` alone would be the ending of anything.
        assert ("*" in endings) == ("*" in wildcards), where
    assert all(reason for *_, reason in rows)


def test_no_parameter_brings_a_wildcard_that_the_readme_does_not_name(with_everything: Deployment) -> None:
    parameters = with_everything.bootstrap_parameters(
        github_subject="repo:org/my-model:environment:prod", create_bucket=True, create_oidc_provider=True
    )
    assert {name for name, value in parameters.items() if "*" in value} == {"SubnetArns", "SecurityGroupArns"}
    assert "`${SubnetArns}` and `${SecurityGroupArns}` leave the account open (`*`)" in (IAM / "README.md").read_text()


def test_the_readme_says_which_role_has_which_policies() -> None:
    told = {role: set(code(policies)) for [role], policies in ((code(row[0]), row[3]) for row in table(ROLE_TABLE))}
    policies = {name.removesuffix(".policy") for name in SOURCES if name.endswith(".policy")}
    assert told == {f"${{Prefix}}-{role}": {name for name in policies if name.split("-")[0] == role} for role in ROLES}


def test_the_readme_says_which_policies_only_some_environments_need(
    tmp_path: Path, with_everything: Deployment
) -> None:
    told = {f"{name}.policy" for row in table("Policies that only some environments need") for name in code(row[0])}
    assert told == with_everything.policies().keys() - make_deployment(tmp_path / "dev").policies().keys()


@pytest.mark.parametrize("role", ROLES)
def test_roles_stay_within_the_limits_of_iam(tmp_path: Path, role: str) -> None:
    policies = with_the_longest_names(tmp_path / "repository").policies("repo:" + "x" * 250)
    own = [policy for name, policy in policies.items() if re.match(role + r"(-[a-z-]+)?\.policy", name)]
    assert sum(map(size, own)) <= POLICIES_LIMIT
    assert size(policies[f"{role}.trust"]) <= TRUST_LIMIT


def test_roles_are_passed_one_by_one_and_to_one_service_each(deployment: Deployment) -> None:
    passed = {}
    for name, statement in statements(deployment.policies(), ".policy"):
        if any(action.startswith("iam:") for action in many(statement["Action"])):
            assert statement["Action"] == "iam:PassRole", name
            passed[name, statement["Resource"]] = statement["Condition"]

    def only(service: str) -> dict[str, dict[str, str]]:
        return {"StringEquals": {"iam:PassedToService": service}}

    assert passed == {
        ("workflow.policy", deployment.jobs_role): only("sagemaker.amazonaws.com"),
        ("deploy.policy", deployment.workflow_role): only("states.amazonaws.com"),
        ("deploy.policy", deployment.scheduler_role): only("scheduler.amazonaws.com"),
    }


@pytest.mark.parametrize(
    ("role", "service"),
    [("jobs", "sagemaker"), ("workflow", "states"), ("scheduler", "scheduler")],
)
def test_services_assume_roles_for_this_account_only(deployment: Deployment, role: str, service: str) -> None:
    [statement] = deployment.policies()[f"{role}.trust"]["Statement"]
    conditions = {key: value for operands in statement["Condition"].values() for key, value in operands.items()}
    account, region = deployment.parameters.account, deployment.parameters.region

    assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert statement["Action"] == "sts:AssumeRole"
    assert conditions["aws:SourceAccount"] == account
    for arn in many(conditions["aws:SourceArn"]):
        assert re.match(rf"arn:aws[a-z-]*:{service}:{region}:{account}:\w", arn)


@pytest.mark.parametrize(
    "subject", ["repo:org/my-model:environment:prod", "repo:org@123/my-model@456:environment:prod"]
)
def test_github_assumes_the_deploy_role_for_one_repository_and_environment(
    deployment: Deployment, subject: str
) -> None:
    partition = deployment.deploy_role.split(":")[1]
    issuer = "token.actions.githubusercontent.com"

    [statement] = deployment.policies(subject)["deploy.trust"]["Statement"]

    assert statement["Principal"] == {"Federated": f"arn:{partition}:iam::111111111111:oidc-provider/{issuer}"}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}}


@pytest.mark.parametrize(
    ("model", "environment"),
    [("my-model", "prod2"), ("my-model-prod", "x"), ("my-model2", "prod"), ("your-my-model", "prod")],
)
def test_no_role_reaches_a_model_that_is_named_alike(
    tmp_path: Path, with_everything: Deployment, model: str, environment: str
) -> None:
    parameters = {**EVERYTHING, "input_uri": "s3://others/input/", "output_uri": "s3://others/output/"}
    repository = make_repository(tmp_path / "other", {environment: parameters}, {"model_name": model})
    other = Deployment.load(repository, environment)
    everything = statements(with_everything.policies(), ".policy")
    allowed = [(name, statement) for name, statement in everything if statement["Effect"] == "Allow"]

    reached = 0
    for _, action, resource in grants(other):
        if other.prefix in resource:
            reached += 1
            for name, statement in allowed:
                if action in many(statement["Action"]) and many(statement["Resource"]) != ["*"]:
                    assert not any(fnmatchcase(resource, pattern) for pattern in many(statement["Resource"])), (
                        f"{name} {statement['Sid']}: {action} on {resource}"
                    )
    assert reached > len(ROLES)


def test_jobs_may_write_only_outputs_and_their_own_logs(with_everything: Deployment) -> None:
    writes = {"s3:PutObject", "logs:PutLogEvents", "logs:CreateLogStream"}
    written = {
        resource.partition("/aws/sagemaker/ProcessingJobs:log-stream:")[2] or resource
        for name, action, resource in grants(with_everything)
        if name.startswith("jobs") and action in writes
    }
    assert written == {
        "arn:aws:s3:::bucket/output/x",
        "my-model-prod-preprocessing-x",
        "my-model-prod-predict-x",
        "my-model-prod-postprocessing-x",
    }


def test_parliament_finds_nothing_but_what_it_mistakes(tmp_path: Path, with_everything: Deployment) -> None:
    with_everything.write(tmp_path / "build", {})
    policies = tmp_path / "policies"
    policies.mkdir()
    for path in (tmp_path / "build" / "iam").rglob("*.policy.json"):
        policy = json.loads(path.read_bytes())
        for statement in policy["Statement"]:
            for operands in statement.get("Condition", {}).values():
                for key in PARLIAMENT_DOES_NOT_KNOW & operands.keys():
                    del operands[key]
        (policies / path.name).write_text(json.dumps(policy), encoding="utf-8")

    command = [*installed(PARLIAMENT), "--directory", str(policies), "--json"]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)

    found = set()
    for finding in map(json.loads, checked.stdout.splitlines()):
        assert finding["issue"] == "RESOURCE_MISMATCH", finding
        file = Path(finding["location"]["filepath"]).name
        found |= {(file, detail["action"], detail["required_format"]) for detail in finding["detail"]}
    assert found == PARLIAMENT_IS_MISTAKEN, checked.stderr


def many(value: Any) -> list[Any]:  # noqa: ANN401  IAM takes one or a list
    """Return a list of what may stand alone."""
    return value if isinstance(value, list) else [value]


def statements(policies: Mapping[str, Mapping[str, Any]], kind: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the statements of the policies whose names end in `kind`, each with the policy's name."""
    for name, policy in policies.items():
        if name.endswith(kind):
            for statement in policy["Statement"]:
                yield name, statement


def grants(deployment: Deployment) -> Iterator[tuple[str, str, str]]:
    """Return policy, action and resource of everything that is allowed on a resource, a name for each wildcard."""
    for name, statement in statements(deployment.policies(), ".policy"):
        for action in many(statement["Action"]):
            for resource in many(statement["Resource"]):
                if statement["Effect"] == "Allow" and resource != "*":
                    yield name, action, resource.replace("*", "x")


def texts(node: Any) -> Iterator[str]:  # noqa: ANN401  any part of a policy
    """Return all values of a policy."""
    if isinstance(node, str):
        yield node
    else:
        for value in node.values() if isinstance(node, dict) else node:
            yield from texts(value)


def facts(action: str) -> list[dict[str, Any]]:
    """Return what policy_sentry's database tells of an action: a row for each kind of resource that it takes."""
    service, name = action.split(":")
    data = get_action_data(service, name)
    rows: list[dict[str, Any]] = data[service] if data else []
    return rows


def is_of_format(resource: str, arn_format: str) -> bool:
    """Whether a resource is of a kind, such as `arn:${Partition}:s3:::${BucketName}`."""
    # Only the last name may hold a colon, and that of a bucket no slash.
    *names, last = re.findall(r"\$\{(\w+)\}", arn_format) or [""]
    patterns = {**dict.fromkeys(names, "[^:]*"), last: "[^/:]+" if last == "BucketName" else ".+"}
    parts = re.split(r"\$\{(\w+)\}", arn_format)
    pattern = "".join(patterns[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.fullmatch(pattern, resource) is not None


def size(policy: Mapping[str, Any]) -> int:
    """Return the characters of a policy that IAM counts."""
    return len(re.sub(r"\s", "", json.dumps(policy, separators=(",", ":"))))


def with_the_longest_names(root: Path) -> Deployment:
    """Return an environment with everything, in which as much as possible is as long as possible."""
    vpc = {
        "Subnets": [f"subnet-{number:017x}" for number in range(16)],
        "SecurityGroupIds": [f"sg-{number:017x}" for number in range(5)],
    }
    parameters = {
        **EVERYTHING,
        "region": "ap-southeast-1",
        "input_uri": f"s3://{'i' * 63}/{'i' * 200}/",
        "output_uri": f"s3://{'o' * 63}/{'o' * 200}/",
        "model_uri": f"s3://{'m' * 63}/{'m' * 200}/",
        "network_config": {"VpcConfig": vpc},
    }
    repository = make_repository(root, {"dev": {}, "e" * 10: parameters}, {"model_name": "m" * 25})
    return Deployment.load(repository, "e" * 10)


def table(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading of the README, row by row."""
    lines = iter((IAM / "README.md").read_text(encoding="utf-8").splitlines())
    section = itertools.dropwhile(lambda line: line.lstrip("# ") != heading, lines)
    _header, _rule, *rows = itertools.takewhile(
        lambda line: line.startswith("|"), itertools.dropwhile(lambda line: not line.startswith("|"), section)
    )
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def code(cell: str) -> list[str]:
    """Return what stands in a cell as code."""
    return re.findall(r"`([^`]+)`", cell)
