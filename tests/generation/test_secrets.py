"""No secret in a generated repository, in what it is assembled to, or in what a run leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from repositories import Render
from tools import DETECT_SECRETS, installed

PLANTED = {
    "AWS_ACCESS_KEY_ID": "AKIAQ7PLANTED0KEY123",
    "AWS_SECRET_ACCESS_KEY": "kV9sPlantedSecret0TxNq8bZ4hWm2RfYcJd7uLg1aB",
    "GITHUB_TOKEN": "ghp_plantedTokenPlantedTokenPlanted0123",
}


def findings(folder: Path) -> set[tuple[str, str]]:
    """Return the file and the kind of everything that detect-secrets takes for a secret."""
    command = [*installed(DETECT_SECRETS), "scan", "--all-files"]
    scanned = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    results = json.loads(scanned.stdout)["results"]
    return {(file, secret["type"]) for file, secrets in results.items() for secret in secrets}


def test_secrets_are_found_where_there_are_some(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text(f'key = "{PLANTED["AWS_ACCESS_KEY_ID"]}"\n')

    assert ("config.py", "AWS Access Key") in findings(tmp_path)


def test_a_generated_repository_and_what_it_assembles_hold_none(render: Render) -> None:
    generated = render()
    for environment in ("dev", "prod"):
        subprocess.run([sys.executable, "-m", "ops", "assemble", "--env", environment], cwd=generated, check=True)

    # The commits that the facts about the prebuilt images were read from, and the hashes of the template's files.
    hashes = {"ops/data/scikit_images.json", "ops/data/template_files.json"}
    assert findings(generated) == {(name, "Hex High Entropy String") for name in hashes}


@pytest.mark.usefixtures("environments")
def test_a_run_leaves_none_of_the_users(render: Render) -> None:
    generated = render()
    subprocess.run([sys.executable, "-m", "ops", "run"], cwd=generated, env=os.environ | PLANTED, check=True)

    left = b"".join(path.read_bytes() for path in (generated / "build").rglob("*") if path.is_file())
    assert b"my-model-dev-predict-" in left
    for secret in PLANTED.values():
        assert secret.encode() not in left
