"""Tests of the model, run in its own environment: what it must know about abalone, whatever its version."""

import pickle
import sys
from pathlib import Path

import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingRegressor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from preprocessing import add_features, clean, read  # noqa: E402


@pytest.fixture(scope="module")
def model() -> GradientBoostingRegressor:
    with (ROOT / "model" / "rings_gbr.pkl").open("rb") as file:
        return pickle.load(file)


@pytest.fixture(scope="module")
def animals() -> pd.DataFrame:
    return read(ROOT / "data" / "sample" / "abalone.csv")


def test_it_is_closer_than_guessing_the_mean(model: GradientBoostingRegressor, animals: pd.DataFrame) -> None:
    features = add_features(clean(animals))
    error = (model.predict(features[list(model.feature_names_in_)]) - features["rings"]).abs().mean()
    guess = (features["rings"] - features["rings"].mean()).abs().mean()
    assert error < 0.7 * guess


def test_an_adult_is_older_than_an_infant(model: GradientBoostingRegressor) -> None:
    infant = ["I", 0.25, 0.19, 0.06, 0.08, 0.03, 0.02, 0.02, 0]
    adult = ["F", 0.65, 0.52, 0.19, 1.50, 0.55, 0.30, 0.50, 0]
    columns = ["sex", "length", "diameter", "height", "whole_weight"]
    columns += ["shucked_weight", "viscera_weight", "shell_weight", "rings"]
    features = add_features(pd.DataFrame([infant, adult], columns=columns))
    younger, older = model.predict(features[list(model.feature_names_in_)])
    assert younger < 7 < older


def test_impossible_heights_are_dropped(animals: pd.DataFrame) -> None:
    dropped = animals[~animals["row"].isin(clean(animals)["row"])]
    assert sorted(dropped["height"]) == [0, 0, 0.515, 1.13]
