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


@pytest.mark.parametrize(
    ("code", "certain"),
    [
        ("if a:\n    x = y = 1\nelse:\n    x = 2", {"x"}),
        ("if a:\n    x = 1\nelse:\n    raise ValueError", {"x"}),
        ("if a:\n    x = 1\nelse:\n    print(b)\n    sys.exit(1)", {"x"}),
        ("if a:\n    x = 1", set()),
        ("try:\n    x = y = 1\nexcept E:\n    x = 2", {"x"}),
        ("try:\n    x = 1\nexcept E:\n    raise", {"x"}),
        ("try:\n    x = 1\nexcept E:\n    print(a)", set()),
        ("try:\n    x = 1\nexcept E:\n    raise\nelse:\n    y = 1\nfinally:\n    z = 1", {"x", "y", "z"}),
        ("for i in range(3):\n    x = i", {"i", "x"}),
        ("for i in [1, *a]:\n    x = i\n    if a:\n        y = 1", {"i", "x"}),
        ("for i in range(3):\n    if i:\n        break\n    x = i", set()),
        ("for i in range(0):\n    x = i", set()),
        ("for i in range(n):\n    x = i", set()),
        ("for i in [*a]:\n    x = i", set()),
        ("while a:\n    for i in range(3):\n        x = i", set()),
    ],
)
def test_what_is_bound_whenever_code_runs_to_its_end(code: str, certain: set[str]) -> None:
    assert names.of(ast.parse(code).body).certain == certain
