"""What a proof says, and what its exit code is."""

from pathlib import Path
from typing import Any

import pytest
from ops.comparison import Comparison, FileResult, FileVerdict, Tolerance
from ops.proof.recording import Recording
from ops.proof.report import UNPROVED, Proof

CAUGHT = {
    "part": "preprocessing",
    "kind": "operation",
    "change": "line 3: `a | b` becomes `a < b`",
    "caught": True,
    "how": "row 1",
}
MISSED = {
    "part": "predict",
    "kind": "variable",
    "change": "X is dropped",
    "caught": False,
    "how": "the results are the same",
}


def proof(files: dict[str, FileResult] | None = None, **recorded: Any) -> Proof:  # noqa: ANN401
    """Return the proof of a script that left one file, unless told otherwise."""
    recording = Recording(script="churn.py", inputs={}, expected={}, **{"controls": [CAUGHT], **recorded})
    files = {"a.csv": FileResult(FileVerdict.IDENTICAL)} if files is None else files
    return Proof(recording, Comparison(files, Tolerance()), "v1.2.3", "3.12.1", {})


def page(proof: Proof, folder: Path) -> str:
    """Return the page that a proof writes."""
    proof.write(folder)
    return (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("result", "verdict", "code"),
    [
        (FileResult(FileVerdict.IDENTICAL), "identical", 0),
        (FileResult(FileVerdict.WITHIN_TOLERANCE, deviation=1e-16), "identical within tolerance", 0),
        (FileResult(FileVerdict.STABLE_PARTS, not_compared=["column t"]), "identical where stable", 0),
        (FileResult(FileVerdict.NOT_COMPARED, not_compared=["content"]), "cannot be proved", UNPROVED),
        (FileResult(FileVerdict.ADDITIONAL), "different", 1),
    ],
)
def test_verdicts(result: FileResult, verdict: str, code: int) -> None:
    assert (proof({"a.csv": result}).verdict, proof({"a.csv": result}).exit_code) == (verdict, code)


def test_without_any_output_nothing_can_be_proved() -> None:
    assert (
        proof({}).summary
        == "churn.py left nothing to compare: no file, no output and no figure that its runs agree on."
    )
    assert proof({}).exit_code == UNPROVED


@pytest.mark.parametrize("controls", [[], [MISSED]])
def test_a_proof_without_a_control_is_empty(controls: list[dict[str, Any]], tmp_path: Path) -> None:
    made = proof(controls=controls)
    assert (made.verdict, made.exit_code) == ("empty", UNPROVED)
    assert page(made, tmp_path).startswith("# Parity: empty\n\nNothing differs, but no control shows")


def test_parts_in_which_no_change_is_noticed_are_named(tmp_path: Path) -> None:
    made = proof(controls=[CAUGHT, MISSED])
    assert (made.verdict, made.exit_code) == ("identical; predict.py is not covered", 0)
    assert "\n\nA change in predict.py was not noticed: " in page(made, tmp_path)

    two = proof(controls=[CAUGHT, MISSED, {**MISSED, "part": "postprocessing"}, {**MISSED, "kind": "operation"}])
    assert two.verdict == "identical; predict.py and postprocessing.py are not covered"


def test_random_numbers_that_began_alike_are_told(tmp_path: Path) -> None:
    made = proof(random={"scores.csv": ["column p"]})

    assert made.verdict == "identical"
    assert "\n\nchurn.py draws random numbers without a seed: its results differ each time." in page(made, tmp_path)
    assert "without a seed" not in page(proof(), tmp_path)


def test_a_difference_is_nothing_else() -> None:
    assert proof({"a.csv": FileResult(FileVerdict.MISSING)}, controls=[CAUGHT, MISSED]).verdict == "different"


def test_an_empty_proof_does_not_hide_a_difference() -> None:
    assert proof({"a.csv": FileResult(FileVerdict.MISSING)}, controls=[]).exit_code == 1


def test_the_page_says_what_was_not_compared_and_what_was_caught(tmp_path: Path) -> None:
    made = proof(
        {
            "a.csv": FileResult(FileVerdict.STABLE_PARTS, not_compared=["column t"]),
            "b.csv": FileResult(FileVerdict.WITHIN_TOLERANCE, deviation=1.85e-16),
            "c.png": FileResult(FileVerdict.IDENTICAL, by_content=True),
            "d.txt": FileResult(FileVerdict.DIFFERENT, "line 1: expected a|b, found <c>\r"),
        },
        python="3.8.1",
        packages={"pandas": "2.0.1"},
    )
    lines = page(made, tmp_path).splitlines()
    for line in (
        "# Parity: different",
        "| `a.csv` | identical where stable |",
        "| `b.csv` | within tolerance: at most 2e-16 apart, 1e-09 allowed |",
        "| `c.png` | identical in content; the bytes differ in dates, ids, metadata or compression |",
        r"| `d.txt` | different: line 1: expected a\|b, found &lt;c> |",
        "- `a.csv`: column t",
        r"| line 3: `a \| b` becomes `a &lt; b` | yes | row 1 |",
        "| Python | 3.8.1 | 3.12.1 |",
        "| pandas | 2.0.1 | not installed |",
        "| template | | v1.2.3 |",
    ):
        assert line in lines
