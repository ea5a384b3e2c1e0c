"""The variables that cross from one step to the next, and the state of the process that goes with them.

All of them are in one pickle, so that what was one object stays one object. Arrays that share memory share it afterwards, too.
Functions and classes of the script cross by name: each script that needs them holds them.
"""

import io
import logging
import os
import pickle
import random
import sys
import warnings

import cloudpickle

MAIN = "__main__"


class CannotCross(Exception):
    """A variable cannot leave the process that made it."""


def dump(variables, path):
    """Write variables and the state of the process; return what is in the file, for people and for tools.

    Raises:
        CannotCross: One of them is bound to this process.
    """
    content = {"variables": variables, "process": _process_state(), "modules": _module_state()}
    try:
        data, references = _pickled(content)
    except CannotCross as error:
        raise CannotCross(_which(variables, error)) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    _write_tables(variables, path.parent / "tables")
    return {
        "variables": {name: _described(value) for name, value in variables.items()},
        "definitions": sorted(references),
    }


def load(path):
    """Return the variables, after restoring the state of the process.

    Raises:
        AttributeError: A class or function of the script is missing here.
    """
    with open(str(path), "rb") as file:
        content = pickle.load(file)
    _restore_modules(content["modules"])
    _restore_process(content["process"])
    return content["variables"]


class _Pickler(cloudpickle.Pickler):
    def __init__(self, file, shared=None):
        super().__init__(file, protocol=4)
        self.references = set()
        self.arrays = []
        self.isolated = set()
        self._shared = shared or {}

    def reducer_override(self, obj):
        kind = type(obj)
        if isinstance(obj, io.IOBase) and not isinstance(obj, (io.StringIO, io.BytesIO)):
            raise CannotCross("an open file")
        if (isinstance(obj, type) or kind.__name__ == "function") and getattr(obj, "__module__", None) == MAIN:
            if getattr(sys.modules[MAIN], obj.__qualname__, None) is obj:
                self.references.add(obj.__qualname__)
                return NotImplemented
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(obj, numpy.ndarray):
            if isinstance(obj, numpy.memmap):
                raise CannotCross("an array that is mapped to a file")
            self.arrays.append(obj)
            base = self._shared.get(id(_owner(obj)))
            if base is not None and kind is numpy.ndarray and not obj.dtype.hasobject and id(obj) not in self.isolated:
                if obj is not base:
                    offset = obj.__array_interface__["data"][0] - base.__array_interface__["data"][0]
                    return _view, (base, obj.dtype, obj.shape, offset, obj.strides, obj.flags.writeable)
        pandas = sys.modules.get("pandas")
        if pandas is not None and isinstance(obj, (pandas.DataFrame, pandas.Series)) and _copies_on_write(pandas):
            self.isolated |= {id(array) for array in getattr(obj._mgr, "arrays", ())}
            self.arrays += list(getattr(obj._mgr, "arrays", ()))
        return super().reducer_override(obj)


def _pickled(content):
    try:
        first = _Pickler(io.BytesIO())
        first.dump(content)
        shared = _shared_memory([a for a in first.arrays if id(a) not in first.isolated])
        data = io.BytesIO()
        second = _Pickler(data, shared)
        second.isolated |= first.isolated
        second.dump(content)
    except CannotCross:
        raise
    except Exception as error:
        raise CannotCross(str(error)) from error
    return data.getvalue(), second.references


def _owner(array):
    """Return the array that owns the memory of an array."""
    numpy = sys.modules["numpy"]
    while isinstance(array.base, numpy.ndarray):
        array = array.base
    return array


def _shared_memory(arrays):
    """Return the owners, by id, of the memory that two or more different arrays share."""
    numpy = sys.modules.get("numpy")
    groups = {}
    for array in arrays:
        if isinstance(array, numpy.ndarray) and not array.dtype.hasobject and array.size:
            owner = _owner(array)
            if owner.flags.owndata and type(owner) is numpy.ndarray:
                groups.setdefault(id(owner), (owner, []))[1].append(array)
    shared = {}
    for owner, members in groups.values():
        distinct = {id(m): m for m in members}
        if len(distinct) > 1:
            shared[id(owner)] = owner
    return shared


