"""What pickles hold, told by their opcodes: nothing is loaded, and no library is needed that wrote them.

Pickles of equal objects may differ in their bytes: a string or the type of an array that is one object in one process,
and two in another, is written once or twice (`pickletools` describes the memo that makes it so). Whether values that
nothing can change are one object is therefore left out; of all else it is told, as a change to the one shows in the
other.
"""

import hashlib
import io
import math
import pickletools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

MAGICS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
"""How pickles begin, by their protocol; those of the protocols 0 and 1 begin with anything."""

_LONGEST = 80
"""The most bytes that are told as they are."""

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_LIST": "list", "EMPTY_DICT": "dict", "EMPTY_SET": "set"}
_FILLED = {"LIST": "list", "DICT": "dict", "FROZENSET": "frozenset", "TUPLE": "tuple"}
_SHORT_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_UNORDERED = {"set", "frozenset"}
# What these make cannot be changed.
_MAKERS_OF_VALUES = {
    "_codecs encode",
    "builtins complex",
    "builtins range",
    "builtins slice",
    "datetime date",
    "datetime datetime",
    "datetime time",
    "datetime timedelta",
    "datetime timezone",
    "decimal Decimal",
    "fractions Fraction",
    "numpy dtype",
    "numpy._core.multiarray scalar",
    "numpy.core.multiarray scalar",
}
_ITEM_SIZE = re.compile(r"'([A-Za-z])(\d+)'")
_BYTES_OF_A_CHARACTER = 4


@dataclass(eq=False)
class _Thing:
    """What a pickle makes.

    Attributes:
        kind: Its text if it is a constant, else what kind of thing it is.
        parts: What it is made of, each with its place in it.
        is_value: Whether nothing can change it, so that it does not matter whether it is one object or two.
    """

    kind: str
    parts: "list[tuple[str, _Thing]]" = field(default_factory=list)
    is_value: bool = False


