"""The decision records: each is complete, and can be found."""

import re
from pathlib import Path

import pytest
from docs.pages import DOCS

FOLDER = DOCS / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
SECTIONS = ["Context", "Decision", "Consequences", "Rejected"]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_record_has_a_status_and_every_section(record: Path) -> None:
    title, status, *rest = record.read_text(encoding="utf-8").split("\n\n")
    text = "\n\n".join(rest)

    assert title.startswith(f"# {int(record.stem[:4])}. ")
    assert re.fullmatch(r"Status: (accepted|superseded by \[\d+\]\(\d{4}-[a-z0-9-]+\.md\))", status)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert all(section.strip() for section in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:])


def test_numbers_are_consecutive() -> None:
    assert [int(record.stem[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_index_lists_every_record_by_its_title() -> None:
    titles = [record.read_text(encoding="utf-8").partition("\n")[0].partition(". ")[2] for record in RECORDS]
    index = (FOLDER / "README.md").read_text(encoding="utf-8")

    listed = re.findall(r"^- \[(\d{4}): (.*)\]\((.*)\)$", index, re.MULTILINE)

    assert listed == [(record.stem[:4], title, record.name) for record, title in zip(RECORDS, titles, strict=True)]
