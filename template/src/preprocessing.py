"""Preprocessing: makes the raw input ready for the model.

Arrives: the files of the input, in --input-dir.
Leaves: one file for each, under the same name, in --output-dir.
The rule: all of the output or none; a fault ends the script with a message.
"""

import argparse
import sys
from pathlib import Path

from tables import read_tables, write_tables

COLUMNS = ["house", "area", "rooms", "age"]


def preprocess(input_dir: Path, output_dir: Path) -> None:
    """Keep each house once: the last row about it."""
    tables = read_tables(input_dir, COLUMNS)
    if not tables:
        sys.exit(f"{input_dir} holds no file: preprocessing needs at least one.")
    for name, rows in tables.items():
        houses = {row["house"]: row for row in rows}
        tables[name] = list(houses.values())
    write_tables(output_dir, COLUMNS, tables)


def main() -> None:
    """Run as a job."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--input-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    arguments = parser.parse_args()
    preprocess(arguments.input_dir, arguments.output_dir)


if __name__ == "__main__":
    main()
