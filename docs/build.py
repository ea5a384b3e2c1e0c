"""Build the documentation into build/site; whatever leads nowhere ends the build.

uv run docs/build.py

The pages are read on GitHub, too, so that they link to files of the repository by relative paths. On the site these
become links to the repository. Zensical's strict mode tells broken links between pages; this script those to anything
else. `SUMMARY.md` is the navigation, in which a `*` stands for all other pages of a folder.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from os.path import normpath
from pathlib import Path

from zensical.main import cli

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SOURCE = ROOT / "build" / "docs"

# Code comes first: what looks like a link there is none.
LINK = re.compile(
    r"^ *```.*?^ *```$|`[^`\n]+`|\]\((?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)", re.MULTILINE | re.DOTALL
)


def for_the_site(page: Path, repository: str) -> str:
    """Return the text of a page, with links out of docs/ as links to the repository.

    Raises:
        FileNotFoundError: a link leads to no file.
    """

    def rewrite(link: re.Match[str]) -> str:
        if link["path"] is None:
            return link[0]
        target = Path(normpath(page.parent / link["path"]))
        if not target.exists():
            message = f"{page.relative_to(ROOT)} links to {link['path']}, which does not exist: mend the link."
            raise FileNotFoundError(message)
        if target.is_relative_to(DOCS):
            return link[0]
        return f"]({repository}/blob/HEAD/{target.relative_to(ROOT).as_posix()}{link['anchor'] or ''})"

    return LINK.sub(rewrite, page.read_text(encoding="utf-8"))


def add_mermaid() -> None:
    """Add the library that draws the diagrams; without it, pages load it from a CDN."""
    npm = shutil.which("npm")
    install = ["ci", "--prefix", str(DOCS), "--prefer-offline", "--silent"]
    if npm is None or subprocess.run([npm, *install], check=False).returncode:  # noqa: S603
        print("note: npm cannot install Mermaid: pages with a diagram will load it from unpkg.com.", file=sys.stderr)
        return
    library = DOCS / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
    (SOURCE / "javascripts").mkdir()
    shutil.copy(library, SOURCE / "javascripts")


def main() -> None:
    """Run as a script."""
    repository = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["repo_url"]
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(DOCS / "images", SOURCE / "images")
    for page in DOCS.rglob("*.md"):
        if "node_modules" not in page.parts:
            copy = SOURCE / page.relative_to(DOCS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(for_the_site(page, repository), encoding="utf-8")
    add_mermaid()
    cli(["build", "--config-file", str(ROOT / "zensical.toml"), "--strict", "--clean"], standalone_mode=False)


if __name__ == "__main__":
    try:
        main()
    except (FileNotFoundError, RuntimeError) as error:
        sys.exit(f"error: {error}")
