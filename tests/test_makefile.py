"""The Makefile, with the uv that it installs itself."""

import shutil
import subprocess
from pathlib import Path

MAKEFILE = Path(__file__).resolve().parents[1] / "Makefile"


def test_demo_runs_in_a_clone_of_any_path(tmp_path: Path) -> None:
    clone = tmp_path / 'it\'s "my" clone'
    uv = clone / ".tools" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text('#!/bin/sh\necho "uv $*"\n', encoding="utf-8")
    uv.chmod(0o755)
    shutil.copy(MAKEFILE, clone)
    made = subprocess.run(["make", "UV=.tools/bin/uv", "demo"], cwd=clone, check=True, capture_output=True, text=True)
    assert "uv --directory build/demo run --quiet ops run\n" in made.stdout
