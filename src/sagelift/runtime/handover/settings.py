"""The settings of a process that code depends on without naming them: random numbers, options, loggers and so on.

Only what the script changed crosses; the rest is as every process finds it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import sys
import warnings
from typing import Any, Callable, Dict, Iterator, NamedTuple

from .errors import CannotCross
from .pickling import fingerprint

Values = Dict[str, Any]
Fingerprints = Dict[str, Dict[str, str]]

GONE = "<deleted>"
"""The value of a key that the script deleted."""


class _Settings(NamedTuple):
    """The settings of one library.

    Attributes:
        module: Which must be loaded for them to have a value.
        read: Returns them all.
        write: Sets those given.
    """

    module: str
    read: Callable[[Any], Values]
    write: Callable[[Any, Values], None]


def snapshot() -> Fingerprints:
    """Return what tells later which settings have changed."""
    return {name: _fingerprints(values) for name, values in _read()}


def add_loaded(to: Fingerprints) -> None:
    """Note the settings of the libraries that were loaded since a snapshot: they are as every process finds them."""
    for name, values in _read():
        if name not in to:
            to[name] = _fingerprints(values)


def changed(since: Fingerprints) -> dict[str, Values]:
    """Return the settings that have changed, by library."""
    found: dict[str, Values] = {}
    for name, values in _read():
        before = since.get(name, {})
        now = _fingerprints(values)
        found[name] = {key: values[key] for key in values if now[key] != before.get(key)}
        found[name].update((key, GONE) for key in before if key not in values)
    return {name: values for name, values in found.items() if values}


def restore(found: dict[str, Values]) -> None:
    """Set what another process had changed."""
    for name, settings in SETTINGS.items():
        if name in found:
            settings.write(importlib.import_module(settings.module), found[name])


def _read() -> Iterator[tuple[str, Values]]:
    for name, settings in SETTINGS.items():
        if settings.module in sys.modules:
            yield name, settings.read(sys.modules[settings.module])


def _fingerprints(values: Values) -> dict[str, str]:
    return {key: fingerprint(value) for key, value in values.items()}


def _write_environment(os: Any, values: Values) -> None:
    for name, value in values.items():
        if value == GONE:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _write_warnings(warnings: Any, values: Values) -> None:
    warnings.filters[:] = values["filters"]
    warnings._filters_mutated()  # noqa: SLF001


def _read_numpy(numpy: Any) -> Values:
    printing = {key: value for key, value in numpy.get_printoptions().items() if key != "override_repr"}
    return {"random": numpy.random.get_state(), "printing": printing, "errors": numpy.geterr()}


def _write_numpy(numpy: Any, values: Values) -> None:
    if "random" in values:
        numpy.random.set_state(values["random"])
    numpy.set_printoptions(**values.get("printing", {}))
    numpy.seterr(**values.get("errors", {}))


def _read_pandas(pandas: Any) -> Values:
    found = {}
    stack = [("", pandas.options)]
    while stack:
        prefix, options = stack.pop()
        for key in dir(options):
            # Reading an option that is going away warns or, with old pandas, prints.
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                value = getattr(options, key)
            if type(value) is type(options):
                stack.append((prefix + key + ".", value))
            else:
                found[prefix + key] = value
    return found


def _write_pandas(pandas: Any, values: Values) -> None:
    for key, value in values.items():
        pandas.set_option(key, value)


def _read_matplotlib(matplotlib: Any) -> Values:
    # Past `RcParams`, which warns of keys that are going away.
    items = dict.items(matplotlib.rcParams)
    return {key: value for key, value in items if not key.startswith(("backend", "interactive"))}


def _write_matplotlib(matplotlib: Any, values: Values) -> None:
    dict.update(matplotlib.rcParams, values)


def _loggers() -> Iterator[tuple[str, logging.Logger]]:
    yield "", logging.getLogger()
    for name, logger in sorted(logging.Logger.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger):
            yield name, logger


def _read_logging(_: Any) -> Values:
    found: Values = {"disable": logging.root.manager.disable}
    for name, logger in _loggers():
        handlers = [_described(handler, name) for handler in logger.handlers]
        # A logger that nobody has set up is as any new one.
        if handlers or logger.level or logger.filters or logger.disabled or not logger.propagate:
            found["logger " + name] = (logger.level, logger.propagate, logger.disabled, logger.filters, handlers)
    return found


class _Bound:
    """A handler that cannot cross."""

    def __init__(self, handler: logging.Handler, logger: str) -> None:
        self.text = "{} of {}".format(type(handler).__name__, "logger " + repr(logger) if logger else "the root logger")

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> Any:
        message = f"the {self.text} cannot be opened anew"
        raise CannotCross(message)


def _described(handler: logging.Handler, logger: str) -> Any:
    """Return what a handler can be made from again."""
    common = (handler.level, handler.formatter, handler.filters)
    if type(handler) is logging.FileHandler:
        handler.flush()
        return ("file", os.path.relpath(handler.baseFilename), handler.encoding, *common)
    stream = getattr(handler, "stream", None)
    if type(handler) is logging.StreamHandler and stream in (sys.stdout, sys.stderr):
        return ("stdout" if stream is sys.stdout else "stderr", None, None, *common)
    if type(handler) is logging.NullHandler:
        return ("null", None, None, *common)
    return _Bound(handler, logger)


def _write_logging(_: Any, values: Values) -> None:
    if "disable" in values:
        logging.disable(values["disable"])
    for key, value in values.items():
        if not key.startswith("logger ") or value == GONE:
            continue
        logger = logging.getLogger(key[len("logger ") :] or None)
        logger.level, logger.propagate, logger.disabled, filters, handlers = value
        logger.filters[:] = filters
        logger.handlers[:] = [_made(*handler) for handler in handlers]


def _made(kind: str, filename: str | None, encoding: str | None, *common: Any) -> logging.Handler:
    """Return a handler; that of a file goes on at its end."""
    level, formatter, filters = common
    handler: logging.Handler
    if filename is not None:
        handler = logging.FileHandler(filename, mode="a", encoding=encoding)
    elif kind == "null":
        handler = logging.NullHandler()
    else:
        handler = logging.StreamHandler(getattr(sys, kind))
    handler.setLevel(level)
    handler.setFormatter(formatter)
    handler.filters[:] = filters
    return handler


SETTINGS = {
    "environment": _Settings("os", lambda os: dict(os.environ), _write_environment),
    "interpreter": _Settings(
        "sys",
        lambda sys: {"recursion limit": sys.getrecursionlimit()},
        lambda sys, values: sys.setrecursionlimit(values["recursion limit"]),
    ),
    "locale": _Settings(
        "locale",
        lambda locale: {"all": locale.setlocale(locale.LC_ALL)},
        lambda locale, values: locale.setlocale(locale.LC_ALL, values["all"]),
    ),
    "decimal": _Settings(
        "decimal",
        lambda decimal: {"context": decimal.getcontext()},
        lambda decimal, values: decimal.setcontext(values["context"]),
    ),
    "warnings": _Settings("warnings", lambda warnings: {"filters": [*warnings.filters]}, _write_warnings),
    "logging": _Settings("logging", _read_logging, _write_logging),
    "pandas": _Settings("pandas", _read_pandas, _write_pandas),
    "matplotlib": _Settings("matplotlib", _read_matplotlib, _write_matplotlib),
    "sklearn": _Settings(
        "sklearn", lambda sklearn: sklearn.get_config(), lambda sklearn, values: sklearn.set_config(**values)
    ),
    "numpy": _Settings("numpy", _read_numpy, _write_numpy),
    "torch": _Settings(
        "torch",
        lambda torch: {"random": torch.get_rng_state()},
        lambda torch, values: torch.set_rng_state(values["random"]),
    ),
    "random": _Settings(
        "random",
        lambda random: {"state": random.getstate()},
        lambda random, values: random.setstate(values["state"]),
    ),
}
"""What crosses, by the library that it belongs to; random numbers last, as the others may use some."""
