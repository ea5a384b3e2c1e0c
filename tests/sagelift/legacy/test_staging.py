"""Which files legacy code needs, where it looks for them, and which of its paths have to change."""

import json
import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from sagelift.errors import SageliftError
from sagelift.legacy import program, source, staging
from sagelift.legacy.sandbox import Access, Recording
from sagelift.legacy.staging import Located, Staging

Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return what makes a project with a script and empty files."""

    def make(code: str, *files: str, script: str = "model.py") -> Path:
        root = tmp_path / "project"
        for name in (script, *files):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        (root / script).write_text(textwrap.dedent(code))
        return root / script

    return make


def located(script: Path, **options: object) -> Located:
    return staging.locate(source.read(script), **options)  # type: ignore[arg-type]


def planned(script: Path, *accesses: Access, outputs: tuple[str, ...] = ()) -> Staging:
    """Plan for a run that did what is told."""
    found = located(script)
    left = script.parent / ".outputs"
    for name in outputs:
        (left / name).parent.mkdir(parents=True, exist_ok=True)
        (left / name).touch()
    return staging.plan(found, program.take_apart(found.source), Recording(left, accesses, 1.0, {}))


# Where the files lie.


def test_a_script_runs_in_its_own_folder(project: Project) -> None:
    layout = located(project("read_csv('in.csv')", "src/in.csv", script="src/model.py")).layout
    assert (layout.root.name, layout.folder, layout.script) == ("src", ".", "model.py")


@pytest.mark.parametrize("name", ["in.csv", "data/in.csv"])
def test_a_script_runs_where_its_paths_lead_to_files(project: Project, name: str) -> None:
    layout = located(project(f"read_csv('{name}')", name, script="scripts/train/model.py")).layout
    assert (layout.root.name, layout.folder, layout.script) == ("project", ".", "scripts/train/model.py")


@pytest.mark.parametrize(
    "code",
    [
        "read_csv('../input/in.csv')",
        "import os\nread_csv(os.path.join('..', 'input', 'in.csv'))",
        "import os\nD = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nread_csv(D + '/input/in.csv')",
        "for name in ['in']: read_csv(f'../input/{name}.csv')",
        "import os\nos.listdir('../input')",
        "import glob\nfor name in glob.glob('../input/*.csv'): read_csv(name)",
        "read_csv('../input/{}.csv'.format(name))",
    ],
)
def test_the_root_holds_what_lies_above_the_script(project: Project, code: str) -> None:
    layout = located(project(code, "input/in.csv", "other/large.csv", script="working/model.py")).layout
    assert (layout.root.name, layout.folder, layout.script) == ("project", "working", "model.py")
    assert "input/in.csv" in layout.files()


def test_what_the_script_does_not_name_above_it_is_left_out(project: Project) -> None:
    layout = located(
        project("read_csv('../input/in.csv')", "input/in.csv", "other/x.csv", script="working/m.py")
    ).layout
    assert sorted(layout.files()) == ["input/in.csv", "working/m.py"]


def test_a_script_that_changes_its_folder_finds_its_files(project: Project) -> None:
    code = "import os\nos.chdir('data')\nread_csv('raw/in.csv')\nos.chdir('../..')\n"
    layout = located(project(code, "data/raw/in.csv")).layout
    assert (layout.root.name, dict(layout.additions)) == ("project", {})


# Which paths change.


@pytest.mark.parametrize(
    ("code", "files", "changed"),
    [
        (r"read_csv(r'C:\Users\ada\in.csv')", ["in.csv"], "read_csv('in.csv')"),
        (r"read_csv('C:\\Users\\ada\\in.csv')", ["data/in.csv"], "read_csv('data/in.csv')"),
        ("read_csv('/home/ada/data/In.CSV')", ["data/in.csv", "in.csv"], "read_csv('data/in.csv')"),
        ("read_csv('~/in.csv')", ["in.csv"], "read_csv('in.csv')"),
        (
            r"D = 'C:\\work\\data\\'" + "\nread_csv(D + 'in.csv')",
            ["data/in.csv"],
            "D = 'data/'\nread_csv(D + 'in.csv')",
        ),
        (r"read_csv('data\\in.csv')", ["data/in.csv"], "read_csv('data/in.csv')"),
        ("frame.to_csv('C:/results/out.csv')", [], "frame.to_csv('out.csv')"),
        ("frame.to_csv('/home/ada/out.csv')", [], "frame.to_csv('out.csv')"),
        ("D = 'C:/results/'\nframe.to_csv(D + 'out.csv')", [], "D = './'\nframe.to_csv(D + 'out.csv')"),
        ("os.makedirs('C:/results')", [], "os.makedirs('results')"),
        ("p = 'C:/m.pkl'\ndump(model, p)\nload(p)", [], "p = 'm.pkl'\ndump(model, p)\nload(p)"),
    ],
)
def test_a_path_of_another_machine_becomes_relative(
    project: Project, code: str, files: list[str], changed: str
) -> None:
    found = located(project(code, *files))
    assert found.source.code.strip() == changed
    assert found.notes or "\\\\" in code


@pytest.mark.parametrize(
    "code",
    [
        "read_csv(folder + '/in.csv')",
        "try:\n    d = read_csv('C:/in.csv')\nexcept OSError:\n    d = None",
        "read_csv('C:/elsewhere/missing.csv')",
        "text.replace('/in.csv', '')",
        "read_csv('https://example.org/in.csv')",
        "font = FontProperties(fname='/usr/share/fonts/in.csv')",
        "'''C:/in.csv'''\nx = 1",
    ],
)
def test_other_texts_stay(project: Project, code: str) -> None:
    found = located(project(code, "in.csv"))
    assert found.source.code.strip() == code
    assert not found.notes


def test_two_files_of_that_name_are_no_answer(project: Project) -> None:
    code = "read_csv('C:/in.csv')"
    assert located(project(code, "a/in.csv", "b/in.csv")).source.code.strip() == code


def test_a_file_from_elsewhere_is_brought_to_where_the_code_looks(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "in.csv"
    elsewhere.parent.mkdir()
    elsewhere.touch()
    found = located(project(f"read_csv({str(elsewhere)!r})"))
    assert found.source.code.strip() == "read_csv('in.csv')"
    assert found.layout.files()["in.csv"] == elsewhere
    assert str(elsewhere) in found.notes[0]


def test_a_file_is_given_for_a_path(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.touch()
    for path, key in ((r"C:\data\x.csv", "x.csv"), ("data/x.csv", "data/x.csv")):
        found = located(project(f"read_csv({path!r})"), given={path: str(other)})
        assert found.layout.files()[key] == other


def test_what_is_given_must_be_there_and_be_named(project: Project) -> None:
    script = project("read_csv('data/x.csv')")
    with pytest.raises(SageliftError, match=r"no.csv is not there: name a file or folder that is"):
        located(script, given={"data/x.csv": "no.csv"})
    with pytest.raises(SageliftError, match=r"does not name data/y.csv: write it as the code does"):
        located(script, given={"data/y.csv": str(script)})


def test_a_missing_file_is_taken_from_beside_the_script(project: Project) -> None:
    found = located(project("x = 1\nread_csv('data/in.csv')", "in.csv"))
    assert found.layout.files()["data/in.csv"].name == "in.csv"
    assert found.notes == ("line 2: data/in.csv is not there; in.csv stands for it.",)


def test_arguments_are_paths_too(project: Project, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.touch()
    found = located(project("import sys"), arguments=["--data", str(data), "--rows", "3"])
    assert found.arguments == ("--data", "data.csv", "--rows", "3")
    assert found.layout.files()["data.csv"] == data


# What a run tells.


def test_inputs_are_what_is_read_before_it_is_written(project: Project) -> None:
    script = project("", "in.csv", "old.csv", "log.txt", "base.db", "unused.csv")
    plan = planned(
        script,
        Access("read", "in.csv", (1,)),
        Access("write", "old.csv", (1,)),
        Access("read", "old.csv", (1,)),
        Access("update", "log.txt", (1,)),
        Access("touch", "base.db"),
        Access("touch", "model.py"),
        Access("write", "new.csv", (1,)),
        Access("read", "new.csv", (1,)),
    )
    assert list(plan.inputs) == ["base.db", "in.csv", "log.txt"]


def test_a_listed_folder_is_an_input_as_a_whole(project: Project) -> None:
    plan = planned(project("", "in/a.csv", "in/b.csv", "in/deep/c.csv", "d.csv"), Access("list", "in", (1,)))
    assert list(plan.inputs) == ["in/a.csv", "in/b.csv"]


def test_a_file_that_the_code_asks_for_is_an_input(project: Project) -> None:
    plan = planned(project("import os\nif os.path.exists('cache/x.csv'): pass", "cache/x.csv"))
    assert list(plan.inputs) == ["cache/x.csv"]


def test_an_empty_folder_that_is_used_stays(project: Project) -> None:
    script = project("", "results/old.csv", "full/in.csv")
    plan = planned(
        script, Access("read", "full/in.csv", (1,)), outputs=("results/out.csv", "full/out.csv", "new/out.csv")
    )
    assert {name: os.fspath(path) for name, path in plan.inputs.items() if name != "full/in.csv"} == {
        "results/.gitkeep": os.devnull
    }


@pytest.mark.parametrize(
    ("code", "name", "kind", "is_model"),
    [
        ("model = joblib.load('m.joblib')", "m.joblib", "read", True),
        ("with open('m.pkl', 'rb') as f:\n    model = pickle.load(f)", "m.pkl", "read", True),
        ("f = open('m.pkl', 'rb')\nmodel = pickle.load(f)", "m.pkl", "read", True),
        ("booster.load_model('m.json')", "m.json", "touch", True),
        ("frame = pd.read_hdf('table.h5')", "table.h5", "read", False),
        ("frame = pd.read_csv('in.csv')", "in.csv", "read", False),
    ],
)
def test_a_model_is_told_by_the_statement_that_reads_it(
    project: Project, code: str, name: str, kind: str, *, is_model: bool
) -> None:
    plan = planned(project(code, name), Access(kind, name, (1,) if kind == "read" else ()))
    assert list(plan.models) == [name] * is_model
    assert list(plan.inputs) == [name]


def test_a_model_that_is_written_is_none(project: Project) -> None:
    script = project("model = joblib.load('m.joblib')", "m.joblib")
    plan = planned(script, Access("read", "m.joblib", (1,)), Access("write", "m.joblib", (1,)))
    assert not plan.models


def test_modules_lie_below_src_as_they_are_imported(project: Project) -> None:
    script = project("", "src/helper.py", "lib/tools/__init__.py", "lib/tools/io.py", script="src/model.py")
    script.write_text("import sys\nsys.path.append('../lib')\n")
    plan = planned(
        script, *(Access("module", n) for n in ("src/helper.py", "lib/tools/io.py", "lib/tools/__init__.py"))
    )
    assert sorted(plan.modules) == ["helper.py", "tools/__init__.py", "tools/io.py"]
    assert list(plan.legacy) == ["src/model.py", "lib/tools/__init__.py", "lib/tools/io.py", "src/helper.py"]


def test_a_file_outside_is_refused(project: Project, tmp_path: Path) -> None:
    script = project("x = 1\nread_csv(make_path())")
    with pytest.raises(SageliftError, match=r"model.py, line 2: .*/x.csv lies outside of .* relative to the script"):
        planned(script, Access("read", str(tmp_path / "x.csv"), (2,)))


def test_the_user_is_told_of_networks_programs_and_large_inputs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MOST_SAMPLE", 1)
    script = project("import x", "in.csv")
    (script.parent / "in.csv").write_text("1,2,3")
    plan = planned(
        script,
        Access("read", "in.csv", (1,)),
        Access("connect", "https://example.org/a.csv", (1,)),
        Access("process", "dot -Tpng", (1,)),
        Access("process", "/envs/churn/bin/python3.11 -c pass", (1,)),
    )
    size, network, command = plan.notes
    assert "in.csv" in size
    assert (
        network
        == "line 1: https://example.org/a.csv is reached over the network: the job on AWS needs a way to it, too."
    )
    assert command == "line 1: starts dot: the image needs it, too; see packages.txt."


# Which step needs what.

SCRIPTS = {"preprocessing": "read_csv('a.csv')", "predict": "x = 1", "postprocessing": "exists('c.csv')"}


def test_a_step_passes_on_what_a_later_one_needs() -> None:
    files = {name: Path(name) for name in ("a.csv", "b.csv", "c.csv", "m.pkl", "in/1.csv", "unknown.csv")}
    plan = Staging(inputs=files, models={"m.pkl": Path("m.pkl")}, modules={}, legacy={}, notes=())
    chain = Recording(
        Path(),
        (
            Access("read", "a.csv", (1,), "preprocessing"),
            Access("read", "b.csv", (1,), "predict"),
            Access("touch", "m.pkl", (), "predict"),
            Access("list", "in", (1,), "postprocessing"),
        ),
        1.0,
        {},
    )
    division = staging.divide(plan, chain, SCRIPTS)
    assert list(division.models) == ["m.pkl"]
    assert list(division.inputs) == ["a.csv", "b.csv", "c.csv", "in/1.csv", "unknown.csv"]
    assert division.keeps == {
        "preprocessing": ("b.csv", "c.csv", "in/1.csv", "unknown.csv"),
        "predict": ("c.csv", "in/1.csv", "unknown.csv"),
        "postprocessing": (),
    }


def test_what_a_script_tells_the_handover_is_no_use_of_a_file() -> None:
    scripts = {"preprocessing": "with handover.step('preprocessing', keeps=['a.csv']): open('b.csv')", "predict": ""}
    files = {name: Path(name) for name in ("a.csv", "b.csv")}
    plan = Staging(inputs=files, models={}, modules={}, legacy={}, notes=())
    chain = Recording(Path(), (Access("read", "a.csv", (1,), "predict"),), 1.0, {})
    assert staging.divide(plan, chain, scripts).keeps["preprocessing"] == ("a.csv",)


def test_a_model_that_another_step_reads_is_an_input() -> None:
    files = {"m.pkl": Path("m.pkl")}
    plan = Staging(inputs=files, models=files, modules={}, legacy={}, notes=())
    chain = Recording(Path(), (Access("read", "m.pkl", (1,), "preprocessing"),), 1.0, {})
    division = staging.divide(plan, chain, SCRIPTS)
    assert (list(division.inputs), list(division.models)) == (["m.pkl"], [])


def test_a_notebook_becomes_a_script_of_its_name(project: Project) -> None:
    cells = [{"cell_type": "code", "source": "read_csv('C:/in.csv')", "metadata": {}, "outputs": []}]
    script = project("", "in.csv", script="model.ipynb")
    script.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    found = located(script)
    assert found.layout.script == "model.py"
    assert found.notes == ("cell 1, line 1: C:/in.csv became in.csv, from in.csv.",)
