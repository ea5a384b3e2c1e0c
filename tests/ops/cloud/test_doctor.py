"""`ops doctor`: each fault is found, and names its fix."""

# ruff: noqa: PLR0913, PLR0917  a parameter for each fixture

import json
from collections.abc import Callable
from typing import Any

import pytest
from fake_aws import FakeCloudFormation, FakeService, FakeStepFunctions, Fault
from ops import template_files
from ops.aws import Account
from ops.cloud import bootstrap, doctor
from ops.cloud.doctor import Finding
from ops.infrastructure import Deployment
from ops.repository import Repository
from ops.template_files import MANIFEST
from rich.console import Console

Make = Callable[..., Deployment]
Push = Callable[..., str]

ABSENT = "NoSuchEntity"


class FakeIam(FakeService):
    """Simulates policies; every role may do everything but `denied`, and trusts whom it has to.

    Attributes:
        trusts: the trust policies, by the name of the role, of which there are no others.
        missing: the end of the names of the roles that do not exist.
    """

    name = "iam"
    denied: str | None = None
    missing: tuple[str, ...] = ()

    def __init__(self, session: Any) -> None:  # noqa: ANN401
        """Start without a trust policy."""
        super().__init__(session)
        self.trusts: dict[str, Any] = {}

    def get_role(self, RoleName: str) -> dict[str, Any]:  # noqa: N803
        """Return the role with its trust policy."""
        if RoleName.endswith(self.missing):
            raise Fault(ABSENT)
        # As it is on the wire.
        return {"Role": {"AssumeRolePolicyDocument": json.dumps(self.trusts[RoleName])}}

    def simulate_principal_policy(
        self,
        PolicySourceArn: str,  # noqa: N803
        ActionNames: list[str],  # noqa: N803
        ResourceArns: list[str],  # noqa: N803
        **_: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """Return the decisions."""
        # AWS takes no pattern for a resource.
        assert all("*" not in arn or arn == "*" for arn in ResourceArns)
        if PolicySourceArn.endswith(self.missing):
            raise Fault(ABSENT)
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
    trusts = deployment.policies(deployment.github_subject((1, 2)))
    for name in ("jobs", "workflow", "scheduler", "deploy"):
        iam.trusts[f"my-model-dev-{name}"] = trusts[f"{name}.trust"]
    account.client("s3").put_object(Bucket=bucket, Key="input/x.csv", Body=b"x")
    return deployment


def findings(account: Account, deployment: Deployment) -> dict[str, Finding]:
    return {finding.subject.split()[0]: finding for finding in doctor.environment(account, deployment)}


def faults(account: Account, deployment: Deployment) -> list[Finding]:
    return [finding for finding in doctor.environment(account, deployment) if finding.is_fault]


def test_where_nothing_is_missing_all_is_well(account: Account, healthy: Deployment) -> None:
    found = findings(account, healthy)
    assert not [finding for finding in found.values() if finding.fix]
    assert found.keys() == {"credentials", "stack", "bucket", "input", "image", "role", "trust", "quota"}


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
    iam.missing = ("",)
    assert quotas.value
    found = findings(account, make_deployment({"input_uri": "s3://missing/x/", "output_uri": "s3://missing/y/"}))
    for subject in ("stack", "bucket", "image", "role"):
        assert "ops bootstrap --env dev" in found[subject].fix, subject


def test_an_existing_role_that_lacks_a_permission_is_found(account: Account, healthy: Deployment, iam: FakeIam) -> None:
    iam.denied = "logs:PutLogEvents"
    [fault] = faults(account, healthy)
    assert fault.subject == f"role {healthy.jobs_role}"
    assert fault.said == "may not logs:PutLogEvents"
    assert "build/iam/dev/jobs" in fault.fix


def test_a_deploy_role_that_lacks_a_permission_is_found(account: Account, healthy: Deployment, iam: FakeIam) -> None:
    iam.denied = "cloudformation:CreateChangeSet"
    [fault] = faults(account, healthy)
    assert fault.subject == f"role {healthy.deploy_role}"
    assert "build/iam/dev/deploy" in fault.fix


def test_an_existing_deploy_role_is_looked_at_in_place_of_that_of_bootstrap(
    account: Account, healthy: Deployment, make_deployment: Make, iam: FakeIam
) -> None:
    iam.missing = (healthy.deploy_role,)
    deployment = make_deployment({"deploy_role": "arn:aws:iam::123456789012:role/github/deploy"})
    iam.trusts["deploy"] = iam.trusts.pop("my-model-dev-deploy")
    # The one that bootstrap made is to go.
    [fault] = faults(account, deployment)
    assert fault.said == "made with other values of GitHubSubject"
    iam.missing = ("/deploy",)
    assert "deploy_role in parameters/dev.json" in faults(account, deployment)[1].fix


def test_there_need_be_no_role_for_github(account: Account, healthy: Deployment, iam: FakeIam) -> None:
    iam.missing = ("-deploy",)
    finding = findings(account, healthy)["role"]
    assert finding.said == "not there"
    assert not faults(account, healthy)


def test_a_role_that_does_not_trust_its_service_is_found(account: Account, healthy: Deployment, iam: FakeIam) -> None:
    iam.trusts["my-model-dev-workflow"] = iam.trusts["my-model-dev-jobs"]
    [fault] = faults(account, healthy)
    assert fault.subject == f"trust of {healthy.workflow_role}"
    assert fault.said == "states.amazonaws.com may not assume it"
    assert "build/iam/dev/workflow.trust.json" in fault.fix


def test_a_deploy_role_of_another_environment_is_found(account: Account, healthy: Deployment, iam: FakeIam) -> None:
    document = json.dumps(iam.trusts["my-model-dev-deploy"]).replace("environment:dev", "environment:prod")
    iam.trusts["my-model-dev-deploy"] = json.loads(document)
    [fault] = faults(account, healthy)
    assert "with the sub repo:org/my-model:environment:dev may not assume it" in fault.said


def test_a_deploy_role_that_trusts_every_repository_is_found(
    account: Account, healthy: Deployment, iam: FakeIam
) -> None:
    for statement in iam.trusts["my-model-dev-deploy"]["Statement"]:
        del statement["Condition"]
    [fault] = faults(account, healthy)
    assert fault.subject == f"trust of {healthy.deploy_role}"
    assert "other repositories on GitHub may assume it" in fault.said


def test_trust_that_may_not_be_looked_at_is_no_fault(account: Account, healthy: Deployment, iam: FakeIam) -> None:
    iam.faults["get_role"] = [Fault("AccessDenied", "not authorized to perform: iam:GetRole")]
    found = findings(account, healthy)["trust"]
    assert "denied iam:GetRole" in found.fix
    assert not found.is_fault


def test_conditions_are_simulated_with_values_of_their_type(
    account: Account, healthy: Deployment, make_deployment: Make, iam: FakeIam
) -> None:
    assert healthy
    key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    assert findings(account, make_deployment({"volume_encryption": {"VolumeKmsKeyId": key}}))
    given = {
        entry["ContextKeyName"]: (entry["ContextKeyType"], entry["ContextKeyValues"])
        for name, request in iam.calls
        if name == "simulate_principal_policy"
        for entry in request["ContextEntries"]
    }
    assert given["kms:GrantIsForAWSResource"] == ("boolean", ["true"])
    assert given["iam:PassedToService"][0] == "string"


def test_conditions_are_simulated_as_sets_and_so_that_no_denial_applies(
    account: Account, healthy: Deployment, iam: FakeIam
) -> None:
    path = healthy.repository.root / "iam" / "jobs.policy.json"
    policy = json.loads(path.read_text("utf-8"))
    condition = {"ForAllValues:StringEquals": {"events:source": "aws.states"}, "Null": {"events:source": "false"}}
    vpc = {"ForAnyValue:StringNotEquals": {"sagemaker:VpcSubnets": ["subnet-0a"]}}
    policy["Statement"] = [
        {"Effect": "Allow", "Action": "events:PutRule", "Resource": "*", "Condition": condition},
        {"Effect": "Deny", "Action": "sagemaker:CreateProcessingJob", "Resource": "*", "Condition": vpc},
    ]
    path.write_text(json.dumps(policy), encoding="utf-8")
    assert findings(account, healthy)
    [context] = [
        request["ContextEntries"]
        for name, request in iam.calls
        if name == "simulate_principal_policy" and request["PolicySourceArn"] == healthy.jobs_role
    ]
    assert context == [
        {"ContextKeyName": "events:source", "ContextKeyType": "stringList", "ContextKeyValues": ["aws.states"]},
        {"ContextKeyName": "sagemaker:VpcSubnets", "ContextKeyType": "stringList", "ContextKeyValues": ["subnet-0a"]},
    ]


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


@pytest.fixture
def repository(make_deployment: Make) -> Repository:
    """A repository in which nothing was edited; its template has two files of its own."""
    found = make_deployment().repository
    names = ("infra/stack.yaml", "iam/README.md")
    manifest = {name: template_files.digest((found.root / name).read_bytes()) for name in names}
    (found.root / MANIFEST).parent.mkdir(parents=True)
    (found.root / MANIFEST).write_text(json.dumps(manifest))
    answers = {"_commit": "v1.2.3", **json.loads((found.root / "settings.json").read_text())}
    (found.root / ".copier-answers.yml").write_text(json.dumps(answers))
    return found


def local(repository: Repository) -> dict[str, Finding]:
    # Anew: it remembers the settings that it has read.
    return {finding.subject: finding for finding in doctor.local(Repository(repository.root))}


def test_without_an_environment_nothing_of_aws_is_needed(
    repository: Repository, console: Console, cloudformation: FakeCloudFormation
) -> None:
    assert doctor.show(doctor.local(repository), console) == 0
    (repository.root / "parameters" / "prod.json").write_text("{}")
    (repository.root / "workflow" / "state_machine.asl.json").unlink()
    faults = {finding.subject for finding in doctor.local(repository) if finding.is_fault}
    assert faults >= {"parameters/prod.json", "definition"}
    assert not cloudformation.calls


def test_edited_files_of_the_template_are_noted(repository: Repository) -> None:
    assert local(repository)["files of the template"].said == "as they came"
    with (repository.root / "infra" / "stack.yaml").open("a") as file:
        file.write("# mine\n")
    (repository.root / "iam" / "README.md").unlink()

    found = local(repository)

    for name, state in {"infra/stack.yaml": "modified", "iam/README.md": "missing"}.items():
        assert (found[name].said, found[name].is_fault) == (f"is the template's, and {state}", False)
        assert "`Updates of the template`" in found[name].fix
    assert "files of the template" not in found


@pytest.mark.parametrize("name", ["infra/stack.yaml", "Dockerfile"])
def test_conflict_markers_are_a_fault(repository: Repository, name: str) -> None:
    text = "<<<<<<< before updating\nmine\n=======\ntheirs\n>>>>>>> after updating\n"
    (repository.root / name).write_text(text)

    found = local(repository)

    assert found[name] == Finding(
        name, "holds conflict markers", "Keep one of the two sides, delete the markers, and commit."
    )
    assert found[name].is_fault


def test_without_a_manifest_the_template_s_files_are_unknown(repository: Repository) -> None:
    (repository.root / MANIFEST).unlink()

    finding = local(repository)["files of the template"]

    assert finding.is_fault
    assert "template_files.json is missing or damaged" in finding.fix


def test_a_setting_that_was_not_answered_is_a_fault(repository: Repository) -> None:
    assert local(repository)["settings.json"].said == "as was answered"
    path = repository.root / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "python_version": "3.12"}))

    finding = local(repository)["settings.json"]

    assert (finding.said, finding.is_fault) == ("has another python_version than was answered", True)
    assert "`uv run ops update --data python_version=" in finding.fix


def test_without_answers_the_repository_has_left_the_template(repository: Repository) -> None:
    (repository.root / ".copier-answers.yml").unlink()

    finding = local(repository)[".copier-answers.yml"]

    assert (finding.said, finding.is_fault) == ("not there, so no update is possible", False)


@pytest.mark.parametrize("text", ["", "a: [", "- list", "\xff"])
def test_damaged_answers_are_a_fault(repository: Repository, text: str) -> None:
    (repository.root / ".copier-answers.yml").write_text(text, encoding="latin-1")

    assert local(repository)[".copier-answers.yml"].said == "damaged"
