"""Every choice of every question, in repositories that are committed, run and tested."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest
import yaml
from allpairspy import AllPairs
from ops.images import scikit_image
from ops.local.environments import custom_environment, scikit_environment
from ops.repository import Repository
from pytest_copie.plugin import Copie
from repositories import TemplateRepository, git

QUESTIONS = yaml.safe_load((Path(__file__).parents[2] / "copier.yml").read_text(encoding="utf-8"))
PAIRED = ("python_version", "scikit_version", "preprocessing_image", "postprocessing_image")
"""Questions of which every two choices meet in some repository."""

SPREAD = ("region", "template_updates")
"""Questions of which each choice occurs: they decide on nothing that runs here, so they need no pairs."""


def choices(question: str) -> list[str]:
    """Return the answers that a question offers."""
    offered = QUESTIONS[question]["choices"]
    return list(offered.values()) if isinstance(offered, dict) else offered


def cases() -> Iterator[dict[str, str]]:
    """Yield answers, such that every pair of choices, and every choice of `SPREAD`, occurs in one of them."""
    pairs = [dict(zip(PAIRED, pair, strict=True)) for pair in AllPairs([choices(question) for question in PAIRED])]
    spread = [choices(question) for question in SPREAD]
    number = max(len(pairs), *(len(offered) for offered in spread))
    for answers, *others in islice(zip(cycle(pairs), *map(cycle, spread)), number):
        yield {**answers, **dict(zip(SPREAD, others, strict=True))}


def test_no_choice_is_left_out() -> None:
    for question, entry in QUESTIONS.items():
        if "choices" in entry and not question.startswith("_"):
            assert {case[question] for case in cases()} == set(choices(question))


@pytest.mark.slow
@pytest.mark.usefixtures("environments")
@pytest.mark.parametrize("answers", list(cases()), ids=lambda answers: " ".join(answers.values()))
def test_a_generated_repository_runs(copie: Copie, template: TemplateRepository, answers: dict[str, str]) -> None:
    result = copie.copy(answers, template_dir=template.root)
    assert result.exception is None
    assert result.project_dir
    assert answers.items() <= result.answers.items()

    stage_and_run_hooks(result.project_dir)
    for verb in ("run", "test"):
        ops(result.project_dir, verb)

    if missing := list(missing_pythons(Repository(result.project_dir))):
        pytest.skip(
            f"not run on Python {' and '.join(missing)}, which this machine lacks, but on the nearest that it has"
        )


def stage_and_run_hooks(repository: Path) -> None:
    """Do what a first commit does where pre-commit is switched on; no hook may find or change anything."""
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    # The hooks run in this environment, which holds what a repository's own would.
    variables = {**os.environ, "UV_NO_SYNC": "1", "UV_PROJECT_ENVIRONMENT": sys.prefix}
    command = [sys.executable, "-m", "pre_commit", "run"]
    finished = subprocess.run(command, cwd=repository, env=variables, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert git(repository, "diff") == ""


def ops(repository: Path, verb: str) -> None:
    """Run a verb of `ops` in a repository; it must succeed."""
    command = [sys.executable, "-m", "ops", verb]
    finished = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def missing_pythons(repository: Repository) -> Iterator[str]:
    """Yield the Pythons that were answered and are not on this machine; their packages must be there to install."""
    settings = repository.settings
    if custom_environment(repository).version != settings.python_version:
        compile_requirements(repository, settings.python_version)
        yield settings.python_version
    image = scikit_image(settings.scikit_version)
    if scikit_environment(repository, packages_needed=False).version != image.python:
        yield image.python


def compile_requirements(repository: Repository, python: str) -> None:
    """Resolve what the model's environment installs, for a Python that is not here."""
    command = [os.environ.get("UV", "uv"), "pip", "compile", "--quiet", "--python-version", python, "-"]
    requirements = f"-r {repository.requirements.name}\npytest\n"
    finished = subprocess.run(
        command, cwd=repository.root, input=requirements, check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
