"""The requirements of legacy code: what it imports or needs otherwise, pinned as far as anything tells the versions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from sagelift.legacy import distributions, environment, hidden, imports, locks, removals
from sagelift.legacy.environment import Environment
from sagelift.legacy.imports import Import
from sagelift.legacy.obstacles import PYTHON_2_MODULES
from sagelift.legacy.removals import Removal
from sagelift.legacy.source import Place, Source, SourceError, read

HANDOVER = "cloudpickle"
"""What the generated scripts pass variables on with."""

OLDEST_PYTHON, NEWEST_PYTHON = "3.8", "3.13"
"""What the template offers; see `python_version` in copier.yml."""

# The newest Python that has wheels of the last version before a removal, as PyPI has them.
_LAST_PYTHON: Mapping[tuple[str, str], str] = {
    ("numpy", "1.18"): "3.8",
    ("numpy", "1.23"): "3.10",
    ("numpy", "1.24"): "3.11",
    ("numpy", "2.0"): "3.12",
    ("pandas", "0.20"): "3.6",
    ("pandas", "0.23"): "3.6",
    ("pandas", "0.25"): "3.7",
    ("pandas", "1.0"): "3.8",
    ("pandas", "2.0"): "3.11",
    ("scikit-learn", "0.20"): "3.7",
    ("scikit-learn", "0.21"): "3.7",
    ("scikit-learn", "0.22"): "3.7",
    ("scikit-learn", "0.23"): "3.8",
    ("scikit-learn", "0.24"): "3.8",
    ("scikit-learn", "1.0"): "3.9",
    ("scikit-learn", "1.2"): "3.11",
    ("scikit-learn", "1.3"): "3.11",
    ("scikit-learn", "1.4"): "3.12",
    ("scipy", "1.0"): "3.6",
    ("scipy", "1.2"): "3.7",
    ("scipy", "1.12"): "3.12",
    ("scipy", "1.13"): "3.12",
    ("statsmodels", "0.13"): "3.9",
    ("tensorflow", "2.0"): "3.7",
    ("tensorflow", "2.6"): "3.9",
}
# Compiled for NumPy 1 before these versions, and their metadata does not always say so.
_FIRST_FOR_NUMPY_2 = {
    "pandas": "2.2.2",
    "scikit-learn": "1.4.2",
    "scipy": "1.13",
    "matplotlib": "3.8.4",
    "statsmodels": "0.14.2",
}
# The same for names such as `numpy.float`, which they use themselves.
_FIRST_FOR_NUMPY_1_24 = {"pandas": "1.0", "scikit-learn": "0.24.2"}


@dataclass
class Requirement:
    """A distribution that the code needs.

    Attributes:
        distribution: Its name.
        specifier: Which versions, such as `==1.5.3` or `<2`; empty where nothing tells.
        reason: What needs it.
        origin: What tells the version: `environment`, a file's name, or what was removed; empty where nothing does.
        places: Where it is imported or needed in the script.
    """

    distribution: str
    specifier: str = ""
    reason: str = ""
    origin: str = ""
    places: list[Place] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The line of requirements.txt."""
        return f"{self.distribution}{self.specifier}"

    @property
    def is_pinned(self) -> bool:
        """Whether one version is named."""
        return self.specifier.startswith("==") and "*" not in self.specifier


