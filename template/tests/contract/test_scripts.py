"""Each script on the sample, twice, on nothing, and on files that are none of its own."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.definition import STEPS
from ops.local.run import Plan
from ops.proof.recording import Recording

MALFORMED = bytes(range(256)) * 4

pytestmark = pytest.mark.parametrize("step", STEPS)


@pytest.fixture(autouse=True)
def _only_steps_of_the_workflow(step: str, sample_plan: Plan) -> None:
    if step not in sample_plan.steps:
        pytest.skip(f"the workflow leaves {step} out")


def test_writes_output_for_the_sample(step: str, sample: Mapping[str, Any], legacy: Recording | None) -> None:
    if legacy and not legacy.expected:
        pytest.skip(f"{legacy.script} left nothing, either")
    assert sample[step].outcome.outputs, f"src/{step}.py wrote no file to --output-dir"


def test_gives_the_same_again(
    step: str, run_script: Callable[..., Any], sample: Mapping[str, Any], legacy: Recording | None
) -> None:
    if legacy:
        pytest.skip(f"`ops prove` compares with {legacy.script}, as far as that gives the same again itself")
    first, second = sample[step].outcome.outputs, run_script(step, **sample[step].folders).outputs
    assert first.keys() == second.keys(), f"src/{step}.py names its files differently each time"
    different = sorted(name for name in first if first[name] != second[name])
    assert not different, (
        f"src/{step}.py writes something else into {', '.join(different)} each time: "
        "set the random seed, and keep clock times out of the output"
    )


def test_empty_input(step: str, run_script: Callable[..., Any], sample: Mapping[str, Any], tmp_path: Path) -> None:
    outcome = run_script(step, **dict.fromkeys(sample[step].folders, tmp_path))
    assert not outcome.outputs, f"src/{step}.py made {', '.join(outcome.outputs)} out of an empty --input-dir"
    if step == "predict":
        assert outcome.code == 0, f"src/predict.py fails on a share without files:\n{outcome.log}"
    else:
        assert outcome.code != 0, f"src/{step}.py takes an empty --input-dir for a success"
        assert outcome.log.strip(), f"src/{step}.py fails on an empty --input-dir without a word"


def test_malformed_input(  # noqa: PLR0913, PLR0917  fixtures
    step: str,
    sample_plan: Plan,
    run_script: Callable[..., Any],
    sample: Mapping[str, Any],
    legacy: Recording | None,
    tmp_path: Path,
) -> None:
    if legacy and legacy.takes_any_bytes and step == sample_plan.steps[0]:
        pytest.skip(f"{legacy.script} takes any bytes for its input, or reads none")
    folders = sample[step].folders
    for path in folders["input"].rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(folders["input"])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(MALFORMED)
    outcome = run_script(step, **{**folders, "input": tmp_path})
    assert outcome.code != 0, f"src/{step}.py takes files of arbitrary bytes for its input"
    assert outcome.log.strip(), f"src/{step}.py fails on a malformed file without a word"
    assert not outcome.outputs, f"src/{step}.py leaves {', '.join(outcome.outputs)} although it failed"
