"""Tests of the model: `uv run ops test` runs them in the model's environment, with its Python and requirements.txt.

That its results are those of the code that it was made from, `uv run ops prove` tells.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[1] / "src"
STEPS = [step for step in ("preprocessing", "predict", "postprocessing") if (SRC / f"{step}.py").is_file()]


@pytest.mark.parametrize("step", STEPS)
def test_a_script_runs_only_where_it_is_started(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: "pytest.CaptureFixture[str]"
) -> None:
    monkeypatch.setattr(sys, "path", [str(SRC), *sys.path])
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location(step, SRC / f"{step}.py")
    assert spec
    assert spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))

    assert not list(tmp_path.iterdir())
    assert not capsys.readouterr().out
