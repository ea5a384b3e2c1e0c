"""An account of the local cloud for tests: containers that need no interpreter, and one call to run the workflow."""

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any, BinaryIO

from ops import definition, execution
from ops.definition import STEPS
from ops.execution import ExecutionView
from ops.local.cloud import LocalCloud, local_cloud
from ops.local.processing import list_keys
from ops.parameters import Parameters, Resolution
from ops.repository import Repository
from ops.s3 import split_uri
from ops.settings import Settings, StepImage, TemplateUpdates

ROOT = Path(__file__).resolve().parents[1]

DEFINITION = ROOT / "template" / "workflow" / "state_machine.asl.json"

PARAMETERS: dict[str, Any] = {
    "input_uri": "s3://bucket/input/",
    "output_uri": "s3://bucket/output/",
    "instance_type": "ml.m5.xlarge",
    "region": "eu-west-1",
    "account": "111111111111",
}
"""The least that a parameter file holds."""

SETTINGS = Settings(
    model_name="my-model",
    description="A model",
    owner="risk@example.com",
    python_version="3.11",
    scikit_version="1.4-2",
    preprocessing_image=StepImage.SCIKIT,
    postprocessing_image=StepImage.SCIKIT,
    github_repository="org/my-model",
    template_updates=TemplateUpdates.NONE,
    template_source="https://github.com/example-org/sagelift",
    template_version="v1.2.3",
)

RESOLUTION = Resolution(
    role="arn:aws:iam::111111111111:role/my-model",
    code_uri="s3://bucket/code/",
    custom_image_uri="custom:image",
    scikit_image_uri="scikit:image",
)


_COPY = """\
import pathlib, shutil, sys
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
shutil.copytree(arguments["--input-dir"], arguments["--output-dir"], dirs_exist_ok=True)
"""


def repository(root: Path, parameters: Mapping[str, Any] | None = None) -> Repository:
    """Return a repository as it is generated, but for the scripts, which copy each input file to the output.

    Args:
        root: its folder; made.
        parameters: what differs from PARAMETERS in parameters/dev.json.
    """
    document = {**PARAMETERS, "scikit_image_uri": "scikit:image", **(parameters or {})}
    contents = {
        "settings.json": SETTINGS.model_dump_json(),
        "parameters/dev.json": json.dumps(document),
        "workflow/state_machine.asl.json": DEFINITION.read_text(encoding="utf-8"),
        "data/sample/sample.csv": "house,price\n1,2\n",
        "model/weights.json": "{}",
        **{f"src/{step}.py": _COPY for step in STEPS},
    }
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Repository.find(root)


def resolve(parameters: Mapping[str, Any] | None = None, *, environment: str = "dev") -> dict[str, Any]:
    """Return what `Defaults` holds for PARAMETERS, changed by `parameters`."""
    document = {**PARAMETERS, **(parameters or {})}
    return Parameters.model_validate_json(json.dumps(document)).resolve(SETTINGS, environment, RESOLUTION)


@dataclass
class Container:
    """A container that a job started; its process does nothing by itself."""

    command: Sequence[str]
    ml: Path
    environment: Mapping[str, str]
    log: BinaryIO
    request: dict[str, Any]
    """The CreateProcessingJob request of its job."""
    code: int | None = None
    """Its exit code, once it has ended."""
    _stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def step(self) -> str:
        """The step whose script the container was to run."""
        return Path(self.command[1]).stem

    @property
    def input(self) -> Path:
        """What stands for the input folder."""
        return self.ml / "processing" / "input"

    @property
    def output(self) -> Path:
        """What stands for the output folder."""
        return self.ml / "processing" / "output"

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; a container without one runs until it is stopped."""
        if self.code is None and not self._stopped.wait(timeout):
            raise TimeoutExpired(self.command, timeout or 0)
        return 137 if self.code is None else self.code

    def stop(self) -> None:
        """End the container."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether the job saw to its end."""
        return self._stopped.is_set()


Script = Callable[[Container], int | None]
"""What a container does: its exit code, or None if it does not end by itself."""


def copy(container: Container) -> int:
    """Copy each input file to the output."""
    shutil.copytree(container.input, container.output, dirs_exist_ok=True)
    return 0


def fail(container: Container) -> int:
    """Say why, and fail."""
    container.log.write(b"no such column: price\n")
    return 1


