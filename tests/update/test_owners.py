"""A release that changes files of every owner: the template's are replaced, the user's are left alone."""

from itertools import cycle
from pathlib import Path

import pytest
from copier import run_copy, run_recopy
from expected_tree import SEEDS
from repositories import Render, TemplateRepository
from update.lived_in import FATES, LivedIn, add_beside, differences, state

NEW_SEED = "src/new.py"


@pytest.fixture
def newer(small_template: TemplateRepository, tmp_path: Path) -> TemplateRepository:
    """The template, and after v1.0.0 a v1.1.0 that changes every seed, and brings a new one."""
    repository = small_template.copy_to(tmp_path / "sagelift")
    template = repository.root / "template"
    for name in SEEDS:
        path = next(path for path in (template / name, template / f"{name}.jinja") if path.exists())
        path.write_bytes(b"The new template's.\n" + path.read_bytes())
    (template / NEW_SEED).write_text('"""New."""\n')
    (template / "README.md.jinja").write_text("# {{ model_name }} of {{ team }}\n")
    (template / "workflow" / "state_machine.asl.json").write_text("{}\n")
    (template / ".gitattributes").unlink()
    (template / "new.txt").write_text("new\n")
    with (repository.root / "copier.yml").open("a") as questions:
        questions.write("\nteam: {type: str, default: new}\n")
    repository.release("v1.1.0")
    return repository


@pytest.fixture
def repository(newer: TemplateRepository, tmp_path: Path) -> LivedIn:
    """A repository generated from v1.0.0, in which the user did something else to each seed in turn."""
    root = tmp_path / "repository"
    run_copy(str(newer.root), root, vcs_ref="v1.0.0", defaults=True, quiet=True, unsafe=False)
    repository = LivedIn(root, state(root))
    seeds = repository.seeds
    add_beside(seeds)
    for seed, fate in zip(seeds, cycle(FATES.values()), strict=False):
        fate(seed)
    repository.commit()
    return repository


def test_an_update_replaces_the_template_and_leaves_the_user_alone(
    newer: TemplateRepository, repository: LivedIn, tmp_path: Path
) -> None:
    users_files = repository.users_files

    repository.update("v1.1.0")

    run_copy(str(newer.root), tmp_path / "fresh", vcs_ref="v1.1.0", defaults=True, quiet=True)
    fresh = state(tmp_path / "fresh")
    assert {"new.txt", NEW_SEED} <= fresh.keys()
    templates_files = {name: file for name, file in fresh.items() if name not in {*SEEDS, NEW_SEED}}
    assert differences(state(repository.root), {**templates_files, **users_files}) == set()
    assert repository.answers["team"] == "new"


def test_a_recopy_keeps_what_the_user_wrote(repository: LivedIn) -> None:
    users_files = repository.users_files

    run_recopy(repository.root, defaults=True, overwrite=True, quiet=True, unsafe=False)

    assert users_files.items() <= state(repository.root).items()


def test_a_copy_into_a_folder_keeps_the_files_that_are_the_users(render: Render, tmp_path: Path) -> None:
    script = tmp_path / "generated" / "src" / "predict.py"
    script.parent.mkdir(parents=True)
    script.write_text("The user's.\n")

    generated = render()

    assert script.read_text() == "The user's.\n"
    assert (generated / "settings.json").exists()
