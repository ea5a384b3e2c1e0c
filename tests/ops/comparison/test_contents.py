"""What files say, whatever their format keeps beside it."""

import gzip
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ops.comparison import FileResult, FileVerdict, compare

Compare = Callable[[str, bytes, bytes], FileResult]


@pytest.fixture
def compared(tmp_path: Path) -> Compare:
    """Return what compares two contents of a file."""

    def result(name: str, expected: bytes, found: bytes) -> FileResult:
        folders = {tmp_path / "expected": expected, tmp_path / "found": found}
        for folder, content in folders.items():
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        return compare(*folders).files[name]

    return result


def png(pixels: bytes, *, level: int = 9, text: bytes = b"", width: int = 2) -> bytes:
    """Return a grey picture."""
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, len(pixels) // width, 8, 0, 0, 0, 0)
    chunks = {b"IHDR": header, b"tEXt": text, b"IDAT": zlib.compress(rows, level), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks.items()
    )


def archive(members: dict[str, str], *, year: int = 2020) -> bytes:
    """Return a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for name, text in members.items():
            target.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), text)
    return file.getvalue()


def workbook(price: str, *, written: str = "2020") -> bytes:
    """Return the least that an Excel file holds."""
    sheet = f'<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>{price}</v></c></row></sheetData>'
    return archive(
        {"[Content_Types].xml": "<Types/>", "docProps/core.xml": written, "xl/worksheets/sheet1.xml": sheet},
        year=int(written),
    )


def database(path: Path, *values: float) -> bytes:
    """Return a SQLite file."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE prices (price REAL)")
        # It stays in the file, but not in what the file says.
        connection.executemany("INSERT INTO prices VALUES (?)", [(0.25,), *((value,) for value in values)])
        connection.execute("DELETE FROM prices WHERE price = 0.25")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "expected", "found", "difference"),
    [
        ("a.csv", "id,price\n1,2.5\n", "id,price\n1,2.6\n", "row 2, column price: expected 2.5, found 2.6"),
        ("a.csv", "id,price\n1,2\n", "price,id\n2,1\n", "columns: expected id, price, found price, id"),
        ("a.csv", "id\n1\n2\n", "id\n1\n", "number of rows: expected 3, found 2"),
        ("a.csv", "id,b\n1,2\n", "id,b\n1\n", "row 2: expected 2, found 1"),
        ("a.csv", "1,2\n3,4\n", "1,2\n3,5\n", "row 2, column 2: expected 4, found 5"),
        ("a.csv", "", "id\n", "columns: expected nothing, found id"),
        ("a.tsv", "a\tb\n1\t2\n", "a\tb\n1\t3\n", "row 2, column b: expected 2, found 3"),
        ("a.txt", "one\ntwo\n", "one\nzwei\n", "line 2: expected two, found zwei"),
        ("a.txt", "one\n", "one\ntwo\n", "number of lines: expected 1, found 2"),
        ("a.txt", "one\n", "one", "line 2: expected , found nothing"),
        ("a.txt", "one\n", "one\r\n", "line 1: expected one, found one\r"),
        ("a.json", '{"a": 1, "b": 2}', '{"b": 2, "a": 1}', "$: expected keys a, b, found keys b, a"),
        ("a.json", '{"a": [1]}', '{"a": [2]}', "$.a[0]: expected 1, found 2"),
        ("a.json", "[1]", "[1, 1]", "$: expected 1 items, found 2 items"),
        ("a.json", '["1"]', "[1]", '$[0]: expected "1", found 1'),
        # What is no JSON, in spite of its name, is a text.
        ("a.json", "{a", "{b", "content: expected 2 bytes"),
        ("model.pkl", "\0a", "\0b", "content: expected 2 bytes"),
    ],
)
def test_the_first_difference_is_named(
    compared: Compare, name: str, expected: str, found: str, difference: str
) -> None:
    result = compared(name, expected.encode(), found.encode())
    assert result.verdict is FileVerdict.DIFFERENT
    assert result.difference.startswith(difference)


@pytest.mark.parametrize(
    ("name", "expected", "found"),
    [
        ("a.csv", "id,price\n1,0.3\n", "id,price\n1,0.30000000000000004\n"),
        ("a.json", '{"a": [0.3]}', '{"a": [0.30000000000000004]}'),
        ("a.txt", "mean: 0.3 of 5\n", "mean: 0.30000000000000004 of 5\n"),
    ],
)
def test_the_tolerance_is_said_where_it_was_needed(compared: Compare, name: str, expected: str, found: str) -> None:
    result = compared(name, expected.encode(), found.encode())
    assert result.verdict is FileVerdict.WITHIN_TOLERANCE
    assert result.deviation == pytest.approx(1.85e-16, rel=0.01)