def hang(_container: Container) -> None:
    """Run until stopped."""


@dataclass
class ScriptedImage:
    """An image whose containers do, for each step, what the next of its scripts says, and `copy` after the last."""

    scripts: dict[str, list[Script]] = field(default_factory=dict)
    containers: list[Container] = field(default_factory=list)

    def start(self, command: Sequence[str], ml: Path, environment: Mapping[str, str], log: BinaryIO) -> Container:
        """Run the script; see `ops.local.processing.Image`."""
        request = json.loads((ml / "config" / "processingjobconfig.json").read_text())
        container = Container(command, ml, environment, log, request)
        self.containers.append(container)
        scripts = self.scripts.get(container.step) or [copy]
        container.code = scripts.pop(0)(container)
        return container


@dataclass
class Account:
    """An account with a filled bucket and a state machine."""

    cloud: LocalCloud
    image: ScriptedImage
    resolved: dict[str, Any]
    definition: dict[str, Any]
    """As assembled; a test may change it before it runs."""
    _machines: dict[str, str] = field(default_factory=dict)

    @cached_property
    def s3(self) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
        """A client of S3."""
        return self.cloud.client("s3")

    @cached_property
    def stepfunctions(self) -> Any:  # noqa: ANN401
        """A client of Step Functions."""
        return self.cloud.client("stepfunctions")

    def put(self, uri: str, content: bytes = b"content") -> None:
        """Write an object, and its bucket where there is none."""
        bucket, key = split_uri(uri)
        place = {"LocationConstraint": self.cloud.region}
        with contextlib.suppress(self.s3.exceptions.BucketAlreadyOwnedByYou):
            self.s3.create_bucket(
                Bucket=bucket, **({} if self.cloud.region == "us-east-1" else {"CreateBucketConfiguration": place})
            )
        self.s3.put_object(Bucket=bucket, Key=key, Body=content)

    def keys(self, uri: str) -> list[str]:
        """Return the keys under a prefix, without the prefix."""
        _, prefix = split_uri(uri)
        return [key.removeprefix(prefix) for key in list_keys(self.s3, uri)]

    def start(self, name: str = "run", given: object | None = None) -> str:
        """Start an execution; return its ARN."""
        more = {} if given is None else {"input": json.dumps(given)}
        machine = self._machine(json.dumps(self.definition))
        return str(self.stepfunctions.start_execution(stateMachineArn=machine, name=name, **more)["executionArn"])

    def _machine(self, text: str) -> str:
        if text not in self._machines:
            name = f"machine-{len(self._machines)}"
            made = self.stepfunctions.create_state_machine(name=name, definition=text, roleArn=self.resolved["role"])
            self._machines[text] = made["stateMachineArn"]
        return self._machines[text]

    def history(self, arn: str) -> list[dict[str, Any]]:
        """Return the events of an execution."""
        return execution.history(self.stepfunctions, arn)

    def wait(self, arn: str) -> ExecutionView:
        """Return what is to be seen of an execution when it has ended."""
        while (description := self.stepfunctions.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.02)
        return execution.view(description, self.history(arn))

    def run(self, name: str = "run", given: object | None = None) -> ExecutionView:
        """Run an execution to its end."""
        return self.wait(self.start(name, given))


@contextlib.contextmanager
def account(
    folder: Path, parameters: Mapping[str, Any] | None = None, scripts: Mapping[str, list[Script]] | None = None
) -> Iterator[Account]:
    """Yield an account whose bucket holds an input file and the code.

    Args:
        folder: where the jobs live.
        parameters: what differs from PARAMETERS.
        scripts: what the containers of a step do, one after the other.
    """
    resolved = resolve(parameters)
    image = ScriptedImage(dict(scripts or {}))
    images = {resolved["scikit_image_uri"]: image, resolved["custom_image_uri"]: image}
    region = {**PARAMETERS, **(parameters or {})}["region"]
    with local_cloud(images, folder=folder / "jobs", logs=folder / "logs", region=region) as cloud:
        assembled = definition.assemble(definition.load(DEFINITION), resolved)
        made = Account(cloud, image, resolved, assembled)
        made.put("s3://bucket/input/a.csv")
        made.put("s3://bucket/code/preprocessing.py")
        yield made
