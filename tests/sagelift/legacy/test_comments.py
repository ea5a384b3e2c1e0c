"""Comments stay with the code that they are about."""

from pathlib import Path
from textwrap import dedent

import pytest
from programs import program


def test_the_head_of_a_script_is_about_all_of_it(tmp_path: Path) -> None:
    taken = program(
        tmp_path, '#!/usr/bin/env python\n# Copyright\n"""Monthly.\n\nEvery month.\n"""\n\n# read\nx = f()\n# the end\n'
    )

    assert [line.comment.value for line in taken.header if line.comment] == [
        "# Copyright", "# Monthly.", "#", "# Every month.",
    ]  # fmt: skip
    assert [s.code for s in taken.statements] == ["\n# read\nx = f()\n"]
    assert [line.comment.value for line in taken.footer if line.comment] == ["# the end"]


def test_a_comment_right_above_the_first_statement_is_about_it(tmp_path: Path) -> None:
    taken = program(tmp_path, "# Churn\n\n# read\nx = f()\n")

    assert [line.comment.value for line in taken.header if line.comment] == ["# Churn"]
    assert taken.statements[0].code == "# read\nx = f()\n"


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("import a\n\n# # Read\n\nimport b\nx = a.f(b)\n", "\n# # Read\n\nx = a.f(b)\n"),
        ("import a\n# about b\nimport b\nx = a.f(b)\n", "x = a.f(b)\n"),
        ("import a\n\n# Import the libraries\n\nimport b\nx = a.f(b)\n", "x = a.f(b)\n"),
        ("import a\n\n# pip install b\n\nimport b\nx = a.f(b)\n", "x = a.f(b)\n"),
        ("import a\n'''About x'''\n\nx = a.f(b)\n", "# About x\n\nx = a.f(b)\n"),
        ("import a\n# In[5]:\n\n# read\nx = a.f(b)\n", "\n# read\nx = a.f(b)\n"),
    ],
)
def test_what_stands_above_imports_is_about_what_follows(tmp_path: Path, code: str, first: str) -> None:
    assert program(tmp_path, code).statements[0].code == first


@pytest.mark.parametrize(
    ("above", "stays"),
    [("# # Train\n\n# Once.", ["# Once."]), ("# # Helper functions\n\n# Once.", ["# # Helper functions", "# Once."])],
)
def test_the_heading_above_a_function_is_about_what_follows(tmp_path: Path, above: str, stays: list[str]) -> None:
    taken = program(tmp_path, f"x = 1\n\n{above}\ndef fit(x):\n    return x\n\ny = fit(x)\n")

    found = [line.comment.value for line in taken.definitions["fit"].leading_lines if line.comment]
    assert found == stays
    assert ("# # Train" in taken.statements[1].code) == (len(stays) == 1)


def test_a_long_text_that_names_a_library_is_about_the_code(tmp_path: Path) -> None:
    text = "# The library has a model, which is fitted here to all of the data that there is."
    taken = program(tmp_path, f"x = 1\n\n{text}\n\nfrom linear import Ridge\nridge = Ridge(x)\n")

    assert taken.statements[1].code == f"\n{text}\n\nridge = Ridge(x)\n"


def test_the_comment_above_an_import_amid_the_code_is_about_the_code(tmp_path: Path) -> None:
    taken = program(tmp_path, "x = 1\n\n# Ridge regression\nfrom linear import Ridge\n\nridge = Ridge(x)\n")

    assert taken.statements[1].code == dedent("""
        # Ridge regression

        ridge = Ridge(x)
    """)
