"""CSV files for the scripts: read with clear faults, and written all or none."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_tables(folder: Path, columns: list[str]) -> dict[Path, list[dict[str, str]]]:
    """Return the rows of every file in a folder, by the file's name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): read_table(path, columns) for path in paths}


def read_table(path: Path, columns: list[str]) -> list[dict[str, str]]:
    """Return the rows of a file, which must have these columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = set(columns) - set(reader.fieldnames or [])
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        sys.exit(f"{path} cannot be read as CSV: {error}")
    if missing:
        sys.exit(f"{path} has no column {', '.join(sorted(missing))}.")
    if any(None in row or None in row.values() for row in rows):
        sys.exit(f"{path} has a row that is longer or shorter than its header.")
    return rows


def write_tables(folder: Path, columns: list[str], tables: dict[Path, list[dict[str, str]]]) -> None:
    """Write the rows of every file: none gets its name before all are written."""
    written = []
    for name, rows in tables.items():
        path = folder / name
        part = path.with_name(path.name + ".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        written.append((part, path))
    for part, path in written:
        part.replace(path)
