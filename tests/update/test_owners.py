"""`copier update`: the template's files are replaced, the user's are theirs."""

from pathlib import Path

import pytest
import yaml
from copier import run_recopy, run_update
from expected_tree import SEEDS
from repositories import Render, TemplateRepository, commit, files, git

DELETED = {"data/sample/sample.csv", "model/weights.json", "packages.txt", "parameters/prod.json", "src/tables.py"}
RENAMED = {"src/preprocessing.py": "src/cleaning.py", "tests/test_model.py": "tests/test_prices.py"}
EDITED = SEEDS - DELETED - RENAMED.keys()
ADDED = {"data/sample/houses.parquet", "model/model.pkl", "parameters/test.json", "src/features/area.py", "notes.md"}


@pytest.fixture
def releases(template: TemplateRepository, tmp_path: Path) -> TemplateRepository:
    """The template, for a test that releases another version of it."""
    return template.copy_to(tmp_path / "releases")


@pytest.fixture
def lived_in(render: Render, releases: TemplateRepository) -> Path:
    """A repository generated from v1.0.0, in which a user edited, deleted, renamed and added files."""
    generated = render({"model_name": "houses"}, template=releases)
    commit(generated, "Generate")
    for name in EDITED:
        path = generated / name
        path.write_bytes(b"The user's.\n" + path.read_bytes() + b"The user's.\n")
    for name in DELETED:
        (generated / name).unlink()
    for old, new in RENAMED.items():
        (generated / old).rename(generated / new)
    for name in ADDED:
        (generated / name).parent.mkdir(parents=True, exist_ok=True)
        (generated / name).write_text("The user's.\n")
    commit(generated, "Bring in the model")
    return generated


@pytest.fixture
def newer(releases: TemplateRepository) -> TemplateRepository:
    """The template, released as v1.1.0 with changes to files of every owner."""
    template = releases.root / "template"
    change(template / "workflow" / "state_machine.asl.json", '"Comment": "', '"Comment": "New: ')
    change(template / ".editorconfig", "root = true", "root = true  # new")
    change(template / "README.md.jinja", "## Commands", "## All commands of {{ team }}")
    change(releases.root / "copier.yml", "\n# The model", "\nteam: {type: str, default: new}\n\n# The model")
    (template / ".gitattributes").unlink()
    (template / "ops" / "new.py").write_text('"""New."""\n')
    (template / "src" / "new.py").write_text('"""A new seed."""\n')
    for name in SEEDS:
        path = next(path for path in (template / name, template / f"{name}.jinja") if path.exists())
        path.write_bytes(b"The new template's.\n" + path.read_bytes())
    releases.release("v1.1.0")
    return releases


def test_an_update_replaces_the_template_and_leaves_the_user_alone(
    render: Render, lived_in: Path, newer: TemplateRepository
) -> None:
    users = EDITED | ADDED | set(RENAMED.values())
    before = {name: (lived_in / name).read_bytes() for name in users}

    run_update(lived_in, data={"python_version": "3.12"}, defaults=True, overwrite=True, quiet=True, unsafe=False)

    fresh = render({"model_name": "houses", "python_version": "3.12"}, name="fresh", template=newer)
    templates = files(fresh) - SEEDS - {"src/new.py"}
    assert files(lived_in) == users | templates
    assert {name: (lived_in / name).read_bytes() for name in users} == before
    for name in sorted(templates):
        assert (lived_in / name).read_bytes() == (fresh / name).read_bytes(), name
    assert answers(lived_in) == {**answers(fresh), "team": "new", "_commit": "v1.1.0"}
    assert not git(lived_in, "diff", "--name-only", "--diff-filter=U")


def test_the_newer_template_differs_where_the_update_is_tested(
    render: Render, lived_in: Path, newer: TemplateRepository
) -> None:
    older, fresh = render(name="older"), render({"model_name": "houses"}, name="fresh", template=newer)

    assert files(older) - files(fresh) == {".gitattributes"}
    assert files(fresh) - files(older) == {"ops/new.py", "src/new.py"}
    for name in {*SEEDS, "README.md", "workflow/state_machine.asl.json"} & files(lived_in):
        assert (fresh / name).read_bytes() != (lived_in / name).read_bytes(), name


def test_an_update_to_the_same_version_changes_nothing(lived_in: Path) -> None:
    run_update(lived_in, defaults=True, overwrite=True, quiet=True, unsafe=False)

    assert not git(lived_in, "status", "--porcelain")


def test_a_recopy_keeps_what_the_user_wrote(lived_in: Path) -> None:
    before = {name: (lived_in / name).read_bytes() for name in EDITED | ADDED}

    run_recopy(lived_in, defaults=True, overwrite=True, quiet=True, unsafe=False)

    assert {name: (lived_in / name).read_bytes() for name in EDITED | ADDED} == before


def test_a_copy_into_a_folder_keeps_the_files_that_are_the_users(render: Render, tmp_path: Path) -> None:
    script = tmp_path / "generated" / "src" / "predict.py"
    script.parent.mkdir(parents=True)
    script.write_text("The user's.\n")

    generated = render()

    assert script.read_text() == "The user's.\n"
    assert (generated / "settings.json").exists()


def change(path: Path, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a file, which must hold it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def answers(generated: Path) -> dict[str, str]:
    """Return what Copier remembers."""
    remembered: dict[str, str] = yaml.safe_load((generated / ".copier-answers.yml").read_text(encoding="utf-8"))
    return remembered
