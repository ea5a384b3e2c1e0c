"""Generate the repository that the abalone script becomes: the template, its answers, and the migrated files.

uv run python examples/abalone/generate.py build/abalone
"""

import argparse
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import copier
import yaml
from copier.errors import CopierError, CopierWarning

EXAMPLE = Path(__file__).resolve().parent
TEMPLATE = EXAMPLE.parents[1]


def is_replaceable(folder: Path) -> bool:
    """Tell whether a folder was generated from this very template, and is not a git repository where somebody works."""
    answers = folder / ".copier-answers.yml"
    if not answers.is_file() or (folder / ".git").exists():
        return False
    source: str = yaml.safe_load(answers.read_text(encoding="utf-8")).get("_src_path")
    return source == str(TEMPLATE)


def refusal(destination: Path, *, replace: bool) -> str | None:
    """Return why nothing can be generated at the destination, or None."""
    if not destination.exists() or (destination.is_dir() and not any(destination.iterdir())):
        return None
    if not destination.is_dir():
        return f"{destination} is a file: name a folder."
    if not is_replaceable(destination):
        return f"{destination} is not empty: name another folder, or empty this one."
    if not replace:
        return f"{destination} was generated before: name another folder, or give --replace to lose what is in it."
    return None


def generate(destination: Path) -> None:
    """Generate the repository into a folder that does not exist.

    Raises:
        CopierError: the template cannot be copied.
        ValueError: it does not accept an answer.
    """
    with warnings.catch_warnings():
        # Copier warns that it takes uncommitted work along, which is what whoever works on the template wants.
        warnings.simplefilter("ignore", CopierWarning)
        copier.run_copy(
            str(TEMPLATE),
            destination,
            data=yaml.safe_load((EXAMPLE / "answers.yml").read_text(encoding="utf-8")),
            vcs_ref="HEAD",
            defaults=True,
            quiet=True,
        )
    # What the template seeds for a start makes way for the model.
    for seed in ("src", "model", "data/sample"):
        shutil.rmtree(destination / seed)
    shutil.copytree(EXAMPLE / "migrated", destination, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(EXAMPLE / "legacy" / "model", destination / "model")
    (destination / "data" / "sample").mkdir()
    shutil.copy(EXAMPLE / "legacy" / "data" / "abalone.data", destination / "data" / "sample" / "abalone.csv")


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description="Generate the repository of the abalone example.")
    parser.add_argument("destination", type=Path, help="a folder that is empty or does not exist")
    parser.add_argument("--replace", action="store_true", help="delete the folder first, if this template generated it")
    arguments = parser.parse_args()
    destination: Path = arguments.destination.resolve()
    if reason := refusal(destination, replace=arguments.replace):
        sys.exit(reason)
    destination.parent.mkdir(parents=True, exist_ok=True)
    # Beside the destination and moved there once complete: a failure leaves the earlier one as it was.
    with tempfile.TemporaryDirectory(prefix=f".{destination.name}-", dir=destination.parent) as scratch:
        generated = Path(scratch) / destination.name
        try:
            generate(generated)
        except (CopierError, ValueError) as error:
            sys.exit(f"The template could not be copied with {EXAMPLE / 'answers.yml'}: {error}")
        if destination.exists():
            shutil.rmtree(destination)
        generated.rename(destination)


if __name__ == "__main__":
    main()
