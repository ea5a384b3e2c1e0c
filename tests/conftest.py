"""What the tests share: the template as a repository of its own, and repositories generated from it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from copier import run_copy
from repositories import Render, TemplateRepository

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def _own_git_configuration() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Test")
            patch.setenv(f"GIT_{role}_EMAIL", "test@example.com")
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, _own_git_configuration: None) -> TemplateRepository:
    """The template, released as v1.0.0; a test that changes it takes a copy."""
    repository = TemplateRepository(tmp_path_factory.mktemp("template") / "sagelift")
    tools = shutil.ignore_patterns(".venv", "build", "__pycache__", ".*_cache")
    for name in ("hooks", "template"):
        shutil.copytree(ROOT / name, repository.root / name, ignore=tools)
    for name in (".gitignore", "copier.yml"):
        shutil.copy2(ROOT / name, repository.root)
    repository.release("v1.0.0")
    return repository


@pytest.fixture(scope="session")
def small_template(template: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> TemplateRepository:
    """The template without most of the template-owned files: for what Copier does whatever they are, and quicker."""
    repository = TemplateRepository(tmp_path_factory.mktemp("small-template") / "sagelift")
    shutil.copytree(template.root, repository.root, ignore=shutil.ignore_patterns(".git", "iam", "infra", "ops"))
    repository.release("v1.0.0")
    return repository


@pytest.fixture
def render(template: TemplateRepository, tmp_path: Path) -> Render:
    """Return what generates repositories; questions without an answer here take their defaults."""
    released = template

    def copy(
        answers: Mapping[str, str] | None = None, *, name: str = "generated", template: TemplateRepository = released
    ) -> Path:
        answers = dict(answers or {})
        # Copier accepts answers to questions that do not exist; a test that gives one would test nothing.
        if unknown := answers.keys() - template.questions.keys():
            pytest.fail(f"copier.yml has no question {', '.join(sorted(unknown))}.")
        run_copy(str(template.root), tmp_path / name, data=answers, defaults=True, quiet=True, unsafe=False)
        return tmp_path / name

    return copy


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Path]:
    """The folder of the environments that stand for images, shared by all repositories of all of xdist's workers."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "environments"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPS_ENVIRONMENTS", str(folder))
        yield folder
