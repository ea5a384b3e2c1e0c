"""Runs the workflow in the local cloud: the assembled definition, on this machine's files."""

import contextlib
import itertools
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ops import definition, execution, scripts
from ops.definition import STEPS
from ops.errors import OpsError
from ops.execution import ExecutionView
from ops.images import scikit_image_uri
from ops.local import input_data
from ops.local.cloud import LocalCloud, local_cloud
from ops.local.processing import Image, download, list_keys, upload, upload_file
from ops.parameters import Parameters, Resolution, check_environment, execution_input
from ops.regions import partition
from ops.repository import Repository
from ops.s3 import split_uri

EXECUTION = "execution.json"
"""The file of a run that tells what came of it."""

POLL = 0.2
"""Seconds between two looks at an execution in the local cloud."""


@dataclass(frozen=True)
class Plan:
    """What is to run: everything that can be wrong with it has been found before it starts."""

    environment: str
    resolved: Mapping[str, Any]
    """The parameters of the file, which become the definition's defaults."""
    effective: Mapping[str, Any]
    """The parameters with the assignments, of which `input` holds those that differ."""
    input: Mapping[str, Any]
    region: str
    data: Path
    step: str | None
    earlier: Path | None
    """The run whose outputs stand for the steps before `step`."""

    @property
    def steps(self) -> list[str]:
        """The steps that run a job, in order."""
        if self.step:
            return [self.step]
        return [step for step in STEPS if self.effective.get(f"{step}_image") != "none"]

    def image_of(self, step: str) -> str:
        """Return `scikit` or `custom`: the image that a step runs in."""
        return str(self.effective.get(f"{step}_image", "custom"))


@dataclass(frozen=True)
class Run:
    """An execution that ended, and the folder with its outputs, logs and history."""

    folder: Path
    view: ExecutionView

    def outputs(self, step: str) -> list[Path]:
        """Return the files that a step put out."""
        return sorted(path for path in (self.folder / step).rglob("*") if path.is_file())

    def logs(self, job_name: str) -> list[Path]:
        """Return the logs of a job, one for each of its containers."""
        return sorted((self.folder / "logs" / job_name).glob("*.log"))


def plan(
    repository: Repository,
    *,
    environment: str = "dev",
    data: Path | None = None,
    assignments: Iterable[str] = (),
    step: str | None = None,
) -> Plan:
    """Read and check all that a local run depends on.

    Args:
        repository: the generated repository.
        environment: whose parameter file to run with.
        data: a file or folder to run on; default: the repository's sample.
        assignments: `key=value` pairs, given to the execution as its input.
        step: the only step to run; the steps before it are those of the newest run.

    Raises:
        OpsError: a parameter, the data, or the run to continue from is missing or wrong.
    """
    assignments = list(assignments)
    check_environment(environment)
    path = repository.parameters(environment)
    parameters, effective = Parameters.load(path), Parameters.load(path, assignments)
    settings = repository.settings
    resolution = _resolution(repository, environment, parameters)
    resolved = parameters.resolve(settings, environment, resolution)
    with_assignments = effective.resolve(settings, environment, resolution)
    if step and with_assignments.get(f"{step}_image") == "none":
        message = f"--step {step}: the workflow leaves this step out; add --set {step}_image=custom to run it."
        raise OpsError(message)
    earlier = _earlier_run(repository, step, with_assignments) if step else None
    if data and earlier:
        message = f"--input is not for --step {step}, which runs on the outputs in {earlier}: leave one of the two out."
        raise OpsError(message)
    input_data.check(repository, data or repository.sample)
    planned = Plan(
        environment=environment,
        resolved=resolved,
        effective=with_assignments,
        input=execution_input(with_assignments, assignments),
        region=parameters.region,
        data=data or repository.sample,
        step=step,
        earlier=earlier,
    )
    for name in planned.steps:
        if not (script := repository.src / f"{name}.py").is_file():
            message = f"{script} is missing, the script of {name}: write it, or bring it back from the history of git."
            raise OpsError(message)
    return planned


