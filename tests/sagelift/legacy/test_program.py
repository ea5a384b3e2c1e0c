"""A script becomes imports, definitions, constants, and one straight sequence of statements."""

from pathlib import Path

import pytest
from programs import lines, program

from sagelift.legacy import source
from sagelift.legacy.program import take_apart


def test_statements_in_a_line_are_told_apart_with_their_comment(tmp_path: Path) -> None:
    taken = program(tmp_path, "# first\na = f(1); b = 2  # both\n")

    assert [s.code for s in taken.statements] == ["# first\na = f(1)\n", "b = 2  # both\n"]


def test_imports_within_the_code_are_taken_out_once(tmp_path: Path) -> None:
    taken = program(tmp_path, "import numpy as np\nx = np.ones(3)\nimport numpy as np\nprint(x)\n")

    assert [s.code for s in taken.imports] == ["import numpy as np\n"]
    assert lines(taken) == ["x = np.ones(3)", "print(x)"]


def test_imports_that_bind_the_same_to_a_name_are_all_kept(tmp_path: Path) -> None:
    taken = program(tmp_path, "import os\nimport os.path\nfrom a import b\nfrom a import b, c\nprint(b, c)\n")

    assert [s.code for s in taken.imports] == [
        "import os\n", "import os.path\n", "from a import b\n", "from a import b, c\n",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "is_definition"),
    [
        ("def f(x):\n    return x", "def f(x):\n    # once more\n    return x", True),
        ("def f(x):\n    return x", "def f(x):\n    return -x", False),
        ("def f(x=[]):\n    return x", "def f(x=[]):\n    return x", False),
        ("@cache\ndef f(x):\n    return x", "@cache\ndef f(x):\n    return x", False),
    ],
)
def test_a_function_may_be_defined_more_than_once(
    tmp_path: Path, first: str, second: str, *, is_definition: bool
) -> None:
    taken = program(tmp_path, f"{first}\ny = f(1)\n{second}\nz = f(2)\n")

    assert ("f" in taken.definitions) == is_definition
    assert lines(taken)[0 if is_definition else -1] == ("y = f(1)" if is_definition else "z = f(2)")


def test_a_name_that_means_two_things_is_no_import(tmp_path: Path) -> None:
    taken = program(tmp_path, "from a import load\nx = load()\nfrom b import load\ny = load()\n")

    assert not taken.imports
    assert len(taken.statements) == 4


def test_an_import_that_may_fail_stays_whole(tmp_path: Path) -> None:
    taken = program(tmp_path, "try:\n    import a as m\nexcept ImportError:\n    import b as m\nm.f()\n")

    assert list(taken.imported) == ["m"]


def test_a_path_of_imports_that_is_computed_stays_in_order(tmp_path: Path) -> None:
    taken = program(tmp_path, "import sys\nhome = find()\nsys.path.append(home)\nsys.path.append('lib')\n")

    assert lines(taken) == ["home = find()", "sys.path.append(home)"]


@pytest.mark.parametrize(
    ("use", "is_constant"),
    [
        ("df = df[COLUMNS]", True),
        ("for c in COLUMNS:\n    print(c)", True),
        ("n = len(COLUMNS)", True),
        ("COLUMNS.append('c')", False),
        ("COLUMNS[0] = 'c'", False),
        ("COLUMNS += ['c']", False),
        ("other = COLUMNS", False),
        ("holder = [COLUMNS]", False),
        ("change(COLUMNS)", False),
        ("def f():\n    global COLUMNS\n    COLUMNS = []", False),
    ],
)
def test_a_list_is_a_constant_where_nothing_changes_it(tmp_path: Path, use: str, *, is_constant: bool) -> None:
    assert ("COLUMNS" in program(tmp_path, f"COLUMNS = ['a', 'b']\n{use}\n").constants) == is_constant


def test_a_function_whose_default_is_a_variable_stays_in_order(tmp_path: Path) -> None:
    taken = program(tmp_path, "n = count()\ndef f(x=n):\n    return x\ndef g():\n    return 1\n")

    assert list(taken.definitions) == ["g"]
    assert len(taken.statements) == 2


@pytest.mark.parametrize(
    "guard",
    ['if __name__ == "__main__":\n    x = f()\n', "if __name__ == '__main__': x = f()\n"],
)
def test_the_main_guard_is_unfolded(tmp_path: Path, guard: str) -> None:
    assert lines(program(tmp_path, f"{guard}y = 1\n")) == ["x = f()", "y = 1"]


