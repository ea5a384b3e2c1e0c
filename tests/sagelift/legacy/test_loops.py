"""A loop that infers and reports in turn is divided where no turn depends on the reports of another."""

from pathlib import Path

import pytest
from programs import parts, program

from sagelift.legacy.cuts import propose


def test_a_last_loop_is_divided_into_inferences_and_reports(tmp_path: Path) -> None:
    code = """
    df = read_csv("a")
    # each model
    for name, model in models:
        y = model.fit(df).predict(df)
        print(name)
        # what it says
        print(y)
    """
    found = parts(tmp_path, code)

    assert found["predict"] == [
        "# each model",
        "results = []",
        "for name, model in models:",
        "    y = model.fit(df).predict(df)",
        "    results.append((name, y))",
    ]
    assert found["postprocessing"] == [
        "for name, y in results:",
        "    print(name)",
        "    # what it says",
        "    print(y)",
    ]


def test_reports_between_the_inferences_of_a_turn_wait(tmp_path: Path) -> None:
    code = """
    df = read_csv("a")
    for depth in depths:
        print("depth", depth)
        tree = Tree(depth); tree.fit(df)
        for score in tree.scores_:
            print(score)
        y = tree.predict(df)
        print(y)
    """
    found = parts(tmp_path, code)

    assert found["predict"][2:] == [
        "    tree = Tree(depth)",
        "    tree.fit(df)",
        "    y = tree.predict(df)",
        "    results.append((depth, tree, y))",
    ]
    assert found["postprocessing"][1:3] == ['    print("depth", depth)', "    for score in tree.scores_:"]


def test_what_a_later_turn_needs_is_no_report(tmp_path: Path) -> None:
    code = """
    df = read_csv("a")
    history = list(df)
    for day in days:
        y = model.fit(history).forecast()
        history.append(day)
        print(day, y)
    """
    found = parts(tmp_path, code)

    assert found["predict"][-2:] == ["    history.append(day)", "    results.append((day, y))"]
    assert found["postprocessing"] == ["for day, y in results:", "    print(day, y)"]


@pytest.mark.parametrize(
    ("why", "body"),
    [
        ("a report changes what is read", "    y = m.predict(df)\n    df.append(y)\n    print(df)"),
        ("a turn binds what the next one reads", "    y = m.predict(df + n)\n    n = len(y)\n    print(n)"),
        ("one list for all turns", "    all.append(m.predict(df))\n    y = m.predict(1)\n    print(y, all)"),
        ("a turn may end the loop", "    y = m.predict(df)\n    if y:\n        break\n    print(y)"),
        ("a function reads the result", "    y = m.predict(df)\n    tell()"),
        ("both draw random numbers", "    y = m.fit(df.sample(3)).predict(df)\n    sns.barplot(y, ci=95)"),
        ("a file is read again", "    y = m.predict(pd.read_csv('t.csv'))\n    y.to_csv('t.csv')"),
        ("bound in some turns only", "    if m:\n        y = m.predict(df)\n    print(y)"),
    ],
)
def test_a_loop_whose_turns_depend_on_each_other_stays_whole(tmp_path: Path, why: str, body: str) -> None:
    code = f"def tell():\n    print(y)\ndf = read_csv('a')\nall = []\nn = 1\nfor m in models:\n{body}\n"

    assert propose(program(tmp_path, code))[0].degenerate == "nothing is left for postprocessing", why
