"""The roles of the workflow and of its jobs may do what they must, and nothing that nobody needs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from permissions.enforcement import (
    ContextValue,
    Decision,
    Document,
    Permission,
    Request,
    decide_for,
    permissions,
    statements,
    without,
)
from permissions.scenarios import ACCOUNT, EVERYTHING, SCENARIOS, Outcome, Scenario, deployment, play

UNEXERCISED: Mapping[str, str] = {}
"""Permissions that no scenario needs, and why they are granted all the same."""

_RANDOM = re.compile(r"-[0-9a-f]{8}-[0-9]+(?=$|/)")
"""The part of a job's name that is new in each run, and the number of its attempt."""

Play = Callable[[str], Outcome]

POLICIES: Mapping[str, Document] = {
    name: document
    for name, document in deployment(**EVERYTHING).policies().items()
    if name.startswith(("workflow", "jobs"))
}

ALL = permissions(POLICIES)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Return what gives the outcome of a scenario, each played once."""

    @cache
    def played(name: str) -> Outcome:
        return play(SCENARIOS[name], tmp_path_factory.mktemp("scenario"))

    return played


@cache
def granted(name: str) -> Mapping[str, Document]:
    """Return the policies of a scenario's deployment."""
    return SCENARIOS[name].deployment.policies()


def first_denied(name: str, permission: Permission, played: Play) -> Request | None:
    """Return the request at which a scenario fails without a permission, or None."""
    if permission not in permissions(granted(name)):
        return None
    reduced = without(granted(name), permission)
    requests = played(name).requests
    return next((request for request in requests if decide_for(reduced, request) is not Decision.ALLOWED), None)


# Enough


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_works_with_its_policies(name: str, played: Play) -> None:
    outcome = played(name)
    assert outcome.failure is None
    assert outcome.denied == []


# Not too much


@pytest.mark.parametrize("permission", ALL, ids=str)
def test_scenario_fails_without_the_permission(permission: Permission, played: Play) -> None:
    denied = next((denied for name in SCENARIOS if (denied := first_denied(name, permission, played))), None)
    if str(permission) in UNEXERCISED:
        assert denied is None, "a scenario needs it: take it off the list"
        return
    assert denied is not None, "no scenario needs it"
    assert denied.action == permission.action


def test_reasons_are_given_for_permissions_that_exist() -> None:
    assert UNEXERCISED.keys() <= {str(permission) for permission in ALL}


PLAYED_AGAIN = {
    "sts:AssumeRole": "default",
    "events:PutRule": "default",
    "logs:CreateLogDelivery": "default",
    "logs:UpdateLogDelivery": "deployed again",
    "xray:PutTraceSegments": "traced",
    "sagemaker:CreateProcessingJob": "default",
    "sagemaker:AddTags": "default",
    "sagemaker:DescribeProcessingJob": "default",
    "sagemaker:StopProcessingJob": "stopped in preprocessing",
    "iam:PassRole": "default",
    "s3:ListBucket": "default",
    "s3:GetObject": "default",
    "s3:PutObject": "default",
    "ecr:BatchGetImage": "default",
    "logs:PutLogEvents": "default",
    "ec2:CreateNetworkInterface": "VPC and keys",
    "kms:CreateGrant": "VPC and keys",
}
"""An action, and the scenario that is played without its first permission."""


@pytest.mark.parametrize(("action", "name"), PLAYED_AGAIN.items())
def test_played_without_the_permission_the_scenario_fails_where_foretold(
    action: str, name: str, played: Play, tmp_path: Path
) -> None:
    permission = next(it for it in permissions(granted(name)) if it.action == action and it in ALL)
    foretold = first_denied(name, permission, played)
    assert foretold is not None
    outcome = play(SCENARIOS[name], tmp_path, without(granted(name), permission))
    denied = outcome.denied[0]
    assert (denied.role, denied.action) == (foretold.role, foretold.action)
    assert _RANDOM.sub("", denied.resource) == _RANDOM.sub("", foretold.resource)
    assert outcome.failure is not None
    assert f"not authorized to perform: {action}" in outcome.failure


# Nothing else


CONDITIONS = [
    (name, statement["Sid"], operator, key)
    for name, document in POLICIES.items()
    for statement in statements(document)
    if statement["Effect"] == "Allow"
    for operator, keys in statement.get("Condition", {}).items()
    for key in keys
]


@pytest.mark.parametrize(("policy", "sid", "operator", "key"), CONDITIONS)
def test_condition_keeps_others_out(policy: str, sid: str, operator: str, key: str, played: Play) -> None:
    other: ContextValue = "arn:aws:other:eu-west-1:999999999999:other" if operator.startswith("Arn") else "other"
    tried = 0
    # Where a parameter names a whole bucket, the policy is another, and keeps nobody out.
    for name in (name for name in SCENARIOS if granted(name).get(policy) == POLICIES[policy]):
        for request in played(name).requests:
            if not _only_by(policy, sid, request, granted(name)):
                continue
            context = {given: value for given, value in request.context.items() if given != key}
            for changed in (context, {**context, key: other}):
                tried += 1
                decision = decide_for(granted(name), replace(request, context=changed))
                assert decision is Decision.IMPLICITLY_DENIED
    assert tried


