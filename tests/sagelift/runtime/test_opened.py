"""What is open crosses: files, what writes tables to them, databases."""

import sqlite3
from pathlib import Path

import pytest

from .conftest import RunSteps

CHANGED = """
import sqlite3
base = sqlite3.connect("base.db"); base.execute("CREATE TABLE made (n)"); base.execute("INSERT INTO made VALUES (1)")
"""


def test_files_go_on_at_the_place_that_they_had_reached(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        text = open("data/names.txt", encoding="ascii", errors="replace"); print(text.readline(), end="")
        rest = open("data/rest.txt"); lines = list(rest)
        raw = open("data/raw.bin", "rb"); print(raw.read(2))
        untouched = open("data/old.txt", "r+")
        step.pass_on(text=text, rest=rest, raw=raw, untouched=untouched)
        """,
        """
        text, rest, raw, untouched = step.receive("text", "rest", "raw", "untouched")
        print(text.readline(), text.mode, text.errors, text.name); print(next(raw), repr(rest.read())); raw.close()
        step.pass_on(text=text, rest=rest, untouched=untouched)
        """,
        """
        text, rest, untouched = step.receive("text", "rest", "untouched")
        print(text.read(), rest.seek(0), rest.read(), untouched.read())
        """,
        files={
            "data/names.txt": "Ann\nJosé\nZoe",
            "data/rest.txt": "1\n",
            "data/raw.bin": "abcd",
            "data/old.txt": "old",
        },
    )

    assert left.printed == "Ann\nb'ab'\nJos\ufffd\ufffd\n r replace data/names.txt\nb'cd' ''\nZoe 0 1\n old\n", left.log
    assert set(left.files) == {"stdout.txt"}


def test_tables_are_written_on(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        import csv
        file = open("out.csv", "w", newline=""); plain = csv.writer(file)
        words = csv.DictWriter(open("out.tsv", "w", newline=""), ["a"], delimiter="\\t", quoting=csv.QUOTE_ALL)
        plain.writerow(["a", "b,c"]); words.writerow({"a": 1})
        step.pass_on(plain=plain, words=words, file=file)
        """,
        """
        plain, words, file = step.receive("plain", "words", "file"); plain.writerow([1]); words.writerow({"a": 2})
        step.pass_on(plain=plain, file=file)
        """,
        "plain, file = step.receive('plain', 'file'); plain.writerow([2]); file.write('end'); print(file.mode)",
    )

    assert left.files["out.csv"] == b'a,"b,c"\r\n1\r\n2\r\nend', left.log
    assert left.printed == "w\n"
    assert left.files["out.tsv"] == b'"1"\r\n"2"\r\n'


def test_databases_are_connected_to_again(run_steps: RunSteps) -> None:
    left = run_steps(
        """
        new = sqlite3.connect("new.db", isolation_level=None)
        old = sqlite3.connect("old.db", detect_types=sqlite3.PARSE_DECLTYPES); cursor = old.cursor()
        old.row_factory = sqlite3.Row; old.execute("PRAGMA foreign_keys = 1")
        old.execute("CREATE TABLE days (day DATE)"); old.execute("INSERT INTO days VALUES ('2020-01-02')"); old.commit()
        cursor.execute("SELECT 1"); print(cursor.fetchall())
        step.pass_on(new=new, old=old, cursor=cursor)
        """,
        """
        new, old, cursor = step.receive("new", "old", "cursor")
        print(cursor.execute("SELECT day FROM days").fetchall(), cursor.connection is old)
        print(old.execute('SELECT 1 AS "n [day]"').fetchone().keys(), old.execute("PRAGMA foreign_keys").fetchone()[0])
        new.execute("CREATE TABLE made (n)"); new.execute("INSERT INTO made VALUES (7)")
        step.pass_on(new=new)
        """,
        "new = step.receive('new'); print(new.execute('SELECT n FROM made').fetchall(), new.isolation_level)",
        head="import sqlite3",
    )

    expected = "[(1,)]\n[(datetime.date(2020, 1, 2),)] True\n['n [day]'] 1\n[(7,)] None\n"
    assert left.printed == expected, left.log
    assert {"new.db", "old.db"} <= set(left.files)


def test_rows_that_a_database_keeps_beside_its_file_cross(run_steps: RunSteps, tmp_path: Path) -> None:
    left = run_steps(
        """
        import sqlite3
        base = sqlite3.connect("base.db"); base.execute("PRAGMA journal_mode = WAL")
        base.execute("CREATE TABLE made (n)"); base.execute("INSERT INTO made VALUES (7)"); base.commit()
        step.pass_on(base=base)
        """,
        "base = step.receive('base'); base.execute('INSERT INTO made VALUES (8)'); base.commit(); base.close()",
        "pass",
    )

    (tmp_path / "base.db").write_bytes(left.files["base.db"])
    assert sqlite3.connect(tmp_path / "base.db").execute("SELECT n FROM made").fetchall() == [(7,), (8,)], left.log


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ("f = open('a.txt'); next(f)", "how far the open file a.txt was read cannot be told"),
        (
            "f = open('b.txt'); f.read()",
            "how far the open file b.txt was read cannot be told. Open it where it is used",
        ),
        ("import gzip; f = gzip.open('c.gz', 'wb')", "f (GzipFile) cannot cross"),
        ("f = base", "changes that were not committed. Connect where it is used"),
        ("f = base; f.commit(); f.execute('ATTACH \\':memory:\\' AS more')", "or one with others beside it"),
        ("f = base; f.commit(); f.execute('CREATE TEMP TABLE u (n)')", "or one with others beside it"),
        ("base.commit(); f = base.execute('SELECT 1')", "rows that were not fetched"),
    ],
)
def test_what_only_the_process_knows_does_not_cross(statements: str, said: str, run_steps: RunSteps) -> None:
    left = run_steps(
        f"{CHANGED}\n{statements}\nstep.pass_on(a=1, f=f)",
        files={"a.txt": "1\n2\n", "b.txt": "1\r\n"},
    )

    assert (left.code, left.files) == (1, {})
    assert said in left.log
    assert "Traceback" not in left.log
