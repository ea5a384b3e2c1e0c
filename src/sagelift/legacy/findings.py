"""What a person has to know of legacy code before it moves: files, addresses, prompts, figures and secrets."""

import ast
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from sagelift.legacy import credentials, paths, removals
from sagelift.legacy.references import References
from sagelift.legacy.source import Place, Source


class Kind(StrEnum):
    """What is found."""

    READ = "file read"
    WRITTEN = "file written"
    ABSOLUTE = "absolute path"
    WINDOWS = "Windows path"
    DATABASE = "database"
    NETWORK = "network"
    PROMPT = "prompt"
    ARGUMENT = "command line"
    FIGURE = "figure"
    MAGIC = "magic"
    ENVIRONMENT = "environment variable"
    SECRET = "secret"  # noqa: S105  the word
    REMOVED = "removed"


class Finding(NamedTuple):
    """Something that is found in the code.

    Attributes:
        kind: What it is.
        text: The file, address, variable or call; of a secret only what kind it is.
        place: Where it is found.
        helper: The helper module that it stands in; empty for the script itself.
    """

    kind: Kind
    text: str
    place: Place
    helper: str = ""

    @property
    def where(self) -> str:
        """Where it stands, for people."""
        return f"{self.helper}, {self.place}" if self.helper else str(self.place)


_DATABASES = {
    "cx_Oracle", "duckdb", "happybase", "ibm_db", "mysql", "MySQLdb", "oracledb", "psycopg", "psycopg2", "pymongo",
    "pymssql", "pymysql", "pyodbc", "redis", "snowflake", "sqlalchemy", "sqlite3", "teradatasql", "vertica_python",
}  # fmt: skip
_CONNECTS = {"connect", "create_engine", "MongoClient", "Redis", "StrictRedis"}
_ADDRESS = re.compile(r"(?:https?|ftps?|s3a?|gs|gcs|hdfs|abfss?|wasbs?)://\S+", re.IGNORECASE)
_REQUESTS = {
    "requests",
    "urllib",
    "urllib3",
    "httpx",
    "socket",
    "ftplib",
    "smtplib",
    "boto3",
    "paramiko",
    "tweepy",
    "yfinance",
}
_DOWNLOADS = re.compile(
    r"sklearn\.datasets\.fetch_\w+|seaborn\.load_dataset|nltk\.download|(?:tensorflow\.)?keras\.datasets\.\w+\.load_data"
    r"|statsmodels\.api\.datasets\.get_rdataset|\S+\.from_pretrained|gensim\.downloader\.load|datasets\.load_dataset"
)
_PROMPTS = {"input", "raw_input", "getpass.getpass", "click.prompt", "click.confirm"}
_WINDOW_BACKENDS = {"gtk3agg", "gtk4agg", "macosx", "qt4agg", "qt5agg", "qtagg", "tkagg", "wxagg"}
_BACKSLASHES = re.compile(r"\.{0,2}(?:\\?[\w. -]+\\)+[\w. -]+\.\w{1,7}")
_LONGEST = 90


def find(source: Source, helper: str = "") -> list[Finding]:
    """Return what is found in a file, in the order of its lines, each thing once.

    Args:
        source: The file.
        helper: What to name it by, if it is a helper module of a script.
    """
    secrets = credentials.find(source.code)
    references = References(source.tree)
    found = [
        *_of_paths(source),
        *(entry for node in ast.walk(source.tree) for entry in _of_node(node, references)),
        *((Kind.SECRET, f"{s.kind}: •••", s.line) for s in secrets),
        *((Kind.REMOVED, str(removal), removal.line) for removal in removals.search(source.tree)),
    ]
    unique: dict[tuple[Kind, str], int] = {}
    for kind, text, line in sorted(found, key=lambda entry: entry[2]):
        unique.setdefault((kind, _short(credentials.redact(text, secrets))), line)
    findings = [Finding(kind, text, source.place(line), helper) for (kind, text), line in unique.items()]
    findings += [Finding(Kind.MAGIC, _short(magic.text), magic.place, helper) for magic in source.magics]
    return sorted(findings, key=lambda finding: finding.place)


_Entry = tuple[Kind, str, int]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _of_paths(source: Source) -> Iterator[_Entry]:
    for named in paths.Paths(source.tree, source.path.name).named():
        if _ADDRESS.match(named.text):
            yield Kind.NETWORK, named.text, named.line
            continue
        if named.is_beginning and named.is_literal and paths.is_foreign(named.text):
            windows = paths.WINDOWS.match(named.text)
            yield (Kind.WINDOWS if windows else Kind.ABSOLUTE), named.text, named.line
        elif named.is_literal and _BACKSLASHES.fullmatch(named.text):
            yield Kind.WINDOWS, f"{named.text} (backslashes are no separators elsewhere)", named.line
        if named.is_beginning and _is_path(named.text):
            if "read" in named.uses:
                yield Kind.READ, named.text, named.line
            if "write" in named.uses:
                yield Kind.WRITTEN, named.text, named.line


def _is_path(text: str) -> bool:
    return bool(re.search(r"[\w)\]*}]\.\w{1,8}$|[/\\]", text)) and len(text) < paths.LONGEST


def _of_node(node: ast.AST, references: References) -> Iterator[_Entry]:
    if isinstance(node, ast.Call):
        yield from _of_call(node, references)
    elif isinstance(node, ast.Subscript) and references.name(node.value) == "os.environ":
        yield Kind.ENVIRONMENT, references.text(node.slice) or ast.unparse(node.slice), node.lineno
    elif isinstance(node, ast.Attribute) and references.name(node) == "sys.argv":
        yield Kind.ARGUMENT, "sys.argv", node.lineno


def _of_call(call: ast.Call, references: References) -> Iterator[_Entry]:
    name = references.name(call.func)
    top, _, last = name.partition(".")[0], "", name.rpartition(".")[2]
    first = references.text(call.args[0]) if call.args else None
    if last in _CONNECTS and top in _DATABASES:
        shown = first or (ast.unparse(call.args[0]) if call.args else "")
        yield Kind.DATABASE, f"{name}({shown})", call.lineno
    elif _DOWNLOADS.fullmatch(name):
        yield Kind.NETWORK, f"{name}({first or ''}) downloads", call.lineno
    elif (
        top in _REQUESTS
        and last != ""
        and not any(_addresses(call))
        and "." in name
        and not name.startswith("urllib.parse")
    ):
        yield Kind.NETWORK, name, call.lineno
    elif name in _PROMPTS:
        yield Kind.PROMPT, f"{name}({first or ''})", call.lineno
    elif name in {"argparse.ArgumentParser", "optparse.OptionParser", "docopt.docopt", "click.command", "fire.Fire"}:
        yield Kind.ARGUMENT, name, call.lineno
    elif name in {"os.getenv", "os.environ.get", "os.environ.setdefault"} and call.args:
        yield Kind.ENVIRONMENT, first or ast.unparse(call.args[0]), call.lineno
    elif name in {"matplotlib.use", "matplotlib.pyplot.switch_backend"} and (first or "").lower() in _WINDOW_BACKENDS:
        yield Kind.FIGURE, f'{name}("{first}") opens windows; there are none in a job', call.lineno
    elif last == "show" and (top in {"matplotlib", "pylab", "plotly", "seaborn"} or not top):
        yield Kind.FIGURE, f"{ast.unparse(call.func)}()", call.lineno


def _addresses(call: ast.Call) -> Iterable[str]:
    return (
        n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str) and "://" in n.value
    )
