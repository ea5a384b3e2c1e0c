"""The files of a generated repository: which there are, whose they are, and that they are sound as they stand."""

import ast
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from expected_tree import EXPECTED, SEEDS, STATIC
from repositories import Render, TemplateRepository, files

# One that differs from the default in every question.
OTHER_ANSWERS = {
    "model_name": "credit-risk",
    "description": "The risk of a credit",
    "owner": "risk@example.com",
    "python_version": "3.8",
    "scikit_version": "0.23-1",
    "preprocessing_image": "none",
    "postprocessing_image": "none",
    "instance_type": "ml.c5.large",
    "volume_size": "1",
    "max_runtime": "1",
    "region": "cn-north-1",
    "dev_account": "012345678901",
    "prod_account": "000000000000",
    "github_repository": "a/b",
    "template_updates": "none",
}

# The seeds of src/ run on the Python of the oldest scikit-learn image.
OLDEST_PYTHON = (3, 7)

READERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".lock": tomllib.loads,
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}


def test_default_answers_give_the_expected_files_and_no_other(render: Render) -> None:
    assert files(render()) == EXPECTED


def test_no_answer_adds_or_removes_a_file(render: Render, template: TemplateRepository) -> None:
    assert OTHER_ANSWERS.keys() == template.questions.keys()
    for name, answer in OTHER_ANSWERS.items():
        assert answer != template.questions[name]["default"]

    assert files(render(OTHER_ANSWERS)) == EXPECTED


def test_static_files_arrive_byte_by_byte(render: Render, template: TemplateRepository) -> None:
    generated = render(OTHER_ANSWERS)

    for name in sorted(STATIC):
        assert (generated / name).read_bytes() == (template.root / "template" / name).read_bytes(), name


def test_few_files_hold_jinja_and_no_python_file_does(template: TemplateRepository) -> None:
    with_jinja = [name for name in template.files if name.endswith(".jinja")]

    assert len(with_jinja) <= 0.15 * len(template.files)
    assert not [name for name in with_jinja if name.endswith(".py.jinja")]


def test_every_suffix_is_needed(template: TemplateRepository) -> None:
    for name in template.files:
        if name.endswith(".jinja"):
            text = (template.root / "template" / name).read_text(encoding="utf-8")
            assert re.search(r"\{\{|\{%", text), name


def test_names_are_portable(template: TemplateRepository) -> None:
    reserved = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
    for name in template.files:
        assert len(name) <= 100, name
        for part in PurePosixPath(name).parts:
            assert re.fullmatch(r"[A-Za-z0-9._-]*[A-Za-z0-9_-]", part), name
            assert not reserved.fullmatch(part), name
    assert len({name.lower() for name in template.files}) == len(template.files)


def test_files_parse_unrendered(template: TemplateRepository) -> None:
    for name in template.files:
        if reader := READERS.get(PurePosixPath(name).suffix):
            reader((template.root / "template" / name).read_text(encoding="utf-8"))


def test_seeded_scripts_parse_on_the_oldest_python(template: TemplateRepository) -> None:
    for path in (template.root / "template" / "src").glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST_PYTHON)


def test_every_seed_is_kept_by_a_copy_and_left_out_of_an_update(template: TemplateRepository) -> None:
    kept = template.configuration["_skip_if_exists"]
    [left_out] = [entry for entry in template.configuration["_exclude"] if "_copier_operation" in entry]

    assert [line for line in left_out.splitlines() if line.startswith("/")] == kept
    for seed in SEEDS:
        assert [pattern for pattern in kept if f"/{seed}/".startswith(f"{pattern}/")], seed
    for other in EXPECTED - SEEDS:
        assert not [pattern for pattern in kept if f"/{other}/".startswith(f"{pattern}/")], other


@pytest.mark.parametrize("litter", [".venv/lib/module.py", "build/local/output.csv", "ops/__pycache__/cli.pyc"])
def test_what_tools_leave_is_not_copied_from_a_template_without_git(
    template: TemplateRepository, render: Render, tmp_path: Path, litter: str
) -> None:
    copy = template.copy_to(tmp_path / "template")
    path = copy.root / "template" / litter
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("litter")
    (copy.root / ".git").rename(tmp_path / "git")

    assert litter not in files(render(template=copy))
