"""Arrays that share memory share it in the next step, too; pandas objects that copy on write do not.

The content is pickled twice: a first time to see which arrays there are, a second time with what that has shown.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

from .errors import CannotCross


class _Bounds(NamedTuple):
    low: int
    high: int
    owner: int


class Memory:
    """What is known about the memory of arrays."""

    def __init__(self) -> None:
        """Know of no array yet."""
        self._arrays: dict[int, Any] = {}
        self._tables: dict[int, Any] = {}
        self._owners: dict[int, Any] = {}
        self._entangled: set[int] = set()
        self._settled = False

    def reduced(self, obj: Any) -> Any:
        """Return how an array or a table is pickled; None for all else, and for those that share no memory."""
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        if numpy is not None and isinstance(obj, numpy.ndarray):
            return self._reduced_array(numpy, obj)
        # `Series` is missing while pandas is being imported.
        if pandas is not None and isinstance(obj, (pandas.DataFrame, pandas.Series)):
            if not self._settled:
                self._tables[id(obj)] = obj
            elif id(obj) in self._entangled:
                return obj.copy(deep=True).__reduce_ex__(4)
        return None

    def _reduced_array(self, numpy: Any, array: Any) -> Any:
        if isinstance(array, numpy.memmap):
            message = "it is mapped to a file"
            raise CannotCross(message)
        if not self._settled:
            self._arrays[id(array)] = array
            return None
        owner = self._owners.get(id(array), array)
        if owner is array:
            return None if array.flags.writeable else (read_only, (array.copy("K"),))
        offset = _address(array) - _address(owner)
        return view, (owner, array.dtype, array.shape, offset, array.strides, array.flags.writeable)

    def settle(self) -> None:
        """Decide, now that all arrays are known, which are pickled as views of another.

        Raises:
            CannotCross: Two arrays share memory that no array owns, or one of them is of a class of its own.
        """
        self._settled = True
        alone = self._disentangle()
        groups: dict[int, list[Any]] = {}
        for array in self._arrays.values():
            if array.size and id(array) not in alone:
                groups.setdefault(id(_owner(array)), []).append(array)
        bounds = []
        for members in groups.values():
            owner = _owner(members[0])
            bounds.append(_bounds(owner))
            if len(members) > 1:
                if any(type(array) is not sys.modules["numpy"].ndarray for array in (owner, *members)):
                    kind = next(type(a).__name__ for a in (*members, owner) if type(a).__name__ != "ndarray")
                    message = f"it is a {kind} that shares memory with another array"
                    raise CannotCross(message)
                self._owners.update((id(array), owner) for array in members)
        bounds.sort()
        for before, after in zip(bounds, bounds[1:]):
            if after.low < before.high:
                message = "it is an array that shares memory with another by way of a buffer"
                raise CannotCross(message)

    def _disentangle(self) -> set[int]:
        """Note the tables that are copied on write, and return the ids of their arrays.

        Which of them copies is something that pandas remembers by itself and pickles not: as copies they are all free.
        """
        if not _copies_on_write():
            return set()
        holders: dict[int, set[int]] = {}
        held: dict[int, list[Any]] = {}
        for key, table in self._tables.items():
            held[key] = [part for values in table._mgr.arrays for part in _parts(values)]  # noqa: SLF001 - not public
            for part in held[key]:
                holders.setdefault(id(_owner(part)), set()).add(key)
        self._entangled = {key for keys in holders.values() if len(keys) > 1 for key in keys}
        return {id(part) for key in self._entangled for part in held[key]}


def read_only(array: Any) -> Any:
    """Return an array that nothing can be written to, which a pickle forgets."""
    array.flags.writeable = False
    return array


def view(base: Any, dtype: Any, shape: Any, offset: int, strides: Any, writeable: bool) -> Any:  # noqa: FBT001, PLR0913, PLR0917
    """Return an array on the memory of another.

    Args:
        base: Who owns the memory.
        dtype: The type of its items.
        shape: Its shape.
        offset: Where its first item lies, in bytes from the first item of the owner.
        strides: Its strides in bytes.
        writeable: Whether it may be written to.
    """
    np: Any = importlib.import_module("numpy")

    flat = (base if base.flags.c_contiguous else base.T).reshape(-1)
    if dtype == base.dtype and offset % dtype.itemsize == 0:
        array = np.lib.stride_tricks.as_strided(flat[offset // dtype.itemsize :], shape, strides)
    else:
        array = np.ndarray(shape, dtype, flat, offset, strides)
    return array if writeable else read_only(array)


def _parts(values: Any) -> list[Any]:
    """Return the values of a block, and the arrays that they consist of if they are of a kind of pandas' own."""
    ndarray = sys.modules["numpy"].ndarray
    inner = [getattr(values, "_ndarray", None), *getattr(values, "__dict__", {}).values()]
    return [values, *(part for part in inner if isinstance(part, ndarray))]


def _owner(values: Any) -> Any:
    """Return the array whose memory an array is a view of; itself if it is none, or no array."""
    ndarray = sys.modules["numpy"].ndarray
    base = values.base if isinstance(values, ndarray) else None
    while hasattr(base, "__array_interface__"):
        if isinstance(base, ndarray):
            values = base
        # What `as_strided` makes lies between an array and its view.
        base = getattr(base, "base", None)
    return values


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def _bounds(array: Any) -> _Bounds:
    steps = [(n - 1) * stride for n, stride in zip(array.shape, array.strides)]
    low = _address(array) + sum(s for s in steps if s < 0)
    return _Bounds(low, low + sum(abs(s) for s in steps) + array.itemsize, id(array))


def _copies_on_write() -> bool:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return False
    if int(pandas.__version__.split(".")[0]) >= 3:  # noqa: PLR2004 - from then on it always does
        return True
    try:
        return bool(pandas.get_option("mode.copy_on_write"))
    except KeyError:
        return False
