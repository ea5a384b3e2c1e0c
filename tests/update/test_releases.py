"""From every release to the newest: nothing of the user's is lost, and all else is as if it were generated now."""

import random
from collections.abc import Mapping

import pytest
from freeze import frozen
from repositories import TemplateRepository
from update.lived_in import FATES, NEWEST, Fresh, Generate, add_beside

VERSIONS = frozen()

TEXTS = {
    "model_name": ["churn", "credit-risk"],
    "description": [
        "Größe & Alter: \"quoted\", 'single', {{ braces }}, ${dollar} | 日本 # 100 %",
        "word " * 39 + "end",
    ],
    "owner": ["Équipe risque +1_a.b:c/d=e@example.com", "null"],
    "instance_type": ["ml.t3.medium", "ml.p6-b200.48xlarge"],
    "volume_size": ["16384", "1"],
    "max_runtime": ["777600", "1"],
    "dev_account": ["000000000000", "012345678901"],
    "prod_account": ["012345678901", "999999999999"],
    "github_repository": ["My-Org2/.my_model.v2", "a/b"],
}
"""Answers to the questions without choices, none of them the default."""


def offers(releases: TemplateRepository) -> dict[str, list[str]]:
    """Return answers that each question takes."""
    offered = {}
    for name, question in releases.questions.items():
        choices = question.get("choices") or TEXTS.get(name)
        assert choices, f"{name} takes any text: add two answers to TEXTS."
        offered[name] = list(choices.values()) if isinstance(choices, Mapping) else choices
    return offered


@pytest.fixture
def others(releases: TemplateRepository) -> dict[str, str]:
    """An answer to every question that is not its default."""
    defaults = {name: question["default"] for name, question in releases.questions.items()}
    return {
        name: next(answer for answer in offered if answer != defaults[name])
        for name, offered in offers(releases).items()
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_answer_can_be_changed_and_changed_back(
    generate: Generate, fresh: Fresh, others: dict[str, str], version: str
) -> None:
    repository = generate(version)
    defaults = repository.answers

    changed = repository.update_cleanly(fresh, **others)
    assert changed.answers == others

    changed_back = changed.update_cleanly(fresh, **defaults)
    assert defaults.items() <= changed_back.answers.items()


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_and_users_files_are_kept(
    generate: Generate, fresh: Fresh, others: dict[str, str], version: str, fate: str
) -> None:
    repository = generate(version, others)
    given = repository.answers
    seeds = repository.seeds
    for seed in seeds:
        FATES[fate](seed)
    add_beside(seeds)
    repository.commit()

    updated = repository.update_cleanly(fresh)

    assert given.items() <= updated.answers.items()


def test_updates_from_release_to_release_stay_clean_over_the_years(
    releases: TemplateRepository, generate: Generate, fresh: Fresh
) -> None:
    """Each year the user answers some questions anew, and does something to some files."""
    chance = random.Random(4)  # noqa: S311
    offered = offers(releases)
    oldest, *later = VERSIONS
    repository = generate(oldest)
    for version in [*later, NEWEST]:
        for file in repository.seeds:
            if fate := chance.choice([None, *FATES]):
                FATES[fate](file)
        repository.commit()
        changed = chance.sample(sorted(repository.answers), k=5)

        repository = repository.update_cleanly(
            fresh, version, **{name: chance.choice(offered[name]) for name in changed}
        )
