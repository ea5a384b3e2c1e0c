"""The questionnaire: what it asks, what it takes, and what it says to what it does not take."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from repositories import Render, TemplateRepository

# Copier cuts both at the width of the terminal.
HELP_WIDTH = 79
MESSAGE_WIDTH = 120
LONG = 15

ACCEPTED = [
    ("model_name", "a"),
    ("model_name", "credit-risk-2"),
    ("model_name", "a234567890123456789012345"),
    ("description", "Größe & Alter: \"quoted\", 'single', {{ braces }}, ${dollar} | 日本 # 100 %"),
    ("description", "x" * 200),
    ("owner", "Équipe risque +1_a.b:c/d=e@example.com"),
    ("owner", "x" * 256),
    ("instance_type", "ml.t3.medium"),
    ("instance_type", "ml.m5.large"),
    ("instance_type", "ml.p4de.24xlarge"),
    ("instance_type", "ml.p6-b200.48xlarge"),
    ("volume_size", "1"),
    ("volume_size", "16384"),
    ("max_runtime", "1"),
    ("max_runtime", "777600"),
    ("dev_account", "012345678901"),
    ("prod_account", "000000000000"),
    ("github_repository", "a/b"),
    ("github_repository", "My-Org2/.my_model.v2"),
]

NOT_A_NAME = "Use a-z, 0-9 and single hyphens, first a letter; not "
NOT_A_LINE = "Say in one line what the model predicts; not "
NOT_PRINTABLE = "Use one line of printable text; not "
NOT_A_TAG = "Use letters, digits, spaces between words and _.:/=+-@; not "
NOT_AN_INSTANCE = "Use ml.<family>.<size>, like ml.m5.xlarge; not "
NOT_A_SIZE = "Use a whole number from 1 to 16384; not "
NOT_A_TIME = "Use a whole number from 1 to 777600, nine days; not "
NOT_AN_ACCOUNT = "Use the 12 digits of the account, like 012345678901; not "
NOT_A_REPOSITORY = "Use ORGANISATION/REPOSITORY, without .git; not "

REFUSED = [
    ("model_name", "", NOT_A_NAME),
    ("model_name", "Risk", NOT_A_NAME),
    ("model_name", "credit_risk", NOT_A_NAME),
    ("model_name", "credit--risk", NOT_A_NAME),
    ("model_name", "credit-", NOT_A_NAME),
    ("model_name", "2risk", NOT_A_NAME),
    ("model_name", "risk\n", NOT_A_NAME),
    ("model_name", "größe", NOT_A_NAME),
    ("model_name", "a2345678901234567890123456", "Use at most 25 characters, not 26: "),
    ("description", "", NOT_A_LINE),
    ("description", "  ", NOT_A_LINE),
    ("description", "two\nlines", NOT_PRINTABLE),
    ("description", "tab\t", NOT_PRINTABLE),
    ("description", "bell\a", NOT_PRINTABLE),
    ("description", "line\u2028separator", NOT_PRINTABLE),
    ("description", "right-to-left\u202eoverride", NOT_PRINTABLE),
    ("description", "x" * 201, "Use at most 200 characters, not 201."),
    ("owner", "", NOT_A_TAG),
    ("owner", " team", NOT_A_TAG),
    ("owner", "team ", NOT_A_TAG),
    ("owner", "team\n", NOT_A_TAG),
    ("owner", "team; rm -rf", NOT_A_TAG),
    ("owner", "team|other", NOT_A_TAG),
    ("owner", "x" * 257, "Use at most 256 characters, not 257."),
    ("instance_type", "m5.xlarge", NOT_AN_INSTANCE),
    ("instance_type", "ml.m5", NOT_AN_INSTANCE),
    ("instance_type", "ml.m5.huge", NOT_AN_INSTANCE),
    ("instance_type", "ml.m5.xlarge ", NOT_AN_INSTANCE),
    ("volume_size", "0", NOT_A_SIZE),
    ("volume_size", "16385", NOT_A_SIZE),
    ("volume_size", "30.5", NOT_A_SIZE),
    ("volume_size", "030", NOT_A_SIZE),
    ("volume_size", "30 GB", NOT_A_SIZE),
    ("volume_size", "٣", NOT_A_SIZE),
    ("max_runtime", "0", NOT_A_TIME),
    ("max_runtime", "-1", NOT_A_TIME),
    ("max_runtime", "777601", NOT_A_TIME),
    ("max_runtime", "1h", NOT_A_TIME),
    ("dev_account", "1234-5678-9012", NOT_AN_ACCOUNT),
    ("dev_account", "12345678901", NOT_AN_ACCOUNT),
    ("dev_account", "123456789012\n", NOT_AN_ACCOUNT),
    ("prod_account", "1234567890123", NOT_AN_ACCOUNT),
    ("prod_account", "prod", NOT_AN_ACCOUNT),
    ("github_repository", "my-model", NOT_A_REPOSITORY),
    ("github_repository", "https://github.com/org/model", NOT_A_REPOSITORY),
    ("github_repository", "org/model.git", NOT_A_REPOSITORY),
    ("github_repository", "org/..", NOT_A_REPOSITORY),
    ("github_repository", "-org/model", NOT_A_REPOSITORY),
    ("github_repository", "org/model/tree", NOT_A_REPOSITORY),
    ("python_version", "3.7", "'3.7' is not in"),
    ("scikit_version", "1.3", "'1.3' is not in"),
    ("preprocessing_image", "pytorch", "'pytorch' is not in"),
    ("postprocessing_image", "pytorch", "'pytorch' is not in"),
    ("region", "eu", "'eu' is not in"),
    ("template_updates", "monthly", "'monthly' is not in"),
]


def test_few_questions_are_asked_each_with_help_and_a_default(template: TemplateRepository) -> None:
    assert len(template.questions) <= 15
    for name, question in template.questions.items():
        assert question["help"], name
        assert all(len(line) <= HELP_WIDTH for line in question["help"].splitlines()), name
        assert "default" in question, name
        assert "when" not in question, f"{name} would lose its answer when it is switched off"


def test_every_free_text_has_a_validator_and_each_is_tested_both_ways(template: TemplateRepository) -> None:
    free = {name for name, question in template.questions.items() if "choices" not in question}

    assert free == {name for name, question in template.questions.items() if "validator" in question}
    assert free == {name for name, _ in ACCEPTED}
    assert template.questions.keys() == {name for name, _, _ in REFUSED}


def test_a_copy_and_an_update_need_no_trust(template: TemplateRepository) -> None:
    assert not template.configuration.keys() & {"_tasks", "_migrations", "_jinja_extensions"}


def test_questions_of_a_group_stand_together(template: TemplateRepository) -> None:
    groups = [question["help"].split(" · ")[0] for question in template.questions.values()]

    assert list(dict.fromkeys(groups)) == ["The model", "Runtime", "Workflow", "AWS", "Delivery"]
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)


@pytest.mark.parametrize(("question", "answer"), ACCEPTED)
def test_a_right_answer_arrives_as_it_was_given(render: Render, question: str, answer: str) -> None:
    generated = render({question: answer})

    assert answers(generated)[question] == answer
    assert answer in (str(value) for value in rendered(generated).values())


@pytest.mark.parametrize(("question", "answer", "message"), REFUSED)
def test_a_wrong_answer_is_refused_by_name_and_writes_nothing(
    render: Render, tmp_path: Path, question: str, answer: str, message: str
) -> None:
    with pytest.raises(ValueError, match=question) as refusal:
        render({question: answer})

    said = str(refusal.value)
    assert message + (repr(answer) if message.endswith("not ") else "") in said
    assert said.isprintable()
    if message.endswith("not ") and len(answer) < LONG:
        assert len(said) <= MESSAGE_WIDTH
    assert not list(tmp_path.iterdir())


def test_numbers_may_be_given_as_numbers(render: Render) -> None:
    generated = render({"volume_size": 64, "max_runtime": 600})  # type: ignore[dict-item]

    parameters = json.loads((generated / "parameters" / "dev.json").read_text(encoding="utf-8"))
    assert (parameters["volume_size"], parameters["max_runtime"]) == (64, 600)


def test_an_unknown_question_fails_the_test_that_answers_it(render: Render) -> None:
    with pytest.raises(pytest.fail.Exception, match="no question licence"):
        render({"licence": "MIT"})


def answers(generated: Path) -> dict[str, Any]:
    """Return what Copier will start from at the next update."""
    remembered: dict[str, Any] = yaml.safe_load((generated / ".copier-answers.yml").read_text(encoding="utf-8"))
    return remembered


def rendered(generated: Path) -> dict[str, Any]:
    """Return what the answers became, in the files that code reads."""
    settings: dict[str, Any] = json.loads((generated / "settings.json").read_text(encoding="utf-8"))
    for environment in ("dev", "prod"):
        path = generated / "parameters" / f"{environment}.json"
        for key, value in json.loads(path.read_text(encoding="utf-8")).items():
            settings[f"{environment}.{key}"] = value
    return settings
