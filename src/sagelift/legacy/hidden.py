"""Distributions that code needs and no import reveals: engines of pandas, drivers of databases, what is in pickles."""

import ast
import pickletools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from sagelift.legacy.references import References


class Hidden(NamedTuple):
    """A distribution that is needed, though it is not imported.

    Attributes:
        distribution: Its name.
        reason: What needs it.
        line: The line of the code.
        specifier: A version specifier, where the version is known.
    """

    distribution: str
    reason: str
    line: int
    specifier: str = ""


# By the name of the function or method of pandas. An `engine` or the file's extension may say otherwise.
_ENGINES: Mapping[str, str] = {
    "read_parquet": "pyarrow",
    "to_parquet": "pyarrow",
    "read_feather": "pyarrow",
    "to_feather": "pyarrow",
    "read_orc": "pyarrow",
    "read_excel": "openpyxl",
    "ExcelFile": "openpyxl",
    "to_excel": "openpyxl",
    "ExcelWriter": "openpyxl",
    "read_hdf": "tables",
    "to_hdf": "tables",
    "HDFStore": "tables",
    "read_html": "lxml",
    "read_xml": "lxml",
    "to_xml": "lxml",
    "to_markdown": "tabulate",
    "read_spss": "pyreadstat",
    "read_gbq": "pandas-gbq",
    "to_gbq": "pandas-gbq",
    "read_sql_table": "sqlalchemy",
}
_BY_ENGINE = {"calamine": "python-calamine", "odf": "odfpy"}
_BY_EXTENSION = {".xls": "xlrd", ".xlsb": "pyxlsb", ".ods": "odfpy"}
_BY_SCHEME = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "hdfs": "pyarrow"}
_DRIVERS = {
    "mysql": "mysqlclient",
    "mssql": "pyodbc",
    "oracle": "oracledb",
    "postgres": "psycopg2-binary",
    "postgresql": "psycopg2-binary",
    "psycopg2": "psycopg2-binary",
    "snowflake": "snowflake-sqlalchemy",
}
_PLOTS = {"plot", "hist", "boxplot"}
_UNPICKLE = {
    "pickle.load",
    "cPickle.load",
    "joblib.load",
    "sklearn.externals.joblib.load",
    "pandas.read_pickle",
    "dill.load",
}
_MODELS = {
    "sklearn",
    "xgboost",
    "lightgbm",
    "catboost",
    "statsmodels",
    "keras",
    "tensorflow",
    "torch",
    "surprise",
    "prophet",
}
_PICKLED = re.compile(r"\.(?:pkl|pickle|sav|joblib|model|mdl|dat|bin)$", re.IGNORECASE)
_LARGEST = 64 * 2**20


def find(tree: ast.AST, folder: Path, tops: Iterable[str]) -> list[Hidden]:
    """Return what code needs beside its imports.

    Args:
        tree: The code.
        folder: Where it is run, for the pickles that it loads: their text is read, and none is loaded.
        tops: The first parts of the names of the modules that are imported.
    """
    references = References(tree)
    imported = set(tops)
    found = [
        hidden for node in ast.walk(tree) if isinstance(node, ast.Call) for hidden in _call(node, references, imported)
    ]
    found += _pickles(tree, references, folder, imported)
    if {"XGBClassifier", "XGBRegressor", "LGBMClassifier", "LGBMRegressor", "XGBRanker", "LGBMRanker"} & _names(tree):
        found.append(Hidden("scikit-learn", "the estimators of XGBoost and LightGBM are built on it", 1))
    return found


def _names(tree: ast.AST) -> set[str]:
    return {
        n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(tree) if isinstance(n, ast.Name | ast.Attribute)
    }