@dataclass(frozen=True)
class Requirements:
    """What code needs to run.

    Attributes:
        found: The distributions.
        unknown: Imports of which nothing tells the distribution, with the places of the first ones.
        python_version: The Python to run it on, such as `3.11`; None if anything from the template's will do.
        removals: What the code uses that newer versions do not have, and where, for people.
        notes: What a person should know, a sentence each.
    """

    found: tuple[Requirement, ...]
    unknown: tuple[tuple[str, Place], ...]
    python_version: str | None
    removals: tuple[tuple[Removal, str], ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of requirements.txt."""
        return tuple(requirement.line for requirement in self.found)


def infer(
    source: Source, helpers: Iterable[Path], python: Path | None = None, files: Sequence[Path] | None = None
) -> Requirements:
    """Find out what code needs. Neither the code nor anything that it imports is run.

    Args:
        source: The script or notebook.
        helpers: The modules of its own that it imports, as `imports.helpers` finds them.
        python: The interpreter or environment that runs it today, whose versions are taken over.
        files: Requirements and lock files; None stands for those beside the script.

    Raises:
        SageliftError: The interpreter does not run, or one of the files cannot be read.
    """
    known = environment.read(python) if python else None
    return of(source, helpers, known, locks.around(source.path.parent) if files is None else locks.read(files))


def of(source: Source, helpers: Iterable[Path], known: Environment | None, pins: locks.Pins) -> Requirements:
    """Do the same as `infer`, with what was read for many scripts at once."""
    collector = _Collector(source, known, pins)
    collector.doubt_pins()
    collector.take(source)
    for helper in helpers:
        try:
            collector.take(read(helper), is_helper=True)
        except SourceError as fault:
            collector.notes.append(str(fault))
    return collector.result()


class _Collector:
    """Collects requirements over the files of a script."""

    def __init__(self, source: Source, known: Environment | None, pins: locks.Pins) -> None:
        self._source = source
        self._folders = imports.search_folders(source)
        self._known = known
        self._pins = pins
        self._found: dict[str, Requirement] = {}
        self._unknown: dict[str, Place] = {}
        self._removals: list[tuple[Removal, str]] = []
        self.notes: list[str] = []

    def doubt_pins(self) -> None:
        """Leave out the versions of a folder above if a model that is loaded was made by others.

        A repository holds scripts of many years, and its lock file is that of the tools that it is kept with.
        """
        needs = hidden.find(self._source.tree, self._source.path.parent, ()) if self._pins.inherited else ()
        for need in needs:
            key = canonicalize_name(need.distribution)
            if not need.specifier or key not in self._pins.inherited or self._installed(key):
                continue
            file, pinned = self._pins.files[key], self._pins.specifiers[key]
            if not SpecifierSet(pinned).contains(need.specifier.removeprefix("=="), prereleases=True):
                self.notes.append(
                    f"{self._source.place(need.line)}: {need.reason}, and {file.name} of a folder above says "
                    f"{pinned}: its versions are not taken over; --requirements {file} does that."
                )
                self._pins = locks.Pins()
                return

    def take(self, source: Source, *, is_helper: bool = False) -> None:
        """Take a file into account."""
        found = [module for module in imports.find(source.tree) if self._is_foreign(module, source)]
        place = Place(0, 0) if is_helper else None
        for module in found:
            self._import(module, place or source.place(module.line))
        tops = [module.top for module in found]
        for need in hidden.find(source.tree, self._source.path.parent, tops):
            where = [] if is_helper else [source.place(need.line)]
            if need.specifier and not self._specifier(need.distribution)[0]:
                self._require(need.distribution, need.reason, where, (need.specifier, "pickle"))
            else:
                self._require(need.distribution, need.reason, where)
        file = f"{source.path.name}, " if is_helper else ""
        self._removals += [(r, f"{file}{source.place(r.line)}") for r in removals.search(source.tree)]

    def result(self) -> Requirements:
        """Return what was found."""
        self._limit()
        self._fit_numpy()
        self._require(HANDOVER, "the steps pass variables on with it", [])
        found = sorted(self._found.values(), key=lambda r: (r.distribution == HANDOVER, r.distribution.lower()))
        loose = [r.distribution for r in found if r.distribution != HANDOVER and not r.specifier]
        if loose:
            self.notes.append(
                f"Nothing tells the version of {', '.join(loose)}: name the Python that runs the model today by "
                "--python, or its requirements or lock file by --requirements."
            )
        for name, place in self._unknown.items():
            self.notes.append(
                f"Which distribution holds the module {name} ({place}) is unknown: name the Python that has it by "
                "--python, or put the module beside the script."
            )
        return Requirements(
            tuple(found), tuple(self._unknown.items()), self._python(), tuple(self._removals), tuple(self.notes)
        )

    def _is_foreign(self, module: Import, source: Source) -> bool:
        folders = [*self._folders, source.path.parent]
        known = module.top in imports.STANDARD or module.top in PYTHON_2_MODULES
        return not known and not imports.is_local(module.top, folders)

    def _import(self, module: Import, place: Place) -> None:
        name = self._distribution(module.module)
        is_there = name is not None and (self._installed(name) or canonicalize_name(name) in self._pins.specifiers)
        if module.is_optional and not is_there:
            return
        where = [place] if place.line else []
        if name is None:
            self._unknown.setdefault(module.top, place)
        else:
            self._require(name, f"imported as {module.top}", where)

    def _distribution(self, module: str) -> str | None:
        """Return the distribution of a module: what the environment says, else the table, else the lock file."""
        top = module.partition(".")[0]
        listed = distributions.of(module)
        if self._known:
            providers = self._known.providers.get(top, ())
            if providers and not (listed and canonicalize_name(listed) in providers):
                return providers[0]
        key = canonicalize_name(top)
        return listed or (key if key in self._pins.specifiers else None)

    def _installed(self, name: str) -> str | None:
        return self._known.versions.get(canonicalize_name(name)) if self._known else None

    def _specifier(self, name: str) -> tuple[str, str]:
        """Return which version something has today, and what tells it."""
        if version := self._installed(name):
            return f"=={version}", "environment"
        key = canonicalize_name(name)
        specifier = self._pins.specifiers.get(key, "")
        return (specifier, self._pins.files[key].name) if specifier else ("", "")

    def _require(self, name: str, reason: str, places: Iterable[Place], version: tuple[str, str] | None = None) -> None:
        key = canonicalize_name(name)
        if key not in self._found:
            specifier, origin = version or self._specifier(name)
            self._found[key] = Requirement(name, specifier, reason, origin)
        elif version and not self._found[key].specifier:
            self._found[key].specifier, self._found[key].origin = version
        self._found[key].places += [place for place in places if place not in self._found[key].places]

    def _limit(self) -> None:
        """Keep what the code uses: below the version that removed it, or say that the pinned one has not got it."""
        for removal, where in self._removals:
            requirement = self._found.get(canonicalize_name(removal.library))
            if requirement is None:
                continue
            limit = SpecifierSet(f"<{removal.version}")
            if requirement.is_pinned:
                version = requirement.specifier.removeprefix("==")
                if not limit.contains(version, prereleases=True):
                    self.notes.append(
                        f"{where}: {removal}, and {version} is used ({requirement.origin}): it fails where "
                        "it is reached."
                    )
            elif not requirement.specifier or requirement.origin.startswith("removal of "):
                current = [s.version for s in SpecifierSet(requirement.specifier)]
                lowest = min([*current, removal.version], key=_as_numbers)
                if not current or lowest != current[0]:
                    requirement.specifier, requirement.origin = f"<{lowest}", f"removal of {removal.name}"

    def _fit_numpy(self) -> None:
        """Keep NumPy at a version that the others were compiled for: today's, where that is known."""
        for first, limit in ((_FIRST_FOR_NUMPY_1_24, "<1.24"), (_FIRST_FOR_NUMPY_2, "<2")):
            old = [
                r for name, version in first.items() if (r := self._found.get(name)) and _is_below(r.specifier, version)
            ]
            numpy = self._found.get("numpy")
            if old and (numpy is None or not numpy.specifier):
                reason = f"{old[0].line} was compiled for it"
                if numpy is None:
                    specifier, origin = self._specifier("numpy")
                    found = Requirement("numpy", specifier or limit, reason, origin or old[0].distribution)
                    self._found["numpy"] = found
                else:
                    numpy.specifier, numpy.origin = limit, old[0].distribution
                return

    def _python(self) -> str | None:
        """Return the Python to run on: today's, else the named one, else the newest that has all the libraries."""
        if self._known:
            return self._known.minor
        if self._pins.python_version:
            return self._pins.python_version
        newest = [_before(removal.version) for removal, _ in self._removals if removal.library == removals.PYTHON]
        for (name, version), last in _LAST_PYTHON.items():
            requirement = self._found.get(name)
            if requirement and _is_below(requirement.specifier, version):
                newest.append(last)
        return min(newest, key=_as_numbers) if newest else None


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _before(version: str) -> str:
    major, minor = _as_numbers(version)
    return f"{major}.{minor - 1}"


def _is_below(specifier: str, version: str) -> bool:
    """Return whether a specifier allows neither a version nor any later one."""
    limit = Version(version)
    bounds = [(part.operator, Version(part.version.removesuffix(".*"))) for part in SpecifierSet(specifier)]
    return any(
        (operator in {"==", "<="} and bound < limit) or (operator == "<" and bound <= limit)
        for operator, bound in bounds
    )


def conflicts(requirements: Requirements) -> Iterator[str]:
    """Yield why code cannot run on any Python that the template offers, a sentence each."""
    version = requirements.python_version
    if version and _as_numbers(version) < _as_numbers(OLDEST_PYTHON):
        causes = (
            f"{where}: {removal}"
            for removal, where in requirements.removals
            if _as_numbers(_LAST_PYTHON.get((removal.library, removal.version), NEWEST_PYTHON)) <= _as_numbers(version)
        )
        because = next(causes, "its environment or lock file says so")
        yield f"It needs Python {version} or older ({because}); the template offers {OLDEST_PYTHON} to {NEWEST_PYTHON}."
