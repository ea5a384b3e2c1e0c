"""Clean abalone measurements and derive the features that the model was fitted on.

Reads the UCI format: nine columns, no header (https://doi.org/10.24432/C55C7W). Lengths are mm / 200, weights g / 200.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd
from files import list_files, write_files

WEIGHTS = ["whole_weight", "shucked_weight", "viscera_weight", "shell_weight"]
COLUMNS = ["sex", "length", "diameter", "height", *WEIGHTS, "rings"]
SEXES = ["F", "I", "M"]
MAX_HEIGHT = 0.5


def read(source: Path) -> pd.DataFrame:
    """Read one file of measurements; `row` is the animal's line in it.

    Raises:
        ValueError: the file is not in the UCI format.
    """
    animals = pd.read_csv(source, header=None)
    if len(animals.columns) != len(COLUMNS):
        message = f"expected {len(COLUMNS)} columns without a header, found {len(animals.columns)}"
        raise ValueError(message)
    animals.columns = pd.Index(COLUMNS)
    animals[COLUMNS[1:]] = animals[COLUMNS[1:]].apply(pd.to_numeric)
    animals.insert(0, "row", animals.index + 1)
    incomplete = animals["row"][animals.isna().any(axis="columns") | ~animals["sex"].isin(SEXES)]
    if len(incomplete):
        message = f"line {incomplete.iloc[0]} lacks a value, or its sex is none of {', '.join(SEXES)}"
        raise ValueError(message)
    return animals


def clean(animals: pd.DataFrame) -> pd.DataFrame:
    """Drop the animals with an impossible height, and mark those whose parts weigh more than the whole.

    Raises:
        ValueError: no animal is left.
    """
    possible = animals[(animals["height"] > 0) & (animals["height"] < MAX_HEIGHT)].copy()
    if possible.empty:
        message = f"no animal has a height between 0 and {MAX_HEIGHT}"
        raise ValueError(message)
    parts = possible["shucked_weight"] + possible["viscera_weight"] + possible["shell_weight"]
    possible["suspect"] = parts > possible["whole_weight"]
    return possible


def add_features(animals: pd.DataFrame) -> pd.DataFrame:
    """Add what the model wants beside the measurements themselves."""
    features = animals.copy()
    # Not get_dummies, as the desktop script had it: a file without, say, infants would lack a column.
    for sex in SEXES:
        features[f"sex_{sex}"] = (features["sex"] == sex).astype(int)
    features["volume"] = features["length"] * features["diameter"] * features["height"]
    features["density"] = features["whole_weight"] / features["volume"]
    features["meat_ratio"] = features["shucked_weight"] / features["whole_weight"]
    features["shell_ratio"] = features["shell_weight"] / features["whole_weight"]
    return features


def preprocess(input_dir: Path, output_dir: Path) -> None:
    """Write one file of features for each file of measurements, under the same name."""
    names = list_files(input_dir)
    if not names:
        sys.exit(f"{input_dir} holds no file: preprocessing needs at least one file of measurements.")
    outputs = {}
    for name in names:
        try:
            animals = read(input_dir / name)
            features = add_features(clean(animals))
        except ValueError as error:
            sys.exit(f"{name} is not a file of abalone measurements: {error}")
        print(f"{name}: {len(animals)} animals")
        print(f"  {len(animals) - len(features)} dropped for an impossible height")
        print(f"  {features['suspect'].sum()} with suspect weights")
        outputs[name] = features.to_csv(index=False).encode()
    write_files(output_dir, outputs)


def main() -> None:
    """Parse the arguments that every preprocessing job is called with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    arguments = parser.parse_args()
    preprocess(arguments.input_dir, arguments.output_dir)


if __name__ == "__main__":
    main()
