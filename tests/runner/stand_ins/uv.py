"""Stands for `uv` and `uvx` in a workflow's steps, and notes each call of them in calls.jsonl beside `runs.json`.

`uv run ops VERB` is executed for the verbs in REAL_VERBS, and by the process of the tests for those in CLOUD_VERBS. Any
other only does what the next steps rely on: it hands over the image, where the real one does. All else is done by the
real uv, unless REAL_VERBS is empty.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

STATE = Path(os.environ["STAND_INS"])
REAL_VERBS = os.environ["REAL_VERBS"].split()
CLOUD_VERBS = os.environ["CLOUD_VERBS"].split()
DIGEST = "sha256:" + "a" * 64


def main(program: str, arguments: list[str]) -> None:
    """Do what `uv` or `uvx` would do with these arguments, or the part of it that matters."""
    with (STATE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([program, *arguments]) + "\n")
    if (program, arguments[:2]) == ("uv", ["run", "ops"]):
        verb, *options = arguments[2:]
        if verb in REAL_VERBS:
            execute(sys.executable, "-m", "ops", verb, *options)
        if verb in CLOUD_VERBS:
            execute(sys.executable, str(Path(__file__).with_name("forward.py")), "ops", verb, *options)
        pretend(verb, options)
    elif REAL_VERBS:
        execute(os.environ["UV"], *(["tool", "run"] if program == "uvx" else []), *arguments)
    elif arguments[:2] == ["run", "pre-commit"]:
        pretend("pre-commit", [])


def execute(*command: str) -> None:
    """End as this command does."""
    sys.exit(subprocess.run(command, check=False).returncode)


def pretend(verb: str, options: list[str]) -> None:
    """Succeed as the verb would, unless the test wants it to fail."""
    if verb == os.environ.get("FAILING_VERB"):
        sys.exit(f"error: {verb} failed.")
    if verb == "build" and "--push" in options:
        hand_over(options[options.index("--env") + 1])
    if verb == "update":
        update(json.loads(os.environ["REPORT"] or "null"))
    if verb == "promote":
        hand_over(options[options.index("--to") + 1])


def update(report: dict[str, str] | None) -> None:
    """Change a file of the template, unless there is nothing new, and report that."""
    tokens = {name for name, value in os.environ.items() if value in {"a-token", "token-of-the-app"}}
    assert not tokens, f"What runs the model has the token in {tokens}."
    if report is None:
        sys.exit("error: The newer version is a major one with migrations.")
    if report["outcome"] != "current":
        Path("Makefile").write_text(f"# {report['after']}\n")
    folder = Path("build", "update")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "report.md").write_text(f"Report of {report['outcome']}\n")
    sys.exit({"conflicts": 3, "failed": 1}.get(report["outcome"], 0))


def hand_over(environment: str) -> None:
    """Name the image in the environment's registry to the next steps."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"image={environment}.example/my-model-{environment}@{DIGEST}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
