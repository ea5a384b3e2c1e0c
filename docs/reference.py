"""Write docs/reference/ anew: the questions, the parameters and the commands, from where they are defined.

uv run docs/reference.py
"""

import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ops.cli
import typer
import yaml
from ops.parameters import EXAMPLES, Parameters
from ops.settings import StepImage

import sagelift.cli

ROOT = Path(__file__).resolve().parents[1]

SOURCES = {
    "Key": "sagemaker/Tag.Key",
    "KmsKeyId": "sagemaker/ProcessingOutputConfig.KmsKeyId",
    "SecurityGroupIds": "sagemaker/VpcConfig.SecurityGroupIds",
    "Subnets": "sagemaker/VpcConfig.Subnets",
    "Value": "sagemaker/Tag.Value",
    "VolumeKmsKeyId": "sagemaker/ProcessingClusterConfig.VolumeKmsKeyId",
    "code_uri": "sagemaker/ProcessingS3Input.S3Uri",
    "custom_image_uri": "sagemaker/AppSpecification.ImageUri",
    "deploy_role": "sagemaker/CreateProcessingJob.RoleArn",
    "environment": "sagemaker/CreateProcessingJob.Environment",
    "input_uri": "sagemaker/ProcessingS3Input.S3Uri",
    "instance_count": "sagemaker/ProcessingClusterConfig.InstanceCount",
    "max_runtime": "sagemaker/ProcessingStoppingCondition.MaxRuntimeInSeconds",
    "model_uri": "sagemaker/ProcessingS3Input.S3Uri",
    "output_uri": "sagemaker/ProcessingS3Output.S3Uri",
    "role": "sagemaker/CreateProcessingJob.RoleArn",
    "schedule": "scheduler/CreateSchedule.ScheduleExpression",
    "schedule_timezone": "scheduler/CreateSchedule.ScheduleExpressionTimezone",
    "scheduler_role": "sagemaker/CreateProcessingJob.RoleArn",
    "scikit_image_uri": "sagemaker/AppSpecification.ImageUri",
    "tags": "sagemaker/CreateProcessingJob.Tags",
    "volume_size": "sagemaker/ProcessingClusterConfig.VolumeSizeInGB",
    "workflow_role": "sagemaker/CreateProcessingJob.RoleArn",
}
"""The field of AWS's API that a parameter becomes a part of, and takes its limit from: service/structure.field."""

OWN = {
    "notification_emails": "sagelift's own",
    "output_uri": "less what an execution appends",
    "tags": "less sagelift's own",
}
"""Why a limit is another than AWS's."""


def questions() -> str:
    """Return the page about copier.yml."""
    text = (ROOT / "copier.yml").read_text(encoding="utf-8")
    # A group's comment says who answers its questions; the help of a question begins with its group.
    comments = re.findall(r"^# (.*) \(answered by (.*)\)$", text, re.MULTILINE)
    answered_by = {group.split()[-1].lower(): who for group, who in comments}
    lines = [
        "# Questions",
        "",
        "What the template asks, in the order in which it asks. Every question has a default; an answer is changed by",
        "`uvx copier update`.",
    ]
    group = None
    for name, question in yaml.safe_load(text).items():
        if name.startswith("_"):
            continue
        heading, _, what = question["help"].partition(" · ")
        if heading != group:
            group = heading
            lines += ["", f"## {heading}", "", f"Answered by {answered_by[heading.split()[-1].lower()]}."]
        first, *rest = what.splitlines()
        lines += ["", f"### `{name}`", "", f"{first[0].upper()}{first[1:]}. {' '.join(map(str.strip, rest))}", ""]
        lines += [f"- Default: `{question['default']}`"]
        if choices := question.get("choices"):
            lines += [f"- Choices: {'; '.join(choice(entry) for entry in pairs(choices))}"]
        lines += [f"- {message}" for message in messages(question.get("validator", ""))]
    return page(lines)


def pairs(choices: list[str] | dict[str, str]) -> Iterable[tuple[str, str]]:
    """Return each choice as what Copier shows for it, and the answer."""
    return choices.items() if isinstance(choices, dict) else zip(choices, choices, strict=True)


def choice(entry: tuple[str, str]) -> str:
    """Return a choice with what Copier says of it."""
    shown, answer = entry
    return f"`{answer}`" if shown == answer else f"`{answer}` ({shown.removeprefix(answer).strip(' -()')})"


def messages(validator: str) -> Iterator[str]:
    """Yield what a validator says is right, without what was answered."""
    for line in re.sub(r"{%.*?%}", "\n", validator, flags=re.DOTALL).splitlines():
        if message := re.sub(r"[;,] not {{.*?}}", "", line).strip():
            yield message


