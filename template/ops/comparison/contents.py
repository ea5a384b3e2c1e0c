"""Files as sequences of what they say, each with its place; what says nothing (dates, ids, metadata) is left out.

The kind of a file is told by its first bytes, or by its name. What cannot be read as its kind is compared as bytes.
"""

import bz2
import csv
import gzip
import hashlib
import io
import itertools
import json
import lzma
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import PurePosixPath
from typing import NamedTuple

from ops.comparison import pickles, png
from ops.comparison.values import NUMBER

CONTENT = "content"
"""The part that stands for all of a file."""

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_JSON = {".geojson", ".ipynb", ".json"}
_COMPRESSED = re.compile(r"\.(bz2|gz|xz|z)$", re.IGNORECASE)

# What the formats keep beside their content: the time of writing, and ids that are drawn by chance.
_OFFICE = "[Content_Types].xml"
_OFFICE_METADATA = {"docProps/app.xml", "docProps/core.xml"}
_PDF_METADATA = re.compile(rb"/(?:CreationDate|ModDate)\s*\([^)]*\)|/ID\s*\[[^\]]*\]")
_SVG_DATE = re.compile(r"<dc:date>[^<]*</dc:date>")
_SVG_ID = re.compile(r'\bid="([^"]+)"')

# With the unit of a duration, which changes with it.
_NUMBERS = re.compile(rf"\s*{NUMBER.pattern}(?:\s?(?:ns|us|µs|ms|s|sec|min|h)\b)?")
_LEAST_COLUMNS = 3
_CELL = re.compile(r'<c r="([A-Z]+)(\d+)"')

_UNREADABLE = (ArithmeticError, EOFError, OSError, LookupError, RecursionError, ValueError, csv.Error, sqlite3.Error)
_DAMAGED = (*_UNREADABLE, lzma.LZMAError, zipfile.BadZipFile, zlib.error, NotImplementedError)


class Item(NamedTuple):
    """One thing that a file says.

    Attributes:
        place: Where in the file, for people.
        part: What is left out of the comparison where this differs between runs, such as its column.
        value: What it says.
        shown: What people are shown for it, where that is other.
        exact: Whether its digits are no numbers, to which the tolerance could apply.
    """

    place: str
    part: str
    value: str
    shown: str = ""
    exact: bool = False


def unfold(name: str, data: bytes) -> list[Item]:
    """Return all that a file says, in its order.

    Args:
        name: The name of the file, whose suffix tells the kind of a text.
        data: Its content.
    """
    for read in (*(read for magic, read in _BY_MAGIC.items() if data.startswith(magic)), _by_name(name)):
        try:
            return list(read(name, data))
        except _DAMAGED:
            # Text may begin like something else.
            continue
    return list(_bytes(name, data))


_Reader = Callable[[str, bytes], Iterator[Item]]


def _by_name(name: str) -> _Reader:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _SEPARATORS:
        return _table
    if suffix in _JSON:
        return _json
    if suffix == ".svg":
        return _svg
    return _text


def _bytes(name: str, data: bytes) -> Iterator[Item]:
    del name
    yield Item(CONTENT, CONTENT, *_digest(data, f"{len(data)} bytes"), exact=True)


def _digest(data: bytes, what: str) -> tuple[str, str]:
    """Return a digest, and what people are shown for it."""
    digest = hashlib.sha256(data).hexdigest()
    return digest, f"{what} with SHA-256 {digest[:12]}…"


def _text(name: str, data: bytes) -> Iterator[Item]:
    if b"\0" in data:
        yield from _bytes(name, data)
    else:
        yield from _lines(data.decode())


def _lines(text: str) -> Iterator[Item]:
    """Each line's words and its numbers stand apart, so that a line with a duration is still compared in its words.

    The numbers of neighbours with the same words, like the rows of a matrix, are one part, and so are the words of the
    rows of a table: where they are random, some of them agree by chance.
    """
    lines = text.split("\n")
    yield Item("number of lines", "number of lines", str(len(lines) - (lines[-1] == "")))
    words = [_NUMBERS.sub("#", line) for line in lines]
    blocks = zip(_blocks(map(_columns, lines)), _blocks(words), strict=True)
    for number, (line, (rows, neighbours)) in enumerate(zip(lines, blocks, strict=True), 1):
        yield Item(f"line {number}", f"words of {rows}", words[number - 1], line)
        yield Item(f"line {number}", f"numbers of {neighbours}", " ".join(_NUMBERS.findall(line)), line)


def _columns(line: str) -> int:
    """Return how many columns a line has if it may be the row of a table; 0 for all else."""
    columns = line.split()
    return len(columns) if len(columns) >= _LEAST_COLUMNS and _NUMBERS.search(line) else 0


