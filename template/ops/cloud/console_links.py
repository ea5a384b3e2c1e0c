"""Addresses of pages of the AWS console."""

from urllib.parse import quote

from ops.aws import Account

JOB_LOGS = "/aws/sagemaker/ProcessingJobs"
"""The log group of all processing jobs; each container writes a stream that begins with its job's name."""

_DOMAINS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def execution(account: Account, arn: str) -> str:
    """Return the page of an execution."""
    return f"{_root(account)}/states/home?region={account.region}#/v2/executions/details/{arn}"


def job_logs(account: Account, job_name: str) -> str:
    """Return the page of the log streams of a job."""
    # The console's own way to put an address into a fragment: quoted twice, then with $ for %.
    group, filtered = quote(JOB_LOGS, safe=""), f"?logStreamNameFilter={quote(f'{job_name}/', safe='')}"
    fragment = quote(f"{group}{filtered}", safe="").replace("%", "$")
    return f"{_root(account)}/cloudwatch/home?region={account.region}#logsV2:log-groups/log-group/{fragment}"


def quota(account: Account, service: str, quota_code: str) -> str:
    """Return the page on which a higher quota is asked for."""
    return f"{_root(account)}/servicequotas/home/services/{service}/quotas/{quota_code}"


def _root(account: Account) -> str:
    return f"https://{account.region}.{_DOMAINS.get(account.partition, _DOMAINS['aws'])}"
