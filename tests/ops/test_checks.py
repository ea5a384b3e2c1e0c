"""What lint finds without running anything."""

from pathlib import Path

import pytest
from accounts import repository
from ops import checks


@pytest.mark.parametrize("step", ["preprocessing", "predict", "postprocessing"])
def test_script_that_is_missing_is_named_with_what_can_be_done(tmp_path: Path, step: str) -> None:
    made = repository(tmp_path)
    (script := made.src / f"{step}.py").unlink()
    [fault] = [fault for fault in checks.run(made) if fault.startswith(f"{script} is missing")]
    # No answer leaves predict out.
    assert ("answer `none`" in fault) == (step != "predict")


def test_nothing_is_written(tmp_path: Path) -> None:
    made = repository(tmp_path)
    before = sorted(made.root.rglob("*"))
    checks.run(made)
    assert sorted(made.root.rglob("*")) == before
