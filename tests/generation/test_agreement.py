"""What is said in more than one file is the same in all of them."""

import json
import re
import tomllib
from typing import Any

from ops.images import scikit_image, scikit_image_uri
from ops.parameters import Parameters
from ops.repository import Repository
from packaging.version import Version
from repositories import Render, TemplateRepository

LONGEST_ENVIRONMENT = "e" * 10
"""See ops.parameters.ENVIRONMENT_PATTERN."""

JOB_NAME_LIMIT = 63


def test_every_choice_of_an_image_has_an_address(template: TemplateRepository) -> None:
    data = json.loads((template.root / "template" / "ops" / "data" / "scikit_images.json").read_bytes())
    questions = template.questions

    assert questions["region"]["choices"] == sorted(data["registry"]["accounts"])
    assert list(questions["scikit_version"]["choices"].values()) == list(data["versions"])
    for region in questions["region"]["choices"]:
        assert region in scikit_image_uri(region, questions["scikit_version"]["default"])


def test_the_pythons_of_the_images_are_those_that_the_questionnaire_shows(template: TemplateRepository) -> None:
    for label, version in template.questions["scikit_version"]["choices"].items():
        assert label == f"{version} (Python {scikit_image(version).python})"


def test_the_code_reads_what_the_answers_became(render: Render) -> None:
    repository = Repository(render({"description": 'Größe "in" {{ m }}', "volume_size": "64"}))

    assert repository.settings.description == 'Größe "in" {{ m }}'
    for environment, account in (("dev", "111111111111"), ("prod", "222222222222")):
        parameters = Parameters.load(repository.parameters(environment))
        assert parameters.account == account
        assert parameters.volume_size == 64
        assert parameters.input_uri == f"s3://my-model-{environment}-{account}/input/"


def test_the_seeds_give_the_first_nine_parameters_and_the_place(render: Render) -> None:
    document = json.loads((render() / "parameters" / "dev.json").read_bytes())

    fields = [name for name in Parameters.model_fields if name != "schema_"]
    assert list(document) == ["$schema", *fields[:11]]
    assert (render(name="other") / "parameters" / document["$schema"]).is_file()


def test_the_longest_model_name_fits_into_a_job_name(render: Render) -> None:
    generated = render({"model_name": "m" * 25})

    prefix = f"{'m' * 25}-{LONGEST_ENVIRONMENT}"
    for pattern in job_names((generated / "workflow" / "state_machine.asl.json").read_text(encoding="utf-8")):
        name = pattern.format(prefix, "12345678", 99)
        assert len(name) <= JOB_NAME_LIMIT
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)


def job_names(definition: str) -> list[str]:
    """Return the patterns of the job names in a definition."""
    states: dict[str, Any] = json.loads(definition)["States"]
    names = [state["Parameters"]["ProcessingJobName.$"] for state in states.values() if state["Type"] == "Task"]
    return [re.findall(r"^States\.Format\('([^']*)'", name)[0] for name in names]


def test_renovate_is_enabled_by_its_answer_alone(render: Render, template: TemplateRepository) -> None:
    for choice in template.questions["template_updates"]["choices"].values():
        generated = render({"template_updates": choice}, name=choice)
        configuration = json.loads((generated / "renovate.json").read_bytes())

        assert configuration["enabled"] is (choice == "renovate")
        assert configuration["enabledManagers"] == ["copier", "pip_requirements"]
        assert all((generated / path).is_file() for path in configuration["includePaths"])
        assert Repository(generated).settings.template_updates == choice


def test_the_locked_copier_can_update_to_this_version(template: TemplateRepository) -> None:
    lock = tomllib.loads((template.root / "template" / "uv.lock").read_text(encoding="utf-8"))
    [locked] = [package["version"] for package in lock["package"] if package["name"] == "copier"]

    assert Version(locked) >= Version(template.configuration["_min_copier_version"])
