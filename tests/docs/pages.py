"""The pages of the documentation, and what stands in them."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page, such as `how-to/roll-back`."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def commands(page: str, program: str) -> list[list[str]]:
    """Return the arguments of each call of a program, such as `uv run ops`, in the shell blocks of a page."""
    lines = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line.removeprefix(program)) for line in lines if line.startswith(f"{program} ")]
