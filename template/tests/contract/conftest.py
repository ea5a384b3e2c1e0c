"""The contract of the job scripts: what `uv run ops test` holds every model to. Owned by the template."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from ops.local import images as local_images
from ops.local.processing import Image
from ops.local.run import Plan, plan
from ops.proof.recording import Recording
from ops.repository import Repository

TIMEOUT = 600
"""Seconds that a script may take on the sample."""

INPUTS = {
    "preprocessing": ("input",),
    "predict": ("input",),
    "postprocessing": ("input", "preprocessing"),
}
"""The folders that a script reads, below /opt/ml/processing; each is an option, `--<folder>-dir`."""


@dataclass(frozen=True)
class Outcome:
    """What a script left: its exit code, what it printed, and the files that it put out, by name."""

    code: int
    log: str
    outputs: Mapping[str, bytes]


@dataclass(frozen=True)
class SampleRun:
    """A step on the sample: the folders that its script read, by option, and what it left."""

    folders: Mapping[str, Path]
    outcome: Outcome


RunScript = Callable[..., Outcome]


@pytest.fixture(scope="session")
def repository() -> Repository:
    """The repository under test."""
    return Repository.find(Path(__file__).parent)


@pytest.fixture(scope="session")
def legacy(repository: Repository) -> Recording | None:
    """What was recorded of the legacy code that the model was made of; None for a model that never was any.

    The model does as that does. Where that does not keep the contract, nothing can be asked of the model.
    """
    return Recording.read(repository.recording) if repository.recording.is_file() else None


@pytest.fixture(scope="session")
def sample_plan(repository: Repository) -> Plan:
    """The workflow, planned on the sample."""
    return plan(repository)


@pytest.fixture(scope="session")
def images(repository: Repository, sample_plan: Plan) -> Mapping[str, Image]:
    """What stands for the images on this machine."""
    return local_images.prepare(repository, sample_plan, container=False, base_image=None, console=Console(quiet=True))


@pytest.fixture(scope="session")
def run_script(
    repository: Repository,
    sample_plan: Plan,
    images: Mapping[str, Image],
    tmp_path_factory: pytest.TempPathFactory,
) -> RunScript:
    """Run a step's script as its job would, on the files of the given folders."""

    def run(step: str, **folders: Path) -> Outcome:
        ml = tmp_path_factory.mktemp(step) / "opt" / "ml"
        processing = ml / "processing"
        for name, folder in folders.items():
            shutil.copytree(folder, processing / name)
        output = processing / "output"
        output.mkdir()
        options = [f"--output-dir={output}", *(f"--{name}-dir={processing / name}" for name in INPUTS[step])]
        if step == "predict":
            script = Path("/opt/program/src/predict.py")
            options.append("--model-dir=/opt/program/model")
        else:
            shutil.copytree(repository.src, processing / "code")
            script = processing / "code" / f"{step}.py"
        log = ml.parent / "log"
        with log.open("wb") as file:
            process = images[sample_plan.image_of(step)].start(["python3", str(script), *options], ml, {}, file)
            try:
                code = process.wait(TIMEOUT)
            finally:
                process.stop()
        files = {path.relative_to(output).as_posix(): path for path in sorted(output.rglob("*")) if path.is_file()}
        return Outcome(
            code,
            log.read_text(encoding="utf-8", errors="replace"),
            {name: path.read_bytes() for name, path in files.items()},
        )

    return run


@pytest.fixture(scope="session")
def sample(
    repository: Repository,
    sample_plan: Plan,
    run_script: RunScript,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, SampleRun]:
    """Each step of the workflow on the sample, or on what the steps before it left of it."""
    left = {"sample": repository.sample}
    runs: dict[str, SampleRun] = {}
    for step in sample_plan.steps:
        folders = {"input": [*left.values()][-1]}
        if step == "postprocessing":
            folders["preprocessing"] = left.get("preprocessing", left["sample"])
        outcome = run_script(step, **folders)
        if outcome.code:
            message = f"src/{step}.py fails on the sample, with exit code {outcome.code}:\n{outcome.log}"
            pytest.fail(message, pytrace=False)
        left[step] = tmp_path_factory.mktemp(f"{step}-output")
        for name, content in outcome.outputs.items():
            path = left[step] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        runs[step] = SampleRun(folders, outcome)
    return runs