def tell(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield all that a file of pickles, one after another, holds: the place, and what is there.

    Raises:
        ValueError, LookupError: It is no pickle, or one of a kind that cannot be told this way.
    """
    file = io.BytesIO(data)
    number = 0
    while file.tell() < len(data):
        number += 1
        yield from _told(_Machine(file).run(), f"object {number}", {})


def _told(thing: _Thing, place: str, seen: dict[int, int]) -> Iterator[tuple[str, str]]:
    if not thing.is_value:
        if id(thing) in seen:
            yield place, f"the {thing.kind} that is number {seen[id(thing)]}"
            return
        seen[id(thing)] = len(seen)
    yield place, f"{thing.kind} of {len(thing.parts)}" if thing.parts else thing.kind
    parts = thing.parts
    if thing.kind in _UNORDERED and all(part.is_value and not part.parts for _, part in parts):
        parts = [("[]", part) for _, part in sorted(parts, key=lambda part: part[1].kind)]
    for label, part in parts:
        yield from _told(part, place + label, seen)


class _Machine:
    """The machine that reads one pickle, as `pickle.Unpickler` does, but makes descriptions."""

    def __init__(self, file: io.BytesIO) -> None:
        """Read from the place that a file has come to."""
        self._file = file
        self._stack: list[_Thing] = []
        self._marks: list[int] = []
        self._memo: dict[int, _Thing] = {}
        self._steps: dict[str, Callable[[Any], object]] = {
            "PROTO": lambda _: None,
            "FRAME": lambda _: None,
            "MARK": lambda _: self._marks.append(len(self._stack)),
            "POP": lambda _: self._take(1),
            "POP_MARK": lambda _: self._take_marked(),
            "DUP": lambda _: self._stack.append(self._stack[-1]),
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            "APPEND": lambda _: self._add_items(self._take(1)),
            "APPENDS": lambda _: self._add_items(self._take_marked()),
            "ADDITEMS": lambda _: self._add_items(self._take_marked()),
            "SETITEM": lambda _: self._add_pairs(self._take(2)),
            "SETITEMS": lambda _: self._add_pairs(self._take_marked()),
            "GLOBAL": lambda name: self._push(name, is_value=True),
            "STACK_GLOBAL": lambda _: self._name(*self._take(2)),
            "REDUCE": lambda _: self._call(*self._take(2)),
            "NEWOBJ": lambda _: self._call(*self._take(2)),
            "NEWOBJ_EX": lambda _: self._call(*self._take(3)),
            "OBJ": lambda _: self._call(*self._take_marked()),
            "BUILD": lambda _: self._build(*self._take(1)),
            "BINPERSID": lambda _: self._push("persistent", self._take(1), is_value=True),
        }
        for put, get in (("PUT", "GET"), ("BINPUT", "BINGET"), ("LONG_BINPUT", "LONG_BINGET")):
            self._steps |= {put: self._put, get: lambda index: self._stack.append(self._memo[index])}

    def run(self) -> _Thing:
        """Return what the pickle makes; the file is behind it then."""
        for opcode, argument, _ in pickletools.genops(self._file):
            if opcode.name == "STOP":
                break
            if opcode.name in self._steps:
                self._steps[opcode.name](argument)
            else:
                self._push_new(opcode, argument)
        return self._stack.pop()

    def _push_new(self, opcode: pickletools.OpcodeInfo, argument: object) -> None:
        name = opcode.name
        if name in _EMPTY:
            self._push(_EMPTY[name])
        elif name in _SHORT_TUPLES:
            self._push("tuple", self._take(_SHORT_TUPLES[name]), is_value=True)
        elif name in _FILLED:
            kind = _FILLED[name]
            items = self._take_marked()
            self._push(kind, () if kind == "dict" else items, is_value=kind in {"tuple", "frozenset"})
            if kind == "dict":
                self._add_pairs(items)
        elif name in _CONSTANTS:
            self._push(repr(_CONSTANTS[name]), is_value=True)
        elif opcode.arg and opcode.stack_after and opcode.stack_after != [pickletools.anyobject]:
            # A `str` of Python 2 is no text.
            prefix = "str " if opcode.stack_after == [pickletools.pybytes_or_str] else ""
            self._push(prefix + _text(argument), is_value=name != "BYTEARRAY8")
        else:
            message = f"the opcode {name} is not told"
            raise ValueError(message)

    def _push(self, kind: str, items: "list[_Thing] | tuple[()]" = (), *, is_value: bool = False) -> None:
        thing = _Thing(kind, is_value=is_value)
        self._stack.append(thing)
        self._add_items(items)

    def _put(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _take(self, number: int) -> list[_Thing]:
        at = len(self._stack) - number
        if at < 0:
            message = "the stack is empty"
            raise ValueError(message)
        taken, self._stack[at:] = self._stack[at:], []
        return taken

    def _take_marked(self) -> list[_Thing]:
        return self._take(len(self._stack) - self._marks.pop())

    def _add_items(self, items: "list[_Thing] | tuple[()]") -> None:
        parts = self._stack[-1].parts
        parts += [(f"[{number}]", item) for number, item in enumerate(items, len(parts))]

    def _add_pairs(self, items: list[_Thing]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=True):
            self._stack[-1].parts += [(f"[{key.kind}], key", key), (f"[{key.kind}]", value)]

    def _name(self, module: _Thing, name: _Thing) -> None:
        self._push(f"{module.kind[1:-1]} {name.kind[1:-1]}", is_value=True)

    def _call(self, maker: _Thing, *arguments: _Thing) -> None:
        self._push("object", is_value=maker.kind in _MAKERS_OF_VALUES)
        labels = (", made by", *(f", argument {number}" for number in range(len(arguments))))
        self._stack[-1].parts += zip(labels, (maker, *arguments), strict=True)

    def _build(self, state: _Thing) -> None:
        thing = self._stack[-1]
        thing.parts.append(("", state))
        if thing.parts[0][1].kind.endswith(" NumpyArrayWrapper"):
            thing.parts.append((", array", self._array(dict(state.parts))))

    def _array(self, wrapper: dict[str, _Thing]) -> _Thing:
        """Return the array that `joblib.numpy_pickle.NumpyArrayWrapper` announces; it follows in the file."""
        dtype = wrapper["['dtype']"].parts[1][1].parts[0][1].kind
        found = _ITEM_SIZE.fullmatch(dtype)
        if dtype == "'O8'":
            return _Machine(self._file).run()
        if not found or "'O8'" in (text for _, text in _told(wrapper["['dtype']"], "", {})):
            message = f"arrays of {dtype} are not told"
            raise ValueError(message)
        size = int(found[2]) * (_BYTES_OF_A_CHARACTER if found[1] == "U" else 1)
        count = math.prod(int(length.kind) for _, length in wrapper["['shape']"].parts)
        if "['numpy_array_alignment_bytes']" in wrapper:
            # How far it is moved to a round place in the file.
            self._file.read(int.from_bytes(self._file.read(1)))
        return _Thing(_text(self._file.read(size * count)))


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray) and len(value) > _LONGEST:
        return f"{type(value).__name__} of {len(value)} with SHA-256 {hashlib.sha256(value).hexdigest()}"
    return repr(value)
