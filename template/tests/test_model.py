"""Tests of the model. `make test` runs them in the model's own environment, with its Python and its requirements.txt."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from predict import predict  # noqa: E402


def test_a_larger_house_costs_more(tmp_path):
    houses = tmp_path / "input" / "houses.csv"
    houses.parent.mkdir()
    houses.write_text("house,area,rooms,age\nsmall,50,2,10\nlarge,100,2,10\n")

    predict(tmp_path / "input", tmp_path / "output", ROOT / "model")

    header, small, large = (tmp_path / "output" / "houses.csv").read_text().splitlines()
    assert header == "house,price"
    assert float(large.split(",")[1]) > float(small.split(",")[1])


def test_a_malformed_file_is_named_and_leaves_no_output(tmp_path):
    houses = tmp_path / "input" / "houses.csv"
    houses.parent.mkdir()
    houses.write_text("house,area,rooms,age\nsmall,unknown,2,10\n")

    with pytest.raises(SystemExit, match="houses.csv"):
        predict(tmp_path / "input", tmp_path / "output", ROOT / "model")

    assert not (tmp_path / "output").exists()
