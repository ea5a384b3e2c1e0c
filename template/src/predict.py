"""Inference: applies the model to what preprocessing left.

Arrives: preprocessing's files, in --input-dir, and the model, in --model-dir. Several machines may share the files:
each then gets a part of them, or none, which is no fault.
Leaves: one file for each, under the same name, in --output-dir.
The rule: all of the output or none; a fault ends the script with a message.
"""

import argparse
import json
import sys
from pathlib import Path

from tables import read_tables, write_tables


def predict(input_dir: Path, output_dir: Path, model_dir: Path) -> None:
    """Predict the price of each house, by a linear model of its properties."""
    weights = json.loads((model_dir / "weights.json").read_text(encoding="utf-8"))
    intercept = weights.pop("intercept")
    tables = read_tables(input_dir, ["house", *weights])
    for name, rows in tables.items():
        for row in rows:
            try:
                price = intercept + sum(weight * float(row[column]) for column, weight in weights.items())
            except ValueError as error:
                sys.exit(f"{input_dir / name}, house {row['house']}: {error}.")
            row["price"] = f"{price:.2f}"
    write_tables(output_dir, ["house", "price"], tables)


def main() -> None:
    """Run as a job."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path, required=True)
    arguments = parser.parse_args()
    predict(arguments.input_dir, arguments.output_dir, arguments.model_dir)


if __name__ == "__main__":
    main()
