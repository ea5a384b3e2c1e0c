"""Predict the rings of abalone from their features."""

import argparse
import pickle
import sys
from pathlib import Path

from files import list_files, read_table, write_files


def predict(input_dir: Path, output_dir: Path, model_dir: Path) -> None:
    """Write one file of predictions for each file of features, under the same name."""
    with (model_dir / "rings_gbr.pkl").open("rb") as file:
        model = pickle.load(file)
    features = list(model.feature_names_in_)
    outputs = {}
    # Of several machines, one may get no file: then there is nothing to do, and that is no fault.
    for name in list_files(input_dir):
        try:
            animals = read_table(input_dir / name, ["row", *features])
            animals["predicted_rings"] = model.predict(animals[features])
        except ValueError as error:
            sys.exit(f"{name} does not hold the features of the model: {error}")
        print(f"{name}: {len(animals)} predictions")
        outputs[name] = animals[["row", "predicted_rings"]].to_csv(index=False).encode()
    write_files(output_dir, outputs)


def main() -> None:
    """Parse the arguments that every inference job is called with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path, required=True)
    arguments = parser.parse_args()
    predict(arguments.input_dir, arguments.output_dir, arguments.model_dir)


if __name__ == "__main__":
    main()
