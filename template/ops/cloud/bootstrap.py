"""`ops bootstrap`: the registry, the bucket, the logs and all roles, made once by an administrator."""

import json
import subprocess
from collections.abc import Collection
from pathlib import Path
from shutil import which
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console
from rich.markup import escape

from ops import aws
from ops.aws import Account
from ops.cloud import dialogue, kept, registry, stacks
from ops.cloud.plans import Plan
from ops.cloud.shared import Shared
from ops.cloud.stacks import Stack
from ops.errors import OpsError
from ops.infrastructure import Deployment

GITHUB = "token.actions.githubusercontent.com"

Ids = tuple[object, object]

# What an earlier stack retained is taken over; roles have names of their own.
_OPTIONS = {"Capabilities": ["CAPABILITY_NAMED_IAM"], "ImportExistingResources": True}


def run(account: Account, deployment: Deployment, console: Console, *, subject: str | None, yes: bool) -> None:
    """Make the bootstrap stack, or change it.

    Args:
        account: where.
        deployment: what.
        console: shows the changes.
        subject: who may deploy (see `Deployment.github_subject`); None: no role is made for that.
        yes: whether to go on without a question.

    Raises:
        OpsError: it cannot be made, or the user declined.
    """
    stack = stacks.bootstrap_of(account, deployment)
    values = parameters(account, deployment, stack, subject)
    if values["CreateBucket"] == "false":
        console.print(f"The bucket {escape(deployment.bucket)} exists, and stays as it is.", soft_wrap=True)
    if not dialogue.change(stack, deployment.bootstrap_template(), values, console, yes=yes, options=_OPTIONS):
        _say_up_to_date(stack, console)
        return
    _say_done(deployment, console, github=bool(subject))


def plan(  # noqa: PLR0913  what is planned, where it is written, and how it is shown
    account: Account,
    deployment: Deployment,
    console: Console,
    *,
    subject: str | None,
    leave: Collection[Shared],
    path: Path,
) -> None:
    """Write what `run` would make to a file, and the policies to build/iam/; make nothing but a change set.

    Args:
        account: where.
        deployment: what.
        console: shows the changes.
        subject: see `run`.
        leave: what is left to another model's bootstrap to make, if the account has none.
        path: where the plan is written, instead of an earlier one of the same stack, which is forgotten.

    Raises:
        OpsError: it cannot be made, or the file holds something else.
    """
    stack = stacks.bootstrap_of(account, deployment)
    if path.exists():
        _discard(stack, Plan.load(path, deployment))
    values = parameters(account, deployment, stack, subject, leave)
    stack.settle(dialogue.narrator(console))
    with console.status("Computing the changes…"):
        change_set = stack.plan(deployment.bootstrap_template(), values, _OPTIONS)
    planned = Plan.of(
        deployment,
        caller=account.caller,
        subject=subject,
        leave=leave,
        registry=registry.repository_uri(deployment),
        change_set=change_set,
    )
    planned.save(path)
    deployment.write_policies(deployment.repository.build, subject)
    if change_set is None:
        _say_up_to_date(stack, console)
        return
    dialogue.show(change_set, stack.name, console)
    console.print(
        f"Nothing was made. `uv run ops bootstrap --env {deployment.environment}` makes this with `--apply "
        f"{escape(str(path))}`, and forgets it with `--discard {escape(str(path))}`.",
        soft_wrap=True,
    )


def apply(account: Account, deployment: Deployment, console: Console, path: Path) -> None:
    """Make what a plan says, and nothing else.

    Raises:
        OpsError: the plan is another's, or the stack has changed since, or the changes failed and were rolled back.
    """
    planned = Plan.load(path, deployment)
    stack = stacks.bootstrap_of(account, deployment)
    if planned.change_set is None:
        _say_up_to_date(stack, console)
        return
    stack.describe()
    if not stack.stands(planned.change_set):
        message = (
            f"{path} holds no longer, because the stack {stack.name} was changed since, or the file was; nothing was "
            f"made: plan again with `uv run ops bootstrap --env {deployment.environment} --plan {path}`."
        )
        raise OpsError(message)
    stack.apply(planned.change_set, dialogue.narrator(console))
    _say_done(deployment, console, github=bool(planned.github_subject))


def discard(account: Account, deployment: Deployment, console: Console, path: Path) -> None:
    """Forget what was planned, and its file.

    Raises:
        OpsError: the plan is another's.
    """
    stack = stacks.bootstrap_of(account, deployment)
    _discard(stack, Plan.load(path, deployment))
    path.unlink()
    console.print(f"The plan of the stack {escape(stack.name)} is forgotten; nothing was changed.")


