"""The Dockerfile as text; test_image.py builds it."""

import subprocess

import pytest
from repositories import Render
from tools import HADOLINT


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_base_follows_the_answered_python(render: Render, version: str) -> None:
    dockerfile = (render({"python_version": version}) / "Dockerfile").read_text(encoding="utf-8")

    (base,) = [line for line in dockerfile.splitlines() if line.startswith("ARG BASE_IMAGE=")]
    assert base.endswith(f"python:{version}-slim-bookworm")


def test_hadolint_finds_nothing(render: Render) -> None:
    checked = subprocess.run([*HADOLINT, render() / "Dockerfile"], check=False, capture_output=True, text=True)

    assert checked.returncode == 0, checked.stdout + checked.stderr
