"""Postprocessing: turns the predictions into the result that its readers want.

Arrives: the predictions, in --input-dir, and what preprocessing left, in --preprocessing-dir.
Leaves: one file for each file of predictions, under the same name, in --output-dir.
The rule: all of the output or none; a fault ends the script with a message.
"""

import argparse
import sys
from pathlib import Path

from tables import read_table, read_tables, write_tables

COLUMNS = ["house", "area", "rooms", "age"]


def postprocess(input_dir: Path, output_dir: Path, preprocessing_dir: Path) -> None:
    """Put the price of each house beside its properties."""
    tables = read_tables(input_dir, ["house", "price"])
    if not tables:
        sys.exit(f"{input_dir} holds no file: postprocessing needs the predictions.")
    for name, predictions in tables.items():
        prices = {row["house"]: row["price"] for row in predictions}
        houses = read_table(preprocessing_dir / name, COLUMNS)
        for row in houses:
            if row["house"] not in prices:
                sys.exit(f"{input_dir / name} has no price for the house {row['house']}.")
            row["price"] = prices[row["house"]]
        tables[name] = houses
    write_tables(output_dir, [*COLUMNS, "price"], tables)


def main() -> None:
    """Run as a job."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--preprocessing-dir", type=Path, required=True)
    arguments = parser.parse_args()
    postprocess(arguments.input_dir, arguments.output_dir, arguments.preprocessing_dir)


if __name__ == "__main__":
    main()