def run(
    repository: Repository,
    plan: Plan,
    images: Mapping[str, Image],
    show: Callable[[Iterator[ExecutionView]], ExecutionView],
) -> Run:
    """Run the workflow, and keep its outputs, logs and history in a folder of their own.

    Args:
        repository: the generated repository.
        plan: what to run.
        images: what runs for `scikit` and for `custom`; only those that the plan's steps need.
        show: consumes the views of the execution while it runs and returns the last.

    Raises:
        OpsError: Step Functions refuses the definition.
    """
    assembled = definition.assemble(definition.load(repository.definition), plan.resolved, partition(plan.region))
    if plan.step:
        assembled = definition.only(assembled, plan.step)
    folder = _new_folder(repository)
    _write_json(folder / "state_machine.asl.json", assembled)
    _write_json(folder / "input.json", plan.input)
    uris = {plan.effective[f"{kind}_image_uri"]: image for kind, image in images.items()}
    jobs = folder / "jobs"
    with _interruptible(), local_cloud(uris, folder=jobs, logs=folder / "logs", region=plan.region) as cloud:
        _fill_buckets(cloud, repository, plan, folder.name)
        client = cloud.client("stepfunctions")
        try:
            machine = client.create_state_machine(
                name=plan.resolved["job_name_prefix"],
                definition=json.dumps(assembled),
                # moto does not use it, but would refuse one of a partition that it does not know.
                roleArn="arn:aws:iam::123456789012:role/workflow",
            )
        except ClientError as error:
            # The definition follows, which nobody needs to read here.
            why = error.response["Error"]["Message"].partition(" in definition ")[0]
            message = f"{repository.definition} is no valid definition: bring it back with `copier recopy`. {why}"
            raise OpsError(message) from None
        started = client.start_execution(
            stateMachineArn=machine["stateMachineArn"], name=folder.name, input=json.dumps(plan.input)
        )
        arn = started["executionArn"]
        try:
            view = show(execution.follow(client, arn, POLL))
        except KeyboardInterrupt:
            cloud.stop(arn)
            view = show(execution.follow(client, arn, POLL))
        _collect_outputs(cloud, plan, folder)
        _write_json(folder / "history.json", execution.history(client, arn))
        # Last: a run that has it is complete.
        _write_json(folder / EXECUTION, _without_metadata(client.describe_execution(executionArn=arn)))
    if view.status == "SUCCEEDED":
        shutil.rmtree(jobs, ignore_errors=True)
    return Run(folder, view)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let the end of the terminal or of a CI job interrupt the run as Ctrl-C does: no script is to outlive it."""
    ends = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    # Python takes signals in the main thread only; and what nohup has ignored stays ignored.
    here = threading.current_thread() is threading.main_thread()
    taken = [number for number in ends if here and signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _resolution(repository: Repository, environment: str, parameters: Parameters) -> Resolution:
    settings = repository.settings
    bucket, _ = split_uri(parameters.output_uri)
    return Resolution(
        role=f"arn:{partition(parameters.region)}:iam::{parameters.account}:role/{settings.model_name}-local",
        code_uri=f"s3://{bucket}/code/{settings.model_name}-{environment}/{scripts.content_hash(repository.src)}/",
        custom_image_uri=f"{settings.model_name}:local",
        scikit_image_uri=parameters.scikit_image_uri or scikit_image_uri(parameters.region, settings.scikit_version),
    )


def _earlier_run(repository: Repository, step: str, effective: Mapping[str, Any]) -> Path | None:
    earlier = list(STEPS)[: list(STEPS).index(step)]
    needed = [name for name in earlier if effective.get(f"{name}_image") != "none"]
    if not needed:
        return None
    for folder in sorted(repository.local_runs.glob("*/"), reverse=True):
        if (folder / EXECUTION).is_file() and all((folder / name).is_dir() for name in needed):
            return folder
    message = f"--step {step} needs the outputs of {' and '.join(needed)}, and no earlier run has them: run `ops run`."
    raise OpsError(message)


def _new_folder(repository: Repository) -> Path:
    while True:
        name = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")[:-3]
        folder = repository.local_runs / name
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            # Another run began within this millisecond.
            time.sleep(0.001)
        else:
            return folder


def _fill_buckets(cloud: LocalCloud, repository: Repository, plan: Plan, name: str) -> None:
    s3, effective = cloud.client("s3"), plan.effective
    uris = [effective[key] for key in ("input_uri", "output_uri", "code_uri", "model_uri") if effective[key]]
    for bucket in {split_uri(uri)[0] for uri in uris}:
        _create_bucket(s3, bucket, plan.region)
    for below, path in input_data.files(plan.data).items():
        upload_file(s3, path, effective["input_uri"], below)
    for path in scripts.files(repository.src):
        upload_file(s3, path, effective["code_uri"], path.relative_to(repository.src).as_posix())
    if effective["model_uri"]:
        upload(s3, repository.model, effective["model_uri"])
    if plan.earlier:
        # Only what lies before the step: what an earlier run made after it would pass for this run's.
        for step in itertools.takewhile(lambda step: step != plan.step, STEPS):
            if (plan.earlier / step).is_dir():
                upload(s3, plan.earlier / step, f"{effective['output_uri']}/{name}/{step}")


def _create_bucket(s3: Any, bucket: str, region: str) -> None:  # noqa: ANN401
    # S3 knows us-east-1 by the absence of a location only.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **place)


def _collect_outputs(cloud: LocalCloud, plan: Plan, folder: Path) -> None:
    s3 = cloud.client("s3")
    for step in STEPS:
        uri = f"{plan.effective['output_uri']}/{folder.name}/{step}/"
        if list_keys(s3, uri):
            download(s3, uri, folder / step)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")


def _without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
