"""Local runs: what is checked before, and the folder that is left."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
from accounts import DEFINITION, Container, ScriptedImage, copy, fail, hang, repository
from ops import definition
from ops.errors import OpsError
from ops.execution import ExecutionView
from ops.local import run as local
from ops.local.run import Plan, Run
from ops.repository import Repository
from processes import Lifeline

ROOT = Path(__file__).resolve().parents[3]

FACTS = json.loads((ROOT / "template" / "ops" / "data" / "scikit_images.json").read_text(encoding="utf-8"))


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    """A repository with default parameters."""
    return repository(tmp_path / "repository")


def last(views: Iterator[ExecutionView]) -> ExecutionView:
    *_, view = views
    return view


def refusal(made: Repository, **options: Any) -> str:  # noqa: ANN401
    with pytest.raises(OpsError) as refused:
        local.plan(made, **options)
    assert not made.build.exists()
    return str(refused.value)


def execute(made: Repository, plan: Plan | None = None, image: ScriptedImage | None = None) -> Run:
    image = image or ScriptedImage()
    return local.run(made, plan or local.plan(made), {"scikit": image, "custom": image}, last)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# What is checked before anything runs


def test_plan_of_a_repository_as_it_is_generated(made: Repository) -> None:
    plan = local.plan(made)
    assert plan.environment == "dev"
    assert plan.steps == ["preprocessing", "predict", "postprocessing"]
    assert [plan.image_of(step) for step in plan.steps] == ["scikit", "custom", "scikit"]
    assert plan.data == made.sample
    assert plan.input == {}
    assert plan.effective == plan.resolved
    assert plan.resolved["role"] == "arn:aws:iam::111111111111:role/my-model-local"
    assert plan.resolved["custom_image_uri"] == "my-model:local"
    assert plan.resolved["code_uri"].startswith("s3://bucket/code/")


def test_code_has_the_address_of_its_content(made: Repository) -> None:
    before = local.plan(made).resolved["code_uri"]
    (made.src / "__pycache__").mkdir()
    (made.src / "__pycache__" / "predict.pyc").touch()
    assert local.plan(made).resolved["code_uri"] == before
    (made.src / "helper.py").write_text("X = 1")
    assert local.plan(made).resolved["code_uri"] != before


def test_assignments_become_the_executions_input(made: Repository) -> None:
    plan = local.plan(made, assignments=["instance_count=2", "environment.A=1", "postprocessing_image=none"])
    assert plan.input == {"instance_count": 2, "environment": {"A": "1"}, "postprocessing_image": "none"}
    assert plan.steps == ["preprocessing", "predict"]
    assert plan.resolved["instance_count"] == 1
    assert plan.effective["instance_count"] == 2


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"environment": "test"}, "test.json does not exist: copy another environment's file (there: dev)"),
        ({"environment": "My_Env"}, "'My_Env' cannot name an environment"),
        ({"environment": "../dev"}, "'../dev' cannot name an environment"),
        ({"assignments": ["volume_size=0"]}, "volume_size: Input should be greater than or equal to 1"),
        ({"assignments": ["region=eu-west-2"]}, "region belongs to the environment"),
        ({"data": Path("nowhere")}, "The input nowhere does not exist"),
        ({"step": "predict"}, "--step predict needs the outputs of preprocessing, and no earlier run has them"),
        ({"step": "postprocessing"}, "needs the outputs of preprocessing and predict, and no earlier run has them"),
        (
            {"step": "preprocessing", "assignments": ["preprocessing_image=none"]},
            "the workflow leaves this step out; add --set preprocessing_image=custom to run it",
        ),
    ],
)
def test_what_cannot_run_is_refused_with_the_reason(made: Repository, options: dict[str, Any], fault: str) -> None:
    assert fault in refusal(made, **options)


@pytest.mark.parametrize("hidden", [[], [".gitkeep"], [".git/config", "a/.DS_Store"]])
def test_input_folder_without_data_is_refused(made: Repository, tmp_path: Path, hidden: list[str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in hidden:
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).touch()
    assert f"The input folder {data} holds no files" in refusal(made, data=data)


def test_input_that_holds_the_runs_themselves_is_refused(made: Repository) -> None:
    assert f"The input {made.root} holds {made.build}" in refusal(made, data=made.root)


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_a_folder(path: Path) -> None:
    path.symlink_to(path.parent)


@pytest.mark.parametrize("make", [link_to_nothing, link_to_a_folder, os.mkfifo])
@pytest.mark.parametrize("parent", [".", "a/b"])
def test_nothing_in_an_input_folder_is_passed_over(
    made: Repository, tmp_path: Path, make: Callable[[Path], None], parent: str
) -> None:
    data = tmp_path / "data"
    (data / parent).mkdir(parents=True)
    (data / "read.csv").touch()
    make(data / parent / "unread.csv")
    assert f"The input {data / parent / 'unread.csv'} is no file" in refusal(made, data=data)


@pytest.mark.parametrize("unreadable", ["data/unreadable", "data/folder"])
def test_input_that_cannot_be_read_is_named(
    made: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unreadable: str
) -> None:
    (tmp_path / "data" / "folder").mkdir(parents=True)
    for name in ("read.csv", "unreadable", "folder/file"):
        (tmp_path / "data" / name).touch()

    # Permissions would not do: they bind no superuser.
    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401
            if Path(path) == tmp_path / unreadable:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(path, *args, **options)

        return call

    monkeypatch.setattr(Path, "open", refusing(Path.open))
    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    message = refusal(made, data=tmp_path / "data")
    assert f"The input {tmp_path / unreadable} cannot be read (Permission denied)" in message


def test_input_whose_name_no_key_can_be_is_refused(made: Repository, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.touch()
    assert "is not UTF-8" in refusal(made, data=path)


def test_script_that_is_missing_is_named(made: Repository) -> None:
    (made.src / "predict.py").unlink()
    assert f"{made.src / 'predict.py'} is missing" in refusal(made)
    assert local.plan(repository(made.root / "other", {"postprocessing_image": "none"})).steps[-1] == "predict"


def test_region_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "xx-west-1 is no region of AWS" in refusal(repository(tmp_path, {"region": "xx-west-1"}))


def test_users_own_profile_plays_no_part(made: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    assert execute(made).view.status == "SUCCEEDED"


# What is left


def test_run_leaves_outputs_logs_history_and_what_ran(made: Repository) -> None:
    image = ScriptedImage({"predict": [lambda container: container.log.write(b"done\n") and copy(container)]})
    plan = local.plan(made, assignments=["volume_size=7"])
    run = execute(made, plan, image)
    assert run.folder.parent == made.local_runs
    names = {container.step: container.request["ProcessingJobName"] for container in image.containers}
    assert files(run.folder) == sorted(
        [
            "execution.json",
            "history.json",
            "input.json",
            "state_machine.asl.json",
            *(f"{step}/sample.csv" for step in names),
            *(f"logs/{name}/algo-1.log" for name in names.values()),
        ]
    )
    assert run.outputs("postprocessing") == [run.folder / "postprocessing" / "sample.csv"]
    assert [path.read_text() for path in run.logs(names["predict"])] == ["done\n"]
    content = {path.stem: json.loads(path.read_text()) for path in run.folder.glob("*.json")}
    assert content["input"] == {"volume_size": 7}
    assert content["execution"]["status"] == "SUCCEEDED"
    assert content["execution"]["name"] == run.folder.name
    assert content["history"][-1]["type"] == "ExecutionSucceeded"
    assert content["state_machine.asl"] == definition.assemble(definition.load(DEFINITION), plan.resolved)


def test_repository_itself_is_left_as_it_was(made: Repository) -> None:
    before = files(made.root)
    execute(made)
    assert [path for path in files(made.root) if not path.startswith("build/")] == before


def test_failed_run_keeps_its_jobs_and_the_outputs_before_them(made: Repository) -> None:
    run = execute(made, image=ScriptedImage({"predict": [fail, fail]}))
    assert run.view.status == "FAILED"
    assert run.outputs("preprocessing") == [run.folder / "preprocessing" / "sample.csv"]
    assert run.outputs("predict") == []
    name = run.view.steps["predict"].job_name
    assert name is not None
    assert (run.folder / "jobs" / name / "algo-1/opt/ml/processing/input/sample.csv").is_file()
    assert run.logs(name)[0].read_text() == "no such column: price\n"


@pytest.mark.parametrize("name", ["sample.csv", "a b+c%20é?#&'\".csv", "deep/er/x.csv", "-rf", "$HOME"])
def test_own_data_keeps_its_names(made: Repository, tmp_path: Path, name: str) -> None:
    data = tmp_path / "my data"
    (data / name).parent.mkdir(parents=True)
    (data / name).write_text("own")
    (data / ".hidden").touch()
    run = execute(made, local.plan(made, data=data))
    assert files(run.folder / "postprocessing") == [name]
    assert (run.folder / "postprocessing" / name).read_text() == "own"


def test_one_file_is_data_too(made: Repository, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("own")
    run = execute(made, local.plan(made, data=path))
    assert run.outputs("postprocessing") == [run.folder / "postprocessing" / "one.csv"]


def test_jobs_get_the_code_and_not_what_python_left_beside_it(made: Repository) -> None:
    (made.src / "package").mkdir()
    (made.src / "package" / "helper.py").touch()
    (made.src / "__pycache__").mkdir()
    (made.src / "__pycache__" / "x.pyc").touch()
    seen: list[str] = []

    def look(container: Container) -> int:
        seen.extend(files(container.ml / "processing" / "code"))
        return copy(container)

    execute(made, image=ScriptedImage({"preprocessing": [look]}))
    assert seen == ["package/helper.py", "postprocessing.py", "predict.py", "preprocessing.py"]


def test_model_folder_stands_for_the_model_in_s3(made: Repository) -> None:
    seen: list[str] = []

    def look(container: Container) -> int:
        seen.extend(files(container.ml / "processing" / "model"))
        return copy(container)

    plan = local.plan(made, assignments=["model_uri=s3://models/large/"])
    assert execute(made, plan, ScriptedImage({"predict": [look]})).view.status == "SUCCEEDED"
    assert seen == ["weights.json"]


@pytest.mark.parametrize(
    "uris",
    [
        {"input_uri": "s3://bucket", "output_uri": "s3://other"},
        {"input_uri": "s3://bucket/a//", "output_uri": "s3://bucket/b//c"},
        {"input_uri": "s3://bucket/a/", "output_uri": "s3://bucket/ab/"},
        {"code_uri": "s3://code"},
    ],
)
def test_any_prefix_serves(tmp_path: Path, uris: dict[str, str]) -> None:
    run = execute(repository(tmp_path, uris))
    assert run.view.status == "SUCCEEDED"
    assert files(run.folder / "postprocessing") == ["sample.csv"]


def test_definition_that_step_functions_refuses(made: Repository) -> None:
    content = definition.load(made.definition)
    content["States"]["Predict"]["Resource"] = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    made.definition.write_text(json.dumps(content))
    with pytest.raises(OpsError) as refused:
        execute(made)
    message = str(refused.value)
    assert message.startswith(f"{made.definition} is no valid definition: bring it back with `copier recopy`.")
    assert "createTrainingJob.sync not recognized" in message
    assert len(message) < 1000


def test_definition_that_is_missing_leaves_nothing(made: Repository) -> None:
    made.definition.unlink()
    with pytest.raises(OpsError, match="is missing"):
        execute(made)
    assert not made.build.exists()


# One step


def test_one_step_runs_on_the_outputs_of_the_newest_run_that_has_them(made: Repository, tmp_path: Path) -> None:
    data = tmp_path / "newer.csv"
    data.touch()
    execute(made)
    # The newest run failed in predict: the output of preprocessing is good.
    newest = execute(made, local.plan(made, data=data), ScriptedImage({"predict": [fail, fail]}))
    plan = local.plan(made, step="predict")
    assert plan.earlier == newest.folder
    assert plan.steps == ["predict"]
    image = ScriptedImage()
    run = execute(made, plan, image)
    assert [container.step for container in image.containers] == ["predict"]
    assert {name: view.status.value for name, view in run.view.steps.items()} == {
        "preprocessing": "passed over",
        "predict": "succeeded",
        "postprocessing": "passed over",
    }
    assert files(run.folder / "preprocessing") == files(run.folder / "predict") == ["newer.csv"]


def test_one_step_takes_no_input_beside_the_outputs_of_an_earlier_run(made: Repository) -> None:
    execute(made)

    with pytest.raises(OpsError, match="--input is not for --step predict"):
        local.plan(made, step="predict", data=made.sample)
    assert local.plan(made, step="preprocessing", data=made.sample).data == made.sample


def test_one_step_shows_nothing_that_an_earlier_run_made_after_it(made: Repository) -> None:
    execute(made)
    run = execute(made, local.plan(made, step="predict"))
    assert run.outputs("postprocessing") == []
    # And the step after it continues from there.
    assert local.plan(made, step="postprocessing").earlier == run.folder


def test_first_step_needs_no_earlier_run(made: Repository) -> None:
    run = execute(made, local.plan(made, step="preprocessing"))
    assert run.view.status == "SUCCEEDED"
    assert run.outputs("preprocessing") == [run.folder / "preprocessing" / "sample.csv"]


def test_step_after_one_that_is_left_out_needs_no_run_of_it(tmp_path: Path) -> None:
    made = repository(tmp_path, {"preprocessing_image": "none"})
    plan = local.plan(made, step="predict")
    assert plan.earlier is None
    assert execute(made, plan).view.status == "SUCCEEDED"


def test_run_that_is_not_complete_is_no_earlier_run(made: Repository) -> None:
    complete = execute(made)
    broken = made.local_runs / f"{complete.folder.name}-broken"
    (broken / "preprocessing").mkdir(parents=True)
    assert local.plan(made, step="predict").earlier == complete.folder


# At the same time, and interrupted


def test_runs_that_begin_in_the_same_millisecond_have_folders_of_their_own(
    made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    moments = iter([moment, moment, moment, moment + timedelta(milliseconds=1)])
    monkeypatch.setattr(local, "datetime", SimpleNamespace(now=lambda _zone: next(moments)))
    folders = [local._new_folder(made) for _ in range(2)]  # noqa: SLF001
    assert [folder.name for folder in folders] == ["2026-01-01T00-00-00-000", "2026-01-01T00-00-00-001"]


def test_interrupted_run_is_aborted_and_keeps_what_there_is(made: Repository) -> None:
    started = threading.Event()

    def run_on(container: Container) -> None:
        container.log.write(b"so far\n")
        container.log.flush()
        started.set()
        hang(container)

    image = ScriptedImage({"predict": [run_on]})
    looks = 0

    def interrupt(views: Iterator[ExecutionView]) -> ExecutionView:
        nonlocal looks
        looks += 1
        if looks == 1:
            started.wait(30)
            raise KeyboardInterrupt
        return last(views)

    run = local.run(made, local.plan(made), {"scikit": image, "custom": image}, interrupt)
    assert run.view.status == "ABORTED"
    assert image.containers[-1].stopped
    name = run.view.steps["predict"].job_name
    assert name is not None
    assert run.logs(name)[0].read_text() == "so far\n"
    assert run.outputs("preprocessing") != []
    assert json.loads((run.folder / "execution.json").read_text())["status"] == "ABORTED"


# Windows has none.
HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)
DRIVER = """
import signal
import sys
from pathlib import Path
from ops.local import report, run
from ops.local.interpreter import InterpreterImage
from ops.repository import Repository
from rich.console import Console