def _only_by(policy: str, sid: str, request: Request, all_of_them: Mapping[str, Document]) -> bool:
    return decide_for(_without_statement(all_of_them, policy, sid), request) is not Decision.ALLOWED


def _without_statement(policies: Mapping[str, Document], policy: str, sid: str) -> Mapping[str, Document]:
    document = policies[policy]
    rest = [statement for statement in statements(document) if statement["Sid"] != sid]
    return {**policies, policy: {**document, "Statement": rest}}


VPC = {"Subnets": ["subnet-ff"], "SecurityGroupIds": ["sg-ff"]}

TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:my-model-dev-failures"

JOB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/my-model-dev-jobs"


@pytest.mark.parametrize(
    ("given", "action", "resource"),
    [
        ({"input_uri": "s3://bucket/elsewhere/"}, "s3:ListBucket", "arn:aws:s3:::bucket"),
        ({"input_uri": "s3://bucket/inputs/"}, "s3:ListBucket", "arn:aws:s3:::bucket"),
        ({"input_uri": "s3://elsewhere/input/"}, "s3:ListBucket", "arn:aws:s3:::elsewhere"),
        ({"code_uri": "s3://bucket/code/other-dev/"}, "s3:ListBucket", "arn:aws:s3:::bucket"),
        ({"model_uri": "s3://bucket/elsewhere/"}, "s3:ListBucket", "arn:aws:s3:::bucket"),
        ({"output_uri": "s3://bucket/input"}, "s3:PutObject", "arn:aws:s3:::bucket/input/run/preprocessing/a.csv"),
        ({"role": f"{JOB_ROLE}-of-others"}, "iam:PassRole", f"{JOB_ROLE}-of-others"),
        (
            {"custom_image_uri": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/other-dev:1"},
            "ecr:BatchCheckLayerAvailability",
            f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/other-dev",
        ),
        (
            {"network_config": {"VpcConfig": VPC}},
            "ec2:CreateNetworkInterface",
            f"arn:aws:ec2:eu-west-1:{ACCOUNT}:network-interface/eni-0a1b2c3d",
        ),
        (
            {"volume_encryption": {"VolumeKmsKeyId": "ffff"}},
            "kms:CreateGrant",
            f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/ffff",
        ),
        ({"output_encryption": {"KmsKeyId": "ffff"}}, "kms:Encrypt", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/ffff"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_execution_cannot_reach_further_than_its_deployment(
    given: dict[str, Any], action: str, resource: str, tmp_path: Path
) -> None:
    outcome = play(Scenario(given=given), tmp_path)
    assert outcome.failure is not None
    assert f"not authorized to perform: {action} on resource: {resource}" in outcome.failure


_NETWORK = SCENARIOS["VPC and keys"].parameters["network_config"]["VpcConfig"]
SUBNETS, GROUPS = _NETWORK["Subnets"], _NETWORK["SecurityGroupIds"]

GUARDED: list[tuple[str, str, dict[str, Any]]] = [
    ("workflow-vpc", "NeverOutsideTheVpc", {"network_config": {}}),
    ("workflow-vpc", "NeverOutsideTheVpc", {"network_config": {"EnableNetworkIsolation": True}}),
    (
        "workflow-vpc",
        "NeverInOtherSubnets",
        {"network_config": {"VpcConfig": {"Subnets": [*SUBNETS, "subnet-ff"], "SecurityGroupIds": GROUPS}}},
    ),
    (
        "workflow-vpc",
        "NeverInOtherSecurityGroups",
        {"network_config": {"VpcConfig": {"Subnets": SUBNETS, "SecurityGroupIds": [*GROUPS, "sg-ff"]}}},
    ),
    ("workflow-volume-kms", "NeverWithoutTheVolumeKey", {"volume_encryption": {}}),
    ("workflow-volume-kms", "NeverWithoutTheVolumeKey", {"volume_encryption": {"VolumeKmsKeyId": "ffff"}}),
    ("workflow-output-kms", "NeverWithoutTheOutputKey", {"output_encryption": {}}),
    ("workflow-output-kms", "NeverWithoutTheOutputKey", {"output_encryption": {"KmsKeyId": "ffff"}}),
]
"""A policy, its statement, and the input of an execution that nothing else would stop."""


@pytest.mark.parametrize(("policy", "sid", "given"), GUARDED)
def test_execution_cannot_leave_the_network_and_the_keys_of_its_deployment(
    policy: str, sid: str, given: dict[str, Any], tmp_path: Path
) -> None:
    outcome = play(replace(SCENARIOS["VPC and keys"], given=given), tmp_path)
    denied = outcome.denied[0]
    assert denied.action == "sagemaker:CreateProcessingJob"
    assert outcome.failure is not None
    assert "not authorized to perform: sagemaker:CreateProcessingJob" in outcome.failure
    policies = granted("VPC and keys")
    assert decide_for(policies, denied) is Decision.EXPLICITLY_DENIED
    assert decide_for(_without_statement(policies, f"{policy}.policy", sid), denied) is Decision.ALLOWED


@pytest.mark.parametrize("key", ["0a1b2c3d", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b2c3d"])
def test_key_is_the_same_by_its_id_and_by_its_arn(key: str, played: Play) -> None:
    creating = [it for it in played("VPC and keys").requests if it.action == "sagemaker:CreateProcessingJob"]
    assert creating
    for request in creating:
        context = {**request.context, "sagemaker:VolumeKmsKey": key}
        assert decide_for(granted("VPC and keys"), replace(request, context=context)) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("role", "action", "resource", "context"),
    [
        ("workflow", "sagemaker:StopProcessingJob", "sagemaker:eu-west-1:A:processing-job/other-dev-predict-1", {}),
        ("workflow", "sagemaker:StopProcessingJob", "sagemaker:eu-west-1:A:processing-job/my-model-prod-predict-1", {}),
        ("workflow", "sagemaker:StopProcessingJob", "sagemaker:eu-west-1:A:training-job/my-model-dev-predict-1", {}),
        ("workflow", "sagemaker:CreateTrainingJob", "sagemaker:eu-west-1:A:training-job/my-model-dev-predict-1", {}),
        ("workflow", "iam:PassRole", "iam::A:role/my-model-dev-jobs", {"iam:PassedToService": "ec2.amazonaws.com"}),
        ("workflow", "iam:PassRole", "iam::A:role/admin", {"iam:PassedToService": "sagemaker.amazonaws.com"}),
        ("workflow", "events:PutRule", "events:eu-west-1:A:rule/other", {}),
        ("workflow", "s3:GetObject", "s3:::bucket/input/a.csv", {}),
        ("jobs", "s3:PutObject", "s3:::bucket/input/a.csv", {}),
        ("jobs", "s3:PutObject", "s3:::bucket/code/my-model-dev/1/predict.py", {}),
        ("jobs", "s3:PutObject", "s3:::models/rings/v1/weights.json", {}),
        ("jobs", "s3:DeleteObject", "s3:::bucket/output/run/predict/a.csv", {}),
        ("jobs", "ecr:PutImage", f"ecr:eu-west-1:{ACCOUNT}:repository/my-model-dev", {}),
        ("jobs", "logs:PutLogEvents", "logs:eu-west-1:A:log-group:/aws/sagemaker/ProcessingJobs:log-stream:x/1", {}),
        ("jobs", "iam:PassRole", "iam::A:role/my-model-dev-jobs", {"iam:PassedToService": "sagemaker.amazonaws.com"}),
    ],
)
def test_role_may_not(role: str, action: str, resource: str, context: dict[str, str]) -> None:
    request = Request(role, action, f"arn:aws:{resource.replace(':A:', f':{ACCOUNT}:')}", context)
    assert decide_for(POLICIES, request) is Decision.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    ("action", "context", "decision"),
    [
        ("PutRule", {"events:source": ("aws.states",)}, Decision.ALLOWED),
        ("PutRule", {"events:source": ("aws.states", "aws.s3")}, Decision.IMPLICITLY_DENIED),
        ("PutRule", {"events:source": ("aws.s3",)}, Decision.IMPLICITLY_DENIED),
        ("PutRule", {"events:detail-type": ("AWS API Call via CloudTrail",)}, Decision.IMPLICITLY_DENIED),
        ("PutTargets", {"events:TargetArn": (TOPIC,)}, Decision.ALLOWED),
        ("PutTargets", {"events:TargetArn": (TOPIC, f"{TOPIC}-of-others")}, Decision.IMPLICITLY_DENIED),
        ("PutTargets", {"events:TargetArn": (f"{TOPIC}-of-others",)}, Decision.IMPLICITLY_DENIED),
        ("PutTargets", {}, Decision.IMPLICITLY_DENIED),
        ("DeleteRule", {}, Decision.ALLOWED),
        ("RemoveTargets", {}, Decision.ALLOWED),
    ],
)
def test_deploy_role_may_tell_the_topic_of_executions_alone(
    action: str, context: dict[str, ContextValue], decision: Decision
) -> None:
    rule = f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/my-model-dev-failures"
    request = Request("deploy", f"events:{action}", rule, context)
    assert decide_for(granted("default"), request) is decision


def test_the_rule_of_the_stack_is_one_that_the_deploy_role_may_put() -> None:
    rule = deployment().stack_template({})["Resources"]["FailureRule"]["Properties"]
    assert rule["EventPattern"]["source"] == ["aws.states"]
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": "FailureTopic"}]
