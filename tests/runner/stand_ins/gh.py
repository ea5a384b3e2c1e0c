"""Stands for GitHub's client: knows runs, their artifacts, issues and pull requests.

The runs are in runs.json, and their artifacts in folders beside it. The others are in asked.json, each with the token
that was used last.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

STATE = Path(os.environ["STAND_INS"])


def main() -> None:
    """Answer the commands that the workflows give, with the options that they give and no other."""
    assert os.environ["GH_TOKEN"]
    assert os.environ["GH_REPO"]
    parser = argparse.ArgumentParser(allow_abbrev=False)
    areas = parser.add_subparsers(required=True)
    issues_and_pull_requests(areas)
    commands = areas.add_parser("run").add_subparsers(required=True)
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


def issues_and_pull_requests(areas: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add the commands `gh issue` and `gh pr`."""
    options = {
        ("issue", "list"): ("state", "limit", "json", "jq"),
        ("issue", "create"): ("title", "body"),
        ("pr", "list"): ("head", "state", "json", "jq"),
        ("pr", "create"): ("base", "head", "title", "body-file"),
        ("pr", "edit"): ("title", "body-file"),
    }
    parsers = {area: areas.add_parser(area).add_subparsers(required=True) for area in ("issue", "pr")}
    for (area, verb), names in options.items():
        command = parsers[area].add_parser(verb, allow_abbrev=False)
        if verb == "edit":
            command.add_argument("number", type=int)
        for name in names:
            command.add_argument(f"--{name}", required=True)
        command.set_defaults(do={"list": find, "create": ask, "edit": ask}[verb], area=area)


def find(given: argparse.Namespace) -> None:
    """Print what `--jq` makes of the open ones, by the real jq."""
    open_ones = [entry for entry in asked() if entry["area"] == given.area]
    if given.area == "pr":
        open_ones = [entry for entry in open_ones if entry["head"] == given.head]
    query = ["jq", "--raw-output", given.jq]
    sys.stdout.write(
        subprocess.run(query, input=json.dumps(open_ones), check=True, capture_output=True, text=True).stdout
    )


def ask(given: argparse.Namespace) -> None:
    """Open an issue or a pull request, or edit one."""
    entries = asked()
    values = {name: value for name, value in vars(given).items() if name not in {"do", "number"}}
    if body := values.pop("body_file", None):
        values["body"] = Path(body).read_text()
    values["by"] = os.environ["GH_TOKEN"]
    if "number" in given:
        entries[given.number] |= values
    else:
        entries.append({"number": len(entries), **values})
    (STATE / "asked.json").write_text(json.dumps(entries))


def asked() -> list[dict[str, Any]]:
    """Return all issues and pull requests."""
    path = STATE / "asked.json"
    entries: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return entries


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
