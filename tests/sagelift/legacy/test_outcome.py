"""What is told in the end names what was made, why so, and what was proved."""

from pathlib import Path

import pytest
from rich.console import Console

from sagelift.legacy import outcome, source
from sagelift.legacy.candidates import Attempt, Candidate
from sagelift.legacy.cuts import propose
from sagelift.legacy.migration import Order, Outcome
from sagelift.legacy.moving import Content
from sagelift.legacy.program import take_apart

SCRIPT = """\
from joblib import load
data = [line.split(",") for line in open("[churn].csv")]
sizes = [float(size) for size, _ in data]
model = load("model.pkl")
predicted = model.predict(sizes)
total = sum(predicted)
print(total)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that splits."""
    path = tmp_path / "churn.py"
    path.write_text(SCRIPT)
    return path


def told(script: Path, *, verdict: str, wraps: bool = False, reasons: tuple[str, ...] = ()) -> str:
    """Return what is told of a migration."""
    code = source.read(script)
    attempt = Attempt(
        Candidate(None if wraps else propose(take_apart(code))[0]),
        Content({"predict": "one\ntwo\n"}, inputs={"[churn].csv": script}),
        "identical",
        "",
        takes_any_bytes=wraps,
    )
    outputs = {"stdout.txt": {"verdict": "identical"}, "[a].csv": {"verdict": "different", "difference": "row 2"}}
    found = Outcome(
        Order(script, Path("my churn")),
        code,
        attempt,
        reasons,
        ("Look.",),
        ["joblib==1"],
        {"verdict": verdict, "outputs": outputs},
    )
    console = Console(width=120, highlight=False)
    with console.capture() as captured:
        outcome.show(found, console)
    return captured.get()


def test_a_split_is_told_with_its_lines_and_files(script: Path) -> None:
    said = told(script, verdict="identical")

    assert "churn.py splits: predict begins at line 4, postprocessing begins at line 6." in said
    assert "1 file that it reads: [churn].csv" in said
    assert "[a].csv" in said
    assert "different: row 2" in said
    assert "note: Look." in said
    assert "cd 'my churn'" in said
    assert "Identical. In the local cloud" in said


def test_what_is_not_proved_is_told_with_its_exit_code(script: Path) -> None:
    said = told(script, verdict="cannot be proved", wraps=True, reasons=("line 1: eval(…).",))

    assert "churn.py wraps: it runs whole in predict.\n  line 1: eval(…).\n" in said
    assert "note: src/predict.py takes files of arbitrary bytes without a fault" in said
    assert "Cannot be proved." in said
    assert "Exit code 3." in said
