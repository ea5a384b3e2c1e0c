"""The how-to on old Pythons: it offers what the questionnaire and the images offer."""

import re

import yaml
from docs.pages import DOCS, ROOT
from ops.images import scikit_image

PAGE = (DOCS / "how-to" / "use-an-old-python.md").read_text(encoding="utf-8")
QUESTIONS = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))


def test_pythons_of_the_model_are_those_of_the_questionnaire() -> None:
    offered = QUESTIONS["python_version"]["choices"]

    assert f"| {offered[0]} to {offered[-1]} |" in PAGE


def test_pythons_of_the_scikit_image_are_those_inside() -> None:
    [row] = [line for line in PAGE.splitlines() if "`scikit_version`" in line and line.startswith("|")]

    told = {
        version: python
        for python, versions in re.findall(r"(3\.\d+) \(([^)]*)\)", row)
        for version in versions.split(", ")
    }

    assert told == {
        version: scikit_image(version).python for version in QUESTIONS["scikit_version"]["choices"].values()
    }
