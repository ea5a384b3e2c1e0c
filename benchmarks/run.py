"""Measure what benchmarks/README.md reports: ratios of medians over several runs.

uv run benchmarks/run.py            # all
uv run benchmarks/run.py copy       # one or more of: cold, warm, copy, import, fleet

Times are those of whole processes, from outside, by the wall clock. pyperf measures them, but for those of a fleet,
which take minutes, and begin from another state each time.
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyperf
from ops.local.environments import custom_environment, scikit_environment
from ops.repository import Repository
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
RUNS = 7
ALL = ("cold", "warm", "copy", "import", "fleet")
OPS = [sys.executable, "-m", "ops"]
COPIER = [sys.executable, "-m", "copier"]
SAGELIFT = Path(sys.executable).with_name("sagelift")

FLEET, FLEET_RUNS = 200, 3
LOOP = 10
"""The repositories of a shell loop, which tell of FLEET: each takes it as long as any other."""

LEGACY = """
import pandas as pd
from sklearn.linear_model import LinearRegression

known = pd.DataFrame({"length": [1.0, 2, 3, 4], "weight": [2.0, 4, 7, 8]})
known["area"] = known["length"] ** 2
model = LinearRegression().fit(known[["length", "area"]], known["weight"])
predicted = model.predict(known[["length", "area"]])
report = pd.DataFrame({"weight": predicted}).round(2)
print(report)
report.to_csv("report.csv")
"""
"""A script of one second."""

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
        fresh = shlex.join(["rm", "-rf", str(target)]) + " && " + shlex.join([*COPIER, "copy", *options])
        return median(["sh", "-c", fresh], scratch)

    ours, one_file = copier(ROOT, "ours"), copier(bare, "one-file")
    print(f"copy: this template {ours:.2f} s, one file {one_file:.2f} s: {ours / one_file:.2f} x")


def legacy_import(scratch: Path) -> None:
    """Compare `sagelift import`, with its proof, with the script that it moves in."""
    folder = scratch / "legacy"
    folder.mkdir()
    (folder / "score.py").write_text(LEGACY)
    template = snapshot(ROOT, scratch / "import.git")
    command = shlex.join([str(SAGELIFT), "import", "score.py", "score-model", f"--template={template}"])
    imported = median(["sh", "-c", f"rm -rf score-model && {command}"], folder)
    [python] = (folder / "score-model" / "build" / "environments").glob("custom-*/bin/python")
    script = median([python, "score.py"], folder)
    print(f"import: {imported:.1f} s, the script {script:.2f} s: {imported / script:.0f} x")


def fleet(scratch: Path) -> None:
    """Compare `sagelift fleet new` and `update` with shell loops that do the same, one repository after the other."""
    template, old, new = releases(scratch)
    models = [f"model-{number}" for number in range(FLEET)]
    commit = "git add --all && git commit --quiet --message=Commit"
    copy = shlex.join([*COPIER, "copy", "--quiet", "--defaults", f"--vcs-ref={old}"])
    update = shlex.join([*COPIER, "update", "--quiet", "--defaults", f"--vcs-ref={new}"])
    steps: dict[str, tuple[list[str | Path], int]] = {
        "loop copy": loop(
            f"{copy} --data=model_name=$0 {template} $0 && cd $0 && git init --quiet && {commit}", models
        ),
        "new": ([SAGELIFT, "fleet", "new", "fleet.csv", f"--template={template}", f"--version={old}"], FLEET),
        "loop update": loop(f"cd $0 && git switch --quiet --create template-update && {update} && {commit}", models),
        "update": ([SAGELIFT, "fleet", "update", "fleet.csv", "--no-tests"], FLEET),
    }
    times: dict[str, list[float]] = defaultdict(list)
    for number in range(FLEET_RUNS):
        folder = scratch / f"fleet-{number}"
        folder.mkdir()
        rows = "".join(f"fleet/{model},{model}\n" for model in models)
        (folder / "fleet.csv").write_text(f"repository,model_name\n{rows}")
        # In turns, so that whatever else the machine does befalls both.
        for name, (command, repositories) in steps.items():
            start = time.perf_counter()
            run(command, folder)
            times[name].append((time.perf_counter() - start) / repositories)
        shutil.rmtree(folder)
    for verb, looped in (("new", "loop copy"), ("update", "loop update")):
        one, other = statistics.median(times[verb]), statistics.median(times[looped])
        print(f"fleet {verb}: {one:.3f} s for each of {FLEET}, in a shell loop {other:.2f} s: {other / one:.1f} x")


def loop(script: str, models: Sequence[str]) -> tuple[list[str | Path], int]:
    """Return what runs a shell script for each of the first LOOP models, which is its $0, and how many these are."""
    return ["sh", "-ec", 'script=$0; for model; do sh -ec "$script" "$model"; done', script, *models[:LOOP]], LOOP


def releases(scratch: Path) -> tuple[Path, str, str]:
    """Return a template with two releases, and these: the newest that is frozen for the tests, and the present one."""
    repository, present = scratch / "releases", scratch / "present.tar"
    archives = (ROOT / "tests" / "update" / "releases").glob("*.tar.gz")
    frozen = {path.name.removesuffix(".tar.gz"): path for path in archives}
    old, new = max(frozen, key=Version), "v999.0.0"
    shutil.unpack_archive(frozen[old], repository, filter="data")
    release(repository, old)
    run(["git", "rm", "-r", "--quiet", "."], repository)
    run(["git", "archive", f"--output={present}", "HEAD", "copier.yml", "hooks", "template"], ROOT)
    shutil.unpack_archive(present, repository, filter="data")
    release(repository, new)
    return repository, old, new


def release(repository: Path, version: str) -> None:
    """Commit and tag everything in a folder, which becomes a git repository where it is none."""
    run(["git", "init", "--quiet"], repository)
    run(["git", "add", "-A"], repository)
    run(["git", "commit", "--quiet", "--allow-empty", "-m", version], repository)
    run(["git", "tag", version], repository)


def snapshot(source: Path, target: Path) -> Path:
    """Return a git repository with the files of a folder, tagged: both templates come from the same kind of place."""
    if (source / ".git").exists():
        run(["git", "clone", "--quiet", source, target], source)
    else:
        target.mkdir()
        run(["cp", "-r", f"{source}/.", target], source)
    release(target, "v999.0.0")
    return target


def main() -> None:
    """Run the benchmarks that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", choices=[[], *ALL])
    which = set(parser.parse_args().which) or {*ALL}
    for role in ("AUTHOR", "COMMITTER"):
        os.environ |= {f"GIT_{role}_NAME": "benchmark", f"GIT_{role}_EMAIL": "benchmark@example.org"}
    # Whoever signs commits, or watches files, would measure that.
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    print(f"{os.cpu_count()} processors, {RUNS} runs each, medians")
    with tempfile.TemporaryDirectory(prefix="sagelift-benchmark-") as scratch:
        if which & {"cold", "warm"}:
            local_run(which, Path(scratch))
        if "copy" in which:
            copy(Path(scratch))
        if "import" in which:
            legacy_import(Path(scratch))
        if "fleet" in which:
            fleet(Path(scratch))


if __name__ == "__main__":
    main()
