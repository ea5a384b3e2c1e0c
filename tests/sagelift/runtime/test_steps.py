"""A step: its working folder, what it leaves, and what it does when something is wrong."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from .conftest import RUNTIME, RunSteps


def test_files_go_on_and_the_last_step_leaves_what_was_written(run_steps: RunSteps) -> None:
    left = run_steps(
        "import os; os.makedirs('out/empty'); open('out/first.txt', 'w').write(open('input.csv').read())",
        "open('out/first.txt', 'a').write('more')",
        "open('out/empty/last.txt', 'w').write('last')",
    )

    assert left.files == {"out/first.txt": b"a\n1\nmore", "out/empty/last.txt": b"last"}


def test_a_link_is_left_as_what_it_leads_to(run_steps: RunSteps) -> None:
    left = run_steps(
        "import os; os.symlink('input.csv', 'z.csv')",
        "pass",
        "import os; os.symlink('input.csv', 'b.csv')",
        options="keeps=['input.csv']",
    )

    assert left.files == {"b.csv": b"a\n1\n", "z.csv": b"a\n1\n"}


def test_an_input_that_is_written_to_is_an_output(run_steps: RunSteps) -> None:
    left = run_steps(
        "open('log.txt', 'a').write('two')",
        "file = open('plan.txt', 'r+'); file.write('B'); file.close()",
        "pass",
        files={"log.txt": "one ", "plan.txt": "A A", "untouched.txt": ""},
        options="keeps=['plan.txt']",
    )

    assert left.files == {"log.txt": b"one two", "plan.txt": b"B A"}


def test_later_steps_see_the_inputs_that_are_kept_for_them(run_steps: RunSteps) -> None:
    left = run_steps(
        "pass",
        "pass",
        "import glob; print(sorted(glob.glob('**/*', recursive=True)))",
        files={"data/kept.csv": "", "kept.csv": "", "dropped.csv": ""},
        options="keeps=['data', 'kept.csv']",
    )

    assert left.printed == "['data', 'data/kept.csv', 'kept.csv']\n"


def test_results_outside_of_the_working_folder_are_seen_from_the_root(run_steps: RunSteps) -> None:
    files = {"notebooks/x.csv": "", "data/y.csv": ""}
    inside = run_steps("open('a.txt', 'w').close()", "pass", "pass", files=files, options="folder='notebooks'")
    assert set(inside.files) == {"a.txt"}

    outside = run_steps(
        "open('b.txt', 'w').close(); open('../b.txt', 'w').close()", "pass", "pass", options="folder='notebooks'"
    )
    assert {"notebooks/b.txt", "b.txt"} <= set(outside.files)


def test_the_process_looks_as_it_did_for_the_script(run_steps: RunSteps) -> None:
    left = run_steps(
        "import sys; print(sys.argv, input(), sys.stdin.encoding, sys.stdout.encoding)",
        "import os; print(input()); os.chdir('sub')",
        "import os; print(os.path.basename(os.getcwd()), os.path.exists(os.path.dirname(__file__)), sys.stdin.read())",
        head="import sys",
        options="script='churn.py', arguments=['--fast'], answers=['one', 'two', 'three']",
        files={"x.csv": "", "sub/y.csv": ""},
    )

    assert left.printed == "['churn.py', '--fast'] one utf-8 utf-8\ntwo\nsub True three\n\n"


def test_what_other_programs_print_is_printed(run_steps: RunSteps) -> None:
    left = run_steps(
        "print('one'); os.system('echo two'); subprocess.run(['echo', 'three'], stdout=sys.stdout); print('four')",
        "os.write(1, b'five\\n')",
        "ctypes.CDLL(None).puts(b'seven'); print('six')",
        head="import ctypes, os, subprocess, sys",
    )

    *first, sixth, last = left.printed.split()
    assert first == ["one", "two", "three", "four", "five"]
    # C decides when it prints.
    assert {sixth, last} == {"six", "seven"}


def test_the_end_of_the_script_is_the_end_of_its_last_part(run_steps: RunSteps) -> None:
    left = run_steps("print('a')", "print('b')", "print('c'); exit()")
    assert (left.code, left.printed) == (0, "a\nb\nc\n")

    left = run_steps("sys.exit('no result')", head="import sys")
    assert (left.code, left.log, left.files) == (1, "no result\n", {})


def test_what_open_files_hold_back_is_kept(run_steps: RunSteps) -> None:
    left = run_steps("pass", "pass", "file = open('left-open.txt', 'w'); file.write('text'); cycle = [file]")

    assert left.files["left-open.txt"] == b"text"


def test_a_fault_leaves_nothing(run_steps: RunSteps) -> None:
    left = run_steps("open('half.txt', 'w').write('half'); raise ValueError('bad row')")

    assert left.code == 1
    assert left.log.endswith("ValueError: bad row\n")
    assert left.files == {}


def test_an_empty_input_is_a_fault_but_for_a_share_of_predict(run_steps: RunSteps, tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    left = run_steps("print('never')", files={"empty/folder": ""})
    assert left.code == 0
    for path in (tmp_path / "input").rglob("folder"):
        path.unlink()

    for name, code in (("preprocessing", 1), ("predict", 0), ("postprocessing", 1)):
        script = tmp_path / f"{name}.py"
        script.write_text(f"import handover\nwith handover.step('{name}'):\n    print('never')\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script), f"--input-dir={tmp_path / 'input'}", f"--output-dir={tmp_path / name}"],
            env={**os.environ, "PYTHONPATH": str(RUNTIME), "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert ("holds no file" in done.stderr) == bool(code)
        assert "never" not in done.stdout


def test_what_is_no_handover_is_said(run_steps: RunSteps) -> None:
    left = run_steps("pass", files={"handover.json": "\0"})
    assert left.code == 1
    assert "handover.json is not what a step leaves" in left.log

    left = run_steps("step.receive('x')", files={"handover.json": '{"written": []}'})
    assert "x is not in the input: this step needs all" in left.log
    assert "Traceback" not in left.log


def test_the_order_of_sets_is_that_of_every_other_step(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "x.csv").touch()
    script = tmp_path / "predict.py"
    script.write_text(
        "import handover\nwith handover.step('predict', last=True):\n    print(list({*'abcdefgh'}))\n", encoding="utf-8"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONHASHSEED"} | {"PYTHONPATH": str(RUNTIME)}
    command = [sys.executable, str(script), "--input-dir=input", "--output-dir=output"]
    printed = {
        subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True).stdout for _ in "123"
    }

    assert len(printed) == 1


def test_random_numbers_begin_alike_where_runs_are_compared(
    run_steps: RunSteps, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = "print(random.random(), np.random.rand())"
    head = "import random\nimport numpy as np"
    printed = [run_steps(draw, draw, head=head).printed for _ in range(2)]
    assert printed[0] != printed[1]

    monkeypatch.setenv("HANDOVER_SEED", "7")
    printed = [run_steps(*parts, head=head).printed for parts in ((draw, draw), (f"{draw}; {draw}", "pass"))]
    assert printed[0] == printed[1]


def test_runs_a_script_whole(run_steps: RunSteps, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "helper.py").write_text("NAME = 'helper'\n", encoding="utf-8")
    (tmp_path / "code" / "churn.py").write_text(
        dedent("""\
            import atexit, os, sys
            import helper, sibling
            class Customer: pass
            atexit.register(print, "goodbye")
            print(__name__, sys.modules["__main__"].Customer is Customer, helper.NAME, sibling.NAME)
            print(open(os.path.join(os.path.dirname(__file__), "data.csv")).read(), sys.argv)
            log = open("log.txt", "w")
            def write(): log.write("done")
            write()
            sys.exit(0)
        """),
        encoding="utf-8",
    )
    left = run_steps(
        "step.run('churn.py')",
        files={"data.csv": "1,2", "sibling.py": "NAME = 'sibling'\n"},
        options="last=True, script='churn.py', arguments=['x']",
    )

    assert left.code == 0, left.log
    assert left.printed == "__main__ True helper sibling\n1,2 ['churn.py', 'x']\ngoodbye\n"
    assert left.files.keys() == {"stdout.txt", "log.txt"}
    assert left.files["log.txt"] == b"done"


def test_modules_of_a_script_that_runs_whole_look_for_files_beside_it(run_steps: RunSteps, tmp_path: Path) -> None:
    (tmp_path / "code" / "tools").mkdir(parents=True)
    (tmp_path / "code" / "tools" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "code" / "tools" / "prep.py").write_text(
        "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\n"
        "TEXT = open(os.path.join(HERE, 'x.csv')).read()\n",
        encoding="utf-8",
    )
    (tmp_path / "code" / "main.py").write_text(
        "import os\nfrom tools.prep import TEXT\nprint(TEXT, os.path.relpath(__file__))\n", encoding="utf-8"
    )
    left = run_steps(
        "step.run('main.py')",
        options="folder='work', script='job/main.py', last=True",
        files={"work/job/tools/x.csv": "1"},
    )

    assert left.printed == f"1 {Path('job', 'main.py')}\n", left.log


def test_a_script_that_fails_when_run_whole_fails_the_step(run_steps: RunSteps) -> None:
    left = run_steps(
        "step.run('churn.py')", files={"churn.py": "import sys\nsys.exit('no data')\n"}, options="last=True"
    )

    assert left.code == 1
    assert left.log == "no data\n"
    assert left.files == {}


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("print(1); open('stdout.txt', 'w').close()", "stdout.txt"),
        (
            "import os, pylab; os.mkdir('figures'); pylab.gcf(); pylab.show(); pylab.savefig('figures/figure-01.png')",
            "figures/figure-01.png",
        ),
    ],
)
def test_a_script_that_writes_where_its_output_is_kept_is_refused(run_steps: RunSteps, code: str, path: str) -> None:
    left = run_steps("pass", "pass", code)

    assert left.code == 1
    assert f"writes {path} itself" in left.log


def test_a_script_that_prints_nothing_may_write_what_would_be_kept(run_steps: RunSteps) -> None:
    assert run_steps("pass", "pass", "open('stdout.txt', 'w').write('1')").printed == "1"


def test_modules_look_for_files_beside_the_script(run_steps: RunSteps, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "prep.py").write_text(
        "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\n"
        "def load():\n    here = os.path.dirname(__file__)\n"
        "    return [open(os.path.join(folder, 'x.csv')).read() for folder in (HERE, here)]\n",
        encoding="utf-8",
    )
    left = run_steps(
        "print(prep.load())",
        "print(prep.load())",
        head="import prep",
        options="folder='work', script='job/main.py', keeps=['work/job/x.csv']",
        files={"work/job/x.csv": "1"},
    )

    assert left.printed == "['1', '1']\n" * 2, left.log
