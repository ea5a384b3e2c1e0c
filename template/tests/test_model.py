"""Tests of the model: `make test` runs them in the model's environment, with its Python and requirements.txt."""

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "src"))

from predict import predict  # noqa: E402


@pytest.fixture
def input_dir(tmp_path: Path) -> Path:
    """Return a folder for the houses of a test."""
    path = tmp_path / "input"
    path.mkdir()
    return path


def test_a_larger_house_costs_more(input_dir: Path, tmp_path: Path) -> None:
    (input_dir / "houses.csv").write_text("house,area,rooms,age\nsmall,50,2,10\nlarge,100,2,10\n")

    predict(input_dir, tmp_path / "output", REPOSITORY / "model")

    header, small, large = (tmp_path / "output" / "houses.csv").read_text().splitlines()
    assert header == "house,price"
    assert float(small.split(",")[1]) < float(large.split(",")[1])


def test_a_malformed_file_is_named_and_leaves_no_output(input_dir: Path, tmp_path: Path) -> None:
    (input_dir / "houses.csv").write_text("house,area,rooms,age\nsmall,unknown,2,10\n")

    with pytest.raises(SystemExit, match=r"houses\.csv"):
        predict(input_dir, tmp_path / "output", REPOSITORY / "model")

    assert not (tmp_path / "output").exists()
