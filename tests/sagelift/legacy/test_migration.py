"""Legacy code becomes a repository whose workflow gives the same results, or nothing is left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from copier import run_update
from processes import Lifeline
from repositories import TemplateRepository, commit, files, git
from rich.console import Console
from terminals import END, Terminal

from sagelift.errors import SageliftError
from sagelift.legacy import controls, cuts, migration
from sagelift.legacy.draft import Draft
from sagelift.legacy.migration import Order, Outcome

SCRIPT = '''\
"""What a house costs."""
import csv


class Line:
    def fit(self, x, y):
        self.slope = sum(y) / sum(x)
        return self

    def predict(self, x):
        return [self.slope * a for a in x]


with open("houses.csv") as file:
    rows = list(csv.DictReader(file))
sizes = [float(row["size"]) for row in rows]
prices = [float(row["price"]) for row in rows]

model = Line()
model.fit(sizes, prices)
predicted = model.predict(sizes)

with open("predicted.csv", "w") as file:
    for size, price in zip(sizes, predicted):
        file.write(f"{size},{price:.4f}\\n")
print("total", sum(predicted))
'''

Import = Callable[..., Outcome]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that trains, predicts and reports, with its data."""
    folder = tmp_path / "legacy"
    folder.mkdir()
    (folder / "houses.csv").write_text("size,price\n50,100\n80,170\n120,235\n")
    (folder / "score.py").write_text(SCRIPT)
    return folder / "score.py"


@pytest.fixture
def import_(script: Path, template: TemplateRepository, tmp_path: Path) -> Import:
    """Return what imports the script."""

    def run(console: Console | None = None, **options: object) -> Outcome:
        given = {"destination": tmp_path / "houses", "template": str(template.root), **options}
        order = Order(script, **given)  # type: ignore[arg-type]
        return migration.run(order, console or Console(quiet=True))

    return run


@pytest.fixture
def without_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the code on this Python, and take the local cloud's results for proved: both take their time elsewhere."""

    def ops(draft: Draft, *_: str, accepted: object = ()) -> "subprocess.CompletedProcess[str]":
        del accepted
        (draft.folder / "parity" / "parity.json").write_text('{"verdict": "identical", "outputs": {}}')
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(Draft, "ops", ops)
    monkeypatch.setattr(Draft, "interpreter", lambda _: Path(sys.executable))
    monkeypatch.setattr(Draft, "exempt", lambda _: None)
    monkeypatch.setattr(Draft, "require", lambda _, lines, __: list(lines))


def assert_nothing_is_left(script: Path) -> None:
    # What tests put temporary files into lies there, too.
    assert {path.name for path in script.parents[1].iterdir()} - {"temporary"} == {"legacy"}
    assert files(script.parent) == {"score.py", "houses.csv"}


@pytest.mark.slow
@pytest.mark.usefixtures("environments")
def test_a_repository_is_proved_and_updated(
    import_: Import, script: Path, template: TemplateRepository, tmp_path: Path
) -> None:
    released = template.copy_to(tmp_path / "template")
    before = script.read_bytes()
    outcome = import_(template=str(released.root))

    assert (outcome.verdict, outcome.exit_code) == ("identical", 0)
    assert not outcome.reasons
    repository = tmp_path / "houses"
    assert {"src/preprocessing.py", "src/predict.py", "src/postprocessing.py", "parity/README.md"} <= files(repository)
    assert not {"src/tables.py", "model/weights.json", "data/sample/sample.csv"} & files(repository)
    assert json.loads((repository / "settings.json").read_text())["description"] == "What a house costs"
    assert "cloudpickle==" in (repository / "requirements.txt").read_text()
    proof = json.loads((repository / "parity" / "parity.json").read_text())
    assert {control["kind"] for control in proof["controls"]} == {"variable", "operation"}
    assert all(control["caught"] for control in proof["controls"])
    assert script.read_bytes() == before
    assert files(script.parent) == {"score.py", "houses.csv"}
    subprocess.run(["uv", "run", "--quiet", "ops", "lint"], cwd=repository, check=True)

    commit(repository, "Import")
    (released.root / "template" / "Makefile").write_text("changed:\n")
    released.release("v1.1.0")
    run_update(repository, defaults=True, overwrite=True, quiet=True)
    changed = [line.split()[-1] for line in git(repository, "status", "--porcelain").splitlines()]
    assert sorted(changed) == [".copier-answers.yml", "Makefile", "settings.json"]


