"""Workflows that are deployed and run in the local cloud as the roles that their deployment makes.

Who plays a scenario with the policies of its deployment learns which requests AWS decides on, and that it allows them.
Who takes a permission away learns what fails. A run makes the same requests whatever the policies are, up to the first
that is denied; so whether it would fail can be told from the requests of one run, without another.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

from accounts import PARAMETERS, ROOT, SETTINGS, Account, Container, Script, ScriptedImage, account, fail, hang
from botocore.exceptions import ClientError
from ops.cloud import assembly
from ops.definition import STEPS
from ops.infrastructure import Deployment
from ops.local.cloud import LocalCloud
from ops.local.processing import JobFailed
from ops.parameters import Parameters
from ops.repository import Repository
from ops.settings import Settings
from permissions.authorizations import Authorizations
from permissions.enforcement import Decision, Document, Request, decide_for

ACCOUNT = "123456789012"
"""moto's."""

IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev@sha256:{'0' * 64}"


class Template(Repository):
    """The template itself, as if it was generated: what is deployed is static."""

    @property
    def settings(self) -> Settings:
        """The answers."""
        return SETTINGS


def deployment(**parameters: object) -> Deployment:
    """Return the deployment of a parameter file that holds little more than it must."""
    document = {**PARAMETERS, "account": ACCOUNT, **parameters}
    return Deployment(Template(ROOT / "template"), "dev", Parameters.model_validate_json(json.dumps(document)))


@dataclass
class Enforcement:
    """Decides, by policies, on what AWS asks; and keeps it."""

    authorizations: Authorizations
    policies: Mapping[str, Document]
    requests: list[Request] = field(default_factory=list)
    denied: list[Request] = field(default_factory=list)

    def check(self, requests: Iterator[Request]) -> None:
        """Let the requests pass.

        Raises:
            ClientError: one is denied; those after it are not made.
        """
        for request in requests:
            self.requests.append(request)
            if decide_for(self.policies, request) is not Decision.ALLOWED:
                self.denied.append(request)
                error = {"Code": "AccessDeniedException", "Message": f"User: {request}"}
                raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, request.action)

    @contextlib.contextmanager
    def of_clients(self) -> Iterator[None]:
        """Check whatever a client of the local cloud asks for."""
        unchecked = LocalCloud.client

        def client(cloud: LocalCloud, service: str, role: str | None = None) -> Any:  # noqa: ANN401  boto3's
            made = unchecked(cloud, service, role)

            def check(params: Mapping[str, Any], model: Any, **_more: object) -> None:  # noqa: ANN401  botocore's
                if role:
                    role_name = self.authorizations.role(role)
                    self.check(self.authorizations.of_call(service, model.name, params, role_name))
                elif service == "stepfunctions":
                    self.check(self.authorizations.of_deployment(model.name, params))

            made.meta.events.register("before-parameter-build", check)
            return made

        with mock.patch.object(LocalCloud, "client", client):
            yield


@dataclass
class CheckedImage:
    """An image in ECR, whose containers start if AWS may do for the job's role what it does then."""

    image: ScriptedImage
    enforcement: Enforcement

    def start(self, command: Sequence[str], ml: Path, environment: Mapping[str, str], log: BinaryIO) -> Container:
        """Start a container; see `ops.local.processing.Image`."""
        request = json.loads((ml / "config" / "processingjobconfig.json").read_text())
        try:
            self.enforcement.check(self.enforcement.authorizations.of_job(request))
        except ClientError as error:
            message = f"ClientError: {error}"
            raise JobFailed(message) from error
        return self.image.start(command, ml, environment, log)


@dataclass(frozen=True)
class Workflow:
    """A workflow that is about to be deployed."""

    deployment: Deployment
    given: Mapping[str, Any]
    """The input of its execution."""
    account: Account
    enforcement: Enforcement

    def deploy(self) -> str:
        """Create the state machine as the stack does; return its ARN."""
        template = self.deployment.stack_template(self.account.definition)
        logging = template["Resources"]["StateMachine"]["Properties"]["LoggingConfiguration"]
        machine = self.account.stepfunctions.create_state_machine(
            name=self.deployment.prefix,
            roleArn=self.deployment.workflow_role,
            definition=json.dumps(self.account.definition),
            loggingConfiguration={"level": logging["Level"]},
        )
        return str(machine["stateMachineArn"])

    def start(self) -> str:
        """Deploy it and start an execution; return its ARN."""
        started = self.account.stepfunctions.start_execution(
            stateMachineArn=self.deploy(), name="run", input=json.dumps(self.given)
        )
        return str(started["executionArn"])


Plot = Callable[[Workflow], str | None]
"""What is done with a workflow; it returns what went wrong, or None."""


def runs(workflow: Workflow) -> str | None:
    """Deploy it and run it to its end."""
    view = workflow.account.wait(workflow.start())
    return None if view.status == "SUCCEEDED" else f"{view.error}: {view.cause}"


