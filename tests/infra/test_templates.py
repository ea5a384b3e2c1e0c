"""The CloudFormation templates: sound, secure, and granting what the policies say and nothing else."""

import functools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from cloudformation import evaluate
from deployments import EXISTING_ROLES, assemble, make_deployment, make_repository
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator
from ops.infrastructure import ALIAS, DEPLOYED_TAG, Deployment
from tools import CHECKOV, installed

CHECKOV_IS_REFUSED = {
    # AWS's own keys encrypt both. A customer's key costs, and would have to admit every service and role that comes by.
    "CKV_AWS_136": "AWS::ECR::Repository.Repository",
    "CKV_AWS_158": "AWS::Logs::LogGroup.LogGroup",
    # The messages hold names and states only (InputTransformer). EventBridge cannot publish to a topic with AWS's key.
    "CKV_AWS_26": "AWS::SNS::Topic.FailureTopic",
    # It would need a second bucket for each model. CloudTrail's data events record the same, for whole accounts.
    "CKV_AWS_18": "AWS::S3::Bucket.Bucket",
}
"""Findings that stay, each with the one resource that it is about."""

NOT_NEEDED = {
    "cloudwatch:DescribeAlarms",  # the alias has no gradual deployment, which would watch alarms
    "iam:GetRole",  # the topic has no role that reports deliveries
    "kms:Decrypt",  # the definition is not encrypted with a key of one's own
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "s3:GetObjectVersion",  # the definition is in the template
    "sns:PutDataProtectionPolicy",  # the topic has none
    "states:DeleteStateMachineVersion",  # versions are retained
}
"""Permissions that CloudFormation names for these types, for properties that the stack does not use."""

OPS_ASKS = {"states:DescribeExecution", "states:GetExecutionHistory", "states:ListExecutions", "states:StartExecution"}
"""Permissions that deploying does not need: `ops execute` and `ops status` do."""


def bootstrap(deployment: Deployment, **answers: Any) -> dict[str, Any]:  # noqa: ANN401  of several types
    """Return the resources of the bootstrap stack."""
    given = {"github_subject": "repo:x", "create_bucket": True, "create_oidc_provider": True, **answers}
    return stack_of(deployment, deployment.bootstrap_template(), deployment.bootstrap_parameters(**given))


def stack(deployment: Deployment) -> dict[str, Any]:
    """Return the resources of the stack that CI deploys."""
    return stack_of(deployment, deployment.stack_template(assemble(deployment)), deployment.stack_parameters())


def many(value: Any) -> list[Any]:  # noqa: ANN401  IAM takes one or a list
    """Return a list of what may stand alone."""
    return value if isinstance(value, list) else [value]


@functools.cache
def cfn_lint(template: str, region: str) -> list[str]:
    """Return what cfn-lint finds in a template."""
    return [str(match) for match in lint(template, config=ManualArgs(regions=[region]))]


