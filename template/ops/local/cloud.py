"""An AWS account inside this process: moto's Step Functions interprets the definition, and its jobs really run.

moto gives S3, the bookkeeping of SageMaker and the interpreter of the Amazon States Language. This module joins to
it what moto lacks: jobs that run, the `.sync` integration of SageMaker, and the refusal of bad requests. To that end
it replaces private symbols of moto, all of them in `local_cloud`; they are why pyproject.toml pins moto exactly.
Where the local cloud differs from AWS is said in docs/explanation/local-cloud.md of the template.
"""

import contextlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse
from moto.stepfunctions.parser.api import (
    ExecutionFailedEventDetails,
    HistoryEventType,
    TaskFailedEventDetails,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.json_path import extract_json
from moto.stepfunctions.parser.backend.execution import Execution

from ops import requests
from ops.local.processing import Image, ProcessingJob

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}

_ERROR_NAMES = {
    "ResourceInUse": "SageMaker.ResourceInUseException",
    "ResourceLimitExceeded": "SageMaker.ResourceLimitExceededException",
    "ThrottlingException": "ThrottlingException",
}
"""How Step Functions names the error codes of SageMaker; any other is SageMaker.AmazonSageMakerException."""

_AS_IT_STANDS = Config(parameter_validation=False, retries={"total_max_attempts": 1})
"""The service gets every request, and once: what it refuses, the execution tells in the service's words."""


@dataclass
class LocalCloud:
    """The account: its clients, and the jobs that were created in it, by name."""

    images: Mapping[str, Image]
    folder: Path
    logs: Path
    region: str
    jobs: dict[str, ProcessingJob] = field(default_factory=dict)

    def client(self, service: str, role: str | None = None) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
        """Return a boto3 client of this account; what it asks for, it asks for as `role`, an ARN, where one is given.

        Here every role may do everything. What the roles' policies allow is proved in the tests of the template.
        """
        credentials = {name.lower(): value for name, value in CREDENTIALS.items()}
        return boto3.client(
            service, region_name=self.region, aws_session_token=role, config=_AS_IT_STANDS, **credentials
        )

    def start(self, request: Mapping[str, Any]) -> ProcessingJob:
        """Start the job of a CreateProcessingJob request.

        Raises:
            moto's ValidationError: no image of this machine stands for the request's ImageUri.
        """
        name, uri = request["ProcessingJobName"], request["AppSpecification"]["ImageUri"]
        if uri not in self.images:
            message = f"No image of this machine stands for {uri}; there are: {', '.join(self.images)}."
            raise ValidationError(message)
        job = self.jobs[name] = ProcessingJob(
            request,
            image=self.images[uri],
            s3=self.client("s3", request["RoleArn"]),
            folder=self.folder / name,
            logs=self.logs / name,
            environment=self._environment(),
        )
        job.start()
        return job

    def stop(self, arn: str) -> None:
        """Stop an execution and its jobs."""
        client = self.client("stepfunctions")
        # moto stops an execution cleanly while a job runs, and not between two jobs, nor while it reads the definition.
        while (
            not any(job.is_alive() for job in list(self.jobs.values()))
            and client.describe_execution(executionArn=arn)["status"] == "RUNNING"
        ):
            time.sleep(0.01)
        client.stop_execution(executionArn=arn)
        self.close()

    def close(self) -> None:
        """Stop the jobs that still run."""
        for job in self.jobs.values():
            job.stop()
        for job in self.jobs.values():
            job.join()

    def _environment(self) -> dict[str, str]:
        # A script that calls AWS must never reach a real account: the discard port answers nobody.
        return {
            **CREDENTIALS,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_EC2_METADATA_DISABLED": "true",
            # It is to fail at once.
            "AWS_MAX_ATTEMPTS": "1",
        }


