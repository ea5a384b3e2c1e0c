"""What SageMaker does around the containers of a processing job, done around processes of this machine.

Knows S3 and folders; knows nothing of how the job was asked for. Behaviour as documented in
https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from subprocess import TimeoutExpired
from typing import Any, BinaryIO, Protocol

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from ops.s3 import split_uri

ML = PurePosixPath("/opt/ml")

DEFAULT_MAX_RUNTIME = 86400
"""Seconds that SageMaker gives a processing job without a StoppingCondition."""

EXIT_MESSAGE_LENGTH = 1024
"""Bytes of /opt/ml/output/message that become the job's ExitMessage."""


class Process(Protocol):
    """A container that runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise `subprocess.TimeoutExpired` if it still runs after `timeout` seconds."""

    def stop(self) -> None:
        """Ask the container to end (SIGTERM) and, if it does not, end it (SIGKILL)."""


class Image(Protocol):
    """What an image URI stands for on this machine."""

    def start(self, command: Sequence[str], ml: Path, environment: Mapping[str, str], log: BinaryIO) -> Process:
        """Start `command` with the folder `ml` as its /opt/ml, its standard output and error written to `log`."""


class JobFailed(Exception):  # noqa: N818  it is a job's outcome, not a fault of this code
    """The message is what DescribeProcessingJob gives as FailureReason."""


class ProcessingJob(threading.Thread):
    """A processing job on its thread; `status`, `failure_reason` and `exit_message` tell what came of it.

    Args:
        request: the CreateProcessingJob request.
        image: what its ImageUri stands for.
        s3: a boto3 S3 client.
        folder: where the job's containers live; created.
        logs: where the containers' logs go, one `algo-<n>.log` each; created.
        environment: variables that every container gets, before those of the request.
    """

    def __init__(  # noqa: D107, PLR0913  one keyword for each thing that a job touches, documented above
        self,
        request: Mapping[str, Any],
        *,
        image: Image,
        s3: Any,  # noqa: ANN401  boto3 makes its clients at run time
        folder: Path,
        logs: Path,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(name=request["ProcessingJobName"], daemon=True)
        self.request = request
        self.status = "InProgress"
        self.failure_reason: str | None = None
        self.exit_message: str | None = None
        self._image = image
        self._s3 = s3
        self._folder = folder
        self._logs = logs
        self._environment = environment
        self._stop_reason: str | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        """Run the job to its end."""
        status = "Failed"
        try:
            self._run()
            status = "Completed"
        except JobFailed as error:
            self.failure_reason = str(error)
        except Exception as error:  # noqa: BLE001  a thread that dies would leave the state machine waiting
            self.failure_reason = f"InternalServerError: {type(error).__name__}: {error}"
        if self._stopping.is_set():
            status, self.failure_reason = "Stopped", self._stop_reason
        elif status == "Completed":
            shutil.rmtree(self._folder, ignore_errors=True)
        # Last: whoever waits for the job reads the reason once the status has changed.
        self.status = status

    def stop(self, reason: str | None = None) -> None:
        """Stop the job, as StopProcessingJob does; it ends `Stopped`."""
        self._stop_reason = reason
        self._stopping.set()

    def _run(self) -> None:
        cluster = self.request["ProcessingResources"]["ClusterConfig"]
        hosts = [f"algo-{number}" for number in range(1, cluster["InstanceCount"] + 1)]
        roots = [self._folder / host / "opt" / "ml" for host in hosts]
        for shard, (host, root) in enumerate(zip(hosts, roots, strict=True)):
            self._populate(root, host, hosts, shard)
        codes = self._run_containers(hosts, roots)
        self.exit_message = _exit_message(roots)
        if self._stopping.is_set():
            return
        if code := next((code for code in codes if code), 0):
            reason = self.exit_message or "See job logs for more information"
            message = f"AlgorithmError: {reason}, exit code: {code}"
            raise JobFailed(message)
        for root in roots:
            for output in self._outputs():
                upload(self._s3, _local(root, output["LocalPath"]), output["S3Uri"])

    def _outputs(self) -> list[dict[str, Any]]:
        outputs = self.request.get("ProcessingOutputConfig", {}).get("Outputs", [])
        return [output["S3Output"] for output in outputs]

    def _populate(self, root: Path, host: str, hosts: Sequence[str], shard: int) -> None:
        config = root / "config"
        config.mkdir(parents=True)
        (root / "output").mkdir()
        (config / "processingjobconfig.json").write_text(json.dumps(self.request), encoding="utf-8")
        (config / "resourceconfig.json").write_text(
            json.dumps({"current_host": host, "hosts": list(hosts)}), encoding="utf-8"
        )
        for source in (given["S3Input"] for given in self.request.get("ProcessingInputs", [])):
            sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
            share = (shard, len(hosts)) if sharded else (0, 1)
            download(self._s3, source["S3Uri"], _local(root, source["LocalPath"]), share)
        for output in self._outputs():
            _local(root, output["LocalPath"]).mkdir(parents=True, exist_ok=True)

    def _run_containers(self, hosts: Sequence[str], roots: Sequence[Path]) -> list[int]:
        app = self.request["AppSpecification"]
        command = [*app.get("ContainerEntrypoint", []), *app.get("ContainerArguments", [])]
        environment = {**self._environment, **self.request.get("Environment", {})}
        self._logs.mkdir(parents=True, exist_ok=True)
        processes: list[Process] = []
        try:
            for host, root in zip(hosts, roots, strict=True):
                with (self._logs / f"{host}.log").open("wb") as log:
                    processes.append(self._image.start(command, root, environment, log))
            return self._wait(processes)
        finally:
            # A container that is left, because another could not start or because this job was stopped, must not
            # outlive its job.
            for process in processes:
                process.stop()

    def _wait(self, processes: Iterable[Process]) -> list[int]:
        limit = self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME)
        deadline = time.monotonic() + limit
        codes = []
        for process in processes:
            while not self._stopping.is_set():
                try:
                    codes.append(process.wait(timeout=0.02))
                    break
                except TimeoutExpired:
                    if time.monotonic() > deadline:
                        self.stop(f"MaxRuntimeExceeded: the job ran longer than {limit} seconds")
        return codes


