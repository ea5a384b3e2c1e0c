"""CSV files, for the three scripts: read with clear faults, written all or none."""

import csv
import os


def read_tables(directory, columns):
    """Return the rows of every file in a directory, by the file's name; each has the columns."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory): read_table(path, columns) for path in paths}


def read_table(path, columns):
    """Return the rows of a file that has the columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = set(columns) - set(reader.fieldnames or [])
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SystemExit(f"{path} cannot be read as CSV: {error}") from None
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(sorted(missing))}.")
    if any(None in row or None in row.values() for row in rows):
        raise SystemExit(f"{path} has a row that is longer or shorter than its header.")
    return rows


def write_tables(directory, columns, tables):
    """Write the rows of every file: nothing gets its final name before everything is written."""
    finished = []
    for name, rows in tables.items():
        path = directory / name
        part = path.with_name(path.name + ".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        finished.append((part, path))
    for part, path in finished:
        os.replace(part, path)
