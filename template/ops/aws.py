"""The AWS account of an environment: its clients, the guard against any other account, and errors in plain words."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import ops
from ops.errors import OpsError
from ops.parameters import Parameters
from ops.regions import partition

# Adaptive: beside waiting after a refusal, the client slows down, so that a fleet of deployments gets through.
_CONFIG = Config(retries={"mode": "adaptive", "total_max_attempts": 8}, user_agent_extra=ops.__name__)

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_WRONG_CREDENTIALS = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_NO_BOOTSTRAP = {"NoSuchBucket", "RepositoryNotFoundException"}
_ACTION = re.compile(r"not authorized to perform:? (?P<action>[a-z0-9-]+:[A-Za-z0-9]+)(?: on resource: (?P<on>\S+))?")

_LOG_IN = "log in again (`aws sso login`, or new keys) and repeat the command"

_BEFORE_AN_ANSWER: tuple[tuple[tuple[type[BotoCoreError], ...], str], ...] = (
    (
        (exceptions.NoCredentialsError, exceptions.PartialCredentialsError),
        "There are no AWS credentials here, or not all of them: log in (`aws sso login`), or set AWS_PROFILE.",
    ),
    ((exceptions.ProfileNotFound,), "{}: correct AWS_PROFILE, or make the profile with `aws configure sso`."),
    (
        (exceptions.TokenRetrievalError, exceptions.SSOError, exceptions.CredentialRetrievalError),
        f"The AWS credentials cannot be had ({{}}): {_LOG_IN}.",
    ),
    (
        (exceptions.UnknownRegionError, exceptions.InvalidRegionError),
        "{}: correct `region` in parameters/{environment}.json, such as eu-west-1.",
    ),
    (
        (exceptions.HTTPClientError, exceptions.ConnectionError),
        "AWS cannot be reached ({}): check the network, the proxy and the region.",
    ),
)
"""What botocore raises before AWS answers, and what that means."""


@dataclass(frozen=True)
class Account:
    """An account and region in which the credentials of this machine have been accepted."""

    session: Any
    account: str
    region: str
    partition: str
    caller: str
    """ARN of whom the credentials belong to."""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def client(self, service: str) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
        """Return a boto3 client, which tries again where AWS asks it to slow down."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, config=_CONFIG)
        return self._clients[service]


@contextlib.contextmanager
def connect(parameters: Parameters, environment: str) -> Iterator[Account]:
    """Enter the account of an environment; errors of AWS inside the `with` become an OpsError.

    Raises:
        OpsError: there are no valid credentials, they belong to another account, or AWS refused a call.
    """
    with explained(environment):
        session = boto3.Session(region_name=parameters.region)
        identity = session.client("sts", config=_CONFIG).get_caller_identity()
        if identity["Account"] != parameters.account:
            message = (
                f"These credentials belong to account {identity['Account']} ({identity['Arn']}), "
                f"and parameters/{environment}.json names account {parameters.account}: "
                "use credentials of that account, or correct the file."
            )
            raise OpsError(message)
        yield Account(
            session,
            parameters.account,
            parameters.region,
            partition(parameters.region),
            identity["Arn"],
        )


@contextlib.contextmanager
def explained(environment: str) -> Iterator[None]:
    """Turn what botocore raises into an OpsError."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OpsError(explain(error, environment)) from error


def explain(error: BotoCoreError | ClientError, environment: str) -> str:
    """Return what an error of AWS means, and what to do about it."""
    if isinstance(error, ClientError):
        return _explain_answer(error, environment)
    sentence = next((text for kinds, text in _BEFORE_AN_ANSWER if isinstance(error, kinds)), "AWS cannot be asked: {}.")
    return sentence.format(" ".join(str(error).split()).rstrip("."), environment=environment)


def code(error: ClientError) -> str:
    """Return the code of an error of AWS, such as `AccessDenied`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_denied(error: ClientError) -> bool:
    """Return whether an error of AWS is a lack of permission."""
    return code(error) in _DENIED


def _explain_answer(error: ClientError, environment: str) -> str:
    said = str(error.response.get("Error", {}).get("Message", "")).strip().rstrip(".")
    match code(error):
        case reason if reason in _EXPIRED:
            return f"The AWS credentials have expired: {_LOG_IN}."
        case reason if reason in _WRONG_CREDENTIALS:
            return f"AWS does not accept the credentials ({reason}): {_LOG_IN}."
        case reason if reason in _DENIED:
            match = _ACTION.search(said)
            action = match["action"] if match else error.operation_name
            where = f" on {match['on']}" if match and match["on"] else ""
            return (
                f"AWS denied {action}{where}: have it allowed for these credentials, or use others "
                f"(`uv run ops doctor --env {environment}` says who they are)."
            )
        case reason if reason in _THROTTLED:
            return (
                f"AWS throttles {error.operation_name}, and still did so after several attempts: "
                "repeat the command in some minutes; it continues where it stopped."
            )
        case reason if reason in _NO_BOOTSTRAP:
            return (
                f"{said}: an administrator has to run `uv run ops bootstrap --env {environment}` first, "
                "which makes the registry, the bucket and the roles."
            )
        case reason:
            return f"AWS refused {error.operation_name}: {said} ({reason})."
