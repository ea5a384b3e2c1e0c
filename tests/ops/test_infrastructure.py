"""Deployments: what the parameters become, what is assembled of them, and what is refused in which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from deployments import ENVIRONMENTS, EVERYTHING, EXISTING_ROLES, KEY, VPC, assemble, make_deployment, make_repository
from ops.errors import OpsError
from ops.infrastructure import TEMPLATE_LIMIT, Deployment, template_body


def parameters_of(deployment: Deployment) -> dict[str, str]:
    return deployment.bootstrap_parameters(github_subject=None, create_bucket=True, create_oidc_provider=False)


def test_everything_is_named_after_the_model_and_the_environment(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"prod": {}}, {"model_name": "churn"})
    deployment = Deployment.load(repository, "prod")

    assert (deployment.stack, deployment.bootstrap_stack) == ("churn-prod", "churn-prod-bootstrap")
    assert deployment.jobs_role == "arn:aws:iam::111111111111:role/churn-prod-jobs"
    assert deployment.deploy_role == "arn:aws:iam::111111111111:role/churn-prod-deploy"
    assert deployment.tags == {
        "sagelift:model": "churn",
        "sagelift:environment": "prod",
        "sagelift:owner": "risk@example.com",
        "sagelift:template": "v1.2.3",
    }


COMPUTED: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {},
        {
            "InputBucket": "bucket",
            "InputPrefix": "input/",
            "OutputBucket": "bucket",
            "OutputPrefix": "output/",
            "CodeBucket": "bucket",
            "CodePrefix": "code/my-model-dev/",
            "ModelBucket": "",
            "ModelPrefix": "",
            "SubnetArns": "",
            "SecurityGroupArns": "",
            "VolumeKmsKeyArn": "",
            "OutputKmsKeyArn": "",
            "Tracing": "false",
            "ImageRepositoryArn": "arn:aws:ecr:eu-west-1:111111111111:repository/my-model-dev",
            "ScikitRepositoryArn": "arn:aws:ecr:eu-west-1:141502667606:repository/sagemaker-scikit-learn",
            "SourceRepositoryArn": "",
            "PromotionAccounts": "",
        },
    ),
    ({"input_uri": "s3://inputs"}, {"InputBucket": "inputs", "InputPrefix": ""}),
    ({"input_uri": "s3://inputs/a/b.csv"}, {"InputPrefix": "a/b.csv"}),
    ({"output_uri": "s3://out", "code_uri": "s3://code"}, {"OutputBucket": "out", "OutputPrefix": ""}),
    ({"output_uri": "s3://out/a/b/"}, {"OutputPrefix": "a/b/", "CodeBucket": "out"}),
    ({"code_uri": "s3://code/a"}, {"CodeBucket": "code", "CodePrefix": "a"}),
    ({"model_uri": "s3://models/x/"}, {"ModelBucket": "models", "ModelPrefix": "x/"}),
    ({"model_uri": "s3://models"}, {"ModelBucket": "models", "ModelPrefix": ""}),
    # What IAM would take for a wildcard or a variable means itself.
    ({"input_uri": "s3://inputs/a*b?/${aws:x}"}, {"InputPrefix": "a${*}b${?}/${$}{aws:x}"}),
    (
        {"network_config": VPC},
        {
            "SubnetArns": "arn:aws:ec2:eu-west-1:*:subnet/subnet-0a,arn:aws:ec2:eu-west-1:*:subnet/subnet-0b",
            "SecurityGroupArns": "arn:aws:ec2:eu-west-1:*:security-group/sg-0a",
            "SubnetIds": "subnet-0a,subnet-0b",
            "SecurityGroupIds": "sg-0a",
        },
    ),
    (
        {"volume_encryption": {"VolumeKmsKeyId": KEY}},
        {
            "VolumeKmsKeyArn": f"arn:aws:kms:eu-west-1:111111111111:key/{KEY}",
            "VolumeKmsKeyNames": f"arn:aws:kms:eu-west-1:111111111111:key/{KEY},{KEY}",
        },
    ),
    (
        {"output_encryption": {"KmsKeyId": "mrk-0a1b"}, "region": "cn-north-1"},
        {"OutputKmsKeyArn": "arn:aws-cn:kms:cn-north-1:111111111111:key/mrk-0a1b"},
    ),
    (
        {"output_encryption": {"KmsKeyId": "arn:aws:kms:eu-west-1:333333333333:key/0a"}},
        {
            "OutputKmsKeyArn": "arn:aws:kms:eu-west-1:333333333333:key/0a",
            "OutputKmsKeyNames": "arn:aws:kms:eu-west-1:333333333333:key/0a",
        },
    ),
    (
        {"custom_image_uri": "333333333333.dkr.ecr.eu-central-1.amazonaws.com/team/model@sha256:0a"},
        {"ImageRepositoryArn": "arn:aws:ecr:eu-central-1:333333333333:repository/team/model"},
    ),
    (
        {
            "scikit_image_uri": "333333333333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/mirror:1",
            "region": "us-gov-west-1",
        },
        {"ScikitRepositoryArn": "arn:aws-us-gov:ecr:us-gov-west-1:333333333333:repository/mirror"},
    ),
    (
        {"region": "cn-north-1"},
        {
            "JobsRoleArn": "arn:aws-cn:iam::111111111111:role/my-model-dev-jobs",
            "ScikitRepositoryArn": "arn:aws-cn:ecr:cn-north-1:450853457545:repository/sagemaker-scikit-learn",
        },
    ),
    (
        {"region": "us-iso-east-1"},
        {"ScikitRepositoryArn": "arn:aws-iso:ecr:us-iso-east-1:833128469047:repository/sagemaker-scikit-learn"},
    ),
    (
        {"scheduler_role": "arn:aws:iam::111111111111:role/path/scheduler", "tracing": True},
        {
            "JobsRoleArn": "arn:aws:iam::111111111111:role/my-model-dev-jobs",
            "WorkflowRoleArn": "arn:aws:iam::111111111111:role/my-model-dev-workflow",
            "SchedulerRoleArn": "arn:aws:iam::111111111111:role/path/scheduler",
            "Tracing": "true",
        },
    ),
]


@pytest.mark.parametrize(("given", "computed"), COMPUTED, ids=lambda value: "+".join(value) or "nothing")
def test_parameters_of_bootstrap_are_computed(tmp_path: Path, given: dict[str, Any], computed: dict[str, str]) -> None:
    parameters = parameters_of(make_deployment(tmp_path / "r", given))
    assert {name: parameters[name] for name in computed} == computed


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"volume_encryption": {"VolumeKmsKeyId": "alias/key"}},
        "volume_encryption.VolumeKmsKeyId: alias/key is no key's ID or ARN, and a role can be limited to nothing else",
    ),
    (
        {"output_encryption": {"KmsKeyId": "arn:aws:kms:eu-west-1:111111111111:alias/key"}},
        "output_encryption.KmsKeyId: arn:aws:kms:eu-west-1:111111111111:alias/key is no key's ID or ARN",
    ),
    ({"custom_image_uri": "ghcr.io/org/model:1"}, "custom_image_uri: ghcr.io/org/model:1 is not in Amazon ECR"),
    ({"scikit_image_uri": "mirror/scikit:1"}, "scikit_image_uri: mirror/scikit:1 is not in Amazon ECR"),
    ({"output_uri": "s3://out"}, "output_uri: below s3://out lie the scripts, too (s3://out/code/my-model-dev/)"),
    ({"output_uri": "s3://out/code/"}, "output_uri: below s3://out/code lie the scripts, too"),
    ({"region": "eu-nowhere-1"}, "No account is known that holds SageMaker's scikit-learn image in eu-nowhere-1"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_what_no_policy_can_be_limited_to_is_refused(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    deployment = make_deployment(tmp_path / "r", given)
    for refused in (lambda: parameters_of(deployment), deployment.policies):
        with pytest.raises(OpsError) as refusal:
            refused()
        assert str(refusal.value).startswith(message)


def test_the_answers_of_the_administrator_become_parameters(tmp_path: Path) -> None:
    deployment = make_deployment(tmp_path / "r")
    parameters = deployment.bootstrap_parameters(
        github_subject="repo:org/my-model:environment:dev", create_bucket=False, create_oidc_provider=True
    )
    assert parameters["GitHubSubject"] == "repo:org/my-model:environment:dev"
    assert parameters["CreateBucket"] == "false"
    assert parameters["CreateOidcProvider"] == "true"


def test_no_deploy_role_is_made_where_one_exists(tmp_path: Path) -> None:
    role = "arn:aws:iam::111111111111:role/github/deploy"
    deployment = make_deployment(tmp_path / "r", {"deploy_role": role})
    parameters = deployment.bootstrap_parameters(
        github_subject="repo:org/my-model:environment:dev", create_bucket=False, create_oidc_provider=False
    )
    assert parameters["GitHubSubject"] == ""
    assert deployment.deploy_role == role


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_parameter_of_the_templates_is_given_and_no_other(tmp_path: Path, environment: str) -> None:
    deployment = make_deployment(tmp_path / "r", ENVIRONMENTS[environment])
    stack = deployment.stack_template(assemble(deployment))

    assert parameters_of(deployment).keys() == deployment.bootstrap_template()["Parameters"].keys()
    assert deployment.stack_parameters().keys() == stack["Parameters"].keys()


def test_images_are_promoted_from_dev_to_every_other_account(tmp_path: Path) -> None:
    environments = {
        "dev": {},
        "prod": {"account": "222222222222"},
        "test": {},
        "eu": {"account": "222222222222", "region": "eu-central-1"},
    }
    repository = make_repository(tmp_path / "r", environments)
    given = {name: parameters_of(Deployment.load(repository, name)) for name in environments}

    assert given["dev"]["PromotionAccounts"] == "222222222222"
    assert given["dev"]["SourceRepositoryArn"] == ""
    for name in ("prod", "test", "eu"):
        assert given[name]["PromotionAccounts"] == ""
        assert given[name]["SourceRepositoryArn"] == "arn:aws:ecr:eu-west-1:111111111111:repository/my-model-dev"


def test_without_dev_nothing_is_promoted(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"one": {}, "two": {"account": "222222222222"}})
    parameters = parameters_of(Deployment.load(repository, "two"))
    assert parameters["SourceRepositoryArn"] == parameters["PromotionAccounts"] == ""


def test_github_names_a_repository_with_or_without_ids(tmp_path: Path) -> None:
    deployment = make_deployment(tmp_path / "r")
    assert deployment.github_subject(None) == "repo:org/my-model:environment:dev"
    assert deployment.github_subject((123, 456)) == "repo:org@123/my-model@456:environment:dev"


ALWAYS = {f"{role}.{kind}" for role in ("workflow", "jobs", "scheduler", "deploy") for kind in ("policy", "trust")}

OPTIONAL: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"model_uri": "s3://models/x/"}, {"jobs-model.policy"}),
    ({"network_config": {"EnableNetworkIsolation": True}}, set()),
    ({"network_config": VPC}, {"jobs-vpc.policy", "workflow-vpc.policy"}),
    (
        {"volume_encryption": {"VolumeKmsKeyId": KEY}},
        {"jobs-volume-kms.policy", "workflow-volume-kms.policy"},
    ),
    ({"output_encryption": {"KmsKeyId": KEY}}, {"jobs-output-kms.policy", "workflow-output-kms.policy"}),
    ({"tracing": True}, {"workflow-tracing.policy"}),
    (dict(EXISTING_ROLES), set()),
]


@pytest.mark.parametrize(("given", "optional"), OPTIONAL)
def test_policies_are_those_that_the_parameters_ask_for(
    tmp_path: Path, given: dict[str, Any], optional: set[str]
) -> None:
    assert make_deployment(tmp_path / "r", given).policies().keys() == ALWAYS | optional


def test_only_an_environment_that_is_promoted_to_may_pull_from_another(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"dev": {}, "prod": {}})
    assert "deploy-promotion.policy" not in Deployment.load(repository, "dev").policies()
    assert "deploy-promotion.policy" in Deployment.load(repository, "prod").policies()


def test_the_trust_names_the_subject_or_says_that_its_ids_are_missing(tmp_path: Path) -> None:
    deployment = make_deployment(tmp_path / "r")

    def subject(policies: dict[str, dict[str, Any]]) -> str:
        [statement] = policies["deploy.trust"]["Statement"]
        return str(statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"])

    assert subject(deployment.policies("repo:a@1/b@2:environment:dev")) == "repo:a@1/b@2:environment:dev"
    assert subject(deployment.policies()) == "repo:org@OWNER_ID/my-model@REPOSITORY_ID:environment:dev"


def test_the_definition_is_deployed_to_the_letter(tmp_path: Path) -> None:
    deployment = make_deployment(tmp_path / "r", {"environment": {"TEXT": 'Größe "${AWS::Region}" {"Ref": "x"}'}})
    definition = assemble(deployment)

    machine = deployment.stack_template(definition)["Resources"]["StateMachine"]["Properties"]

    assert json.loads(machine["DefinitionString"]) == definition
    assert "DefinitionSubstitutions" not in machine


def test_every_address_is_told_of_failures(tmp_path: Path) -> None:
    emails = ["risk@example.com", "operations@example.com"]
    told, silent = (
        make_deployment(tmp_path / name, {"notification_emails": addresses}).stack_template({})
        for name, addresses in (("told", emails), ("silent", []))
    )
    subscriptions = told["Resources"]["FailureTopic"]["Properties"]["Subscription"]
    assert subscriptions == [{"Protocol": "email", "Endpoint": email} for email in emails]
    assert "Subscription" not in silent["Resources"]["FailureTopic"]["Properties"]


def test_what_is_deployed_is_written_for_inspection(tmp_path: Path) -> None:
    deployment = make_deployment(tmp_path / "r", EVERYTHING)
    definition = assemble(deployment)

    written = deployment.write(tmp_path / "build", definition)

    files = {path.relative_to(tmp_path / "build").as_posix(): path for path in written}
    assert set(files) == {
        "dev/bootstrap.template.json",
        "dev/stack.template.json",
        "dev/state_machine.asl.json",
        *(f"iam/dev/{name}.json" for name in deployment.policies()),
    }
    assert set(written) == {path for path in (tmp_path / "build").rglob("*") if path.is_file()}
    assert json.loads(files["dev/state_machine.asl.json"].read_bytes()) == definition
    assert json.loads(files["dev/bootstrap.template.json"].read_bytes()) == deployment.bootstrap_template()
    assert json.loads(files["iam/dev/jobs.policy.json"].read_bytes()) == deployment.policies()["jobs.policy"]


def test_a_policy_that_is_needed_no_longer_does_not_remain(tmp_path: Path) -> None:
    first = make_deployment(tmp_path / "first", EVERYTHING)
    second = make_deployment(tmp_path / "second")
    build = tmp_path / "build"
    first.write(build, {})
    (build / "iam" / "prod").mkdir()
    other = build / "iam" / "prod" / "jobs-vpc.policy.json"
    other.write_text("{}")

    written = second.write(build, {})

    assert {path for path in build.rglob("*") if path.is_file()} == {*written, other}


def test_a_refusal_leaves_an_earlier_build_as_it_is(tmp_path: Path) -> None:
    build = tmp_path / "build"
    written = make_deployment(tmp_path / "good").write(build, {})
    before = {path: path.read_bytes() for path in written}

    with pytest.raises(OpsError):
        make_deployment(tmp_path / "bad", {"output_encryption": {"KmsKeyId": "alias/key"}}).write(build, {"x": 1})

    assert {path: path.read_bytes() for path in build.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("infra/bootstrap.yaml", None, "is missing: bring it back with `copier recopy`."),
        ("infra/bootstrap.yaml", "a: [", "is damaged: bring it back with `copier recopy`."),
        ("iam/jobs.policy.json", None, "is missing: bring it back with `copier recopy`."),
        ("iam/jobs.policy.json", "{", "is damaged: bring it back with `copier recopy`."),
    ],
)
def test_a_file_of_the_template_that_is_not_as_it_was_is_named(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    deployment = make_deployment(tmp_path / "r")
    path = deployment.repository.root / name
    path.unlink()
    if content is not None:
        path.write_text(content)

    with pytest.raises(OpsError) as refused:
        deployment.bootstrap_template()
    assert str(refused.value) == f"{path} {message}"


def test_a_template_is_sent_as_a_whole_or_refused() -> None:
    largest = {"Description": "é" * ((TEMPLATE_LIMIT - len('{"Description":""}')) // 2)}

    assert json.loads(template_body(largest)) == largest
    with pytest.raises(OpsError, match="CloudFormation takes 51200: shorten the longest of the parameters"):
        template_body({"Description": largest["Description"] + "é"})


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_templates_of_usual_parameters_are_far_from_the_limit(tmp_path: Path, environment: str) -> None:
    deployment = make_deployment(tmp_path / "r", ENVIRONMENTS[environment])
    for template in (deployment.bootstrap_template(), deployment.stack_template(assemble(deployment))):
        assert len(template_body(template)) < 0.6 * TEMPLATE_LIMIT