@contextlib.contextmanager
def local_cloud(images: Mapping[str, Image], *, folder: Path, logs: Path, region: str) -> Iterator[LocalCloud]:
    """Replace AWS for this process, until the context ends.

    Args:
        images: what runs for each image URI.
        folder: where the jobs' containers live.
        logs: where the containers' logs go: `<job>/algo-<n>.log`, as in CloudWatch.
        region: the region of the clients.
    """
    cloud = LocalCloud(images, folder, logs, region)
    service_for = state_task_factory.state_task_service_for
    started = Execution.get_start_execution_details

    def state_task_service_for(service_name: str) -> Any:  # noqa: ANN401
        return SageMakerTask(cloud) if service_name == "sagemaker" else service_for(service_name)

    def get_start_execution_details(self: Execution) -> Any:  # noqa: ANN401
        # moto hands a datetime to $$.Execution.StartTime, on which every later state fails.
        details = started(self)
        details.start_time = details.start_time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        return details

    # moto logs each failed state with the whole of its inner life; the history tells it better.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, _sealed(os.environ), clear=True))
        for target, name, replacement in (
            (state_task_factory, "state_task_service_for", state_task_service_for),
            (Execution, "get_start_execution_details", get_start_execution_details),
            (SageMakerResponse, "create_processing_job", _create(cloud, SageMakerResponse.create_processing_job)),
            (SageMakerResponse, "describe_processing_job", _describe(cloud, SageMakerResponse.describe_processing_job)),
            (SageMakerResponse, "stop_processing_job", _stop(cloud, SageMakerResponse.stop_processing_job)),
            (StateChoice, "_eval_state", _choose(StateChoice._eval_state)),  # noqa: SLF001
            # Nobody is served by waiting between the attempts of a job on their own machine.
            (retrier_decl, "time", SimpleNamespace(sleep=lambda _seconds: None)),
        ):
            stack.enter_context(mock.patch.object(target, name, replacement))
        stack.enter_context(mock_aws(config={"stepfunctions": {"execute_state_machine": True}}))
        stack.callback(cloud.close)
        yield cloud


class JobStoppedFromOutside(Exception):  # noqa: N818  nothing is wrong
    """The execution was stopped, or the state timed out, while its job ran."""


class SageMakerTask(StateTaskServiceCallback):  # type: ignore[misc]  # moto is untyped here
    """`arn:aws:states:::sagemaker:createProcessingJob.sync`; moto's own loop polls, and fails in this release."""

    def __init__(self, cloud: LocalCloud) -> None:  # noqa: D107
        super().__init__(supported_integration_patterns={ResourceCondition.Sync})
        self._cloud = cloud

    def _get_supported_parameters(self) -> set[str] | None:
        # None makes CreateStateMachine refuse the definition.
        if self.resource.api_action != "createProcessingJob" or self.resource.condition != ResourceCondition.Sync:
            return None
        return set(requests.input_shape("sagemaker", "CreateProcessingJob").members)

    def _eval_parameters(self, env: Any) -> dict[str, Any]:  # noqa: ANN401
        self.parargs.eval(env=env)
        parameters: dict[str, Any] = env.stack.pop()
        # moto's grammar takes `RoleArn.$` for a part of Credentials, and leaves the path as it stands.
        for key in [key for key in parameters if key.endswith(".$")]:
            parameters[key.removesuffix(".$")] = extract_json(parameters.pop(key), env.states.get_input())
        # moto would drop parameters that the API does not know; Step Functions refuses them, and those of a wrong type.
        if faults := requests.structural_faults("sagemaker", "CreateProcessingJob", parameters):
            cause = f"The parameters could not be used to start the task: {'; '.join(faults)}"
            raise self._failure(env, "States.Runtime", cause)
        return parameters

    def _eval_service_task(
        self,
        env: Any,  # noqa: ANN401  moto's types are not published
        resource_runtime_part: Any,  # noqa: ANN401, ARG002
        normalised_parameters: dict[str, Any],
        state_credentials: Any,  # noqa: ANN401
    ) -> None:
        client = self._cloud.client("sagemaker", state_credentials.role_arn)
        env.stack.append(client.create_processing_job(**normalised_parameters))

    def _after_eval_execution(self, env: Any, **parts: Any) -> None:  # noqa: ANN401
        # The history says no more of such a job, least of all that it succeeded.
        with contextlib.suppress(JobStoppedFromOutside):
            super()._after_eval_execution(env=env, **parts)

    def _eval_integration_pattern(
        self,
        env: Any,  # noqa: ANN401
        resource_runtime_part: Any,  # noqa: ANN401, ARG002
        normalised_parameters: dict[str, Any],
        state_credentials: Any,  # noqa: ANN401
    ) -> None:
        client = self._cloud.client("sagemaker", state_credentials.role_arn)
        name = normalised_parameters["ProcessingJobName"]
        job = self._cloud.jobs[name]
        while job.is_alive() and env.is_running():
            job.join(0.02)
        if not env.is_running():
            # StopExecution and TimeoutSeconds stop the job that the state started.
            client.stop_processing_job(ProcessingJobName=name)
            job.join()
            raise JobStoppedFromOutside
        env.stack.pop()
        description = client.describe_processing_job(ProcessingJobName=name)
        description.pop("ResponseMetadata")
        answer = json.loads(json.dumps(description, default=_milliseconds))
        if job.status != "Completed":
            raise self._failure(env, "States.TaskFailed", json.dumps(answer, separators=(",", ":")))
        env.stack.append(answer)

    def _from_error(self, env: Any, ex: Exception) -> Any:  # noqa: ANN401
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        error, status = ex.response["Error"], ex.response["ResponseMetadata"]["HTTPStatusCode"]
        name = _ERROR_NAMES.get(error["Code"], "SageMaker.AmazonSageMakerException")
        cause = f"{error['Message']} (Service: AmazonSageMaker; Status Code: {status}; Error Code: {error['Code']})"
        return self._failure(env, name, cause).failure_event

    def _failure(self, env: Any, error: str, cause: str) -> FailureEventException:  # noqa: ANN401
        details = TaskFailedEventDetails(
            resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type(), error=error, cause=cause
        )
        return FailureEventException(
            FailureEvent(
                env=env,
                error_name=ErrorName(error),
                event_type=HistoryEventType.TaskFailed,
                event_details=EventDetails(taskFailedEventDetails=details),
            )
        )