@pytest.mark.slow
@pytest.mark.usefixtures("environments")
def test_what_leaves_nothing_to_compare_wraps_unproved(import_: Import, script: Path, tmp_path: Path) -> None:
    script.write_text('import random\n\nexec("chance = random.random()")\nchance\n')
    outcome = import_()

    assert (outcome.verdict, outcome.exit_code) == ("cannot be proved", 3)
    assert "exec" in outcome.reasons[0]
    assert {"predict", "score"} == outcome.chosen.content.scripts.keys()
    assert json.loads((tmp_path / "houses" / "settings.json").read_text())["preprocessing_image"] == "none"
    # What the legacy code does not do, the contract does not ask of the model.
    subprocess.run(["uv", "run", "--quiet", "ops", "test"], cwd=tmp_path / "houses", check=True)


@pytest.mark.usefixtures("without_environment")
@pytest.mark.parametrize(("mode", "takes_any_bytes"), [("r", False), ("rb", True)])
def test_whether_a_damaged_input_is_noticed_is_recorded(
    import_: Import, script: Path, tmp_path: Path, mode: str, *, takes_any_bytes: bool
) -> None:
    script.write_text(f'size = len(open("houses.csv", "{mode}").read())\nprint(max(size, 2000))\n')
    outcome = import_()

    recording = json.loads((tmp_path / "houses" / "parity" / "recording.json").read_text())
    assert recording["takes_any_bytes"] is outcome.chosen.takes_any_bytes is takes_any_bytes


@pytest.mark.usefixtures("without_environment")
def test_what_is_prompted_for_is_asked_on_a_terminal(import_: Import, script: Path, terminal: Terminal) -> None:
    script.write_text('print("1 small")\nkind = input("Which? ")\nprint(kind, input())\n')
    outcome = import_(console=terminal.console(["1", "large"]))

    assert outcome.order.answers == ("1", "large")
    assert terminal.shown.count("Which? ") == 1
    recording = script.parents[1] / "houses" / "parity" / "recording.json"
    assert json.loads(recording.read_text())["answers"] == ["1", "large"]
    assert 'answers=["1", "large"]' in outcome.chosen.content.scripts["predict"]


@pytest.mark.usefixtures("without_environment")
def test_what_is_not_answered_is_named(import_: Import, script: Path, terminal: Terminal) -> None:
    script.write_text('input("Which? ")\n')
    for console in (terminal.console([END]), Console(quiet=True)):
        with pytest.raises(SageliftError, match=r"line 1: prompts for input \(Which\?\): give .* --answer"):
            import_(console=console)
        assert_nothing_is_left(script)


@pytest.mark.usefixtures("without_environment")
def test_training_once_keeps_the_model(import_: Import, tmp_path: Path) -> None:
    outcome = import_(training="once")

    assert not outcome.reasons
    repository = tmp_path / "houses"
    assert (repository / "model" / "model.pkl").is_file()
    assert ".fit(" not in "".join((repository / "src" / f"{s}.py").read_text() for s in ("preprocessing", "predict"))
    assert "model.fit(sizes, prices)" in (repository / "src" / "training.py").read_text()


@pytest.mark.usefixtures("without_environment")
def test_training_that_tells_of_itself_stays_in_the_run(import_: Import, script: Path) -> None:
    script.write_text(SCRIPT.replace("        return self\n", '        print("trained")\n        return self\n'))
    outcome = import_(training="once")

    assert outcome.chosen.candidate.cuts
    assert all(reason.startswith("trained once, ") for reason in outcome.reasons)
    assert "stdout.txt is different" in outcome.reasons[0]
    assert ".fit(" in outcome.chosen.content.scripts["predict"]


def test_a_split_that_was_ruled_out_is_refused(import_: Import, script: Path) -> None:
    script.write_text(f'eval("1")\n{SCRIPT}')
    with pytest.raises(SageliftError, match=r"^It must not be split: line 1: eval.* Leave out --split to wrap it\.$"):
        import_(form="split")
    assert_nothing_is_left(script)


