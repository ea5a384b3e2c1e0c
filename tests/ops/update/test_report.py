"""The report of an update: what a person reads, and what a program reads."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ops.update.report import JSON, MARKDOWN, Outcome, Outputs, Report

UPDATED = Report(
    Outcome.UPDATED,
    "v1.0.0",
    "v1.1.0",
    template="https://github.com/example-org/sagelift",
    modified=["Makefile"],
    checks={"lint": True, "test": True, "run": True},
    outputs=Outputs.SAME,
)


@pytest.mark.parametrize(
    ("report", "summary"),
    [
        (Report(Outcome.CURRENT, "v1.0.0", "v1.0.0"), "The template has no newer version than v1.0.0."),
        (UPDATED, "Updated from v1.0.0 to v1.1.0; every check passes."),
        (replace(UPDATED, before="v1.1.0"), "Rendered v1.1.0 anew; every check passes."),
        (
            replace(UPDATED, outcome=Outcome.CONFLICTS),
            "Updated from v1.0.0 to v1.1.0 with conflicts, for a person to resolve.",
        ),
        (
            replace(UPDATED, outcome=Outcome.FAILED, checks={"lint": False, "test": True, "run": False}),
            "Updated from v1.0.0 to v1.1.0, and fails: lint, run.",
        ),
    ],
)
def test_the_outcome_comes_first(report: Report, summary: str) -> None:
    assert report.summary == summary
    assert report.markdown().splitlines()[0] == summary


def test_where_nothing_is_newer_there_is_nothing_more_to_say() -> None:
    assert Report(Outcome.CURRENT, "v1.0.0", "v1.0.0").markdown().count("\n") == 1


def test_what_changed_in_the_template_is_a_click_away() -> None:
    page = "https://github.com/example-org/sagelift"
    links = [f"{page}/blob/v1.1.0/CHANGELOG.md", f"{page}/compare/v1.0.0...v1.1.0"]

    assert all(f"({link})" in UPDATED.markdown() for link in links)
    assert "](" not in replace(UPDATED, template=None).markdown()
    assert "](" not in replace(UPDATED, after=UPDATED.before).markdown()


def test_outputs_that_differ_are_named() -> None:
    report = replace(
        UPDATED, outputs=Outputs.DIFFERENT, differences={"predict/p.csv": "differs in 1 of 3 lines"}
    ).markdown()

    assert "**They differ**" in report
    assert "- `predict/p.csv` differs in 1 of 3 lines" in report
    assert "They are the same as before" in UPDATED.markdown()


def test_what_a_person_has_to_do_stands_before_what_changed() -> None:
    report = replace(
        UPDATED, outcome=Outcome.CONFLICTS, conflicts=["ops/cli.py"], kept={"Makefile": "modified"}, added=["new.txt"]
    ).markdown()
    titles = [line.removeprefix("## ") for line in report.splitlines() if line.startswith("## ")]

    assert titles == [
        "Conflicts",
        "Outputs on the sample",
        "Checks with the newer version",
        "Files of the template that this repository changed",
        "Added files",
        "Replaced files",
    ]
    assert "- `ops/cli.py`" in report
    assert "nothing is run before the conflicts are resolved" in report
    assert "- `Makefile (modified)`" in report


def test_a_failing_check_is_not_overlooked() -> None:
    report = replace(UPDATED, outcome=Outcome.FAILED, checks={"lint": True, "test": False}).markdown()

    assert "- `ops lint`: passed" in report
    assert "- `ops test`: **failed**" in report


def test_a_pull_request_can_hold_it() -> None:
    names = [f"a/folder/of/the/template/with/a/long/name/{number:04}.txt" for number in range(5000)]
    report = replace(UPDATED, added=names, modified=names, deleted=names, conflicts=names).markdown()

    assert len(report) < 65_536
    assert "- … and 4900 more" in report


def test_both_files_are_written(tmp_path: Path) -> None:
    UPDATED.write(tmp_path)

    assert (tmp_path / MARKDOWN).read_text(encoding="utf-8") == UPDATED.markdown()
    assert Report(**json.loads((tmp_path / JSON).read_text(encoding="utf-8"))) == UPDATED