def parameters() -> str:
    """Return the page about the parameter files."""
    schema = Parameters.model_json_schema(by_alias=True)
    lines = [
        "# Parameters",
        "",
        "The keys of `parameters/<environment>.json`. A limit leads to the part of AWS's API that it is taken from.",
        "",
        "## Keys",
        *keys(schema),
    ]
    for name, definition in schema["$defs"].items():
        if "properties" in definition:
            lines += ["", f"## {name}", "", definition["description"], *keys(definition)]
    return page(lines)


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the sections of an object's keys."""
    for name, entry in schema["properties"].items():
        # What replaces a parameter for one step means what the parameter means.
        parameter = Parameters.model_fields.get(name)
        meaning = entry.get("description") or (parameter and parameter.description)
        [value] = [kind for kind in entry.get("anyOf", [entry]) if kind.get("type") != "null"]
        said = [kind_of(value), *(sourced(limit, name) for limit in limits(value))]
        yield from ("", f"### `{name}`", "")
        if meaning:
            yield from (meaning.replace("<", "&lt;"), "")
        yield f"- Value: {', '.join(said)}"
        if name in schema.get("required", []):
            yield "- Required"
        else:
            # That of an object is the object with all of its defaults.
            default = entry.get("default")
            yield f"- Default: `{json.dumps({} if isinstance(default, dict) else default)}`"


def kind_of(value: dict[str, Any]) -> str:
    """Return the type of a value with an example, or a link to the object that it is."""
    if reference := value.get("$ref"):
        name = reference.rpartition("/")[2]
        return (
            ", ".join(f"`{image}`" for image in StepImage)
            if name == StepImage.__name__
            else f"[{name}](#{name.lower()})"
        )
    if items := value.get("items"):
        return f"array of {kind_of(items)}"
    example = EXAMPLES.get(value.get("pattern", ""))
    return f"{value['type']} like `{example}`" if example else str(value["type"])


def limits(value: dict[str, Any]) -> Iterator[str]:
    """Yield the limits of a value, in words."""
    for least, most, unit in [
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
        ("minProperties", "maxProperties", " keys"),
        ("minLength", "maxLength", " characters"),
    ]:
        if most in value:
            yield (f"{value[least]} to {value[most]}" if least in value else f"at most {value[most]}") + unit


def commands(app: typer.Typer, name: str) -> str:
    """Return the page about a command line."""
    root = typer.main.get_command(app)
    return page([f"# {name.rpartition(' ')[2]}", "", root.help or "", *verbs(root, name)])


def verbs(group: Any, name: str) -> Iterator[str]:  # noqa: ANN401  Typer's own click has no public types
    """Yield the sections of the verbs of a group, and of the groups within."""
    for verb, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, f"{name} {verb}")
            continue
        context = command.make_context(f"{name} {verb}", [], resilient_parsing=True)
        records = [parameter.get_help_record(context) for parameter in command.params]
        usage = re.sub(r" \[OPTIONS\]|[{}]", "", " ".join([f"{name} {verb}", *command.collect_usage_pieces(context)]))
        yield from ("", f"## `{usage}`", "", command.help)
        if records:
            yield from ("", "| option | meaning |", "| --- | --- |")
            yield from (f"| {code(given)} | {cell(meaning)} |" for given, meaning in records)


def sourced(limit: str, name: str) -> str:
    """Return the limit of a parameter with its source."""
    if name in SOURCES:
        service, _, field = SOURCES[name].partition("/")
        structure = field.partition(".")[0]
        limit = f"[{limit}](https://docs.aws.amazon.com/{service}/latest/APIReference/API_{structure}.html)"
    return f"{limit} ({OWN[name]})" if name in OWN else limit


def code(text: str) -> str:
    """Return a text as code in the cell of a table, where Markdown's own cannot hold a vertical bar."""
    return f"<code>{cell(text)}</code>"


def cell(text: str) -> str:
    """Return a text as the cell of a table."""
    return html.escape(re.sub(r" {2,}", " ", text), quote=False).replace("|", "&#124;")


def page(lines: Iterable[str]) -> str:
    """Return the text of a page."""
    return "<!-- Written by `make generated`. -->\n\n" + "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return the text of each page, by the name of its file."""
    return {
        "questions": questions(),
        "parameters": parameters(),
        "ops": commands(ops.cli.app, "uv run ops"),
        "sagelift": commands(sagelift.cli.app, "sagelift"),
    }


def main() -> None:
    """Run as a script."""
    for name, text in pages().items():
        (ROOT / "docs" / "reference" / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
