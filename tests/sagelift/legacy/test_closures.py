"""What code remembers is told from what is used up at once."""

import ast

import pytest

from sagelift.legacy import closures


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("f = lambda x: x + n", {"n"}),
        ("f = lambda x, n=n: x + n", set()),
        ("def f(x):\n    y = n\n    return x + y", {"n"}),
        ("class A:\n    def f(self):\n        return n", {"n"}),
        ("g = (x * k for x in xs)", {"k", "xs"}),
        ("g = map(lambda x: x * k, xs)", {"k"}),
        ("g = list(map(lambda x: x * k, xs))", set()),
        ("g = dict(zip(a, (x * k for x in xs)))", set()),
        ("for x in map(lambda x: x * k, xs):\n    print(x)", set()),
        ("g = [y for y in map(lambda x: x * k, xs)]", set()),
        ("print(*map(lambda x: x * k, xs))", set()),
        ("df['a'] = df['a'].apply(lambda x: x * k)", set()),
        ("df = df.assign(a=lambda d: d.b * k)", set()),
        ("g = sorted(xs, key=lambda x: x * k)", set()),
        ("best = minimize(lambda w: cost(w, k), start)", {"cost", "k"}),
        ("handlers.append(lambda: k)", {"k"}),
        ("g = [lambda: k for k in xs]", {"k"}),
    ],
)
def test_what_is_remembered(code: str, names: set[str]) -> None:
    assert closures.remembered(ast.parse(code).body[0]) == names