def _view(base, dtype, shape, offset, strides, writeable):
    import numpy

    array = numpy.ndarray(
        shape, dtype, buffer=base.data if base.flags.c_contiguous else base, offset=offset, strides=strides
    )
    array.flags.writeable = writeable
    return array


def _copies_on_write(pandas):
    if int(pandas.__version__.split(".")[0]) >= 3:
        return True
    try:
        return bool(pandas.get_option("mode.copy_on_write"))
    except Exception:
        return False


def _which(variables, error):
    for name, value in variables.items():
        try:
            _Pickler(io.BytesIO()).dump(value)
        except Exception as reason:
            return "{} ({}) cannot cross to the next step: {}.".format(name, type(value).__name__, reason)
    return "the state of the process cannot cross to the next step: {}.".format(error)


def _described(value):
    shape = getattr(value, "shape", None)
    described = {"type": "{}.{}".format(type(value).__module__, type(value).__qualname__)}
    if isinstance(shape, tuple):
        described["shape"] = [int(n) if isinstance(n, int) else str(n) for n in shape]
    return described


def _write_tables(variables, folder):
    """Write tables so that people can read them; nothing depends on these files."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return
    for name, value in variables.items():
        if isinstance(value, pandas.Series):
            value = value.to_frame(str(value.name or name))
        if isinstance(value, pandas.DataFrame):
            folder.mkdir(parents=True, exist_ok=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    value.to_parquet(str(folder / (name + ".parquet")))
                except Exception:
                    value.to_csv(str(folder / (name + ".csv")))


# The state of the process


def _process_state():
    found = {"random": random.getstate(), "environment": dict(os.environ), "logging": _logging_state()}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        found["numpy"] = {
            "random": numpy.random.get_state(),
            "print": numpy.get_printoptions(),
            "errors": numpy.geterr(),
        }
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        found["pandas"] = dict(_options(pandas))
    if "sklearn" in sys.modules:
        found["sklearn"] = sys.modules["sklearn"].get_config()
    if "matplotlib" in sys.modules:
        matplotlib = sys.modules["matplotlib"]
        found["matplotlib"] = {
            k: v for k, v in dict.items(matplotlib.rcParams) if not k.startswith(("backend", "interactive"))
        }
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None and pyplot.get_fignums():
            current = pyplot.gcf().number
            found["figures"] = [pyplot.figure(n) for n in pyplot.get_fignums()]
            found["figure"] = found["figures"][pyplot.get_fignums().index(current)]
            found["colors"] = [[_color_positions(axes) for axes in f.axes] for f in found["figures"]]
            pyplot.figure(current)
    if "torch" in sys.modules:
        found["torch"] = sys.modules["torch"].get_rng_state()
    return found


def _color_positions(axes):
    """Return which color of its cycle each kind of plot uses next, which matplotlib's pickles leave out."""
    found = {}
    for cycle in ("_get_lines", "_get_patches_for_fill"):
        held = vars(getattr(axes, cycle, None) or object)
        found[cycle] = {k: held[k] for k in ("_idx", "_cycler_items", "prop_cycler", "_prop_keys") if k in held}
    return found


def _options(pandas):
    """Yield the options of pandas that can be set, with their values."""
    stack = [("", pandas.options)]
    while stack:
        prefix, wrapper = stack.pop()
        for key in dir(wrapper):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = getattr(wrapper, key)
            if type(value).__name__ == "DictWrapper":
                stack.append((prefix + key + ".", value))
            else:
                yield prefix + key, value


def _restore_process(found):
    random.setstate(found["random"])
    os.environ.update(
        {
            k: v
            for k, v in found["environment"].items()
            if k not in ("PATH", "PWD", "MPLBACKEND", "PYTHONPATH", "HOME", "TMPDIR")
        }
    )
    _restore_logging(found["logging"])
    if "numpy" in found:
        import numpy

        numpy.random.set_state(found["numpy"]["random"])
        numpy.set_printoptions(**{k: v for k, v in found["numpy"]["print"].items() if k != "override_repr"})
        numpy.seterr(**found["numpy"]["errors"])
    if "pandas" in found:
        import pandas

        now = dict(_options(pandas))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for key, value in found["pandas"].items():
                if key in now and now[key] is not value and now[key] != value:
                    pandas.set_option(key, value)
    if "sklearn" in found:
        import sklearn

        sklearn.set_config(**{k: v for k, v in found["sklearn"].items() if v != sklearn.get_config().get(k)})
    if "matplotlib" in found:
        import matplotlib

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dict.update(matplotlib.rcParams, found["matplotlib"])
    if "figures" in found:
        from matplotlib import pyplot

        for figure, positions in zip(found["figures"], found["colors"]):
            for axes, position in zip(figure.axes, positions):
                for cycle, values in position.items():
                    vars(getattr(axes, cycle)).update(values)
        pyplot.figure(found["figure"].number)
    if "torch" in found:
        import torch

        torch.set_rng_state(found["torch"])


