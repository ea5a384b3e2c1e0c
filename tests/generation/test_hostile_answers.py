"""Whatever somebody answers is either refused with a message, or cannot break a generated file."""

import json
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from copier import run_copy
from expected_tree import ANSWERS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from ops.parameters import Parameters
from ops.repository import Repository
from pre_commit_hooks import check_merge_conflict, end_of_file_fixer, trailing_whitespace_fixer
from repositories import TemplateRepository

HOSTILE = [
    '"',
    "'",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\x1b[31m",
    "\u2028",
    "\u202e",
    "\ud800",
    "\ufeff",
    "é日🦀",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{# x #}",
    "${HOME}",
    "$(rm -rf ~)",
    "`id`",
    "; rm -rf /",
    "| x |",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "**bold**",
    "_under_",
    "[text](javascript:alert(1))",
    "![image](x)",
    "<script>alert(1)</script>",
    "<!--",
    "&lt;",
    "```",
    "~~~",
    "---",
    "===",
    ": ",
    "&anchor",
    "*alias",
    "!!python/object",
    "%YAML",
    "@at",
    "null",
    "yes",
    "1e3",
    "0x10",
    "~",
    "../../etc/passwd",
    " ",
    "x" * 300,
]

hostile_text = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), min_size=1, max_size=4).map("".join)
free_questions = st.sampled_from(
    [
        # First, and as often as all others: they take nearly every character.
        *["description", "owner"] * 4,
        "model_name",
        "instance_type",
        "volume_size",
        "max_runtime",
        "dev_account",
        "prod_account",
        "github_repository",
    ]
)


@pytest.fixture(scope="module")
def ordinary(template: TemplateRepository) -> Iterator[Path]:
    """A repository with default answers."""
    with tempfile.TemporaryDirectory() as folder:
        run_copy(str(template.root), folder, defaults=True, quiet=True)
        yield Path(folder)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@example("description", "".join(part for part in HOSTILE if part.isprintable() and len(part) < 300)[:200])
@example("description", "**")
@example("description", "# {{ model_name }}")
@example("owner", "_a_ - b: c = @d")
@given(free_questions, hostile_text)
def test_an_answer_is_refused_or_harmless(
    template: TemplateRepository, ordinary: Path, question: str, answer: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        generated = Path(folder, "generated")
        refusal = generate(template, generated, {question: answer})
        if refusal is not None:
            assert question in refusal
            assert refusal.isprintable()
            assert not generated.exists()
            return
        assert_sound(generated)
        assert yaml.safe_load((generated / ".copier-answers.yml").read_text(encoding="utf-8"))[question] == answer
        assert readme_structure(generated) == readme_structure(ordinary)
        if question in ("description", "owner"):
            assert answer.strip() in readme_text(generated)


def generate(template: TemplateRepository, generated: Path, answers: dict[str, str]) -> str | None:
    """Generate a repository; return why that was refused, if it was."""
    try:
        run_copy(str(template.root), generated, data=answers, defaults=True, quiet=True)
    except ValueError as error:
        return str(error)
    return None


def assert_sound(generated: Path) -> None:
    """Read every file that is rendered from answers, the way its readers do."""
    repository = Repository(generated)
    assert repository.settings.model_name
    for environment in ("dev", "prod"):
        Parameters.load(repository.parameters(environment))
    for path in generated.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    tomllib.loads((generated / "pyproject.toml").read_text(encoding="utf-8"))
    for line in (generated / "Dockerfile").read_text(encoding="utf-8").splitlines():
        assert line.isprintable()
    rendered = [str(generated / name) for name in ANSWERS]
    assert trailing_whitespace_fixer.main(rendered) == 0
    assert end_of_file_fixer.main(rendered) == 0
    assert check_merge_conflict.main(["--assume-in-merge", *rendered]) == 0


def readme_structure(generated: Path) -> list[str]:
    """Return the elements of the README without their texts: its headings, tables, links and code, in order."""
    return [token.type for token in readme_tokens(generated) if token.type not in ("text", "softbreak")]


def readme_text(generated: Path) -> str:
    """Return what a reader of the rendered README sees of its texts."""
    return "".join(token.content for token in readme_tokens(generated) if token.type == "text")


def readme_tokens(generated: Path) -> list[Token]:
    """Return the parsed README."""
    blocks = MarkdownIt().enable("table").parse((generated / "README.md").read_text(encoding="utf-8"))
    return [token for block in blocks for token in (block.children or [block])]
