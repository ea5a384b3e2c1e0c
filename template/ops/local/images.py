"""Which interpreter, or which container, stands for each image that a plan needs."""

from rich.console import Console
from rich.markup import escape

from ops import containers
from ops.definition import STEPS
from ops.images import scikit_image
from ops.imports import third_party_imports
from ops.local.container import ContainerImage
from ops.local.environments import Environment, custom_environment, scikit_environment
from ops.local.interpreter import InterpreterImage
from ops.local.processing import Image
from ops.local.run import Plan
from ops.repository import Repository


def prepare(
    repository: Repository, plan: Plan, *, container: bool, base_image: str | None, console: Console
) -> dict[str, Image]:
    """Make what stands for the images of the plan's steps: `scikit`, `custom` or both.

    Raises:
        OpsError: an environment cannot be made, or the image cannot be built.
    """
    kinds = {plan.image_of(step) for step in plan.steps}
    images: dict[str, Image] = {}
    if "scikit" in kinds:
        images["scikit"] = _interpreter(repository, _scikit(repository, console), console)
    if "custom" in kinds:
        if container:
            images["custom"] = _container(repository, base_image, console)
        else:
            images["custom"] = _interpreter(repository, _custom(repository, console), console)
    return images


def prepare_all(repository: Repository, console: Console) -> None:
    """Make the environments that stand for both images."""
    for environment in (_scikit(repository, console), _custom(repository, console)):
        _say_notes(environment, console)


def prepare_custom(repository: Repository, console: Console) -> Environment:
    """Make the environment that stands for the model's own image, and return it."""
    environment = _custom(repository, console)
    _say_notes(environment, console)
    return environment


def _scikit(repository: Repository, console: Console) -> Environment:
    image = scikit_image(repository.settings.scikit_version)
    scripts = [repository.src / f"{step}.py" for step in STEPS if step != "predict"]
    # A script of the standard library alone needs none of the image's packages: it runs at once, and offline.
    needed = any(third_party_imports(script, image.python) for script in scripts if script.is_file())
    with console.status("Preparing the environment of the scikit-learn image…"):
        return scikit_environment(repository, packages_needed=needed)


def _custom(repository: Repository, console: Console) -> Environment:
    with console.status("Preparing the environment of requirements.txt…"):
        return custom_environment(repository)


def _interpreter(repository: Repository, environment: Environment, console: Console) -> InterpreterImage:
    _say_notes(environment, console)
    return InterpreterImage(environment.python, repository.src, repository.model)


def _container(repository: Repository, base_image: str | None, console: Console) -> Image:
    engine = containers.find()
    tag = f"{repository.settings.model_name}:local"
    log = repository.build / "container.log"
    pip_config = containers.pip_configuration()
    with console.status(f"Building {tag} with {engine.name}…"):
        engine.build(repository.root, tag, base_image=base_image, pip_config=pip_config, log=log)
    return ContainerImage(engine, tag)


def _say_notes(environment: Environment, console: Console) -> None:
    for note in environment.notes:
        console.print(f"[yellow]note:[/] {escape(note)}")
