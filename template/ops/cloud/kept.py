"""What bootstrap makes and keeps when its stack is deleted: whether it is there, and whose it is."""

from botocore.exceptions import ClientError

from ops import aws
from ops.aws import Account
from ops.cloud import stacks
from ops.infrastructure import Deployment


def log_group(deployment: Deployment) -> str:
    """Return the name of the log group of a state machine; `infra/bootstrap.yaml` gives it."""
    return f"/aws/vendedlogs/states/{deployment.prefix}"


def bucket_is_own(account: Account, deployment: Deployment) -> bool | None:
    """Return whether bootstrap made the bucket, in this account; None if there is none."""
    try:
        tags = account.client("s3").get_bucket_tagging(Bucket=deployment.bucket, ExpectedBucketOwner=account.account)[
            "TagSet"
        ]
    except ClientError as error:
        if aws.code(error) == "NoSuchBucket":
            return None
        if aws.code(error) != "NoSuchTagSet":
            raise
        tags = []
    return stacks.is_own(tags, deployment.tags)


def repository_is_own(account: Account, deployment: Deployment) -> bool | None:
    """Return whether bootstrap made the image repository; None if there is none."""
    arn = f"arn:{account.partition}:ecr:{account.region}:{account.account}:repository/{deployment.prefix}"
    try:
        tags = account.client("ecr").list_tags_for_resource(resourceArn=arn)["tags"]
    except ClientError as error:
        if aws.code(error) != "RepositoryNotFoundException":
            raise
        return None
    return stacks.is_own(tags, deployment.tags)


def log_group_is_own(account: Account, deployment: Deployment) -> bool | None:
    """Return whether bootstrap made the log group; None if there is none."""
    logs, name = account.client("logs"), log_group(deployment)
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name not in {group["logGroupName"] for group in groups}:
        return None
    arn = f"arn:{account.partition}:logs:{account.region}:{account.account}:log-group:{name}"
    tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
    return stacks.is_own([{"Key": key, "Value": value} for key, value in tags.items()], deployment.tags)