def _logging_state():
    """Describe the handlers of all loggers; those of files go on at the end of their file.

    Raises:
        CannotCross: A handler is of another kind.
    """
    found = []
    loggers = [logging.getLogger()] + [
        l for l in logging.Logger.manager.loggerDict.values() if isinstance(l, logging.Logger)
    ]
    for logger in loggers:
        handlers = []
        for handler in logger.handlers:
            formatter = handler.formatter
            form = (formatter._fmt, formatter.datefmt) if formatter else None
            if type(handler) is logging.FileHandler:
                handler.flush()
                handlers.append(("file", os.path.relpath(handler.baseFilename), handler.level, form))
            elif type(handler) is logging.StreamHandler:
                name = "stdout" if handler.stream is sys.stdout else "stderr"
                handlers.append((name, None, handler.level, form))
            elif type(handler) is not logging.NullHandler and not type(handler).__module__.startswith(
                ("logging", "absl", "py4j")
            ):
                raise CannotCross("the handler {} of logger {}".format(type(handler).__name__, logger.name))
        if (
            handlers
            or (logger.level and logger is not logging.getLogger())
            or (logger is logging.getLogger() and logger.level != logging.WARNING)
        ):
            found.append(
                (
                    logger.name if logger is not logging.getLogger() else "",
                    logger.level,
                    logger.propagate,
                    logger.disabled,
                    handlers,
                )
            )
    return found


def _restore_logging(found):
    for name, level, propagate, disabled, handlers in found:
        logger = logging.getLogger(name or None)
        logger.setLevel(level)
        logger.propagate = propagate
        logger.disabled = disabled
        if logger.handlers:
            continue
        for kind, filename, handler_level, form in handlers:
            handler = (
                logging.FileHandler(filename, mode="a") if kind == "file" else logging.StreamHandler(getattr(sys, kind))
            )
            handler.setLevel(handler_level)
            if form:
                handler.setFormatter(logging.Formatter(*form))
            logger.addHandler(handler)


def _module_state():
    """Return the data that the script's own modules and classes hold, where it can be pickled."""
    found = {}
    folder = os.path.dirname(os.path.abspath(getattr(sys.modules[MAIN], "__file__", "") or ""))
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        own = (
            os.path.dirname(os.path.abspath(path)) == folder
            and module is not sys.modules[MAIN]
            and not name.startswith("handover")
        )
        if own and path:
            found[name] = {k: v for k, v in vars(module).items() if _is_data(k, v)}
    classes = {}
    for name, value in list(vars(sys.modules[MAIN]).items()):
        if isinstance(value, type) and value.__module__ == MAIN:
            data = {k: v for k, v in vars(value).items() if _is_data(k, v)}
            if data:
                classes[name] = data
    found[MAIN] = classes
    return found


def _is_data(name, value):
    if (
        name.startswith("__")
        or isinstance(value, type)
        or callable(value)
        or type(value).__name__
        in ("module", "staticmethod", "classmethod", "property", "member_descriptor", "getset_descriptor")
    ):
        return False
    try:
        _Pickler(io.BytesIO()).dump(value)
    except Exception:
        return False
    return True


def _restore_modules(found):
    import importlib

    for name, data in found.items():
        if name == MAIN:
            for cls, attributes in data.items():
                target = getattr(sys.modules[MAIN], cls, None)
                if isinstance(target, type):
                    for key, value in attributes.items():
                        try:
                            setattr(target, key, value)
                        except (AttributeError, TypeError):
                            pass
        else:
            module = importlib.import_module(name)
            vars(module).update(data)