def test_comments_around_and_behind_a_body_stay(tmp_path: Path) -> None:
    taken = program(tmp_path, "# go\nif __name__ == '__main__':\n    # read\n    x = f()\n    # read it\nprint(x)\n")

    assert "".join(s.code for s in taken.statements) == "# go\n# read\nx = f()\n# read it\nprint(x)\n"


MAIN = """
import pandas as pd

def main():
    df = pd.read_csv("in.csv")
    df["y"] = model.predict(df)
    print(df)

"""


@pytest.mark.parametrize(
    "end",
    [
        "main()",
        "if __name__ == '__main__':\n    main()",
        "import sys\nsys.exit(main())",
        "main()\nexit(0)",
        "raise SystemExit(main())",
    ],
)
def test_main_is_unfolded(tmp_path: Path, end: str) -> None:
    taken = program(tmp_path, MAIN + end)

    assert lines(taken) == ["df = pd.read_csv('in.csv')".replace("'", '"'), 'df["y"] = model.predict(df)', "print(df)"]
    assert not taken.definitions


def test_what_is_printed_at_once_gets_a_name_so_that_its_call_is_unfolded(tmp_path: Path) -> None:
    function = "def score(path):\n    df = read_csv(path)\n    return model.predict(df)\n\n"
    code = f"{function}# all\nprint('y', score('a'))  # now\n"

    assert lines(program(tmp_path, code)) == [
        "path = 'a'",
        "df = read_csv(path)",
        "result = model.predict(df)",
        "print('y', result)  # now",
    ]


@pytest.mark.parametrize(
    "call",
    ["print(score('a'), end='')", "print(n, score('a'))", "print(score('a'), score('b'))", "tell(score('a'))"],
)
def test_what_is_printed_with_more_stays(tmp_path: Path, call: str) -> None:
    code = f"n = 1\ndef score(path):\n    df = read_csv(path)\n    return model.predict(df)\n{call}\n"

    assert lines(program(tmp_path, code))[-1] == call


def unfolded(folder: Path, function: str, rest: str) -> list[str]:
    """Take apart a function that reads and infers, and what uses it."""
    return lines(program(folder, f"{function}\n{rest}\n"))


def test_arguments_and_results_get_the_names_of_the_caller(tmp_path: Path) -> None:
    function = (
        "def run(data, limit=10):\n    rows = read_csv(data)\n    out = model.predict(rows)[:limit]\n    return out"
    )

    assert unfolded(tmp_path, function, "path = find()\nresult = run(path)") == [
        "path = find()",
        "limit = 10",
        "rows = read_csv(path)",
        "result = model.predict(rows)[:limit]",
    ]


def test_local_names_that_the_script_uses_otherwise_are_renamed(tmp_path: Path) -> None:
    function = "def run(df):\n    rows = read_csv(df)\n    df = model.predict(rows)\n    print(df.rows, f(rows=rows))"

    assert unfolded(tmp_path, function, "rows = 3\ndf = 'in.csv'\nrun(df)\nprint(rows, df)") == [
        "rows = 3",
        "df = 'in.csv'",
        "run_df = df",
        "run_rows = read_csv(run_df)",
        "run_df = model.predict(run_rows)",
        "print(run_df.rows, f(rows=run_rows))",
        "print(rows, df)",
    ]


def test_an_argument_outlives_the_result_of_the_same_name(tmp_path: Path) -> None:
    function = "def run(d):\n    out = model.predict(d)\n    print(d)\n    return out"

    assert unfolded(tmp_path, function, "df = find()\ndf = run(df)\nprint(df)") == [
        "df = find()",
        "out = model.predict(df)",
        "print(df)",
        "df = out",
        "print(df)",
    ]


@pytest.mark.parametrize(
    "helper",
    [
        "def helper():\n    return df",
        "def helper():\n    global df\n    df = 1",
    ],
)
def test_a_result_is_bound_when_it_was_where_a_function_in_between_uses_its_name(tmp_path: Path, helper: str) -> None:
    function = "def run(d):\n    df = model.predict(d)\n    print(helper(), d)\n    return df"

    assert unfolded(tmp_path, f"{helper}\n{function}", "df = find()\ndf = run(df)\nprint(df)")[-3:] == [
        "print(helper(), d)",
        "df = run_df",
        "print(df)",
    ]


def test_a_value_that_is_no_name_is_assigned(tmp_path: Path) -> None:
    function = "def run():\n    rows = read_csv('a')\n    return model.predict(rows), 1"

    assert unfolded(tmp_path, function, "y, n = run()") == ["rows = read_csv('a')", "y, n = model.predict(rows), 1"]


