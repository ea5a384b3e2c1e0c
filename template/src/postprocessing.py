"""Postprocessing: turns the predictions into the result that its readers want.

Arrives: the predictions, in --input-dir, and what preprocessing left, in --preprocessing-dir.
Leaves: one file for each file of predictions, under the same name, in --output-dir.
The rule: all of the output or none; a fault ends the script with a message.
"""

import argparse
from pathlib import Path

from tables import read_table, read_tables, write_tables

COLUMNS = ["house", "area", "rooms", "age"]


def postprocess(input_dir, output_dir, preprocessing_dir):
    """Put the price of each house beside its properties."""
    tables = read_tables(input_dir, ["house", "price"])
    if not tables:
        raise SystemExit(f"{input_dir} holds no file: postprocessing needs the predictions.")
    for name, rows in tables.items():
        prices = {row["house"]: row["price"] for row in rows}
        houses = read_table(preprocessing_dir / name, COLUMNS)
        try:
            tables[name] = [{**house, "price": prices[house["house"]]} for house in houses]
        except KeyError as error:
            raise SystemExit(f"{input_dir / name} has no price for the house {error}.") from None
    write_tables(output_dir, [*COLUMNS, "price"], tables)


def main():
    """Run as a job."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--preprocessing-dir", type=Path, required=True)
    arguments = parser.parse_args()
    postprocess(arguments.input_dir, arguments.output_dir, arguments.preprocessing_dir)


if __name__ == "__main__":
    main()