def test_tables_of_any_encoding(compared: Compare) -> None:
    result = compared("a.csv", "id,größe\n1,2\n".encode("cp1252"), "id,größe\n1,3\n".encode("cp1252"))
    assert result.difference == "row 2, column größe: expected 2, found 3"


def test_pictures_are_compared_by_their_pixels(compared: Compare) -> None:
    same = compared("a.png", png(b"abcd", level=0), png(b"abcd", text=b"Software\0matplotlib"))
    assert same == FileResult(FileVerdict.IDENTICAL, by_content=True)
    assert compared("a.png", png(b"abcd"), png(b"abce")).difference.startswith("row 2: expected pixels with SHA-256")
    assert compared("a.png", png(b"abcd"), png(b"abcd", width=4)).difference.startswith("size: expected 2 x 2 pixels")


def test_damaged_pictures_are_compared_as_bytes(compared: Compare) -> None:
    assert compared("a.png", png(b"abcd"), png(b"abcd")[:-30]).verdict is FileVerdict.DIFFERENT
    assert compared("a.png", png(b"abcd")[:20], png(b"abcd")[:19]).difference.startswith("content")


def test_archives_are_compared_by_their_members(compared: Compare) -> None:
    one = {"a.csv": "id\n1\n", "b.txt": "b"}
    assert compared("a.zip", archive(one), archive(one, year=2021)).by_content
    result = compared("a.zip", archive(one), archive(one | {"a.csv": "id\n2\n"}))
    assert result.difference == "a.csv, row 2, column id: expected 1, found 2"
    assert compared("a.zip", archive(one), archive({"a.csv": "id\n1\n"})).verdict is FileVerdict.DIFFERENT


def test_workbooks_are_compared_without_the_time_of_writing(compared: Compare) -> None:
    assert compared("a.xlsx", workbook("2.5"), workbook("2.5", written="2021")).by_content
    assert compared("a.xlsx", workbook("2.5"), workbook("2.6")).difference.startswith(
        "xl/worksheets/sheet1.xml, cell B1: expected <v>2.5, found <v>2.6"
    )


def test_compressed_tables_are_compared_as_tables(compared: Compare) -> None:
    files = [gzip.compress(text, mtime=mtime) for text, mtime in ((b"id\n1\n", 1), (b"id\n1\n", 2), (b"id\n2\n", 1))]
    assert compared("a.csv.gz", files[0], files[1]).by_content
    assert compared("a.csv.gz", files[0], files[2]).difference == "row 2, column id: expected 1, found 2"


def test_databases_are_compared_by_their_rows(compared: Compare, tmp_path: Path) -> None:
    path = tmp_path / "made.db"
    one, other = database(path, 1.5, 2.5), database(path, 1.5, 3.5)
    assert "2.5" in compared("a.db", one, other).difference
    assert compared("a.db", one, one + b"\0" * 4096).verdict is FileVerdict.IDENTICAL


def test_documents_are_compared_without_dates_and_ids(compared: Compare) -> None:
    pdf = b"%PDF-1.4 /CreationDate (D:2020) /ID [<a>] text"
    assert compared("a.pdf", pdf, pdf.replace(b"2020", b"2021").replace(b"<a>", b"<b>")).by_content
    assert compared("a.pdf", pdf, pdf.replace(b"text", b"tint")).verdict is FileVerdict.DIFFERENT
    svg = b'<svg><dc:date>2020</dc:date><path id="m1f" d="M 1"/><use href="#m1f"/><g clip-path="url(#p1)"/></svg>'
    drawn = svg.replace(b"2020", b"2021").replace(b"m1f", b"m2e")
    assert compared("a.svg", svg, drawn).by_content
    assert compared("a.svg", svg, drawn.replace(b"#m2e", b"#p1")).verdict is FileVerdict.DIFFERENT


def test_numbers_that_json_does_not_know(compared: Compare) -> None:
    text = json.dumps({"a": float("nan"), "b": 1}).encode()
    assert compared("a.json", text, text + b"\n").verdict is FileVerdict.IDENTICAL
