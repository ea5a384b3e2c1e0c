"""Virtual environments, made by uv, that stand for the images on this machine.

An environment is made once for each content (Python, packages) and from then on only looked up, without a process.
Older ones stay: another run may be using them, and uv links their files from its cache.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops import requirements
from ops.errors import OpsError
from ops.images import scikit_image
from ops.local.pythons import listed_pythons, nearest, pyenv_pythons
from ops.repository import Repository

_MARKER = "environment.json"
_OFFLINE = ("error sending request", "dns error", "network was disabled")


@dataclass(frozen=True)
class Environment:
    """A Python that has the packages of an image."""

    python: Path
    """The interpreter to run scripts with."""
    version: str
    """Major and minor version of the interpreter, such as `3.10`."""
    notes: tuple[str, ...] = ()
    """Where it differs from the image: sentences for the user."""


@dataclass(frozen=True)
class _Recipe:
    """All that determines the content of an environment."""

    name: str
    image: str
    """What it stands for, as a sentence calls it."""
    python: str
    source: str
    """Where the requirements come from, as the beginning of a sentence."""
    fix: str
    """What the user can do where they cannot be installed, as the beginning of a sentence."""
    requirements: tuple[str, ...] = ()
    """Arguments of `uv pip install`; nothing is installed where there are none."""
    substitute: tuple[str, ...] = ()
    """What is installed where `requirements` cannot be."""
    content: tuple[str, ...] = ()
    """The lines of the file that `requirements` names."""

    @property
    def key(self) -> str:
        content = repr((self.python, self.requirements, self.substitute, self.content)).encode()
        return f"{self.name}-{hashlib.sha256(content).hexdigest()[:12]}"


def custom_environment(repository: Repository, extra: Sequence[str] = ()) -> Environment:
    """Return the environment that stands for the model's own image: the answered Python and requirements.txt.

    Args:
        repository: whose settings and requirements.txt count.
        extra: further requirements, such as `pytest`; they make an environment of its own.

    Raises:
        OpsError: uv is missing, or requirements.txt cannot be read or installed.
    """
    return _environment(repository, _custom_recipe(repository, extra))


def find_custom_environment(repository: Repository) -> Environment | None:
    """Return what `custom_environment` returns if it was made before; nothing is made.

    Raises:
        OpsError: requirements.txt cannot be read; see `ops.requirements`.
    """
    return _load(_folder(repository, _custom_recipe(repository)))


def scikit_environment(repository: Repository, *, packages_needed: bool = True) -> Environment:
    """Return the environment that stands for SageMaker's prebuilt scikit-learn image of the answered version.

    Args:
        repository: whose settings count.
        packages_needed: whether the image's packages are installed; without, no package is downloaded.

    Raises:
        OpsError: uv is missing, or the packages cannot be installed.
    """
    image = scikit_image(repository.settings.scikit_version)
    recipe = _Recipe(
        name=f"scikit-{image.version}" + ("" if packages_needed else "-bare"),
        image=image.name,
        python=image.python,
        source=f"What {image.name} holds",
        fix="Answer another scikit_version",
        requirements=tuple(name + release for name, release in image.packages.items()) if packages_needed else (),
        substitute=tuple(image.packages) if packages_needed else (),
    )
    return _environment(repository, recipe)


def _custom_recipe(repository: Repository, extra: Sequence[str] = ()) -> _Recipe:
    path = repository.requirements
    python = repository.settings.python_version
    lines = requirements.read(repository)
    return _Recipe(
        name="-".join(("custom", python, *extra)),
        image="the model's own image",
        python=python,
        source=path.name,
        fix=f"Correct {path.name}",
        requirements=(*(("--requirements", path.name) if lines else ()), *extra),
        content=tuple(lines),
    )


def _folder(repository: Repository, recipe: _Recipe) -> Path:
    # Repositories may share a folder: tests do, and whoever has hundreds of repositories on one machine.
    shared = os.environ.get("OPS_ENVIRONMENTS")
    return (Path(shared).absolute() if shared else repository.build / "environments") / recipe.key


def _environment(repository: Repository, recipe: _Recipe) -> Environment:
    folder = _folder(repository, recipe)
    if made := _load(folder):
        return made
    from filelock import FileLock  # noqa: PLC0415  a run that finds its environments need not wait for the import

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        return _load(folder) or _Maker(recipe, folder, repository.root).make()


def _load(folder: Path) -> Environment | None:
    python = _python(folder)
    try:
        marker = json.loads((folder / _MARKER).read_bytes())
    except OSError:
        return None
    # The interpreter is a link, broken where the Python that it leads to was uninstalled.
    return Environment(python, marker["version"], tuple(marker["notes"])) if python.exists() else None


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class _Maker:
    """Makes one environment, while its lock is held."""

    def __init__(self, recipe: _Recipe, folder: Path, root: Path) -> None:
        self._recipe = recipe
        self._folder = folder
        self._root = root
        self._log = folder.with_name(f"{folder.name}.log")
        self._program = find_uv(root)

    def make(self) -> Environment:
        self._log.unlink(missing_ok=True)
        try:
            version, notes = self._create()
            notes += self._install(version)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        # The marker is written last and at once: an environment that lacks it was interrupted, and is made again.
        marker = self._folder / f"{_MARKER}.part"
        marker.write_text(json.dumps({"version": version, "notes": notes}), encoding="utf-8")
        marker.replace(self._folder / _MARKER)
        return Environment(_python(self._folder), version, tuple(notes))

    def _create(self) -> tuple[str, list[str]]:
        wanted = self._recipe.python
        known = pyenv_pythons()
        candidates: list[str | Path] = [known.pop(wanted)] if wanted in known else []
        for python in (*candidates, wanted):
            if not self._venv(python).returncode:
                return wanted, []
        known |= listed_pythons(self._run("python", "list", "--only-installed", "--output-format=json").stdout)
        # The Python that ops runs on is there in any case.
        known.setdefault(f"{sys.version_info.major}.{sys.version_info.minor}", Path(sys.executable))
        version = nearest(wanted, known)
        result = self._venv(known[version])
        if result.returncode:
            message = (
                f"No environment could be made in {self._folder.parent}: {_reason(result.stderr)}. "
                f"Correct that and try again; the full log is {self._log}."
            )
            raise OpsError(message)
        note = (
            f"Python {wanted} of {self._recipe.image} is not on this machine and could not be downloaded: Python "
            f"{version} stands in for it. To change that, install it (`uv python install {wanted}`) and delete "
            f"{self._folder}."
        )
        return version, [note]

    def _venv(self, python: str | Path) -> subprocess.CompletedProcess[str]:
        return self._run("venv", "--quiet", "--clear", "--no-project", "--python", str(python), str(self._folder))

    def _install(self, version: str) -> list[str]:
        recipe = self._recipe
        if not recipe.requirements:
            return []
        first = self._pip_install(recipe.requirements)
        if not first.returncode:
            return []
        self._refuse_offline(first)
        if not recipe.substitute:
            self._refuse(first, version)
        second = self._pip_install(recipe.substitute)
        if second.returncode:
            self._refuse_offline(second)
            self._refuse(second, version)
        note = (
            f"Not all releases in {recipe.image} can be installed on this machine's Python {version}: the newest that "
            "fit stand in for them, and results may differ."
        )
        return [note]

    def _pip_install(self, requirements: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return self._run("pip", "install", "--quiet", "--python", str(_python(self._folder)), *requirements)

    def _refuse_offline(self, result: subprocess.CompletedProcess[str]) -> None:
        if any(sign in result.stderr for sign in _OFFLINE):
            message = (
                f"{self._recipe.source} cannot be installed: the package index cannot be reached. Connect this machine "
                f"to it, or name another in the variable UV_INDEX; the full log is {self._log}."
            )
            raise OpsError(message)

    def _refuse(self, result: subprocess.CompletedProcess[str], version: str) -> None:
        wanted = self._recipe.python
        fix = self._recipe.fix
        if version != wanted:
            fix += f", or install Python {wanted} (`uv python install {wanted}`), for which {version} stands in here"
        message = (
            f"{self._recipe.source} cannot be installed on Python {version}: {_reason(result.stderr)}. "
            f"{fix}; the full log is {self._log}."
        )
        raise OpsError(message)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        if arguments[0] == "venv":
            # A Python that cannot be downloaded has a stand-in: no reason to try for many seconds.
            variables.setdefault("UV_HTTP_RETRIES", "1")
        result = subprocess.run(  # noqa: S603  arguments are ours
            [self._program, *arguments],
            cwd=self._root,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"$ uv {' '.join(arguments)}\n{result.stderr}\n")
        return result


def find_uv(root: Path) -> str:
    """Return the uv that runs this command, or that of the PATH, or that which `make` installed in a repository.

    Raises:
        OpsError: there is none.
    """
    # `uv run` says where it is: https://docs.astral.sh/uv/reference/environment/#uv
    named = os.environ.get("UV", "")
    own = os.pathsep.join(str(root / ".tools" / folder) for folder in ("bin", "Scripts"))
    found = named if Path(named).is_file() else shutil.which("uv") or shutil.which("uv", path=own)
    if not found:
        message = (
            "uv is missing, which makes the environments that the scripts run in: install it "
            "(https://docs.astral.sh/uv/getting-started/installation/), or let `make setup` do so."
        )
        raise OpsError(message)
    return found


def _reason(stderr: str) -> str:
    """Return what uv says first, without the frame that it draws around it, and its hint."""
    report, *further = stderr.strip().split("\n\n")
    lines = [re.sub(r"^\W*((error|cause|Caused by): )?", "", line).strip(" .") for line in report.splitlines()]
    if lines and lines[0].startswith("No solution found"):
        del lines[0]
    hints = [f" ({' '.join(part.split()).removeprefix('hint: ')})" for part in further if part.startswith("hint: ")]
    return (": ".join(lines[:2]) or "uv does not say why") + "".join(hints)
