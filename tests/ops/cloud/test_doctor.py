"""`ops doctor`: each fault is found, and names its fix."""

# ruff: noqa: PLR0913, PLR0917  a parameter for each fixture

import json
from collections.abc import Callable
from typing import Any

import pytest
from fake_aws import FakeCloudFormation, FakeService, FakeStepFunctions, Fault
from ops.aws import Account
from ops.cloud import bootstrap, doctor
from ops.cloud.doctor import Finding
from ops.infrastructure import Deployment
from rich.console import Console

Make = Callable[..., Deployment]
Push = Callable[..., str]


class FakeIam(FakeService):
    """Simulates policies; every role may do everything but `denied`."""

    name = "iam"
    denied: str | None = None
    missing_role = False

    def simulate_principal_policy(
        self,
        ActionNames: list[str],  # noqa: N803
        ResourceArns: list[str],  # noqa: N803
        **_: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """Return the decisions."""
        # AWS takes no pattern for a resource.
        assert all("*" not in arn or arn == "*" for arn in ResourceArns)
        absent = "NoSuchEntity"
        if self.missing_role:
            raise Fault(absent)
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalDecision": "implicitDeny" if action == self.denied else "allowed",
                    "ResourceSpecificResults": [
                        {
                            "EvalResourceName": resource,
                            "EvalResourceDecision": "implicitDeny" if action == self.denied else "allowed",
                        }
                        for resource in ResourceArns
                    ],
                }
                for action in ActionNames
            ]
        }


class FakeQuotas(FakeService):
    """Knows one quota."""

    name = "service-quotas"
    value = 4.0

    def list_service_quotas(self, ServiceCode: str) -> dict[str, Any]:  # noqa: N803
        """Return the quota."""
        assert ServiceCode == "sagemaker"
        quota = {"QuotaName": "ml.m5.xlarge for processing job usage", "QuotaCode": "L-1", "Value": self.value}
        return {"Quotas": [quota]}


@pytest.fixture
def iam(account: Account) -> FakeIam:
    """The account's policies."""
    return FakeIam(account.session)


@pytest.fixture
def quotas(account: Account) -> FakeQuotas:
    """The account's quotas."""
    return FakeQuotas(account.session)


@pytest.fixture
def healthy(
    account: Account,
    make_deployment: Make,
    push: Push,
    stepfunctions: FakeStepFunctions,
    iam: FakeIam,
    quotas: FakeQuotas,
    console: Console,
    bucket: str,
) -> Deployment:
    """A deployment that lacks nothing."""
    assert (iam.denied, quotas.value, stepfunctions.live) == (None, 4, None)
    deployment = make_deployment()
    bootstrap.run(account, deployment, console, subject=deployment.github_subject((1, 2)), yes=True)
    push(deployment)
    account.client("s3").put_object(Bucket=bucket, Key="input/x.csv", Body=b"x")
    return deployment


def findings(account: Account, deployment: Deployment) -> dict[str, Finding]:
    return {finding.subject.split()[0]: finding for finding in doctor.environment(account, deployment)}


def faults(account: Account, deployment: Deployment) -> list[Finding]:
    return [finding for finding in doctor.environment(account, deployment) if finding.is_fault]


