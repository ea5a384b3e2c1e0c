"""The tutorial: whoever follows it to the letter gets where it leads."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from repositories import TemplateRepository

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "your-first-model.md"
PUBLISHED = "https://github.com/example-org/sagelift"


def blocks() -> Iterator[tuple[str, str, str]]:
    """Yield each code block of the page as language, title and content."""
    for token in MarkdownIt().parse(PAGE.read_text(encoding="utf-8")):
        if token.type == "fence":
            language, _, rest = token.info.partition(" ")
            yield language, rest.removeprefix("title=").strip('"'), token.content


def script() -> str:
    """Return the commands and the files of the page as one script, from top to bottom."""
    folder = 'base="$PWD"\n'
    parts = [
        f'mkdir -p "$base/{Path(title).parent}"\ncat >"$base/{title}" <<\'END_OF_FILE\'\n{content}END_OF_FILE\n'
        if title
        else content
        for language, title, content in blocks()
        if title or language == "sh"
    ]
    return folder + "".join(parts)


def plain(line: str) -> str:
    """Return a line without what differs from run to run."""
    return " ".join(re.sub(r"\S*\d\S*", "#", line).split())


@pytest.mark.slow
def test_every_command_and_its_output(template: TemplateRepository, environments: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "COLUMNS": "120", "OPS_ENVIRONMENTS": str(environments), "TTY_COMPATIBLE": "1"}
    commands = script()
    assert PUBLISHED in commands

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands.replace(PUBLISHED, str(template.root))],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    printed = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", done.stdout).replace("\r", "\n")
    shown = [line for language, _, content in blocks() if language == "output" for line in content.splitlines()]
    assert shown
    assert {plain(line) for line in shown} <= {plain(line) for line in printed.splitlines()}