# A shell has its background jobs ignore Ctrl-C, and `nohup` the end of the terminal: the tests may be such a job.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
repository, console = Repository.find(), Console(highlight=False, emoji=False, width=200)
image = InterpreterImage(Path(sys.executable), repository.src, repository.model)
plan = run.plan(repository)
finished = run.run(repository, plan, {"scikit": image, "custom": image}, lambda views: report.follow(views, console))
sys.exit(report.conclude(finished, plan, console))
"""


def drive(made: Repository) -> subprocess.Popen[str]:
    """Run the workflow in a process of its own, with this interpreter in the place of both images."""
    command = [sys.executable, "-c", DRIVER]
    return subprocess.Popen(command, cwd=made.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_two_runs_at_once_in_the_same_repository(made: Repository) -> None:
    runs = [drive(made) for _ in range(2)]
    for run in runs:
        output, _ = run.communicate(timeout=120)
        assert run.returncode == 0, output
    folders = sorted(made.local_runs.iterdir())
    assert len(folders) == 2
    for folder in folders:
        assert files(folder / "postprocessing") == ["sample.csv"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, HANGUP])
def test_interruption_ends_the_run_and_its_processes_and_keeps_the_log(
    made: Repository, tmp_path: Path, ending: signal.Signals
) -> None:
    lifeline = Lifeline(tmp_path / "lifeline")
    (made.src / "predict.py").write_text(
        dedent(
            f"""
            import os, subprocess, sys, time
            print("half way", flush=True)
            end = os.open({str(lifeline.path)!r}, os.O_WRONLY)
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=[end])
            os.write(end, b"x")
            time.sleep(600)
            """
        )
    )
    run = drive(made)
    assert lifeline.read() == b"x"
    run.send_signal(ending)
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 130, output
    assert "ABORTED in predict, attempt 1\n" in output
    assert "half way" in output
    assert "Traceback" not in output
    assert lifeline.read() == b""
    lifeline.close()
    (log,) = made.local_runs.glob("*/logs/*predict*/algo-1.log")
    assert log.read_text() == "half way\n"


# Everywhere


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever leaves this process."""

    def refuse(*arguments: object, **_: object) -> None:
        pytest.fail(f"A call left the local cloud: {arguments[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def check_region(folder: Path, region: str) -> None:
    made = repository(folder, {"region": region})
    image = ScriptedImage()
    run = execute(made, image=image)
    assert run.view.status == "SUCCEEDED", run.view.cause
    assert files(run.folder / "postprocessing") == ["sample.csv"]
    for container in image.containers:
        assert container.environment["AWS_REGION"] == region
    partition = local.plan(made).resolved["role"].split(":")[1]
    text = (run.folder / "state_machine.asl.json").read_text()
    assert text.count(f"arn:{partition}:states:::sagemaker:createProcessingJob.sync") == 3


@pytest.mark.usefixtures("_no_network")
@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1", "us-isob-east-1", "us-isof-south-1"])
def test_workflow_runs_in_every_partition(tmp_path: Path, region: str) -> None:
    check_region(tmp_path, region)


@pytest.mark.slow
@pytest.mark.usefixtures("_no_network")
@pytest.mark.parametrize("region", FACTS["registry"]["accounts"])
def test_workflow_runs_in_every_region(tmp_path: Path, region: str) -> None:
    check_region(tmp_path, region)
