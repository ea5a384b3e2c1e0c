"""The workflow by its definition, and the parameters of every environment."""

from collections.abc import Mapping

from ops import checks
from ops.local import run as local
from ops.local.processing import Image
from ops.local.run import Plan
from ops.parameters import Parameters
from ops.progress import last
from ops.proof.recording import Recording
from ops.repository import Repository


def test_runs_by_its_definition(
    repository: Repository, sample_plan: Plan, images: Mapping[str, Image], legacy: Recording | None
) -> None:
    finished = local.run(repository, sample_plan, images, last)
    assert finished.view.status == "SUCCEEDED", f"{finished.view.error}: {finished.view.cause}"
    assert finished.outputs(sample_plan.steps[-1]) or (legacy and not legacy.expected)


def test_every_environment_is_valid(repository: Repository) -> None:
    assert repository.environments
    for environment in repository.environments:
        Parameters.load(repository.parameters(environment))


def test_lint_finds_nothing(repository: Repository) -> None:
    assert checks.run(repository) == []
