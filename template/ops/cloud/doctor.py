"""`ops doctor`: what an environment needs, looked at one by one; each fault names its fix."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shutil import which
from typing import Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from ops import aws, containers, definition, template_files
from ops.aws import Account
from ops.cloud import console_links, machine, registry, stacks, trust
from ops.definition import STEPS
from ops.errors import OpsError
from ops.infrastructure import Deployment
from ops.repository import Repository

CREDENTIALS = "credentials"


@dataclass(frozen=True)
class Finding:
    """What a check came to: `fix` is empty if all is well; a note tells of what is missing only for some verbs."""

    subject: str
    said: str
    fix: str = ""
    note: bool = False

    @property
    def is_fault(self) -> bool:
        """Whether the environment cannot work like this."""
        return bool(self.fix) and not self.note


def show(findings: Iterator[Finding], console: Console) -> int:
    """Print findings as they come, and return the number of faults."""
    faults = 0
    for finding in findings:
        word, style = ("ok", "green") if not finding.fix else ("note", "yellow") if finding.note else ("fault", "red")
        faults += finding.is_fault
        text = f"  {finding.subject}: {finding.said}" + (f". {finding.fix}" if finding.fix else "")
        console.print(Text.assemble((f"{word:<5}", style), text), soft_wrap=True)
    return faults


def local(repository: Repository) -> Iterator[Finding]:
    """Check what needs no AWS: the tools, and what would be deployed."""
    try:
        yield Finding("container engine", containers.find().name)
    except OpsError:
        fix = "Install or start Docker, Podman, Finch or Buildah, if images are to be built here."
        yield Finding("container engine", "none works", fix, note=True)
    for tool, use in {"git": "updates of the template", "gh": "bootstrap, to ask GitHub for ids"}.items():
        found = which(tool)
        yield Finding(tool, found or "not installed", "" if found else f"Install it, if needed: {use}.", note=True)
    yield from _template_files(repository)
    yield from _answers(repository)
    for environment in repository.environments:
        yield from _parameter_file(repository, environment)
    try:
        definition.load(repository.definition)
        yield Finding("definition", "complete")
    except OpsError as error:
        yield Finding("definition", "damaged", str(error))


def environment(account: Account, deployment: Deployment) -> Iterator[Finding]:
    """Check what an environment needs on AWS."""
    yield Finding(CREDENTIALS, f"{account.caller}, {account.region}")
    checks = {
        "bootstrap": _bootstrap,
        "bucket": _bucket,
        "image": _image,
        "roles": _roles,
        "trust": _trust,
        "quotas": _quotas,
    }
    for subject, check in checks.items():
        try:
            yield from check(account, deployment)
        except OpsError as error:
            yield Finding(subject, "wrong", str(error))
        except (ClientError, BotoCoreError) as error:
            # Who may deploy need not be allowed to look at everything.
            denied = isinstance(error, ClientError) and aws.is_denied(error)
            yield Finding(subject, "could not be checked", aws.explain(error, deployment.environment), note=denied)


def _template_files(repository: Repository) -> Iterator[Finding]:
    try:
        conflicted, changed = template_files.conflicted(repository.root), template_files.changed(repository.root)
    except OpsError as error:
        yield Finding("files of the template", "unknown", str(error))
        return
    for name in conflicted:
        yield Finding(name, "holds conflict markers", "Keep one of the two sides, delete the markers, and commit.")
    advice = "README.md says under `Updates of the template` what to do instead."
    for name in sorted(changed.keys() - set(conflicted)):
        yield Finding(name, f"is the template's, and {changed[name]}", advice, note=True)
    if not (conflicted or changed):
        yield Finding("files of the template", "as they came")


def _answers(repository: Repository) -> Iterator[Finding]:
    # Of the files that are rendered from the answers, the only one in which an edit can be told.
    try:
        answers = yaml.safe_load((repository.root / ".copier-answers.yml").read_bytes())
        settings = repository.settings.model_dump()
        edited = sorted(name for name in settings.keys() & answers.keys() if settings[name] != answers[name])
    except OpsError as error:
        yield Finding("settings.json", "wrong", str(error))
        return
    except FileNotFoundError:
        # Deleting it is how a repository leaves the template.
        fix = "If it is to follow the template, bring it back from the history of git."
        yield Finding(".copier-answers.yml", "not there, so no update is possible", fix, note=True)
        return
    except (OSError, AttributeError, yaml.YAMLError):
        fix = "Bring it back from the history of git: no update is possible without it."
        yield Finding(".copier-answers.yml", "damaged", fix)
        return
    if edited:
        fix = f"Change the answer: `uv run ops update --data {edited[0]}=…`."
        yield Finding("settings.json", f"has another {', '.join(edited)} than was answered", fix)
    else:
        yield Finding("settings.json", "as was answered")


def _parameter_file(repository: Repository, name: str) -> Iterator[Finding]:
    subject = f"parameters/{name}.json"
    try:
        Deployment.load(repository, name).policies()
        yield Finding(subject, "valid")
    except OpsError as error:
        yield Finding(subject, "wrong", str(error))


def _bootstrap(account: Account, deployment: Deployment) -> Iterator[Finding]:
    subject = f"stack {deployment.bootstrap_stack}"
    fix = f"An administrator runs `uv run ops bootstrap --env {deployment.environment}`."
    stack = stacks.bootstrap_of(account, deployment)
    description = stack.describe()
    if description is None or stack.status is None:
        yield Finding(subject, "not there", fix)
        return
    given = {item["ParameterKey"]: item.get("ParameterValue", "") for item in description.get("Parameters", [])}
    subject_claim = given.get("GitHubSubject") or None
    wanted = deployment.bootstrap_parameters(
        github_subject=subject_claim,
        create_bucket=given.get("CreateBucket") == "true",
        create_oidc_provider=given.get("CreateOidcProvider") == "true",
    )
    changed = sorted(key for key in wanted.keys() | given.keys() if wanted.get(key) != given.get(key))
    if changed:
        yield Finding(subject, f"made with other values of {', '.join(changed)}", fix)
    elif _template(stack) != deployment.bootstrap_template():
        yield Finding(subject, "made by another version of infra/bootstrap.yaml or iam/", fix)
    elif not str(description["StackStatus"]).endswith("_COMPLETE"):
        yield Finding(subject, str(description["StackStatus"]), fix)
    else:
        yield Finding(subject, f"{description['StackStatus']}, as the repository describes it")


def _template(stack: stacks.Stack) -> Any:  # noqa: ANN401  a JSON document
    body = stack.client.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
    return json.loads(body) if isinstance(body, str) else body


def _bucket(account: Account, deployment: Deployment) -> Iterator[Finding]:
    subject, s3 = f"bucket {deployment.bucket}", account.client("s3")
    try:
        answer = s3.head_bucket(Bucket=deployment.bucket, ExpectedBucketOwner=account.account)
    except ClientError as error:
        if aws.code(error) not in {"404", "NoSuchBucket"}:
            raise
        fix = f"An administrator runs `uv run ops bootstrap --env {deployment.environment}`, which makes it."
        yield Finding(subject, "not there", fix)
        return
    region = answer.get("BucketRegion") or answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    if region and region != account.region:
        fix = f"SageMaker takes none from elsewhere: name a bucket in {account.region} in output_uri."
        yield Finding(subject, f"is in {region}", fix)
    else:
        yield Finding(subject, "there")
    uri = deployment.parameters.input_uri
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    if s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"):
        yield Finding("input", f"{uri} holds files")
    else:
        yield Finding("input", f"{uri} holds no file", "Put the input there before the workflow runs.", note=True)


def _image(account: Account, deployment: Deployment) -> Iterator[Finding]:
    try:
        choice = registry.choose(account, deployment, None, machine.live(account, deployment))
    except ClientError as error:
        if aws.code(error) != "RepositoryNotFoundException":
            raise
        fix = f"An administrator runs `uv run ops bootstrap --env {deployment.environment}`."
        yield Finding("image", f"there is no registry {deployment.prefix}", fix)
        return
    yield Finding("image", choice.uri, choice.note, note=True)


def _roles(account: Account, deployment: Deployment) -> Iterator[Finding]:
    policies = deployment.policies()
    for name, role in _roles_of(deployment).items():
        documents = [document for key, document in policies.items() if key.split(".")[0].split("-")[0] == name]
        statements = [it for document in documents for it in document["Statement"] if "Principal" not in it]
        allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
        # They deny what differs from the values in their conditions, so those are what the workflow asks with.
        denials = [statement for statement in statements if statement["Effect"] == "Deny"]
        try:
            missing = sorted({action for it in allowed for action in _denied(account, role, it, denials)})
        except ClientError as error:
            if aws.code(error) != "NoSuchEntity":
                raise
            yield _no_role(deployment, name, role)
            continue
        if missing:
            fix = (
                f"Grant what build/iam/{deployment.environment}/{name}*.json says (`uv run ops assemble` writes them)."
            )
            yield Finding(f"role {role}", f"may not {', '.join(missing)}", fix)
        else:
            yield Finding(f"role {role}", "has every permission")


def _trust(account: Account, deployment: Deployment) -> Iterator[Finding]:
    # Which ids GitHub gives, and whether it does, only GitHub knows.
    subjects = (deployment.github_subject((0, 0)), deployment.github_subject(None))
    wanted = [deployment.policies(subject) for subject in subjects]
    for name, role in _roles_of(deployment).items():
        try:
            found = account.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]
        except ClientError as error:
            if aws.code(error) != "NoSuchEntity":
                raise
            # The check of its permissions said so.
            continue
        statements = [statement for policies in wanted for statement in policies[f"{name}.trust"]["Statement"]]
        document = found["AssumeRolePolicyDocument"]
        fix = (
            f"Give it the trust policy build/iam/{deployment.environment}/{name}.trust.json "
            "(`uv run ops assemble` writes it)."
        )
        if name == "deploy" and trust.is_open(document, statements[0]):
            yield Finding(f"trust of {role}", "other repositories on GitHub may assume it, too", fix)
        elif any(trust.admits(document, statement) for statement in statements):
            yield Finding(f"trust of {role}", "as it has to be")
        else:
            [principal] = statements[0]["Principal"].values()
            whom = f"{principal} with the sub {subjects[1]}" if name == "deploy" else principal
            yield Finding(f"trust of {role}", f"{whom} may not assume it", fix)


def _roles_of(deployment: Deployment) -> dict[str, str]:
    """Return the ARNs of the roles that an environment needs, by the beginning of the names of their policies."""
    roles = {"jobs": deployment.jobs_role, "workflow": deployment.workflow_role, "deploy": deployment.deploy_role}
    return roles | ({"scheduler": deployment.scheduler_role} if deployment.parameters.schedule else {})


def _no_role(deployment: Deployment, name: str, role: str) -> Finding:
    key = "role" if name == "jobs" else f"{name}_role"
    if getattr(deployment.parameters, key):
        fix = f"Correct {key} in parameters/{deployment.environment}.json, or have the role made."
        return Finding(f"role {role}", "not there", fix)
    fix = f"An administrator runs `uv run ops bootstrap --env {deployment.environment}`, which makes it."
    # Bootstrap may have been told to make none for GitHub Actions.
    return Finding(f"role {role}", "not there", fix, note=name == "deploy")


def _denied(account: Account, role: str, statement: Mapping[str, Any], denials: list[Mapping[str, Any]]) -> set[str]:
    """Return the actions of a statement that a role is denied, under its own conditions and outside of `denials`."""
    pages = (
        account.client("iam")
        .get_paginator("simulate_principal_policy")
        .paginate(
            PolicySourceArn=role,
            ActionNames=_list(statement["Action"]),
            ResourceArns=[_example(resource, account) for resource in _list(statement["Resource"])],
            ContextEntries=[
                {
                    "ContextKeyName": key,
                    "ContextKeyType": _type(operator),
                    "ContextKeyValues": [_example(_list(value)[0], account)],
                }
                for each in (statement, *denials)
                for operator, conditions in each.get("Condition", {}).items()
                # It asks whether there is a value, which another condition on the same key gives.
                if operator != "Null"
                for key, value in conditions.items()
            ],
        )
    )
    results = [result for page in pages for result in page["EvaluationResults"]]
    return {result["EvalActionName"] for result in results if _is_denied(result)}


def _type(operator: str) -> str:
    """Return the type of the values that an operator of a condition compares."""
    if operator.startswith(("ForAllValues:", "ForAnyValue:")):
        return "stringList"
    return "boolean" if operator == "Bool" else "string"


def _example(pattern: str, account: Account) -> str:
    """Return something that a pattern of a policy covers."""
    return pattern if pattern == "*" else pattern.replace(":*:", f":{account.account}:").replace("*", "x")


def _is_denied(result: Mapping[str, Any]) -> bool:
    by_resource = [each["EvalResourceDecision"] for each in result.get("ResourceSpecificResults", [])]
    return any(decision != "allowed" for decision in by_resource or [result["EvalDecision"]])


def _quotas(account: Account, deployment: Deployment) -> Iterator[Finding]:
    needed: dict[str, int] = {}
    parameters = deployment.parameters
    for step in STEPS:
        kind = getattr(parameters, f"{step}_overrides").instance_type or parameters.instance_type
        needed[kind] = max(needed.get(kind, 0), parameters.instance_count if step == "predict" else 1)
    pages = account.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    quotas = {quota["QuotaName"]: quota for page in pages for quota in page["Quotas"]}
    for kind, count in needed.items():
        quota = quotas.get(f"{kind} for processing job usage")
        if quota is None:
            fix = "Choose an instance_type that SageMaker offers for processing jobs in this region."
            yield Finding("quota", f"none is known for {kind}", fix, note=True)
        elif quota["Value"] < count:
            page = console_links.quota(account, "sagemaker", quota["QuotaCode"])
            yield Finding(
                "quota", f"{quota['Value']:g} {kind}, and the workflow needs {count}", f"Ask for more: {page}"
            )
        else:
            yield Finding("quota", f"{quota['Value']:g} {kind}, of which the workflow needs {count}")


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
