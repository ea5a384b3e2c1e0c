"""What the tests of updates share: the template with all its releases, and repositories generated from them."""

import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
from copier import run_copy
from freeze import archive, frozen, unpack
from repositories import TemplateRepository, commit, git
from update.lived_in import NEWEST, Fresh, Generate, LivedIn, state

Answers: TypeAlias = frozenset[tuple[str, str]]


@pytest.fixture(scope="session")
def releases(template: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> TemplateRepository:
    """The template with every frozen release as a tag, the oldest first, and the working tree as NEWEST."""
    repository = TemplateRepository(tmp_path_factory.mktemp("releases") / "sagelift")
    for version in frozen():
        unpack(archive(version).read_bytes(), repository.root)
        repository.release(version)
        git(repository.root, "rm", "-r", "--quiet", ".")
    shutil.copytree(template.root, repository.root, ignore=shutil.ignore_patterns(".git"), dirs_exist_ok=True)
    repository.release(NEWEST)
    return repository


@pytest.fixture(scope="session")
def copies(releases: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Answers], Path]:
    """Return what generates a repository once from the same release and answers; nobody may change it."""

    @cache
    def copy(version: str, answers: Answers) -> Path:
        folder = tmp_path_factory.mktemp("copy") / "repository"
        data = dict(answers)
        run_copy(str(releases.root), folder, data=data, vcs_ref=version, defaults=True, quiet=True, unsafe=False)
        return folder

    return copy


@pytest.fixture
def fresh(copies: Callable[[str, Answers], Path]) -> Fresh:
    """Return what says which files a release generates."""
    return lambda answers, version=NEWEST: state(copies(version, frozenset(answers.items())))


@pytest.fixture
def generate(copies: Callable[[str, Answers], Path], tmp_path: Path) -> Generate:
    """Return what generates repositories from releases."""

    def generated(version: str, answers: Mapping[str, str] | None = None) -> LivedIn:
        root = tmp_path / "repository"
        shutil.copytree(copies(version, frozenset((answers or {}).items())), root)
        commit(root, "Generate")
        return LivedIn(root, state(root))

    return generated
