"""Stands for GitHub's client: knows the runs in runs.json, and their artifacts in folders beside it."""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

STATE = Path(os.environ["STAND_INS"])


def main() -> None:
    """Answer `gh run list` and `gh run download`, with the options that the workflows give them and no other."""
    assert os.environ["GH_TOKEN"]
    assert os.environ["GH_REPO"]
    parser = argparse.ArgumentParser(allow_abbrev=False)
    commands = parser.add_subparsers(required=True).add_parser("run").add_subparsers(required=True)
    listing = commands.add_parser("list", allow_abbrev=False)
    for option in ("workflow", "event", "commit", "status", "limit", "json", "jq"):
        listing.add_argument(f"--{option}", required=True)
    listing.set_defaults(do=show)
    download = commands.add_parser("download", allow_abbrev=False)
    download.add_argument("run")
    download.add_argument("--name", required=True)
    download.add_argument("--dir", required=True, type=Path)
    download.set_defaults(do=fetch)
    given = parser.parse_args()
    given.do(given)


def show(given: argparse.Namespace) -> None:
    """Print the id of the newest run that is asked for."""
    assert (given.json, given.jq, given.limit) == ("databaseId", ".[].databaseId", "1")
    wanted = {"workflow": given.workflow, "event": given.event, "commit": given.commit, "status": given.status}
    runs = json.loads((STATE / "runs.json").read_text())
    ids = [number for number, run in enumerate(runs) if run == wanted]
    sys.stdout.write("".join(f"{number}\n" for number in ids[-1:]))


def fetch(given: argparse.Namespace) -> None:
    """Copy the files of an artifact."""
    artifact = STATE / given.run / given.name
    if not artifact.is_dir():
        sys.exit("no artifact matches any of the names or patterns provided")
    shutil.copytree(artifact, given.dir, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