def _create(cloud: LocalCloud, moto_create: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def create_processing_job(self: Any) -> Any:  # noqa: ANN401
        request = json.loads(self.body)
        if faults := requests.faults("sagemaker", "CreateProcessingJob", request):
            message = f"{len(faults)} validation error(s) detected: {'; '.join(faults)}"
            raise ValidationError(message)
        name = request["ProcessingJobName"]
        if name in cloud.jobs:
            message = f"Job name must be unique within an AWS account and region: {name} already exists"
            raise ResourceInUseException(message)
        cloud.start(request)
        return moto_create(self)

    return create_processing_job


def _describe(cloud: LocalCloud, moto_describe: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def describe_processing_job(self: Any) -> Any:  # noqa: ANN401
        name = json.loads(self.body)["ProcessingJobName"]
        if job := cloud.jobs.get(name):
            # moto takes every job for completed, and forgets two members of the request.
            record = sagemaker_backends[self.current_account][self.region].processing_jobs[name]
            record.processing_job_status = job.status
            record.failure_reason = job.failure_reason
            record.exit_message = job.exit_message
            record.environment = job.request.get("Environment")
            record.processing_resources = job.request["ProcessingResources"]
        return moto_describe(self)

    return describe_processing_job


def _stop(cloud: LocalCloud, moto_stop: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def stop_processing_job(self: Any) -> Any:  # noqa: ANN401
        job = cloud.jobs.get(json.loads(self.body)["ProcessingJobName"])
        if job is None:
            return moto_stop(self)
        job.stop()
        return "{}"

    return stop_processing_job


def _choose(moto_choose: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def _eval_state(self: Any, env: Any) -> None:  # noqa: ANN401
        try:
            moto_choose(self, env)
        except RuntimeError as error:
            # moto ends the execution with States.Runtime.
            name, cause = "States.NoChoiceMatched", f"No choice rule of the state {self.name} matches its input."
            details = ExecutionFailedEventDetails(error=name, cause=cause)
            raise FailureEventException(
                FailureEvent(
                    env=env,
                    error_name=ErrorName(name),
                    event_type=HistoryEventType.ExecutionFailed,
                    event_details=EventDetails(executionFailedEventDetails=details),
                )
            ) from error

    return _eval_state


def _sealed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without the user's own account: profile, endpoints, configuration and credentials."""
    own = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    return own | CREDENTIALS | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
