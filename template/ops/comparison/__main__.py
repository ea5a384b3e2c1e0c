"""Compares folders of results, and prints what came of it as JSON; the verdict stands there, not in the exit code."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from ops.comparison import Tolerance, compare, unstable


def main() -> None:
    """Compare the folders that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m ops.comparison", description=__doc__)
    parser.add_argument("expected", type=Path, help="the folder of the results that are expected")
    parser.add_argument("found", type=Path, nargs="+", help="the folder to compare; with --unstable, one or more")
    parser.add_argument("--recording", type=Path, help="recording.json, whose `unstable` and `tolerance` apply")
    parser.add_argument("--unstable", action="store_true", help="tell what differs between runs of the same code")
    options = parser.parse_args()
    for folder in (options.expected, *options.found):
        if not folder.is_dir():
            parser.error(f"{folder} is no folder: name one with results.")
    if options.unstable:
        print(json.dumps(unstable(options.expected, *options.found), indent=2))  # noqa: T201  its result
        return
    if len(options.found) > 1:
        parser.error("more than two folders are for --unstable: name two.")
    recording = json.loads(options.recording.read_text(encoding="utf-8")) if options.recording else {}
    comparison = compare(
        options.expected,
        options.found[0],
        unstable=recording.get("unstable"),
        tolerance=Tolerance(**recording.get("tolerance", {})),
    )
    print(json.dumps({"verdict": comparison.verdict, **asdict(comparison)}, indent=2))  # noqa: T201  its result


if __name__ == "__main__":
    main()
