"""What is installed for an interpreter, read from the metadata of its distributions: nothing of it is imported."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from sagelift.errors import SageliftError

# `sys` is built in: nothing that lies about can stand in for it. Prefixes come as they are, whatever the version.
_QUESTION = "import sys; print('\\n'.join(['%d.%d.%d' % sys.version_info[:3]] + [p for p in sys.path if p]))"
_SECONDS = 30


@dataclass(frozen=True)
class Environment:
    """The distributions of an interpreter.

    Attributes:
        python: The interpreter.
        python_version: Its version, such as `3.11.7`.
        providers: The distributions that each importable name comes from, by their canonical names.
        versions: The version of each distribution, by its canonical name; without a local part, which no index has.
    """

    python: Path
    python_version: str
    providers: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, str]

    @property
    def minor(self) -> str:
        """The version of Python without its last part, such as `3.11`."""
        return ".".join(self.python_version.split(".")[:2])


def read(python: Path) -> Environment:
    """Look at an environment.

    Args:
        python: Its interpreter, or its folder.

    Raises:
        SageliftError: There is no interpreter, or it does not run.
    """
    interpreter = _interpreter(python)
    try:
        # The folder decides what else could be imported at the start.
        told = subprocess.run(  # noqa: S603  the interpreter that the user names
            [interpreter, "-c", _QUESTION],
            cwd=interpreter.parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        message = f"{python} does not run as a Python: name the interpreter that runs the model today, by --python."
        raise SageliftError(message) from error
    version, *paths = told.stdout.splitlines()
    return _read(interpreter, version, paths)


def _interpreter(python: Path) -> Path:
    candidates = [python / "bin" / "python", python / "Scripts" / "python.exe"] if python.is_dir() else [python]
    found = next((candidate.absolute() for candidate in candidates if candidate.is_file()), None)
    if found is None:
        message = (
            f"There is no Python at {python}: name the interpreter, or the folder of its environment, by --python."
        )
        raise SageliftError(message)
    return found


def _read(python: Path, version: str, paths: Iterable[str]) -> Environment:
    providers: dict[str, dict[str, None]] = {}
    versions: dict[str, str] = {}
    for distribution in distributions(path=[path for path in paths if Path(path).is_dir()]):
        # What an interrupted installation left behind has no name.
        name = canonicalize_name(distribution.metadata["Name"] or "")
        if not name or name in versions:
            continue
        versions[name] = _public(distribution.version)
        for module in _modules(distribution):
            providers.setdefault(module, {})[name] = None
    return Environment(python, version, {module: tuple(found) for module, found in providers.items()}, versions)


def _public(version: str) -> str:
    try:
        return Version(version).public
    except InvalidVersion:
        return version


def _modules(distribution: Distribution) -> set[str]:
    declared = (distribution.read_text("top_level.txt") or "").split()
    if declared:
        return set(declared)
    files = [PurePosixPath(str(file)) for file in distribution.files or []]
    found = {file.parts[0] if len(file.parts) > 1 else file.name.partition(".")[0] for file in files if _is_code(file)}
    return {name for name in found if name.isidentifier()}


def _is_code(file: PurePosixPath) -> bool:
    return file.suffix in {".py", ".so", ".pyd"}
