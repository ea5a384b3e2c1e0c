"""Keep what a release was, so that updates from it are tested for years without this repository's history.

    uv run tests/freeze.py v1.2.3            # once its changes are committed, before the tag
    uv run tests/freeze.py --check v1.2.3    # once it is tagged, before it is published

Of each release, tests/update/releases holds the template, as `git archive` wrote it, and the list of the files that it
generates from the default answers, as `git ls-tree` prints it.
"""

import argparse
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from copier import run_copy
from repositories import TemplateRepository, commit, git

ROOT = Path(__file__).resolve().parents[1]
RELEASES = ROOT / "tests" / "update" / "releases"
# What Copier reads of the repository.
PARTS = ("copier.yml", "hooks", "template")


def frozen() -> list[str]:
    """Return the frozen releases, the oldest first."""
    versions = [path.name.removesuffix(".tar.gz") for path in RELEASES.glob("*.tar.gz")]
    return sorted(versions, key=lambda version: tuple(map(int, version.removeprefix("v").split("."))))


def archive(version: str) -> Path:
    """Return where the template of a release is kept."""
    return RELEASES / f"{version}.tar.gz"


def listing(version: str) -> Path:
    """Return where the list of the files that a release generates is kept."""
    return RELEASES / f"{version}.txt"


def unpack(archived: bytes, folder: Path) -> None:
    """Write an archived template into a folder."""
    with tarfile.open(fileobj=io.BytesIO(archived)) as tar:
        tar.extractall(folder, filter="data")


def content(archived: bytes) -> dict[str, tuple[int, bytes]]:
    """Return the mode and the bytes of each file of an archived template, whatever it was compressed with, and when."""
    with tarfile.open(fileobj=io.BytesIO(archived)) as tar:
        members = [(member, tar.extractfile(member)) for member in tar]
        return {member.name: (member.mode, file.read()) for member, file in members if file}


def template_at(revision: str) -> bytes:
    """Return the template at a revision as git archives it, the same on every machine."""
    command = ["git", "-c", "tar.umask=0022", "archive", "--format=tar.gz", revision, *PARTS]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout


def generated(archived: bytes, version: str) -> str:
    """Generate a repository from an archived template with the default answers; list its files as `git ls-tree` does.

    The answers file is left out: it holds the address of the template.
    """
    with tempfile.TemporaryDirectory() as folder:
        template, repository = TemplateRepository(Path(folder, "template")), Path(folder, "repository")
        unpack(archived, template.root)
        template.release(version)
        run_copy(str(template.root), repository, defaults=True, quiet=True)
        (repository / ".copier-answers.yml").unlink()
        commit(repository, version)
        return git(repository, "ls-tree", "-r", "HEAD")


def freeze(version: str) -> None:
    """Keep the template as it is committed."""
    archived = template_at("HEAD")
    listing(version).write_text(generated(archived, version), encoding="utf-8", newline="\n")
    archive(version).write_bytes(archived)


def refusal(version: str) -> str | None:
    """Return why a version cannot be frozen, or None."""
    if not re.fullmatch(r"v\d+\.\d+\.\d+", version):
        return f"{version} is no version: use v and three numbers, like v1.2.3."
    if archive(version).exists():
        return f"{version} is frozen already: choose the next version, or delete its files where it has no tag yet."
    if git(ROOT, "status", "--porcelain", "--", *PARTS):
        return f"{', '.join(PARTS)} hold uncommitted changes: commit them first."
    return unannounced(version)


def difference(version: str) -> str | None:
    """Return what a tag lacks to be published, or None."""
    if not git(ROOT, "tag", "--list", version):
        return f"There is no tag {version} here: run git fetch --tags, or name another."
    if not archive(version).exists():
        return f"{version} is not frozen: run make freeze VERSION={version}, commit, and tag that commit."
    if content(archive(version).read_bytes()) != content(template_at(version)):
        return f"The template tagged {version} is not the one that was frozen: freeze that one, and tag its commit."
    return unannounced(version)


def unannounced(version: str) -> str | None:
    """Return what does not speak of a version yet, or None."""
    number = version.removeprefix("v")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if project["version"] != number:
        return f"pyproject.toml says {project['version']}, not {number}: run uv version {number}."
    if f"## {version}" not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines():
        return f"CHANGELOG.md has no section {version}: give the name to Unreleased."
    return None


def main() -> None:
    """Freeze or check the release that the command line names."""
    parser = argparse.ArgumentParser(description="Keep what a release was, for the tests of updates.")
    parser.add_argument("version", help="v and three numbers, like v1.2.3")
    parser.add_argument("--check", action="store_true", help="compare the tag of this name with what was frozen")
    arguments = parser.parse_args()
    if fault := (difference if arguments.check else refusal)(arguments.version):
        sys.exit(f"error: {fault}")
    if not arguments.check:
        freeze(arguments.version)


if __name__ == "__main__":
    main()
