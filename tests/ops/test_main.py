"""The way into the command line."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_interruption_of_the_start_shows_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    ended = subprocess.run([sys.executable, "-m", "ops"], check=False, env=environment, capture_output=True, text=True)

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_both_ways_in_are_one() -> None:
    project = tomllib.loads((ROOT / "template" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"ops": "ops.__main__:main"}
