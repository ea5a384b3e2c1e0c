"""Measure what benchmarks/README.md reports: ratios of medians over several runs.

uv run benchmarks/run.py            # all
uv run benchmarks/run.py copy       # one of: cold, warm, copy

Times are those of whole processes, from outside, by the wall clock, measured by pyperf.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyperf
from ops.local.environments import custom_environment, scikit_environment
from ops.repository import Repository

ROOT = Path(__file__).resolve().parents[1]
RUNS = 7
OPS = [sys.executable, "-m", "ops"]

# Runs the workflow as often as it is told within one process, and prints the seconds of each.
WARM = """
import json, sys, time
from rich.console import Console
from ops import progress
from ops.local import images, run
from ops.repository import Repository
repository = Repository.find()
plan = run.plan(repository)
prepared = images.prepare(repository, plan, container=False, base_image=None, console=Console(quiet=True))
seconds = []
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    assert run.run(repository, plan, prepared, progress.last).view.status == "SUCCEEDED"
    seconds.append(time.perf_counter() - start)
print(json.dumps(seconds))
"""


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Run a command that must succeed; return what it printed."""
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def median(command: Sequence[str | Path], cwd: Path) -> float:
    """Return the median seconds of a command, which pyperf runs RUNS times after one to warm up."""
    result = cwd / f"pyperf-{time.time_ns()}.json"
    options = ["--quiet", f"--processes={RUNS}", "--values=1", "--warmups=1", "--copy-env", f"--output={result}"]
    run([sys.executable, "-m", "pyperf", "command", *options, "--", *command], cwd)
    return float(pyperf.Benchmark.load(str(result)).median())


def generate_example(folder: Path) -> Repository:
    """Return the abalone example, generated and run once, so that its environments are there."""
    run([sys.executable, ROOT / "examples/abalone/generate.py", folder], ROOT)
    run([*OPS, "run"], folder)
    return Repository(folder)


def by_hand(repository: Repository, scratch: Path) -> list[str]:
    """Return the command that runs the three scripts one after the other: what a local run is measured against."""
    custom, scikit = custom_environment(repository).python, scikit_environment(repository).python
    left = {step: scratch / step for step in ("preprocessing", "predict", "postprocessing")}
    for folder in left.values():
        folder.mkdir()
    steps = [
        (scikit, "preprocessing", {"input": repository.sample}),
        (custom, "predict", {"input": left["preprocessing"], "model": repository.model}),
        (custom, "postprocessing", {"input": left["predict"], "preprocessing": left["preprocessing"]}),
    ]
    lines = [
        shlex.join(
            [str(python), f"{repository.src}/{step}.py", f"--output-dir={left[step]}"]
            + [f"--{name}-dir={folder}" for name, folder in folders.items()]
        )
        for python, step, folders in steps
    ]
    return ["sh", "-c", " && ".join(lines)]


def local_run(which: set[str], scratch: Path) -> None:
    """Compare the local run of the example with its three scripts, run directly."""
    repository = generate_example(scratch / "abalone")
    direct = median(by_hand(repository, scratch), repository.root)
    if "cold" in which:
        local = median([*OPS, "run"], repository.root)
        print(f"cold: ops run {local:.2f} s, the scripts {direct:.2f} s: start-up {local - direct:.2f} s")
    if "warm" in which:
        times = json.loads(run([sys.executable, "-c", WARM, str(RUNS + 1)], repository.root))[1:]
        warm = statistics.median(times)
        print(f"warm: a run {warm:.2f} s, the scripts {direct:.2f} s: {warm / direct:.2f} x")


def copy(scratch: Path) -> None:
    """Compare `copier copy` of this template with that of a template of one file."""
    bare = scratch / "bare"
    (bare / "template").mkdir(parents=True)
    (bare / "template" / "README.md.jinja").write_text("# {{ name }}\n")
    (bare / "copier.yml").write_text("_subdirectory: template\nname:\n  type: str\n  default: bare\n")

    def copier(source: Path, name: str) -> float:
        template = snapshot(source, scratch / f"{name}.git")
        target = scratch / f"{name}-copy"
        options = ["--quiet", "--defaults", "--overwrite", str(template), str(target)]
        fresh = (
            shlex.join(["rm", "-rf", str(target)])
            + " && "
            + shlex.join([sys.executable, "-m", "copier", "copy", *options])
        )
        return median(["sh", "-c", fresh], scratch)

    ours, one_file = copier(ROOT, "ours"), copier(bare, "one-file")
    print(f"copy: this template {ours:.2f} s, one file {one_file:.2f} s: {ours / one_file:.2f} x")


def snapshot(source: Path, target: Path) -> Path:
    """Return a git repository with the files of a folder, tagged: both templates come from the same kind of place."""
    if (source / ".git").exists():
        run(["git", "clone", "--quiet", source, target], source)
    else:
        target.mkdir()
        run(["cp", "-r", f"{source}/.", target], source)
        run(["git", "init", "--quiet"], target)
    author = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org"]
    run(["git", "add", "-A"], target)
    run(["git", *author, "commit", "--quiet", "--allow-empty", "-m", "Snapshot"], target)
    run(["git", *author, "tag", "v999.0.0"], target)
    return target


def main() -> None:
    """Run the benchmarks that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", choices=[[], "cold", "warm", "copy"])
    which = set(parser.parse_args().which) or {"cold", "warm", "copy"}
    print(f"{os.cpu_count()} processors, {RUNS} runs each, medians")
    with tempfile.TemporaryDirectory(prefix="sagelift-benchmark-") as scratch:
        if which & {"cold", "warm"}:
            local_run(which, Path(scratch))
        if "copy" in which:
            copy(Path(scratch))


if __name__ == "__main__":
    main()
