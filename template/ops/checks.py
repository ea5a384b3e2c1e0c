"""What can be found wrong with a repository without running it: `ops lint`."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ops import definition, requirements
from ops.definition import STEPS
from ops.errors import OpsError
from ops.images import scikit_image, scikit_image_uri
from ops.imports import custom_faults, scikit_faults
from ops.parameters import Parameters
from ops.repository import Repository
from ops.settings import StepImage

# What makes a script fail when it is reached: syntax errors, and names that nothing defines. The style of legacy
# code is nobody's business here.
_SCRIPT_RULES = "E9,F63,F7,F82"


def run(repository: Repository) -> list[str]:
    """Return what is wrong with the parameters, the definition and the scripts, a sentence each.

    Raises:
        OpsError: the settings cannot be read, or ruff is missing.
    """
    faults: list[str] = []
    for check in (_parameters, _definition, _image, _scripts, _imports):
        faults += _collect(check, repository)
    # What requirements.txt lacks, the imports need, too.
    return list(dict.fromkeys(faults))


def _collect(check: Callable[[Repository], Iterator[str]], repository: Repository) -> Iterator[str]:
    try:
        yield from check(repository)
    except OpsError as error:
        yield str(error)


def _parameters(repository: Repository) -> Iterator[str]:
    environments = repository.environments
    if not environments:
        yield f"{repository.root / 'parameters'} holds no parameter file: bring back dev.json from the history of git."
    for environment in environments:
        try:
            parameters = Parameters.load(repository.parameters(environment))
            if parameters.scikit_image_uri is None:
                scikit_image_uri(parameters.region, repository.settings.scikit_version)
        except OpsError as error:
            yield str(error)


def _definition(repository: Repository) -> Iterator[str]:
    states = definition.load(repository.definition).get("States", {})
    for state in STEPS.values():
        if state not in states:
            yield f"{repository.definition} has no state {state}: bring the file back with `copier recopy`."


def _image(repository: Repository) -> Iterator[str]:
    # git keeps no empty folder, and COPY takes none that is missing.
    if not repository.model.is_dir():
        yield f"{repository.model} is missing, and the Dockerfile copies it: make it, with an empty .gitkeep in it."
    requirements.read(repository)


def _scripts(repository: Repository) -> Iterator[str]:
    for step in STEPS:
        script = repository.src / f"{step}.py"
        image = getattr(repository.settings, f"{step}_image", StepImage.CUSTOM)
        if not script.is_file() and image is not StepImage.NONE:
            without = "" if step == "predict" else f", or answer `none` to {step}_image if there is no such step"
            yield f"{script} is missing: write it, or bring it back from the history of git{without}."
    yield from _ruff(repository)


def _imports(repository: Repository) -> Iterator[str]:
    settings = repository.settings
    images = {
        "preprocessing": settings.preprocessing_image,
        "predict": StepImage.CUSTOM,
        "postprocessing": settings.postprocessing_image,
    }
    checks = {StepImage.SCIKIT: scikit_faults, StepImage.CUSTOM: custom_faults}
    scikit_image(settings.scikit_version)
    for step, image in images.items():
        if image in checks and (repository.src / f"{step}.py").is_file():
            for fault in checks[image](repository, step):
                yield fault.message


def _ruff(repository: Repository) -> Iterator[str]:
    program = Path(sys.executable).with_name("ruff.exe" if sys.platform == "win32" else "ruff")
    if not program.exists():
        message = "ruff is missing from the environment of ops: run `uv sync`."
        raise OpsError(message)
    version = f"py{repository.settings.python_version.replace('.', '')}"
    options = ("--isolated", f"--select={_SCRIPT_RULES}", f"--target-version={version}", "--output-format=concise")
    result = subprocess.run(  # noqa: S603  arguments are ours
        [program, "check", "--quiet", "--no-cache", *options, "src"],
        cwd=repository.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        yield from (line for line in re.split(r"\r?\n", result.stdout or result.stderr) if line.strip())
