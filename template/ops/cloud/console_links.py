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
    group = _twice_quoted(JOB_LOGS)
    streams = _twice_quoted(f"?logStreamNameFilter={job_name}/")
    return f"{_root(account)}/cloudwatch/home?region={account.region}#logsV2:log-groups/log-group/{group}{streams}"


def quota(account: Account, service: str, quota_code: str) -> str:
    """Return the page on which a higher quota is asked for."""
    return f"{_root(account)}/servicequotas/home/services/{service}/quotas/{quota_code}"


def _root(account: Account) -> str:
    return f"https://{account.region}.{_DOMAINS.get(account.partition, _DOMAINS['aws'])}"


def _twice_quoted(text: str) -> str:
    # The console's own way to put an address into a fragment: % is written as $.
    return quote(quote(text, safe=""), safe="").replace("%", "$")
