"""Draw docs/images/run.svg: what `make demo` prints, from a run of the example.

uv run docs/picture.py
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ops import progress
from ops.execution import ExecutionView
from ops.local import images, report
from ops.local import run as local
from ops.repository import Repository
from rich.console import Console
from rich.terminal_theme import MONOKAI

ROOT = Path(__file__).resolve().parents[1]


def run(console: Console) -> None:
    """Run the workflow of the repository in the current folder, as `ops run` does."""

    def follow(views: Iterator[ExecutionView]) -> ExecutionView:
        last = progress.last(views)
        console.print(progress.table(last))
        return last

    repository = Repository.find()
    plan = local.plan(repository, environment="dev", data=None, assignments=[], step=None)
    report.introduce(plan, repository, console)
    prepared = images.prepare(repository, plan, container=False, base_image=None, console=Console(stderr=True))
    report.conclude(local.run(repository, plan, prepared, follow), plan, console)


def main() -> None:
    """Run as a script."""
    console = Console(record=True, width=108, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print("[bold]$[/] make demo")
    with tempfile.TemporaryDirectory() as scratch:
        generated = Path(scratch, "abalone")
        subprocess.run([sys.executable, ROOT / "examples" / "abalone" / "generate.py", generated], check=True)  # noqa: S603
        os.chdir(generated)
        # The first run makes the environments, and compiles what they hold.
        run(Console(quiet=True))
        run(console)
        os.chdir(ROOT)
    svg = console.export_svg(title="sagelift", theme=MONOKAI, unique_id="run")
    # GitHub loads no fonts from elsewhere: the reader's own monospaced one stands in.
    svg = re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    (ROOT / "docs" / "images" / "run.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