@pytest.mark.usefixtures("without_environment")
def test_code_that_fails_leaves_nothing(import_: Import, script: Path) -> None:
    script.write_text(SCRIPT.replace('"houses.csv"', '"gone.csv"'))
    with pytest.raises(SageliftError, match=r"line 14.* gone\.csv is not there"):
        import_()
    assert_nothing_is_left(script)


@pytest.mark.usefixtures("without_environment")
def test_a_split_that_would_be_none_wraps(import_: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts.Cuts, "degenerate", "nothing is left for predict")
    outcome = import_()

    assert outcome.chosen.candidate.cuts is None
    assert "would be none: nothing is left for predict." in outcome.reasons[-1]


@pytest.mark.usefixtures("without_environment")
def test_an_interruption_leaves_nothing(import_: Import, script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(controls, "try_out", interrupt)
    with pytest.raises(KeyboardInterrupt):
        import_()
    assert_nothing_is_left(script)


# Windows has none.
HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)
DRIVER = """
import signal, sys
from pathlib import Path
from sagelift import cli
from sagelift.legacy.draft import Draft

# A shell has its background jobs ignore Ctrl-C, and `nohup` the end of the terminal: the tests may be such a job.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
Draft.require = lambda _, lines, __: list(lines)
if {on_this_python}:
    Draft.interpreter = lambda _: Path(sys.executable)
cli.main()
"""
HANGS = """#!{python}
import os, subprocess, sys, time
end = os.open({lifeline!r}, os.O_WRONLY)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], pass_fds=[end])
os.write(end, b"x")
time.sleep(600)
"""


@pytest.mark.parametrize(("hangs", "ending"), [("script", signal.SIGTERM), ("uv", HANGUP)])
def test_an_import_that_is_ended_leaves_no_file_and_no_process(
    script: Path, template: TemplateRepository, tmp_path: Path, hangs: str, ending: signal.Signals
) -> None:
    lifeline = Lifeline(tmp_path / "legacy" / "lifeline")
    program = HANGS.format(python=sys.executable, lifeline=str(lifeline.path))
    if hangs == "script":
        script.write_text(program)
    uv = tmp_path / "legacy" / "uv"
    uv.write_text(program)
    uv.chmod(0o700)
    driver = DRIVER.format(on_this_python=hangs == "script")
    arguments = ["import", str(script), str(tmp_path / "houses"), "--template", str(template.root)]
    import_ = subprocess.Popen(
        [sys.executable, "-c", driver, *arguments],
        env={**os.environ, "UV": str(uv)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert lifeline.read()
    import_.send_signal(ending)
    _, said = import_.communicate(timeout=60)

    assert (import_.returncode, said) == (130, "error: interrupted.\n")
    while lifeline.read():
        pass
    lifeline.close()
    assert {path.name for path in tmp_path.iterdir()} - {"temporary"} == {"legacy"}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("while True:\n    pass\n", "The code cannot run, and therefore not be migrated: line 1: "),
        ('print "total"\n', "Python 2"),
        ("# To do\n", "it holds no code"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_made(
    import_: Import, script: Path, code: str, sentence: str
) -> None:
    script.write_text(code)
    with pytest.raises(SageliftError, match=sentence):
        import_()
    assert_nothing_is_left(script)


def test_what_exists_is_not_touched(import_: Import, tmp_path: Path) -> None:
    (tmp_path / "houses").mkdir()
    (tmp_path / "houses" / "kept").touch()
    with pytest.raises(SageliftError, match=r"houses exists already: name a folder that does not, or remove it\.$"):
        import_()
    assert files(tmp_path / "houses") == {"kept"}


def test_nothing_is_made_below_a_file(import_: Import, script: Path) -> None:
    with pytest.raises(SageliftError, match=r"houses cannot be made, because .*score\.py is a file: name a folder"):
        import_(destination=script / "houses")
    assert_nothing_is_left(script)


def test_an_answer_to_no_question_is_refused(import_: Import, script: Path) -> None:
    with pytest.raises(SageliftError, match="The template has no question modelname: it has model_name, "):
        import_(data={"modelname": "x"})
    assert_nothing_is_left(script)