def stack_of(deployment: Deployment, template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    return evaluate(template, parameters, deployment.parameters.region, deployment.parameters.account)


def test_cfn_lint_finds_nothing(deployment: Deployment) -> None:
    documents = [
        deployment.bootstrap_template(),
        deployment.stack_template(assemble(deployment)),
        # What a function hides from cfn-lint is plain in the resources as CloudFormation resolves them.
        {"Resources": bootstrap(deployment)},
    ]
    for document in documents:
        assert cfn_lint(json.dumps(document), deployment.parameters.region) == []


def test_cfn_lint_looks_into_the_policies(with_everything: Deployment) -> None:
    """It would find nothing in what it does not take for a policy."""
    resources = bootstrap(with_everything)
    resources["JobsRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = "s3:ListBuckets"
    [fault] = cfn_lint(json.dumps({"Resources": resources}), "eu-west-1")
    assert "'listbuckets' is not one of" in fault


def test_checkov_finds_nothing_but_what_is_refused_with_a_reason(tmp_path: Path, with_everything: Deployment) -> None:
    with_everything.write(tmp_path, assemble(with_everything))
    files = [argument for path in tmp_path.rglob("*.template.json") for argument in ("--file", path)]
    options = ["--framework", "cloudformation", "--skip-download", "--output", "json", "--compact", "--quiet"]

    checked = subprocess.run([*installed(CHECKOV), *options, *files], check=False, capture_output=True, text=True)

    report = json.loads(checked.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 0
    failed = {check["check_id"]: check["resource"] for check in report["results"]["failed_checks"]}
    assert failed == CHECKOV_IS_REFUSED


def test_roles_hold_the_policies_that_are_written_for_inspection(deployment: Deployment) -> None:
    written = deployment.policies("repo:x")
    granted: dict[str, Any] = {}
    for name, resource in bootstrap(deployment).items():
        if resource["Type"] == "AWS::IAM::Role":
            role = resource["Properties"]
            granted[f"{name.removesuffix('Role').lower()}.trust"] = role["AssumeRolePolicyDocument"]
            granted |= {f"{policy['PolicyName']}.policy": policy["PolicyDocument"] for policy in role["Policies"]}
            assert not role.keys() & {"ManagedPolicyArns", "Path"}

    made = {"deploy"} if deployment.parameters.role else {"deploy", "jobs", "scheduler", "workflow"}
    assert granted == {name: it for name, it in written.items() if name.partition(".")[0].split("-")[0] in made}


@pytest.mark.parametrize("parameter", EXISTING_ROLES)
def test_a_role_that_exists_is_the_only_one_that_is_not_made(tmp_path: Path, parameter: str) -> None:
    all_roles = {"JobsRole", "WorkflowRole", "SchedulerRole", "DeployRole"}
    existing = {"role": "JobsRole", "workflow_role": "WorkflowRole", "scheduler_role": "SchedulerRole"}[parameter]
    deployment = make_deployment(tmp_path / "r", {parameter: EXISTING_ROLES[parameter]})

    resources = bootstrap(deployment)

    assert resources.keys() & all_roles == all_roles - {existing}
    assert EXISTING_ROLES[parameter] in json.dumps([resources, stack(deployment)])


@pytest.mark.parametrize(
    ("answers", "left_out"),
    [
        ({"create_bucket": False}, {"Bucket", "BucketPolicy"}),
        ({"create_oidc_provider": False}, {"OidcProvider"}),
        ({"github_subject": None}, {"DeployRole"}),
    ],
)
def test_what_exists_or_is_not_wanted_is_not_made(tmp_path: Path, answers: dict[str, Any], left_out: set[str]) -> None:
    deployment = make_deployment(tmp_path / "r")
    assert bootstrap(deployment).keys() - bootstrap(deployment, **answers).keys() == left_out


def test_roles_and_resources_are_named_as_the_code_says(deployment: Deployment) -> None:
    made, prefix = bootstrap(deployment), deployment.prefix
    names = {
        name: next(value for key, value in resource["Properties"].items() if key in {"RoleName", "RepositoryName"})
        for name, resource in made.items()
        if resource["Type"] in {"AWS::IAM::Role", "AWS::ECR::Repository"}
    }
    assert made["LogGroup"]["Properties"]["LogGroupName"] == f"/aws/vendedlogs/states/{prefix}"
    assert made["Bucket"]["Properties"]["BucketName"] == deployment.bucket
    assert names["Repository"] == prefix
    assert deployment.deploy_role.endswith(f":role/{names['DeployRole']}")
    if "JobsRole" in names:
        assert deployment.jobs_role.endswith(f":role/{names['JobsRole']}")
        assert deployment.workflow_role.endswith(f":role/{names['WorkflowRole']}")
        assert deployment.scheduler_role.endswith(f":role/{names['SchedulerRole']}")


def test_what_holds_data_outlives_its_stack(deployment: Deployment) -> None:
    kept = {name for name, it in bootstrap(deployment).items() if it.get("DeletionPolicy", "").startswith("Retain")}
    assert kept == {"Repository", "Bucket", "BucketPolicy", "LogGroup", "OidcProvider"}
    for resource in bootstrap(deployment).values():
        assert resource.get("UpdateReplacePolicy") == ("Retain" if "DeletionPolicy" in resource else None)


def test_the_stack_of_ci_holds_no_role(deployment: Deployment) -> None:
    assert not [name for name, it in stack(deployment).items() if it["Type"].startswith("AWS::IAM")]


def test_the_deploy_role_may_do_what_cloudformation_does_in_its_name(with_everything: Deployment) -> None:
    types = {resource["Type"] for resource in stack(with_everything).values()}
    schemas = [PROVIDER_SCHEMA_MANAGER.get_resource_schema(with_everything.parameters.region, it) for it in types]
    handlers = [schema.schema["handlers"][kind] for schema in schemas for kind in schema.schema["handlers"]]
    asked = {permission for handler in handlers for permission in handler["permissions"]}
    listing = {"events:ListRules", "scheduler:ListSchedules", "sns:ListTopics", "states:ListStateMachines"}
    deploy = with_everything.policies()["deploy.policy"]["Statement"]
    allowed = {action for statement in deploy for action in many(statement["Action"])}
    of_the_stack = {
        action for action in allowed if action.split(":")[0] in {"events", "iam", "scheduler", "sns", "states"}
    }

    assert asked - listing - allowed == NOT_NEEDED
    assert of_the_stack - asked == OPS_ASKS


def test_images_that_were_deployed_are_kept_and_no_tag_is_moved(tmp_path: Path) -> None:
    repository = bootstrap(make_deployment(tmp_path / "r"))["Repository"]["Properties"]
    text = repository["LifecyclePolicy"]["LifecyclePolicyText"]
    EcrLifecyclePolicyValidator(text).validate()

    first, *others = sorted(json.loads(text)["rules"], key=lambda rule: rule["rulePriority"])

    # What a rule selects by tag, no later one can expire. ECR holds at most 100,000 images in a repository:
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
    assert first["selection"]["tagPrefixList"] == [DEPLOYED_TAG]
    assert first["selection"]["countType"] == "imageCountMoreThan"
    assert first["selection"]["countNumber"] >= 100_000
    assert [rule["selection"]["tagStatus"] for rule in others] == ["any"]
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_only_accounts_that_images_are_promoted_to_may_pull_them(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"dev": {}, "prod": {"account": "222222222222"}})
    dev, prod = (bootstrap(Deployment.load(repository, name))["Repository"]["Properties"] for name in ("dev", "prod"))

    [statement] = dev["RepositoryPolicyText"]["Statement"]
    assert statement["Principal"] == {"AWS": ["222222222222"]}
    assert not [action for action in statement["Action"] if "Put" in action or "Upload" in action]
    assert "RepositoryPolicyText" not in prod


def test_the_bucket_is_private_versioned_and_encrypted(tmp_path: Path) -> None:
    resources = bootstrap(make_deployment(tmp_path / "r"))
    bucket, [statement] = (
        resources["Bucket"]["Properties"],
        resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"],
    )
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_each_definition_is_a_version_that_the_alias_points_at(tmp_path: Path) -> None:
    resources = stack(make_deployment(tmp_path / "r"))

    version, alias = resources["Version"], resources["Alias"]["Properties"]
    # CloudFormation publishes a version only when a property of this resource changes, as the revision does.
    assert version["Properties"]["StateMachineRevisionId"] == {"Fn::GetAtt": "StateMachine.StateMachineRevisionId"}
    assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == "Retain"
    assert alias["Name"] == ALIAS
    assert alias["RoutingConfiguration"] == [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": 100}]
    assert resources["StateMachine"]["Properties"]["StateMachineType"] == "STANDARD"


def test_what_outlives_bootstrap_can_be_taken_over_by_a_later_one(deployment: Deployment) -> None:
    """CloudFormation imports only what the template names without a function."""
    retained = {
        name: resource
        for name, resource in deployment.bootstrap_template()["Resources"].items()
        if "DeletionPolicy" in resource and resource["Type"] != "AWS::IAM::OIDCProvider"  # found by bootstrap itself
    }
    assert retained.keys() == {"Repository", "Bucket", "BucketPolicy", "LogGroup"}
    for resource in retained.values():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(deployment.parameters.region, resource["Type"]).schema
        [identifier] = schema["primaryIdentifier"]
        assert isinstance(resource["Properties"][identifier.removeprefix("/properties/")], str)


def test_the_log_goes_where_bootstrap_made_room(deployment: Deployment) -> None:
    group = bootstrap(deployment)["LogGroup"]["Properties"]["LogGroupName"]
    [destination] = stack(deployment)["StateMachine"]["Properties"]["LoggingConfiguration"]["Destinations"]
    assert destination["CloudWatchLogsLogGroup"]["LogGroupArn"].endswith(f":log-group:{group}:*")


def test_the_schedule_starts_the_alias_as_the_scheduler_may(tmp_path: Path) -> None:
    deployment = make_deployment(
        tmp_path / "r", {"schedule": "rate(1 day)", "schedule_timezone": "Europe/Berlin", **EXISTING_ROLES}
    )
    schedule = stack(deployment)["Schedule"]["Properties"]
    [statement] = deployment.policies()["scheduler.policy"]["Statement"]

    assert schedule["ScheduleExpression"] == "rate(1 day)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["Target"]["Arn"] == {"Ref": "Alias"}
    assert schedule["Target"]["RoleArn"] == EXISTING_ROLES["scheduler_role"]
    assert statement["Condition"] == {"StringEquals": {"states:StateMachineQualifier": ALIAS}}
    assert "Schedule" not in stack(make_deployment(tmp_path / "none"))


@pytest.mark.parametrize("tracing", [True, False])
def test_tracing_is_a_parameter(tmp_path: Path, tracing: bool) -> None:  # noqa: FBT001  a parameter of the test
    resources = stack(make_deployment(tmp_path / "r", {"tracing": tracing}))
    assert resources["StateMachine"]["Properties"]["TracingConfiguration"] == {"Enabled": tracing}


def test_failures_of_this_state_machine_reach_the_topic(tmp_path: Path) -> None:
    resources = stack(make_deployment(tmp_path / "r"))
    rule = resources["FailureRule"]["Properties"]
    [statement] = resources["FailureTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert rule["EventPattern"]["detail"] == {
        "stateMachineArn": [{"Ref": "StateMachine"}],
        "status": ["FAILED", "TIMED_OUT", "ABORTED"],
    }
    [target] = rule["Targets"]
    assert target["Arn"] == {"Ref": "FailureTopic"}
    # EventBridge delivers nothing where the text, filled in, is no JSON.
    text = target["InputTransformer"]["InputTemplate"]
    assert set(target["InputTransformer"]["InputPathsMap"]) == {"arn", "error", "status"}
    assert json.loads(text).startswith("An execution of my-model-dev ended with <status> <error>.")
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": "FailureRule.Arn"}}}
