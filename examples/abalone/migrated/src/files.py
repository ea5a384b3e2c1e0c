"""The files of a job, for the three scripts: found in one folder, written to another, all or none."""

from pathlib import Path

import pandas as pd


def list_files(directory: Path) -> list[Path]:
    """Return every file under a directory, relative to it, in order."""
    return sorted(path.relative_to(directory) for path in directory.rglob("*") if path.is_file())


def read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read the columns of a CSV file that an earlier step wrote, in this order.

    Raises:
        ValueError: the file is no CSV, or lacks a column.
    """
    # round_trip reads the very numbers that were written; the default may be off by the last bit.
    return pd.read_csv(path, usecols=columns, float_precision="round_trip")[columns]


def write_files(directory: Path, contents: dict[Path, bytes]) -> None:
    """Write every file under its relative name; none gets that name before all are written."""
    parts = {}
    for name, content in contents.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        parts[path] = path.with_name(f"{path.name}.part")
        parts[path].write_bytes(content)
    for path, part in parts.items():
        part.replace(path)
