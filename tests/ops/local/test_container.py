"""A job's command goes to the engine, with the job's folder as its /opt/ml."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ops.containers import ENGINES, Engine
from ops.local.container import ContainerImage

COMMAND = ["python3", "/opt/program/src/predict.py", "--input-dir", "/opt/ml/processing/input"]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_the_jobs_folder_stands_for_opt_ml(
    install_engine: Callable[..., None], engine_calls: Callable[[], list[list[str]]], tmp_path: Path, engine: Engine
) -> None:
    install_engine(engine.name, run="echo predicted")
    log = tmp_path / "algo-1.log"

    with log.open("wb") as file:
        process = ContainerImage(engine, "m:local").start(COMMAND, tmp_path / "ml", {"RATE": "0.1"}, file)

    assert process.wait() == 0
    assert log.read_text(encoding="utf-8") == "predicted\n"
    (call,) = [call for call in engine_calls() if call[1] == "run"]
    assert f"--volume={tmp_path}/ml:/opt/ml" in call
    assert [argument for argument in call if "env" in argument] == ["--env=RATE=0.1"]
    assert call[-3:] == COMMAND[-3:]
