"""A block around the whole work is opened up: what ended the script in silence fails in the steps, and is noted."""

from pathlib import Path

import pytest
from programs import lines, program

from sagelift.legacy import obstacles
from sagelift.legacy.obstacles import Effect

WORK = "df = read_csv('a')\ny = model.predict(df)\nprint(y)"
OPENED = WORK.splitlines()


def indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.splitlines())


def notes(folder: Path, code: str) -> list[str]:
    taken = program(folder, code)
    return [o.text for o in obstacles.find(taken.source, taken) if o.effect is Effect.NOTE]


@pytest.mark.parametrize(
    "handler",
    [
        "except OSError as error:\n    print('failed', error)\n",
        "except ValueError:\n    pass\nexcept Exception:\n    log.exception('failed')\n    sys.exit(1)\n",
        "except KeyError:\n    raise RuntimeError('no column')\n",
    ],
)
def test_what_only_reports_errors_is_opened_up(tmp_path: Path, handler: str) -> None:
    code = f"try:\n{indented(WORK)}{handler}"

    assert lines(program(tmp_path, code)) == OPENED
    assert "an error that is caught here makes the job fail" in notes(tmp_path, code)


def test_what_is_done_at_the_end_in_any_case_follows(tmp_path: Path) -> None:
    code = f"try:\n{indented(WORK)}finally:\n    tidy()\n    print('end')\n"

    assert lines(program(tmp_path, code)) == [*OPENED, "tidy()", "print('end')"]
    assert not notes(tmp_path, code)


@pytest.mark.parametrize(
    "end",
    [
        "except OSError:\n    y = None\n",
        "except OSError:\n    start_again()\n",
        "except OSError:\n    print(1)\nelse:\n    print(2)\n",
        "finally: tidy()\n",
    ],
)
def test_a_try_that_does_more_stays(tmp_path: Path, end: str) -> None:
    assert len(lines(program(tmp_path, f"try:\n{indented(WORK)}{end}"))) > len(OPENED) + 1


def test_a_try_within_one_step_stays(tmp_path: Path) -> None:
    code = "try:\n    n = int(text)\nexcept ValueError:\n    print('no number')\n"

    assert lines(program(tmp_path, code)) == code.splitlines()


def test_a_file_is_closed_when_it_is_read(tmp_path: Path) -> None:
    code = """
    with open("a.csv") as f:
        # all of it
        reader = csv.reader(f)
        rows = list(reader)
        y = model.predict(rows)
        print(y)
    """
    assert lines(program(tmp_path, code)) == [
        'with open("a.csv") as f:',
        "    # all of it",
        "    reader = csv.reader(f)",
        "    rows = list(reader)",
        "y = model.predict(rows)",
        "print(y)",
    ]


@pytest.mark.parametrize(
    "head",
    ["with open('a', 'w') as f:", "with tf.Session() as f:", "with lock, open('a') as f:"],
)
def test_what_may_matter_until_its_end_stays(tmp_path: Path, head: str) -> None:
    code = f"{head}\n    n = len(f.read())\n{indented(WORK)}"

    assert lines(program(tmp_path, code))[0] == head
    assert lines(program(tmp_path, code))[-1] == "    print(y)"


def test_a_file_that_is_used_to_the_end_stays_open(tmp_path: Path) -> None:
    code = f"with open('a') as f:\n{indented(WORK)}    print(f.read())\n"

    assert lines(program(tmp_path, code)) == code.splitlines()


def test_a_condition_around_the_work_becomes_a_guard(tmp_path: Path) -> None:
    code = f"if exists('a') and n > 3:\n{indented(WORK)}else:\n    print('nothing there')\n"

    assert lines(program(tmp_path, code)) == [
        "if not (exists('a') and n > 3):",
        "    print('nothing there')",
        "    raise SystemExit('nothing to do')".replace("'", '"'),
        *OPENED,
    ]
    assert "where this condition does not hold, the job fails: it has nothing to pass on" in notes(tmp_path, code)


@pytest.mark.parametrize("end", ["else:\n    print(model.predict(1))\n", "print('end')\n", "elif b:\n    x = 1\n"])
def test_a_condition_stays_where_something_else_is_done(tmp_path: Path, end: str) -> None:
    assert lines(program(tmp_path, f"if a:\n{indented(WORK)}{end}"))[0] == "if a:"


def test_a_return_before_the_end_of_main_fails(tmp_path: Path) -> None:
    code = "def main():\n    df = read_csv('a')\n    if df.empty:\n        print('empty')\n        return  # why\n"
    code += "    print(model.predict(df))\n    return 0\n\nsys.exit(main())\n"

    assert lines(program(tmp_path, code)) == [
        "df = read_csv('a')",
        "if df.empty:",
        "    print('empty')",
        '    raise SystemExit("main() ends early")  # why',
        "print(model.predict(df))",
    ]
    assert [s.lines for s in program(tmp_path, code).statements] == [(2, 2), (3, 5), (6, 6)]
    assert "where main() returns before its end, the job fails: it has nothing to pass on" in notes(tmp_path, code)


@pytest.mark.parametrize(
    ("why", "function", "call"),
    [
        ("something follows", "    if x:\n        return\n", "run()\nprint(1)"),
        ("the value is used", "    if x:\n        return 1\n", "z = run()"),
        ("the value is found by a call", "    if x:\n        return f()\n", "run()"),
        ("an exit would be caught", "    try:\n        return\n    except:\n        pass\n", "run()"),
        ("something is done after it", "    try:\n        return\n    finally:\n        tidy()\n", "run()"),
    ],
)
def test_a_function_that_may_go_on_after_a_return_stays(tmp_path: Path, why: str, function: str, call: str) -> None:
    code = f"x = 1\ndef run():\n{function}{indented(WORK)}    return 2\n{call}\n"

    assert call.splitlines()[0] in lines(program(tmp_path, code)), why


def test_a_function_within_keeps_its_returns(tmp_path: Path) -> None:
    code = "def main():\n    def f(x):\n        return x\n    if f(1):\n        return\n" + indented(WORK) + "main()\n"

    assert lines(program(tmp_path, code))[0] == "if f(1):"
    assert "return x" in program(tmp_path, code).definitions["f"].code
