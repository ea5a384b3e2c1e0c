"""The job script that runs a program whole, as it is: for what cannot be split, or not yet."""

import re
from collections.abc import Collection

from sagelift.legacy.cuts import STEPS
from sagelift.legacy.source import Source
from sagelift.legacy.split import Script, job

TAKEN = {*STEPS, "handover"}


def write(source: Source, modules: Collection[str] = (), **options: str) -> list[Script]:
    """Return predict.py and, beside it, the program that it runs.

    Args:
        source: The program; its paths are those of the working folder.
        modules: The names of the modules that lie beside it.
        options: Keyword arguments of `handover.step`, as text.
    """
    name = re.sub(r"\W+", "_", source.path.stem)
    if name in TAKEN or name in modules:
        name = f"legacy_{name}"
    return [Script("predict", _predict(source, f"{name}.py", options)), Script(name, source.code)]


def _predict(source: Source, program: str, options: dict[str, str]) -> str:
    return f'''\
"""Inference: {source.path.name} as it is, from its first line to its last.

Arrives: the files that it reads, in --input-dir and --model-dir; it finds them in a working folder.
Leaves: the files that it writes, what it prints (stdout.txt) and what it plots (figures/), in --output-dir.
The rule: all of the output or none; a fault ends the script with a message.
"""

import handover


def main():
    """Run as a job."""
{job("predict", {"last": "True", **options})}
        step.run("{program}")


if __name__ == "__main__":
    main()
'''
