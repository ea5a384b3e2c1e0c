"""A question that is renamed or split keeps its answer by its default: no migration, no trust."""

from pathlib import Path

import pytest
import yaml
from copier import run_copy
from repositories import TemplateRepository
from update.lived_in import LivedIn

NEW = {
    "team": "{{ owner | default('data-science') }}",
    "github_organisation": "{{ (github_repository | default('my-organisation/x')).split('/')[0] }}",
    "github_name": "{{ (github_repository | default('x/' ~ model_name)).split('/')[1] }}",
}


@pytest.fixture
def newer(small_template: TemplateRepository, tmp_path: Path) -> TemplateRepository:
    """The template, and after v1.0.0 a v1.1.0 that renames the question `owner` and splits `github_repository`."""
    repository = small_template.copy_to(tmp_path / "sagelift")
    configuration = repository.configuration
    del configuration["owner"], configuration["github_repository"]
    configuration |= {name: {"type": "str", "default": default} for name, default in NEW.items()}
    (repository.root / "copier.yml").write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    settings = repository.root / "template" / "settings.json.jinja"
    text = settings.read_text(encoding="utf-8")
    text = text.replace("{{ owner |", "{{ team |")
    text = text.replace("{{ github_repository |", "{{ (github_organisation ~ '/' ~ github_name) |")
    settings.write_text(text, encoding="utf-8")
    repository.release("v1.1.0")
    return repository


def test_the_answers_are_carried_over(newer: TemplateRepository, tmp_path: Path) -> None:
    given = {"owner": "Risk", "github_repository": "Our-Org/churn"}
    expected = {"team": "Risk", "github_organisation": "Our-Org", "github_name": "churn"}
    repository = LivedIn(tmp_path / "repository", {})
    run_copy(str(newer.root), repository.root, data=given, vcs_ref="v1.0.0", defaults=True, quiet=True, unsafe=False)
    repository.commit()
    settings = (repository.root / "settings.json").read_text(encoding="utf-8")

    repository.update("v1.1.0")

    assert expected.items() <= repository.answers.items()
    assert not {"owner", "github_repository"} & repository.answers.keys()
    updated = (repository.root / "settings.json").read_text(encoding="utf-8")
    assert updated == settings.replace('"v1.0.0"', '"v1.1.0"')
