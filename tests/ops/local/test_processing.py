"""Processing jobs on moto's S3, with containers that need no interpreter."""

import json
import os
import string
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import boto3
import pytest
from accounts import Container, copy, hang
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from ops.local.processing import JobFailed, ProcessingJob, download, list_keys, rebase, upload

INPUT: Mapping[str, Any] = {
    "InputName": "input",
    "S3Input": {"S3Uri": "s3://bucket/input/", "LocalPath": "/opt/ml/processing/input"},
}
OUTPUT: Mapping[str, Any] = {
    "OutputName": "output",
    "S3Output": {"S3Uri": "s3://bucket/out/", "LocalPath": "/opt/ml/processing/output"},
}

S3 = Any  # boto3 makes its clients at run time
Script = Callable[[Container], int | None]


class Image:
    """Each container does what the script says, at once; one without exit code runs until it is stopped."""

    def __init__(self, script: Script) -> None:
        """Keep the script."""
        self.script = script
        self.containers: list[Container] = []

    def start(self, command: Sequence[str], ml: Path, environment: Mapping[str, str], log: BinaryIO) -> Container:
        """Run the script."""
        container = Container(command, ml, environment, log, request={})
        self.containers.append(container)
        container.code = self.script(container)
        return container


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """S3 with an empty bucket."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        yield client


def put(s3: S3, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket="bucket", Key=key, Body=key.encode())


def make_job(  # noqa: PLR0913
    s3: S3,
    folder: Path,
    script: Script = copy,
    *,
    inputs: Sequence[Mapping[str, Any]] = (INPUT,),
    instances: int = 1,
    max_runtime: int = 60,
    environment: Mapping[str, str] | None = None,
) -> ProcessingJob:
    request = {
        "ProcessingJobName": "job",
        "AppSpecification": {
            "ImageUri": "image",
            "ContainerEntrypoint": ["python3", "/opt/program/src/predict.py"],
            "ContainerArguments": ["--input-dir", "/opt/ml/processing/input"],
        },
        "Environment": dict(environment or {}),
        "ProcessingInputs": list(inputs),
        "ProcessingOutputConfig": {"Outputs": [OUTPUT]},
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": instances}},
        "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime},
    }
    return ProcessingJob(
        request,
        image=Image(script),
        s3=s3,
        folder=folder / "job",
        logs=folder / "logs",
        environment={"A": "1", "B": "1"},
    )


def containers(job: ProcessingJob) -> list[Container]:
    image = job._image  # noqa: SLF001
    assert isinstance(image, Image)
    return image.containers


def sharded(source: Mapping[str, Any]) -> dict[str, Any]:
    return {**source, "S3Input": {**source["S3Input"], "S3DataDistributionType": "ShardedByS3Key"}}


# What a container finds


def test_container_gets_entry_point_arguments_and_variables(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a.csv")
    job = make_job(s3, tmp_path, environment={"B": "2", "C": "2"})
    job.run()
    (container,) = containers(job)
    assert container.command == ["python3", "/opt/program/src/predict.py", "--input-dir", "/opt/ml/processing/input"]
    assert container.environment == {"A": "1", "B": "2", "C": "2"}


def test_each_container_finds_the_configuration_of_its_job_and_host(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a.csv")
    found = []

    def read(container: Container) -> int:
        config = container.ml / "config"
        found.append(
            [json.loads((config / f"{name}config.json").read_text()) for name in ("processingjob", "resource")]
        )
        return 0

    job = make_job(s3, tmp_path, read, instances=2)
    job.run()
    hosts = ["algo-1", "algo-2"]
    assert found == [[job.request, {"current_host": host, "hosts": hosts}] for host in hosts]


def test_inputs_keep_their_paths_below_the_prefix(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a.csv", "input/deep/er/b c%20+é.csv", "input/folder/", "inputs.csv", "other/c.csv")
    seen = []

    def look(container: Container) -> int:
        seen.extend(sorted(path.relative_to(container.input).as_posix() for path in container.input.rglob("*.csv")))
        return 0

    make_job(s3, tmp_path, look).run()
    assert seen == ["a.csv", "deep/er/b c%20+é.csv"]


def test_prefix_that_is_a_key_gives_that_file(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a.csv")
    download(s3, "s3://bucket/input/a.csv", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("files", "shares"),
    [
        (["a", "b", "c", "d"], [["a", "d"], ["b"], ["c"]]),
        (["a", "b"], [["a"], ["b"], []]),
        (["a"], [["a"], [], []]),
    ],
)
def test_sharded_inputs_are_dealt_out_and_an_empty_share_succeeds(
    s3: S3,
    tmp_path: Path,
    files: list[str],
    shares: list[list[str]],
) -> None:
    put(s3, *(f"input/{name}" for name in files))
    seen: list[list[str]] = []

    def look(container: Container) -> int:
        assert container.input.is_dir()
        seen.append(sorted(path.name for path in container.input.iterdir()))
        return copy(container)

    job = make_job(s3, tmp_path, look, inputs=[sharded(INPUT)], instances=3)
    job.run()
    assert job.status == "Completed"
    assert seen == shares
    assert list_keys(s3, "s3://bucket/out/") == [f"out/{name}" for name in files]


def test_replicated_inputs_go_to_each_host(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a", "input/b")
    seen = []

    def look(container: Container) -> int:
        seen.append(sorted(path.name for path in container.input.iterdir()))
        return 0

    make_job(s3, tmp_path, look, instances=2).run()
    assert seen == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize("uri", ["s3://bucket/none/", "s3://no-such-bucket/input/"])
def test_input_that_is_missing_fails_the_job_before_a_container_starts(
    s3: S3,
    tmp_path: Path,
    uri: str,
) -> None:
    job = make_job(s3, tmp_path, inputs=[{"S3Input": {"S3Uri": uri, "LocalPath": "/opt/ml/processing/input"}}])
    job.run()
    assert job.status == "Failed"
    assert job.failure_reason is not None
    assert job.failure_reason.startswith("ClientError: Data download failed: ")
    assert uri in job.failure_reason
    assert containers(job) == []


# What it leaves


def test_outputs_are_uploaded_byte_for_byte_with_their_folders(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a")
    content = {"deep/er/a b+é%.bin": bytes(range(256)), "empty": b"", **{f"{number:03}": b"x" for number in range(40)}}

    def write(container: Container) -> int:
        for name, data in content.items():
            path = container.output / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (container.output / "empty-folder").mkdir()
        return 0

    make_job(s3, tmp_path, write).run()
    keys = list_keys(s3, "s3://bucket/out/")
    stored = {key: s3.get_object(Bucket="bucket", Key=key)["Body"].read() for key in keys}
    assert stored == {f"out/{name}": data for name, data in content.items()}


def test_symbolic_links_are_not_uploaded(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a")

    def link(container: Container) -> int:
        (container.output / "file").write_text("x")
        (container.output / "link").symlink_to("file")
        (container.output / "folder-link").symlink_to(container.input, target_is_directory=True)
        (container.output / "dangling").symlink_to("nowhere")
        return 0

    job = make_job(s3, tmp_path, link)
    job.run()
    assert job.status == "Completed"
    assert list_keys(s3, "s3://bucket/out/") == ["out/file"]


def test_prefix_is_never_normalised(s3: S3, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    for uri in ("s3://bucket", "s3://bucket/", "s3://bucket/x", "s3://bucket/x/", "s3://bucket/y//z//"):
        upload(s3, tmp_path, uri)
    assert list_keys(s3, "s3://bucket") == ["a", "x/a", "y//z//a"]


def test_output_that_cannot_be_uploaded_fails_the_job(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a")
    job = make_job(s3, tmp_path)
    job.request["ProcessingOutputConfig"]["Outputs"][0] = {
        "S3Output": {"S3Uri": "s3://no-such-bucket/out/", "LocalPath": "/opt/ml/processing/output"}
    }
    job.run()
    assert job.status == "Failed"
    assert str(job.failure_reason).startswith("ClientError: Data upload failed: s3://no-such-bucket/out/: ")


def test_success_removes_the_jobs_folder_and_keeps_its_logs(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a")
    job = make_job(s3, tmp_path, lambda container: container.log.write(b"done\n") and 0)
    job.run()
    assert (job.status, job.failure_reason) == ("Completed", None)
    assert not (tmp_path / "job").exists()
    assert (tmp_path / "logs" / "algo-1.log").read_bytes() == b"done\n"


# How it ends


def test_exit_code_fails_the_job_which_uploads_nothing_and_keeps_its_folder(
    s3: S3,
    tmp_path: Path,
) -> None:
    put(s3, "input/a")
    job = make_job(s3, tmp_path, lambda container: copy(container) + 3)
    job.run()
    assert job.status == "Failed"
    assert job.failure_reason == "AlgorithmError: See job logs for more information, exit code: 3"
    assert list_keys(s3, "s3://bucket/out/") == []
    assert (tmp_path / "job/algo-1/opt/ml/processing/output/a").is_file()


@pytest.mark.parametrize("code", [0, 1])
def test_message_of_the_script_becomes_the_exit_message(s3: S3, tmp_path: Path, code: int) -> None:
    put(s3, "input/a")

    def say(container: Container) -> int:
        (container.ml / "output" / "message").write_text("no such column: price\n")
        return code

    job = make_job(s3, tmp_path, say)
    job.run()
    assert job.exit_message == "no such column: price"
    assert job.failure_reason == ("AlgorithmError: no such column: price, exit code: 1" if code else None)


def test_exit_message_is_cut_to_a_kilobyte(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a")

    def say(container: Container) -> int:
        (container.ml / "output" / "message").write_bytes(b"x" * 1023 + "é".encode() * 500)
        return 1

    job = make_job(s3, tmp_path, say, instances=2)
    job.run()
    assert job.exit_message is not None
    assert len(job.exit_message) == 1024


def test_one_failing_host_fails_the_job(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a", "input/b")
    job = make_job(s3, tmp_path, lambda container: copy(container) + ("algo-2" in str(container.ml)), instances=2)
    job.run()
    assert job.status == "Failed"
    assert list_keys(s3, "s3://bucket/out/") == []


def test_job_that_exceeds_its_runtime_is_stopped(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a")

    def copy_and_hang(container: Container) -> None:
        copy(container)

    job = make_job(s3, tmp_path, copy_and_hang, max_runtime=0, instances=2)
    job.run()
    assert job.status == "Stopped"
    assert job.failure_reason == "MaxRuntimeExceeded: the job ran longer than 0 seconds"
    assert [container.stopped for container in containers(job)] == [True, True]
    assert list_keys(s3, "s3://bucket/out/") == []


def test_job_that_is_stopped_ends_stopped_and_its_containers_with_it(s3: S3, tmp_path: Path) -> None:
    put(s3, "input/a")
    job = make_job(s3, tmp_path, hang)
    job.start()
    while not containers(job):
        time.sleep(0.005)
    assert job.status == "InProgress"
    job.stop()
    job.join()
    assert (job.status, job.failure_reason) == ("Stopped", None)
    assert containers(job)[0].stopped


def test_container_that_cannot_start_fails_the_job_and_ends_those_that_run(
    s3: S3,
    tmp_path: Path,
) -> None:
    put(s3, "input/a")

    def start(container: Container) -> None:
        if "algo-2" in str(container.ml):
            raise FileNotFoundError(2, "No such file or directory", "python3")

    job = make_job(s3, tmp_path, start, instances=2)
    job.run()
    assert job.status == "Failed"
    assert str(job.failure_reason).startswith("InternalServerError: FileNotFoundError: ")
    assert containers(job)[0].stopped


# Addresses and paths


def test_bucket_that_cannot_be_listed_is_the_jobs_fault(s3: S3) -> None:
    with pytest.raises(JobFailed, match="s3://no-such-bucket/x"):
        list_keys(s3, "s3://no-such-bucket/x")


FOLDERS = {PurePosixPath("/opt/ml"): Path("/my folder/é/opt/ml"), PurePosixPath("/opt/program"): Path("/program")}


@pytest.mark.parametrize(
    ("text", "rebased"),
    [
        ("/opt/ml", "/my folder/é/opt/ml"),
        ("/opt/ml/", "/my folder/é/opt/ml/"),
        ("/opt/ml/processing/input", "/my folder/é/opt/ml/processing/input"),
        ("/opt/program/src/predict.py", "/program/src/predict.py"),
        ("--dir=/opt/ml/x", "--dir=/my folder/é/opt/ml/x"),
        ("/opt/ml/a:/opt/program", "/my folder/é/opt/ml/a:/program"),
        ('{"dir": "/opt/ml/a"}', '{"dir": "/my folder/é/opt/ml/a"}'),
        ("a /opt/ml,/opt/ml;(/opt/ml)", "a {0},{0};({0})".format("/my folder/é/opt/ml")),
        ("file:///opt/ml/mlruns", "file:///my folder/é/opt/ml/mlruns"),
        # Another path, of which the folder is only a part
        ("/opt/mlops", "/opt/mlops"),
        ("/opt/ml-2", "/opt/ml-2"),
        ("/opt/ml.bak", "/opt/ml.bak"),
        ("/home/me/opt/ml", "/home/me/opt/ml"),
        ("~/opt/ml", "~/opt/ml"),
        ("../opt/ml", "../opt/ml"),
        ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
        ("https://example.com/opt/ml", "https://example.com/opt/ml"),
        ("s3://opt/ml", "s3://opt/ml"),
        ("$HOME/opt/ml", "$HOME/opt/ml"),
        ("opt/ml", "opt/ml"),
        ("/OPT/ML", "/OPT/ML"),
        ("", ""),
    ],
)
def test_container_paths_are_rebased_where_they_stand_as_a_whole(text: str, rebased: str) -> None:
    assert rebase(text, FOLDERS) == rebased


@given(st.text(string.printable).filter(lambda text: "/opt/" not in text))
def test_text_without_container_paths_is_left_alone(text: str) -> None:
    assert rebase(text, FOLDERS) == text


@given(st.text(alphabet=string.ascii_letters + "\\1g<>/ 'é"))
def test_any_local_folder_stands_in_as_it_is(name: str) -> None:
    # A backslash or a group reference in the folder's name is no pattern.
    local = Path("/work") / name.strip("/ ")
    assert rebase("--dir=/opt/ml/x", {PurePosixPath("/opt/ml"): local}) == f"--dir={local}/x"