def test_where_nothing_is_missing_all_is_well(account: Account, healthy: Deployment) -> None:
    found = findings(account, healthy)
    assert not [finding for finding in found.values() if finding.fix]
    assert found.keys() == {"credentials", "stack", "bucket", "input", "image", "role", "quota"}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"input_uri": "s3://bucket/other/"}, "InputPrefix"),
        ({"volume_encryption": {"VolumeKmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}}, "VolumeKmsKeyArn"),
        ({"network_config": {"VpcConfig": {"Subnets": ["subnet-0a"], "SecurityGroupIds": ["sg-0a"]}}}, "SubnetArns"),
    ],
)
def test_what_needs_bootstrap_again_is_named(
    account: Account, healthy: Deployment, make_deployment: Make, change: dict[str, Any], key: str
) -> None:
    assert healthy
    finding = findings(account, make_deployment(change))["stack"]
    assert key in finding.said
    assert "ops bootstrap --env dev" in finding.fix


def test_changed_policies_need_bootstrap_again(account: Account, healthy: Deployment) -> None:
    path = healthy.repository.root / "iam" / "jobs.policy.json"
    policy = json.loads(path.read_text("utf-8"))
    policy["Statement"].pop()
    path.write_text(json.dumps(policy), encoding="utf-8")
    assert "another version of" in findings(account, healthy)["stack"].said


def test_without_bootstrap_everything_that_is_missing_names_it(
    account: Account,
    make_deployment: Make,
    stepfunctions: FakeStepFunctions,
    iam: FakeIam,
    quotas: FakeQuotas,
) -> None:
    assert stepfunctions.live is None
    iam.missing_role = True
    assert quotas.value
    found = findings(account, make_deployment({"input_uri": "s3://missing/x/", "output_uri": "s3://missing/y/"}))
    for subject in ("stack", "bucket", "image", "role"):
        assert "ops bootstrap --env dev" in found[subject].fix, subject


def test_an_existing_role_that_lacks_a_permission_is_found(account: Account, healthy: Deployment, iam: FakeIam) -> None:
    iam.denied = "ecr:BatchGetImage"
    [fault] = faults(account, healthy)
    assert fault.subject == f"role {healthy.jobs_role}"
    assert fault.said == "may not ecr:BatchGetImage"
    assert "build/iam/dev/jobs" in fault.fix


def test_conditions_are_simulated_with_values_of_their_type(
    account: Account, healthy: Deployment, make_deployment: Make, iam: FakeIam
) -> None:
    assert healthy
    key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert findings(account, make_deployment({"volume_encryption": {"VolumeKmsKeyId": key}}))
    given = {
        entry["ContextKeyName"]: (entry["ContextKeyType"], entry["ContextKeyValues"])
        for _, request in iam.calls
        for entry in request["ContextEntries"]
    }
    assert given["kms:GrantIsForAWSResource"] == ("boolean", ["true"])
    assert given["iam:PassedToService"] == ("string", ["sagemaker.amazonaws.com"])


def test_too_small_a_quota_is_found(account: Account, healthy: Deployment, make_deployment: Make) -> None:
    assert healthy
    [fault] = faults(account, make_deployment({"instance_count": 5}))
    assert fault.said == "4 ml.m5.xlarge, and the workflow needs 5"
    assert "servicequotas/home/services/sagemaker/quotas/L-1" in fault.fix


def test_what_may_not_be_looked_at_is_no_fault(account: Account, healthy: Deployment, quotas: FakeQuotas) -> None:
    quotas.faults["list_service_quotas"] = [Fault("AccessDenied", "not authorized to perform: servicequotas:List")]
    found = findings(account, healthy)["quotas"]
    assert "denied servicequotas:List" in found.fix
    assert not found.is_fault


def test_the_input_may_come_later(account: Account, healthy: Deployment) -> None:
    account.client("s3").delete_object(Bucket="bucket", Key="input/x.csv")
    finding = findings(account, healthy)["input"]
    assert "holds no file" in finding.said
    assert not finding.is_fault


def test_without_an_environment_nothing_of_aws_is_needed(
    make_deployment: Make, console: Console, cloudformation: FakeCloudFormation
) -> None:
    repository = make_deployment().repository
    assert doctor.show(doctor.local(repository), console) == 0
    (repository.root / "parameters" / "prod.json").write_text("{}")
    (repository.root / "workflow" / "state_machine.asl.json").unlink()
    faults = {finding.subject for finding in doctor.local(repository) if finding.is_fault}
    assert faults >= {"parameters/prod.json", "definition"}
    assert not cloudformation.calls