def is_deployed_again(workflow: Workflow) -> str | None:
    """Deploy it, deploy it again, and delete it."""
    machine, client = workflow.deploy(), workflow.account.stepfunctions
    client.update_state_machine(
        stateMachineArn=machine,
        definition=json.dumps(workflow.account.definition),
        loggingConfiguration={"level": "ALL"},
    )
    client.delete_state_machine(stateMachineArn=machine)
    return None


def is_stopped(workflow: Workflow) -> str | None:
    """Stop it while a job runs that does not end by itself: as StopExecution, a state's time-out stops its job."""
    arn = workflow.start()
    client, cloud = workflow.account.stepfunctions, workflow.account.cloud

    def hanging() -> bool:
        # The only script that the scenario gives has been taken by its container.
        return not any(workflow.account.image.scripts.values())

    def running() -> bool:
        return bool(client.describe_execution(executionArn=arn)["status"] == "RUNNING")

    while not hanging() and running():
        time.sleep(0.01)
    if not running():
        return str(client.describe_execution(executionArn=arn)["cause"])
    client.stop_execution(executionArn=arn)
    last = list(cloud.jobs.values())[-1]
    while last.is_alive() and not workflow.enforcement.denied:
        time.sleep(0.01)
    return None if last.status == "Stopped" else f"the job runs on: {workflow.enforcement.denied[0]}"


@dataclass(frozen=True)
class Scenario:
    """Parameters of a deployment, what its containers do, and what is done with it."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    plot: Plot = runs
    scripts: Mapping[str, Sequence[Script]] = field(default_factory=dict)
    files: Sequence[str] = ("a.csv",)
    given: Mapping[str, Any] = field(default_factory=dict)
    """The input of the execution."""

    @property
    def deployment(self) -> Deployment:
        """What is deployed."""
        return deployment(**self.parameters)


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario: `failure` says why it failed."""

    failure: str | None
    requests: list[Request]
    denied: list[Request]


def play(scenario: Scenario, folder: Path, policies: Mapping[str, Document] | None = None) -> Outcome:
    """Deploy and run a scenario's workflow.

    Args:
        scenario: what to play.
        folder: where its jobs live.
        policies: what decides, instead of the policies of the deployment.
    """
    deployed = scenario.deployment
    enforcement = Enforcement(Authorizations(deployed), deployed.policies() if policies is None else policies)
    scripts = {step: list(those) for step, those in scenario.scripts.items()}
    with enforcement.of_clients(), account(folder, scenario.parameters, scripts) as made:
        resolution = assembly.resolution(deployed, IMAGE)
        uris = {resolution.scikit_image_uri, IMAGE, scenario.given.get("custom_image_uri", IMAGE)}
        made.cloud.images = dict.fromkeys(uris, CheckedImage(made.image, enforcement))
        made.definition = assembly.assemble(deployed, IMAGE)
        for name in scenario.files:
            made.put(f"{deployed.parameters.input_uri.rstrip('/')}/{name}")
        made.put(f"{resolution.code_uri}preprocessing.py")
        if model := deployed.parameters.model_uri:
            made.put(f"{model}weights.json")
        try:
            failure = scenario.plot(Workflow(deployed, scenario.given, made, enforcement))
        except ClientError as error:
            failure = str(error)
    return Outcome(failure, enforcement.requests, enforcement.denied)


MODEL = {"model_uri": "s3://models/rings/v1/"}

VPC_AND_KEYS = {
    "network_config": {
        "EnableNetworkIsolation": True,
        "VpcConfig": {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a", "sg-0b"]},
    },
    "volume_encryption": {"VolumeKmsKeyId": "0a1b2c3d"},
    "output_encryption": {"KmsKeyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/4e5f6a7b"},
}

TRACING = {"tracing": True}

EVERYTHING = {**MODEL, **VPC_AND_KEYS, **TRACING}
"""Parameters of a deployment that needs every policy."""

SCENARIOS: Mapping[str, Scenario] = {
    "default": Scenario(),
    "deployed again": Scenario(plot=is_deployed_again),
    **{f"stopped in {step}": Scenario(plot=is_stopped, scripts={step: [hang]}) for step in STEPS},
    "model in S3": Scenario(MODEL),
    "VPC and keys": Scenario(VPC_AND_KEYS),
    "custom image in all steps": Scenario({"preprocessing_image": "custom", "postprocessing_image": "custom"}),
    "predict alone": Scenario({"preprocessing_image": "none", "postprocessing_image": "none"}),
    "three instances": Scenario({"instance_count": 3}, files=("a.csv", "b.csv", "c.csv")),
    "traced": Scenario(TRACING),
    "prefixes with wildcards": Scenario({"input_uri": "s3://bucket/in*/$?/", "output_uri": "s3://bucket/out*"}),
    "whole buckets": Scenario({"input_uri": "s3://given", "output_uri": "s3://bucket", "code_uri": "s3://code/"}),
    "job that fails once": Scenario(scripts={"predict": [fail]}),
}
"""What is to work with the policies that come with it."""
