"""Tests of the names that code reads and binds."""

import ast

import pytest

from sagelift.legacy import names


@pytest.mark.parametrize(
    ("code", "exposed"),
    [
        ("with open(path) as f:\n    f.write(text)", {"open", "path", "text"}),
        ("with a as b, b.c as d:\n    d(e)", {"a", "e"}),
        ("for row in rows:\n    add(row)", {"rows", "add"}),
        ("for row in rows:\n    add(row)\nlast = row", {"rows", "add", "row"}),
        ("for row in rows:\n    before = row\n    total = before + total", {"rows", "total"}),
        ("while chunk := read():\n    add(chunk)", {"read", "add"}),
        ("if test:\n    a = 1\nelse:\n    a = 2\nb = a", {"test"}),
        ("if test:\n    a = 1\nb = a", {"test", "a"}),
        ("try:\n    a = f()\nexcept Error as error:\n    g(error, a)\nelse:\n    g(a)", {"f", "g", "Error", "a"}),
        ("total += 1", {"total"}),
    ],
)
def test_what_may_be_read_before_it_is_bound(code: str, exposed: set[str]) -> None:
    assert names.upward_exposed(ast.parse(code).body) == exposed