def _call(call: ast.Call, references: References, imported: set[str]) -> Iterator[Hidden]:
    name = references.name(call.func)
    last = name.rpartition(".")[2]
    given = {keyword.arg: references.text(keyword.value) for keyword in call.keywords}
    first = references.text(call.args[0]) if call.args else next(iter(given.values()), None)
    line = call.lineno
    if "pandas" in imported and last in _ENGINES:
        engine = given.get("engine")
        extension = Path(first or "").suffix.lower()
        distribution = _BY_EXTENSION.get(extension, _ENGINES[last]) if _ENGINES[last] == "openpyxl" else _ENGINES[last]
        if engine and engine not in {"auto", "python", "c"}:
            distribution = _BY_ENGINE.get(engine, engine)
        yield Hidden(distribution, f"{last} needs it", line)
    draws = last in _PLOTS and isinstance(call.func, ast.Attribute) and not references.is_imported(call.func)
    if draws and "pandas" in imported and "matplotlib" not in imported:
        yield Hidden("matplotlib", f".{last} of pandas draws with it", line)
    scheme = re.match(r"([a-z][a-z0-9]*)(?:\+(\w+))?://", first or "")
    if scheme and last == "create_engine" and scheme[1] != "sqlite":
        driver = scheme[2] or scheme[1]
        yield Hidden(_DRIVERS.get(driver, driver), f"the driver of {scheme[1]}", line)
    elif scheme and scheme[1] in _BY_SCHEME and "pandas" in imported and last.startswith(("read_", "to_")):
        yield Hidden(_BY_SCHEME[scheme[1]], f"pandas reads {scheme[1]}:// with it", line)
    if last in {"read_sql", "read_sql_query", "to_sql"} and "pandas" in imported:
        connection = references.text(call.args[1]) if len(call.args) > 1 else given.get("con")
        if connection and "://" in connection:
            yield Hidden("sqlalchemy", f"{last} connects with it", line)


def _pickles(tree: ast.AST, references: References, folder: Path, imported: set[str]) -> Iterator[Hidden]:
    loads = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and references.name(n.func) in _UNPICKLE]
    if not loads:
        return
    inspected: set[str] = set()
    texts = {
        (references.text(node), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant | ast.BinOp | ast.Call | ast.JoinedStr)
    }
    for text, line in sorted(((t, line) for t, line in texts if t and _PICKLED.search(t)), key=lambda found: found[1]):
        path = folder / text.replace("\\", "/")
        if text in inspected or not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        inspected.add(text)
        yield from _contents(path, text, line)
    if not inspected and not imported & _MODELS:
        yield Hidden("scikit-learn", "a pickled model is one of it, as a rule", loads[0].lineno)


def _contents(path: Path, text: str, line: int) -> Iterator[Hidden]:
    """Yield what a pickle is made of, as far as it can be read without loading it."""
    strings: list[str] = []
    modules: set[str] = set()
    specifier = ""
    try:
        with path.open("rb") as file:
            for operation, argument, _ in pickletools.genops(file):
                if operation.name == "GLOBAL":
                    modules.add(str(argument).partition(" ")[0].partition(".")[0])
                elif operation.name == "STACK_GLOBAL" and len(strings) > 1:
                    modules.add(strings[-2].partition(".")[0])
                elif isinstance(argument, str):
                    if strings and strings[-1] == "_sklearn_version":
                        specifier = f"=={argument}"
                    strings.append(argument)
    except (ValueError, OSError, EOFError, IndexError, UnicodeDecodeError):
        # joblib puts arrays between; what was read before counts.
        pass
    for module, distribution in (("sklearn", "scikit-learn"), ("xgboost", "xgboost"), ("lightgbm", "lightgbm")):
        if module in modules:
            made = specifier if module == "sklearn" else ""
            yield Hidden(
                distribution, f"{text} holds a model of it" + (f", version {made[2:]}" if made else ""), line, made
            )
    for module in sorted(
        modules & {"numpy", "pandas", "scipy", "statsmodels", "torch", "keras", "tensorflow", "catboost"}
    ):
        yield Hidden(module, f"{text} holds objects of it", line)