def _blocks(kinds: Iterable[object]) -> Iterator[str]:
    """Yield, for each line, what the block of neighbours of its kind is called; those of no kind are their own."""
    end = 0
    for kind, block in itertools.groupby(kinds):
        begin, end = end + 1, end + len([*block])
        for number in range(begin, end + 1):
            yield f"lines {begin} to {end}" if kind and begin < end else f"line {number}"


def _table(name: str, data: bytes) -> Iterator[Item]:
    separator = _SEPARATORS[PurePosixPath(name).suffix.lower()]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        # Of another encoding; whichever it is, the same bytes are the same cells.
        text = data.decode("latin-1")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows:
        return
    header, *_ = rows
    yield Item("columns", "columns", str(len(header)) if _is_data(header) else ", ".join(header))
    yield Item("number of rows", "number of rows", str(len(rows)))
    for number, row in enumerate(rows, 1):
        yield Item(f"row {number}", "number of columns", str(len(row)))
        for index, cell in enumerate(row):
            column = header[index] if index < len(header) and not _is_data(header) else ""
            named = f"column {column or index + 1}"
            yield Item(f"row {number}, {named}", named, cell)


def _is_data(header: list[str]) -> bool:
    """Whether the first row names no columns."""
    return any(NUMBER.fullmatch(cell) for cell in header)


def _json(name: str, data: bytes) -> Iterator[Item]:
    del name
    yield from _value("$", "$", json.loads(data))


def _value(place: str, part: str, value: object) -> Iterator[Item]:
    if isinstance(value, dict):
        yield Item(place, part, f"keys {', '.join(value)}")
        for key, inner in value.items():
            yield from _value(f"{place}.{key}", f"{part}.{key}", inner)
    elif isinstance(value, list):
        yield Item(place, part, f"{len(value)} items")
        for index, inner in enumerate(value):
            yield from _value(f"{place}[{index}]", f"{part}[*]", inner)
    else:
        yield Item(place, part, json.dumps(value, ensure_ascii=False))


def _archive(name: str, data: bytes) -> Iterator[Item]:
    del name
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.namelist()
        left_out = _OFFICE_METADATA if _OFFICE in members else set()
        for member in members:
            if member in left_out:
                continue
            content = archive.read(member)
            inner = _tags(content.decode()) if member.endswith(".xml") else unfold(member, content)
            for item in inner:
                yield item._replace(place=f"{member}, {item.place}", part=f"{member}, {item.part}")


def _tags(text: str) -> Iterator[Item]:
    """XML has no lines: its tags are told apart, and those of a worksheet belong to a cell."""
    place = part = "tags"
    for tag in re.split(r"(?=<)", text):
        if cell := _CELL.match(tag):
            place, part = f"cell {cell[1]}{cell[2]}", f"column {cell[1]}"
        yield Item(place, part, tag)


def _compressed(decompress: Callable[[bytes], bytes]) -> _Reader:
    def read(name: str, data: bytes) -> Iterator[Item]:
        yield from unfold(_COMPRESSED.sub("", name), decompress(data))

    return read


def _pickle(name: str, data: bytes) -> Iterator[Item]:
    del name
    for place, told in pickles.tell(data):
        yield Item(place, CONTENT, told, exact=True)


def _database(name: str, data: bytes) -> Iterator[Item]:
    del name
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        yield from _lines("\n".join(connection.iterdump()))


def _picture(name: str, data: bytes) -> Iterator[Item]:
    del name
    picture = png.decode(data)
    yield Item("size", "size", picture.description, exact=True)
    for number, row in enumerate(picture.rows, 1):
        yield Item(f"row {number}", "pixels", *_digest(row, "pixels"), exact=True)


def _pdf(name: str, data: bytes) -> Iterator[Item]:
    yield from _bytes(name, _PDF_METADATA.sub(b"", data))


def _svg(name: str, data: bytes) -> Iterator[Item]:
    del name
    text = _SVG_DATE.sub("", data.decode())
    known = {found: f"id-{number}" for number, found in enumerate(dict.fromkeys(_SVG_ID.findall(text)))}
    if known:
        longest_first = sorted(map(re.escape, known), key=len, reverse=True)
        # As a whole only: an id may be part of another's, or of a word.
        pattern = rf'(?<=["#])(?:{"|".join(longest_first)})(?=[")])'
        text = re.sub(pattern, lambda found: known[found[0]], text)
    yield from _lines(text)


_BY_MAGIC: dict[bytes, _Reader] = {
    png.MAGIC: _picture,
    b"PK\x03\x04": _archive,
    b"\x1f\x8b": _compressed(gzip.decompress),
    b"BZh": _compressed(bz2.decompress),
    b"\xfd7zXZ\0": _compressed(lzma.decompress),
    # zlib, by the levels that there are: `joblib.dump(…, compress=3)`.
    **dict.fromkeys((b"x\x01", b"x^", b"x\x9c", b"x\xda"), _compressed(zlib.decompress)),
    **dict.fromkeys(pickles.MAGICS, _pickle),
    b"%PDF-": _pdf,
    b"SQLite format 3\0": _database,
}
