"""What job scripts import, and whether the image that runs them holds it. No script is executed."""

import ast
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ops import requirements
from ops.errors import OpsError
from ops.images import scikit_image
from ops.local.environments import Environment, find_custom_environment
from ops.repository import Repository

# What the standard library gained and lost after Python 3.7, the oldest of any image, and when.
# Source: "What's New in Python" 3.8 to 3.14, and PEP 594.
_ADDED = {"graphlib": 9, "zoneinfo": 9, "tomllib": 11, "annotationlib": 14, "compression": 14}
_REMOVED = {
    module: minor
    for minor, modules in {
        8: "macpath",
        9: "_dummy_thread dummy_threading",
        10: "formatter macurl2path parser symbol",
        11: "binhex",
        12: "asynchat asyncore distutils imp smtpd",
        13: "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr "
        "spwd sunau telnetlib uu xdrlib",
    }.items()
    for module in modules.split()
}

# The distributions that give a module of another name, the usual one first.
_DISTRIBUTIONS = {
    "Bio": ("biopython",),
    "Crypto": ("pycryptodome",),
    "MySQLdb": ("mysqlclient",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "absl": ("absl-py",),
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "cv2": ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
    "dateutil": ("python-dateutil",),
    "distutils": ("setuptools",),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv",),
    "faiss": ("faiss-cpu",),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "google.auth": ("google-auth",),
    "google.oauth2": ("google-auth",),
    "google.protobuf": ("protobuf",),
    "imblearn": ("imbalanced-learn",),
    "jwt": ("pyjwt",),
    "magic": ("python-magic",),
    "mpl_toolkits": ("matplotlib",),
    "osgeo": ("gdal",),
    "pkg_resources": ("setuptools",),
    "pptx": ("python-pptx",),
    "psycopg2": ("psycopg2-binary", "psycopg2"),
    "pylab": ("matplotlib",),
    "pywt": ("pywavelets",),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "skopt": ("scikit-optimize",),
    "sksurv": ("scikit-survival",),
    "slugify": ("python-slugify",),
    "snowflake": ("snowflake-connector-python", "snowflake-snowpark-python"),
    "talib": ("ta-lib",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "umap": ("umap-learn",),
    "xgboost": ("xgboost", "xgboost-cpu"),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}
# Their modules come from many distributions: google.cloud.storage from google-cloud-storage.
_NAMESPACES = frozenset({"azure", "google", "ruamel", "zope"})

# What a distribution is called in requirements.txt; a path, a URL or a file is not.
_NAME = re.compile(r"([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?![\w./:\\-])", re.IGNORECASE)

_IMPORT_ERROR = re.compile("ImportError|ModuleNotFoundError")

# Asks the interpreter that runs it. It goes down a namespace until some distribution's own module decides.
_PROBE = """
import importlib.util, json, sys

def held(module):
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        try:
            spec = importlib.util.find_spec(".".join(parts[:end]))
        except (ImportError, ValueError):
            return False
        if spec is None:
            return False
        if spec.has_location or spec.submodule_search_locations is None:
            return True
    return True

print(json.dumps([module for module in json.load(sys.stdin) if held(module)]))
"""


@dataclass(frozen=True)
class Import:
    """One import of a module that is neither in the standard library nor beside the script."""

    path: Path
    line: int
    module: str
    """Dotted name as written, such as `sklearn.linear_model.Ridge`: its tail may be an attribute."""

    @property
    def package(self) -> str:
        """The part of the name that a distribution gives: `sklearn`, or `google.cloud.storage`."""
        parts = self.module.split(".")
        if parts[0] not in _NAMESPACES:
            return parts[0]
        # What starts with a capital is a class.
        return ".".join(part for part in parts[:3] if not part[0].isupper())


@dataclass(frozen=True)
class ImportFault:
    """An import that fails in the step's image."""

    path: Path
    line: int
    module: str
    message: str
    """One sentence that names the import (`src/predict.py:3`) and the fix."""


def third_party_imports(script: Path, python_version: str) -> list[Import]:
    """Return what a script and the modules beside it import from elsewhere, file by file.

    Imports that need not succeed are left out: those under `TYPE_CHECKING`, under a condition on the version or the
    platform, and those in a `try` that goes on after an `ImportError`. Syntax that is newer than the Python that ops
    runs on cannot be read: a file that has it counts as one without imports.

    Raises:
        OpsError: the script cannot be read, or one of the files is not Python `python_version`.
    """
    folder = script.parent
    minor = _minor(python_version)
    standard = _standard_library(minor)
    found = []
    queue = [script]
    for path in queue:
        package = path.relative_to(folder).with_suffix("").parts[:-1]
        for line, level, name in _imports(_parse(path, folder.parent, minor)):
            # One dot is the package itself.
            base = package[: len(package) - level + 1] if level else ()
            module = ".".join(filter(None, (*base, name)))
            local = _local_files(folder, module)
            queue += [file for file in local if file not in queue]
            if not local and not level and module.split(".")[0] not in standard:
                found.append(Import(path, line, module))
    return found


def scikit_faults(repository: Repository, step: str) -> list[ImportFault]:
    """Return the imports of `src/<step>.py` that SageMaker's prebuilt scikit-learn image does not hold.

    Raises:
        OpsError: the script cannot be read, or does not parse.
    """
    image = scikit_image(repository.settings.scikit_version)
    imports = third_party_imports(repository.src / f"{step}.py", image.python)
    missing = [item for item in imports if not any(name in image.modules for name in _prefixes(item.module))]

    def reason(package: str) -> str:
        if change := _standard_library_change(package):
            return f"{change}: replace it, or answer another scikit_version"
        return (
            f"{image.name} does not hold: add {_distributions(package)[0]} to requirements.txt and run the step in the "
            f"model's own image, by the answer `custom` to {step}_image (`copier update --data {step}_image=custom`) "
            f'or by "{step}_image": "custom" in parameters/<environment>.json'
        )

    return _faults(repository, missing, reason)


def custom_faults(repository: Repository, step: str, environment: Environment | None = None) -> list[ImportFault]:
    """Return the imports of `src/<step>.py` that requirements.txt does not give.

    The environment made from requirements.txt knows exactly: `environment`, or the one that an earlier run made. Where
    there is none, a module counts as given when requirements.txt names its distribution.

    Raises:
        OpsError: the script or requirements.txt cannot be read, the script does not parse, or the environment does
            not work.
    """
    imports = third_party_imports(repository.src / f"{step}.py", repository.settings.python_version)
    if not imports:
        return []
    environment = environment or find_custom_environment(repository)
    missing = _missing_from(environment, imports) if environment else _unlisted(repository, imports)

    def reason(package: str) -> str:
        if change := _standard_library_change(package):
            return f"{change}: replace it, or answer another python_version"
        add = f"add {_distributions(package)[0]} to it"
        if environment:
            return f"requirements.txt does not give: {add}"
        return (
            f"requirements.txt does not list: {add}, or, if something else in it gives {package}, run "
            "`uv run ops setup`, after which this check knows"
        )

    return _faults(repository, missing, reason)


def _faults(repository: Repository, missing: Iterable[Import], reason: Callable[[str], str]) -> list[ImportFault]:
    """Return a fault for the first import of each package."""
    faults: dict[str, ImportFault] = {}
    for item in missing:
        where = f"{item.path.relative_to(repository.root).as_posix()}:{item.line}"
        message = f"{where} imports {item.package}, which {reason(item.package)}."
        faults.setdefault(item.package, ImportFault(item.path, item.line, item.package, message))
    return list(faults.values())


def _missing_from(environment: Environment, imports: Iterable[Import]) -> list[Import]:
    modules = json.dumps([item.module for item in imports])
    # -I: what lies in the working directory is not in the environment.
    command = [str(environment.python), "-I", "-c", _PROBE]
    result = subprocess.run(command, input=modules, capture_output=True, text=True, check=False)  # noqa: S603  our code
    if result.returncode:
        message = f"{environment.python} does not work: delete {environment.python.parents[1]}, it is made again."
        raise OpsError(message)
    held = json.loads(result.stdout)
    return [item for item in imports if item.module not in held]


def _unlisted(repository: Repository, imports: Iterable[Import]) -> list[Import]:
    listed = set()
    for line in requirements.read(repository):
        if named := _NAME.match(line):
            listed.add(re.sub(r"[-_.]+", "-", named[1]).lower())
        elif line.startswith(("-e", "--editable")) or not line.startswith("-"):
            # An address gives distributions that only an installation can name.
            return []
    return [item for item in imports if listed.isdisjoint(_distributions(item.package))]


def _distributions(package: str) -> tuple[str, ...]:
    known = (_DISTRIBUTIONS[name] for name in _prefixes(package) if name in _DISTRIBUTIONS)
    return next(known, (re.sub(r"[-_.]+", "-", package).lower(),))


def _prefixes(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _standard_library(minor: int) -> frozenset[str]:
    """Return the top-level modules of Python 3.`minor`."""
    later = {module for module, since in _ADDED.items() if since > minor}
    gone = {module for module, since in _REMOVED.items() if since <= minor}
    return frozenset({*sys.stdlib_module_names, *_ADDED, *_REMOVED, "__main__"} - later - gone)


def _standard_library_change(package: str) -> str | None:
    if package in _ADDED:
        return f"the standard library has only from Python 3.{_ADDED[package]} on"
    if package in _REMOVED and package not in _DISTRIBUTIONS:
        return f"the standard library has no more since Python 3.{_REMOVED[package]}"
    return None


def _minor(python_version: str) -> int:
    return int(python_version.split(".")[1])


def _parse(path: Path, root: Path, minor: int) -> ast.Module:
    try:
        source = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise OpsError(message) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source, str(path), feature_version=(3, minor))
    except (SyntaxError, ValueError, RecursionError) as error:
        if minor > sys.version_info.minor:
            return ast.Module([], [])
        line, fault = (error.lineno, error.msg) if isinstance(error, SyntaxError) else (None, str(error))
        message = f"{path.relative_to(root).as_posix()}:{line or 1} is not Python 3.{minor}: {fault}. Correct it there."
        raise OpsError(message) from None


def _imports(tree: ast.Module) -> Iterator[tuple[int, int, str]]:
    """Yield the line, the number of leading dots and the dotted name of each import that has to succeed."""
    # A stack rather than recursion: Python reads expressions that nest deeper than it recurses.
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, 0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                tail = [alias.name] if alias.name != "*" else []
                yield node.lineno, node.level, ".".join([*filter(None, [node.module]), *tail])
        else:
            stack += reversed(list(_required(node)))


def _required(node: ast.AST) -> Iterable[ast.AST]:
    """Return the parts of a statement without those whose imports may fail or never run."""
    if isinstance(node, ast.Try | ast.TryStar) and _is_attempt(node):
        return node.finalbody
    if isinstance(node, ast.With) and any(_IMPORT_ERROR.search(ast.unparse(item.context_expr)) for item in node.items):
        return ()  # contextlib.suppress
    if isinstance(node, ast.If):
        names = {
            part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in ast.walk(node.test)
        }
        if "TYPE_CHECKING" in names:
            return node.orelse
        if names & {"version_info", "platform", "PY2", "PY3"}:
            return ()
    return ast.iter_child_nodes(node)


def _is_attempt(node: ast.Try | ast.TryStar) -> bool:
    """Whether the script goes on where an import in the body of `try` fails."""
    only_imports = all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in node.body)
    for handler in node.handlers:
        caught = ast.unparse(handler.type) if handler.type else "Exception"
        # Who catches everything around a whole program does not mean its imports.
        if _IMPORT_ERROR.search(caught) or (only_imports and "Exception" in caught):
            return not isinstance(handler.body[-1], ast.Raise)
    return False


def _local_files(folder: Path, module: str) -> list[Path]:
    """Return the files beside the script that importing `module` runs; none where it comes from elsewhere."""
    files = []
    for part in module.split("."):
        folder, file = folder / part, folder / f"{part}.py"
        if (folder / "__init__.py").is_file():
            files.append(folder / "__init__.py")
        elif file.is_file():
            return [*files, file]
        elif not any(folder.glob("*.py")):
            break
    return files
