"""Versions that a project already fixed: the lock and requirements files of pip, uv, Poetry, PDM, Pipenv and conda."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from sagelift.errors import SageliftError

# Exact ones first: what several of them say, the first one decides.
NAMES = (
    "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "requirements*.txt", "environment*.yml",
    "environment*.yaml", "pyproject.toml", "runtime.txt", ".python-version",
)  # fmt: skip
_CONDA_NAMES = {"pytorch": "torch", "pytables": "tables", "py-xgboost": "xgboost", "opencv": "opencv-python"}
_SUFFIXES = (".in", ".lock", ".python-version", ".toml", ".txt", ".yaml", ".yml")
_TOP = {".git", ".hg", ".svn"}
_LEVELS = 3


@dataclass
class Pins:
    """What a file says.

    Attributes:
        specifiers: Version specifiers by canonical name, such as `==1.5.3`; empty where any version will do.
        files: The file that each of them comes from.
        python_version: The version of Python that is named, such as `3.8`; None if none is.
        included: The requirements that others included.
        inherited: The names whose versions a folder above the script's says.
    """

    specifiers: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    python_version: str | None = None
    included: set[Path] = field(default_factory=set)
    inherited: set[str] = field(default_factory=set)

    def add(self, name: str, specifier: str, file: Path) -> None:
        """Take over a version, unless a file that goes first has one."""
        key = canonicalize_name(name)
        if not self.specifiers.get(key):
            self.specifiers[key] = specifier
            self.files[key] = file


def find(folder: Path) -> list[Path]:
    """Return the files that tell of versions: those of the nearest folder that has any, up to the repository's root."""
    for here in [folder, *folder.absolute().parents][: _LEVELS + 1]:
        found = [path for pattern in NAMES for path in _matching(here, pattern)]
        if found:
            return found
        if any((here / name).exists() for name in _TOP):
            break
    return []


def around(folder: Path) -> Pins:
    """Return what the files say that apply to the scripts of a folder.

    Raises:
        SageliftError: One of them cannot be read as what its name says.
    """
    pins = read(find(folder))
    pins.inherited = {name for name, file in pins.files.items() if file.parent.absolute() != folder.absolute()}
    return pins


def _matching(folder: Path, pattern: str) -> list[Path]:
    """Return files by their names, `requirements.txt` before `requirements-dev.txt`."""
    return sorted((path for path in folder.glob(pattern) if path.is_file()), key=lambda path: (len(path.name), path))


def read(files: Iterable[Path]) -> Pins:
    """Return what files say together, the first one first.

    Raises:
        SageliftError: One of them cannot be read as what its name says.
    """
    pins = Pins()
    for path in files:
        if not path.exists():
            message = f"There is no requirements or lock file {path}: name one that is there by --requirements."
            raise SageliftError(message)
        if not path.name.endswith(_SUFFIXES):
            message = f"{path} is no requirements or lock file that is known: those are {', '.join(NAMES)}."
            raise SageliftError(message)
        try:
            _read(path, _text(path), pins)
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}; name another file by --requirements."
            raise SageliftError(message) from error
        except (ValueError, TypeError, AttributeError, KeyError, yaml.YAMLError) as error:
            message = (
                f"{path} is not what its name says ({type(error).__name__}): mend it, or name another file by "
                "--requirements."
            )
            raise SageliftError(message) from error
    return pins


def _text(path: Path) -> str:
    content = path.read_bytes()
    # PowerShell writes what `pip freeze >` says as UTF-16.
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(encoding)


def _read(path: Path, text: str, pins: Pins) -> None:
    match path.name:
        case "Pipfile.lock":
            _pipfile(json.loads(text), path, pins)
        case "runtime.txt" | ".python-version":
            pins.python_version = pins.python_version or _minor(text)
        case "pyproject.toml":
            project = tomllib.loads(text).get("project", {})
            _lines(project.get("dependencies", []), path, pins)
            pins.python_version = pins.python_version or _exact_minor(project.get("requires-python", ""))
        case name if name.endswith((".lock", ".toml")):
            _lock(tomllib.loads(text), path, pins)
        case name if name.endswith((".yml", ".yaml")):
            _conda(yaml.safe_load(text) or {}, path, pins)
        case _:
            _lines(text.replace("\\\n", " ").splitlines(), path, pins)


def _lock(content: dict[str, Any], path: Path, pins: Pins) -> None:
    for package in content.get("package", content.get("packages", [])):
        if version := package.get("version"):
            pins.add(package["name"], f"=={version.partition('+')[0]}", path)
    wanted = content.get("metadata", {}).get("python-versions") or content.get("requires-python", "")
    pins.python_version = pins.python_version or _exact_minor(wanted)


def _pipfile(content: dict[str, Any], path: Path, pins: Pins) -> None:
    for name, package in content.get("default", {}).items():
        pins.add(name, package.get("version", ""), path)
    wanted = content.get("_meta", {}).get("requires", {})
    pins.python_version = pins.python_version or _minor(
        wanted.get("python_version") or wanted.get("python_full_version") or ""
    )


def _conda(content: dict[str, Any], path: Path, pins: Pins) -> None:
    for entry in content.get("dependencies", []):
        if isinstance(entry, dict):
            _lines(entry.get("pip") or [], path, pins)
            continue
        match = re.match(r"(?:[\w-]+::)?([\w.-]+)\s*(.*)", entry)
        if match is None:
            continue
        name, specifier = match[1], _conda_specifier(match[2])
        if name == "python":
            pins.python_version = pins.python_version or _minor(specifier)
        else:
            pins.add(_CONDA_NAMES.get(name, name), specifier, path)


def _conda_specifier(text: str) -> str:
    """Return a match specification of conda as a version specifier: `=1.21` is any 1.21, and a build is left out."""
    text = text.strip().replace(" ", "")
    if not text.startswith("=") or text.startswith("=="):
        return text
    version, _, build = text[1:].partition("=")
    return f"=={version}" if build or version.endswith("*") else f"=={version}.*"


def _lines(lines: Iterable[str], path: Path, pins: Pins) -> None:
    for line in lines:
        text = re.sub(r"(?:^|\s)#.*$", "", line).strip()
        if other := re.match(r"(?:-r|-c|--requirement|--constraint)[=\s]\s*(\S+)", text):
            included = path.parent / other[1]
            if included.is_file() and included not in pins.included:
                pins.included.add(included)
                _lines(_text(included).splitlines(), included, pins)
            continue
        # Hashes follow the requirement.
        for requirement in _requirement(text.split(" --")[0]):
            pins.add(requirement.name, str(requirement.specifier), path)


def _requirement(text: str) -> Iterator[Requirement]:
    try:
        yield Requirement(text)
    except InvalidRequirement:
        # An option, a path or an address: nothing that names a version.
        return


def _minor(text: str) -> str | None:
    found = re.search(r"\b(\d)\.(\d+)", text)
    return f"{found[1]}.{found[2]}" if found else None


def _exact_minor(specifier: str) -> str | None:
    """Return the one minor version that a specifier allows; a lower bound alone is none."""
    return _minor(specifier) if re.match(r"\s*(?:==|~=\s*\d+\.\d+\.)", specifier) else None