def parameters(
    account: Account, deployment: Deployment, stack: Stack, subject: str | None, leave: Collection[Shared] = ()
) -> dict[str, str]:
    """Return the parameters of the bootstrap stack for what the account holds already.

    Args:
        account: where.
        deployment: what.
        stack: the bootstrap stack, there or not.
        subject: see `run`.
        leave: see `plan`.

    Raises:
        OpsError: the account holds another's resource where the stack would take it over.
    """
    own = {(resource["ResourceType"], resource.get("PhysicalResourceId")) for resource in stack.resources()}
    kinds = {kind for kind, _ in own}
    if "AWS::ECR::Repository" not in kinds and kept.repository_is_own(account, deployment) is False:
        raise _taken(deployment, f"an image repository {deployment.prefix}")
    if "AWS::Logs::LogGroup" not in kinds and kept.log_group_is_own(account, deployment) is False:
        raise _taken(deployment, f"a log group {kept.log_group(deployment)}")
    return deployment.bootstrap_parameters(
        github_subject=subject,
        create_bucket=("AWS::S3::Bucket", deployment.bucket) in own
        or _may_make_bucket(account, deployment, absent=Shared.BUCKET not in leave),
        create_oidc_provider="AWS::IAM::OIDCProvider" in kinds
        or (subject is not None and Shared.OIDC_PROVIDER not in leave and not _has_provider(account)),
    )


def repository_ids(deployment: Deployment) -> Ids:
    """Return the ids of the GitHub repository's owner and of the repository, as the client of GitHub knows them.

    Raises:
        OpsError: it is not installed, or does not know the repository.
    """
    name = deployment.repository.settings.github_repository
    give = (
        f"give --github-owner-id and --github-repository-id (`gh api repos/{name}` shows them as owner.id and id), "
        "or --classic-subject for repositories from before 2026-07-15"
    )
    program = which("gh")
    if program is None:
        message = f"The ids of the GitHub repository {name} are needed, and gh is not here to ask for them: {give}."
        raise OpsError(message)
    answer = subprocess.run(  # noqa: S603  arguments are checked by the settings
        [program, "api", f"repos/{name}"], capture_output=True, check=False, encoding="utf-8", stdin=subprocess.DEVNULL
    )
    try:
        repository: Any = json.loads(answer.stdout)
        return int(repository["owner"]["id"]), int(repository["id"])
    except (ValueError, KeyError, TypeError):
        said = (answer.stderr.strip().splitlines() or ["it gave no answer"])[-1].rstrip(".")
        message = f"gh cannot tell the ids of the GitHub repository {name} ({said}): {give}."
        raise OpsError(message) from None


def _discard(stack: Stack, plan: Plan) -> None:
    if plan.change_set is not None and stack.stands(plan.change_set):
        stack.discard(plan.change_set)


def _say_up_to_date(stack: Stack, console: Console) -> None:
    console.print(f"The stack {escape(stack.name)} is up to date.")


def _say_done(deployment: Deployment, console: Console, *, github: bool) -> None:
    console.print(f"[green]Done.[/] {escape(deployment.bootstrap_stack)} is there.")
    if github or deployment.parameters.deploy_role:
        console.print(
            f"On GitHub, set the variable AWS_DEPLOY_ROLE of the environment {deployment.environment} to "
            f"{escape(deployment.deploy_role)}",
            soft_wrap=True,
        )


def _may_make_bucket(account: Account, deployment: Deployment, *, absent: bool) -> bool:
    """Return whether the bucket is one that an earlier stack of this environment left, or `absent` if there is none."""
    s3 = account.client("s3")
    try:
        s3.head_bucket(Bucket=deployment.bucket, ExpectedBucketOwner=account.account)
    except ClientError as error:
        if aws.code(error) in {"404", "NoSuchBucket"}:
            return absent
        message = (
            f"The bucket {deployment.bucket} belongs to another account, or is closed to these credentials: "
            f"name another in output_uri of parameters/{deployment.environment}.json."
        )
        raise OpsError(message) from None
    return bool(kept.bucket_is_own(account, deployment))


def _taken(deployment: Deployment, what: str) -> OpsError:
    # The stack would change how long it is kept, and `ops destroy --delete-data` would delete it.
    tags = " and ".join(f"{key}={deployment.tags[key]}" for key in stacks.OWN_TAGS)
    return OpsError(
        f"The account holds {what} that is not this model's: it has no tags {tags}. Answer another model_name "
        "(`copier update`), have it removed by who owns it, or give it these tags, and bootstrap takes it over."
    )


def _has_provider(account: Account) -> bool:
    providers = account.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return any(provider["Arn"].endswith(f"/{GITHUB}") for provider in providers)
