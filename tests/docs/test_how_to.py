"""What all how-tos show: commands that exist, parameters that work, messages that ops gives."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer.main
import yaml
from accounts import PARAMETERS, account
from botocore import xform_name
from deployments import assemble, make_deployment
from docs.pages import DOCS, ROOT, blocks, commands
from markdown import markdown
from markdown_it import MarkdownIt
from ops.cli import app
from ops.parameters import Parameters

PAGES = [f"how-to/{path.stem}" for path in sorted((DOCS / "how-to").glob("*.md"))]

OTHERS = {
    "AccessDenied",
    "AccessDeniedException",
    "InconsistentVersionWarning",
    "ModuleNotFoundError: sklearn.externals.joblib",
    "Never deployed to dev",
    "No space left on device",
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    "Nothing was deployed to prod",
    "SageMaker.ResourceLimitExceededException",
    "Schedule",
    "States.TaskFailed",
    "Stopped",
    "UserWarning: Trying to unpickle estimator",
    "VolumeKmsKeyId",
    "not authorized to create managed-rule",
    "there is no version of …",
}
"""What a page quotes that is not said by ops."""


DOCUMENTS: dict[str, dict[str, Any]] = {
    f"{page}-{number}": json.loads(block) for page in PAGES for number, block in enumerate(blocks(page, "json"))
}
"""Each JSON block of each page."""


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_one_that_ops_takes(page: str) -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")

    for verb, *arguments in commands(page, "uv run ops"):
        verbs[verb].make_context(verb, arguments)
    for line in re.findall(r"`(?:uv run )?ops ([a-z][^`\n]*)`", text):
        verb, *arguments = line.split()
        known = {option for parameter in verbs[verb].params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known, line


@pytest.mark.parametrize("page", PAGES)
def test_every_call_of_aws_is_one_that_it_takes(page: str) -> None:
    for service, operation, *arguments in commands(page, "aws"):
        if service == "s3":  # no service's own operations, but the command line's
            continue
        model = boto3.client(service, region_name="eu-west-1").meta.service_model
        operations = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}
        known = {f"--{xform_name(member, '-')}" for member in operations[operation].input_shape.members}
        assert {argument for argument in arguments if argument.startswith("--")} <= known


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_is_one_that_the_questionnaire_takes(page: str) -> None:
    questions = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))

    for arguments in [*commands(page, "uvx copier update"), *commands(page, "uv run ops update")]:
        for answer in (arguments[at + 1] for at, argument in enumerate(arguments) if argument == "--data"):
            name, _, value = answer.partition("=")
            choices = questions[name]["choices"]
            assert value in (choices.values() if isinstance(choices, dict) else choices)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_json_is_parameters_that_work_a_state_or_a_policy(document: dict[str, Any], tmp_path: Path) -> None:
    if document.keys() & {"Statement", "Type"}:  # the tests of its page look at it
        return

    deployment = make_deployment(tmp_path / "repository", document)
    result = assemble(deployment)["States"]["Defaults"]["Result"]
    passed = document.keys() & result.keys()
    assert {key: result[key] for key in passed} == {key: document[key] for key in passed}
    assert deployment.policies()
    with account(tmp_path, document) as made:
        if model := document.get("model_uri"):
            made.put(f"{model}weights.json")
        assert made.run().status == "SUCCEEDED"


@pytest.mark.parametrize("page", PAGES)
def test_messages_are_those_of_ops(page: str) -> None:
    _, _, faults = (DOCS / f"{page}.md").read_text(encoding="utf-8").partition("\n## When it fails\n")
    said = [
        text for lead in re.findall(r"^- \*\*(.*?)\*\*", faults, re.MULTILINE) for text in re.findall("`(.*?)`", lead)
    ]

    for message in set(said) - OTHERS:
        for piece in filter(None, (part.strip() for part in message.split("…"))):
            assert any(piece in text for text in MESSAGES), message


def messages() -> Iterator[str]:
    """Yield the texts in the code of ops, with … for what is filled in."""
    for path in (ROOT / "template" / "ops").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


MESSAGES = list(messages())


def test_parameters_that_are_shown_are_checked() -> None:
    shown = {key for document in DOCUMENTS.values() for key in document} & Parameters.model_fields.keys()

    assert shown >= {"role", "network_config", "schedule", "instance_count", "custom_image_uri"}
    assert not shown & PARAMETERS.keys()


@pytest.mark.parametrize("page", PAGES)
def test_steps_are_numbered_on_the_site_as_on_github(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")

    on_the_site = markdown(text, extensions=["pymdownx.superfences", "tables"])

    assert on_the_site.count("<ol>") == MarkdownIt().render(text).count("<ol")
