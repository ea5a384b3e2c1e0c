"""`ops destroy`: the stacks of an environment, and its data only where that is asked for."""

from rich.console import Console
from rich.markup import escape

from ops.aws import Account
from ops.cloud import dialogue, kept, stacks
from ops.errors import OpsError
from ops.infrastructure import Deployment


def run(account: Account, deployment: Deployment, console: Console, *, delete_data: bool) -> None:
    """Delete an environment; to repeat it continues where it was interrupted.

    Args:
        account: where.
        deployment: what.
        console: says what goes and what stays.
        delete_data: whether the bucket, the images and the logs go, too, as far as bootstrap made them.

    Raises:
        OpsError: the user did not confirm it, or something cannot be deleted.
    """
    doomed = (stacks.of(account, deployment), stacks.bootstrap_of(account, deployment))
    for stack in doomed:
        # Refuses another's stack before anything is asked.
        stack.describe()
    if delete_data and kept.bucket_is_own(account, deployment):
        _refuse_shared_bucket(deployment)
    data = f"the bucket {deployment.bucket}, the images in {deployment.prefix} and the log of the state machine"
    console.print(
        f"This deletes, in account {account.account}, {account.region}: the stacks "
        f"{' and '.join(stack.name for stack in doomed)}, with the state machine, its schedule and the roles.\n"
        f"{'It deletes for ever' if delete_data else 'It keeps'} {data}.",
        soft_wrap=True,
        markup=False,
    )
    if dialogue.type_in(f"Type {deployment.prefix} to go on") != deployment.prefix:
        message = f"nothing was deleted: what was typed is not {deployment.prefix}."
        raise OpsError(message)
    for stack in doomed:
        stack.delete(dialogue.narrator(console))
    if delete_data:
        _delete_bucket(account, deployment, console)
        _delete_images(account, deployment)
        _delete_logs(account, deployment)
    console.print(f"[green]Done.[/] {escape(deployment.prefix)} is gone{'' if delete_data else '; its data is kept'}.")


def _refuse_shared_bucket(deployment: Deployment) -> None:
    repository = deployment.repository
    for name in repository.environments:
        if name != deployment.environment and deployment.bucket in Deployment.load(repository, name).buckets:
            message = (
                f"The bucket {deployment.bucket} is one of {name}, too (parameters/{name}.json): leave --delete-data "
                f"out, or have {name} use another bucket first. Nothing was deleted."
            )
            raise OpsError(message)


def _delete_bucket(account: Account, deployment: Deployment, console: Console) -> None:
    s3, bucket = account.client("s3"), deployment.bucket
    if not (own := kept.bucket_is_own(account, deployment)):
        if own is not None:
            console.print(f"The bucket {escape(bucket)} stays: bootstrap did not make it.", soft_wrap=True)
        return
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        if objects:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            if faults := answer.get("Errors"):
                message = (
                    f"S3 did not delete {faults[0]['Key']} of {bucket}: {faults[0]['Message']}. Repeat the command."
                )
                raise OpsError(message)
    s3.delete_bucket(Bucket=bucket)


def _delete_images(account: Account, deployment: Deployment) -> None:
    if kept.repository_is_own(account, deployment):
        account.client("ecr").delete_repository(
            registryId=account.account, repositoryName=deployment.prefix, force=True
        )


def _delete_logs(account: Account, deployment: Deployment) -> None:
    if kept.log_group_is_own(account, deployment):
        account.client("logs").delete_log_group(logGroupName=kept.log_group(deployment))