BODY = "x = read_csv('a')\n    y = model.predict(x)\n    print(y)"


@pytest.mark.parametrize(
    "script",
    [
        f"def run():\n    {BODY}\nrun()\nrun()",
        f"def run():\n    if x:\n        return\n    {BODY}\nrun()\nprint(1)",
        f"@cached\ndef run():\n    {BODY}\nrun()",
        f"def run():\n    {BODY}\n    print(locals())\nrun()",
        f"def run(*names):\n    {BODY}\nrun(1)",
        f"def run():\n    {BODY}\n    yield y\nlist(run())",
        "def run(limit):\n    x = read_csv('a')\n    print(model.predict(x.query('a > @limit')))\nlimit = 1\nrun(2)",
        "def run(x):\n    f = lambda x: x\n    print(model.predict(f(read_csv('a'))))\nx = 1\nrun(2)",
    ],
)
def test_what_cannot_be_unfolded_safely_stays_a_function(tmp_path: Path, script: str) -> None:
    assert "run" in program(tmp_path, script).definitions


def test_a_function_that_does_one_thing_stays_one(tmp_path: Path) -> None:
    taken = program(tmp_path, "def score(X):\n    return model.predict(X)\nprint(score(1))\ny = score\n")

    assert list(taken.definitions) == ["score"]


def test_the_method_that_runs_all_is_unfolded(tmp_path: Path) -> None:
    code = """
    class ChurnModel:
        def __init__(self, path):
            self.path = path

        def run(self):
            rows = read_csv(self.path)
            self.result = self.clean(rows)
            print(model.predict(rows))

        def clean(self, rows):
            return rows

    ChurnModel("in.csv").run()
    """
    taken = program(tmp_path, code)

    assert lines(taken) == [
        "churn_model = ChurnModel('in.csv')",
        "rows = read_csv(churn_model.path)",
        "churn_model.result = churn_model.clean(rows)",
        "print(model.predict(rows))",
    ]
    assert "def run" not in taken.definitions["ChurnModel"].code


@pytest.mark.parametrize("line", ["super().run()", "self.__secret = 1", "self = 2"])
def test_a_method_that_needs_its_class_stays_one(tmp_path: Path, line: str) -> None:
    body = f"        {line}\n        print(model.predict(read_csv('a')))\n"
    taken = program(tmp_path, f"class Model(Base):\n    def run(self):\n{body}Model().run()\n")

    assert "def run" in taken.definitions["Model"].code


def test_functions_within_an_unfolded_function_are_unfolded_in_turn(tmp_path: Path) -> None:
    code = """
    def main():
        def work(name):
            print(model.predict(read_csv(name)))
        rows = "in.csv"
        work(rows)

    rows = 1
    main()
    print(rows)
    """
    assert [line for line in lines(program(tmp_path, code)) if "predict" in line] == [
        "print(model.predict(read_csv(main_rows)))"
    ]


def test_another_indentation_than_that_of_the_caller_still_runs(tmp_path: Path) -> None:
    body = "\tx = [1]\n\tfor a in x:\n\t\tprint(a)\n\tprint(model.predict(read_csv('a')))\n"
    code = f"def main():\n{body}if 1:\n  x = 2\nmain()\n"
    taken = program(tmp_path, code)

    assert not taken.definitions
    for statement in taken.statements:
        compile(statement.code, "legacy.py", "exec")


def test_lines_are_those_of_the_source(tmp_path: Path) -> None:
    taken = program(tmp_path, MAIN + "main()")

    assert [s.lines for s in taken.statements] == [(4, 4), (5, 5), (6, 6)]


def test_unfolding_keeps_what_a_script_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = """
    log = []

    class Doubler:
        def predict(self, rows):
            return [2 * r for r in rows]

    def read_csv(name, rows=(1, 2)):
        log.append(name)
        return list(rows)

    def run(model, log, name="a"):
        rows = read_csv(name)
        total = sum(model.predict(rows))
        print(name, total)
        return rows, total

    total = 5
    everything, found = run(Doubler(), log)
    print(everything, found, total, log)
    """
    path = tmp_path / "legacy.py"
    path.write_text("\n".join(line[4:] for line in code.splitlines()) + "\n")
    taken = take_apart(source.read(path))

    exec(path.read_text(), {"__name__": "__main__"})  # noqa: S102 - the case itself
    expected = capsys.readouterr().out
    moved = [*taken.imports, *taken.definitions.values(), *taken.statements]
    exec("".join(s.code for s in moved), {"__name__": "__main__"})  # noqa: S102

    assert "run" not in taken.definitions
    assert capsys.readouterr().out == expected