def list_keys(s3: Any, uri: str) -> list[str]:  # noqa: ANN401
    """Return the keys under an S3 prefix, sorted; markers of empty folders left out.

    Raises:
        JobFailed: the bucket cannot be listed.
    """
    bucket, prefix = split_uri(uri)
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []) if item["Key"][-1] != "/")
    except (ClientError, BotoCoreError) as error:
        raise _unreadable(uri, error) from error


def download(s3: Any, uri: str, folder: Path, share: tuple[int, int] = (0, 1)) -> None:  # noqa: ANN401
    """Download what lies under an S3 prefix, keeping the paths below it.

    Args:
        s3: a boto3 S3 client.
        uri: the prefix.
        folder: where the files go; created.
        share: which of how many shares of the keys: ShardedByS3Key deals them out in turn.

    Raises:
        JobFailed: nothing lies under the prefix, or it cannot be read.
    """
    bucket, prefix = split_uri(uri)
    keys = list_keys(s3, uri)
    if not keys:
        message = f"ClientError: Data download failed: no S3 objects found under {uri}"
        raise JobFailed(message)
    folder.mkdir(parents=True, exist_ok=True)
    number, count = share
    for key in keys[number::count]:
        name = PurePosixPath(key).name if key == prefix else key.removeprefix(prefix).lstrip("/")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            s3.download_file(bucket, key, str(target))
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise _unreadable(uri, error) from error


def upload(s3: Any, folder: Path, uri: str) -> None:  # noqa: ANN401
    """Upload the files of a folder under an S3 prefix. Symbolic links are left out, as SageMaker leaves them out.

    Raises:
        JobFailed: the bucket cannot be written to.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            upload_file(s3, path, uri, path.relative_to(folder).as_posix())


def upload_file(s3: Any, path: Path, uri: str, name: str) -> None:  # noqa: ANN401
    """Upload a file as `name` under an S3 prefix.

    Raises:
        JobFailed: the bucket cannot be written to.
    """
    bucket, prefix = split_uri(uri)
    # Never normalised: `a//b` is a key of its own.
    separator = "/" if prefix and not prefix.endswith("/") else ""
    try:
        s3.upload_file(str(path), bucket, f"{prefix}{separator}{name}")
    except (Boto3Error, BotoCoreError, ClientError) as error:
        message = f"ClientError: Data upload failed: {uri}: {error}"
        raise JobFailed(message) from error


def rebase(text: str, folders: Mapping[PurePosixPath, Path]) -> str:
    """Replace the container's folders in an argument or a variable by those that stand for them here.

    A folder is replaced where it stands as a whole: at the start of a path, never within one. A path starts at the
    start of the text, after white space or punctuation that separates, and after `file://`.
    """
    start = r"(?:(?<=file://)|(?<![^\s=:,;'\"()\[\]{}<>|&]))"
    for container, local in folders.items():
        pieces = re.split(rf"{start}{re.escape(str(container))}(?=/|$|[^\w.-])", text)
        text = str(local).join(pieces)
    return text


def _unreadable(uri: str, error: Exception) -> JobFailed:
    return JobFailed(f"ClientError: Data download failed: {uri}: {error}")


def _local(root: Path, container_path: str) -> Path:
    return root / PurePosixPath(container_path).relative_to(ML)


def _exit_message(roots: Iterable[Path]) -> str | None:
    messages = []
    for root in roots:
        path = root / "output" / "message"
        if path.is_file():
            with path.open("rb") as file:
                messages.append(file.read(EXIT_MESSAGE_LENGTH).decode(errors="replace").strip())
    return os.linesep.join(messages)[:EXIT_MESSAGE_LENGTH] or None
