"""The abalone example: its migration gives what the desktop script gave, and its generator destroys nothing."""

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "abalone"
DATA = EXAMPLE / "legacy" / "data" / "abalone.data"
MODEL = EXAMPLE / "legacy" / "model"
UV = os.environ.get("UV", "uv")

Script = Callable[..., "subprocess.CompletedProcess[str]"]


def run(*command: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command outside this project's own environment."""
    # VIRTUAL_ENV would make uv act on it.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return subprocess.run(command, cwd=cwd, env=environment, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with what the model was fitted with."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    version = yaml.safe_load((EXAMPLE / "answers.yml").read_text(encoding="utf-8"))["python_version"]
    requirements = EXAMPLE / "migrated" / "requirements.txt"
    for arguments in (
        ("venv", "--python", version, environment),
        ("pip", "install", "--python", environment, "--requirements", requirements),
    ):
        finished = run(UV, *arguments)
        assert finished.returncode == 0, finished.stderr
    return Path(sysconfig.get_path("scripts", "venv", vars={"base": str(environment)})) / "python"


@pytest.fixture
def job(python: Path, tmp_path: Path) -> Script:
    """Return a function that runs a migrated script as a job: folders by keyword, its output is tmp_path/<script>."""

    def start(script: str, **folders: Path) -> "subprocess.CompletedProcess[str]":
        (tmp_path / script).mkdir()
        folders["output_dir"] = tmp_path / script
        arguments = [part for name, folder in folders.items() for part in (f"--{name.replace('_', '-')}", str(folder))]
        return run(python, "-B", EXAMPLE / "migrated" / "src" / f"{script}.py", *arguments)

    return start


@pytest.fixture(scope="module")
def legacy(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the desktop script, after somebody ran it there."""
    folder = tmp_path_factory.mktemp("desktop") / "legacy"
    shutil.copytree(EXAMPLE / "legacy", folder)
    finished = run(python, "abalone.py", cwd=folder)
    assert finished.returncode == 0, finished.stderr
    return folder


def rows(table: Path) -> list[dict[str, str]]:
    """Read the rows as they are written: the same digits, not nearly the same numbers."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_input(folder: Path, **contents: str) -> Path:
    """Write each keyword's text to the CSV file of its name."""
    folder.mkdir()
    for name, text in contents.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_the_desktop_script_predicts_every_animal_with_a_possible_height(legacy: Path) -> None:
    table = rows(legacy / "abalone_age.csv")
    numbers = {int(row["row"]) for row in table}
    assert len(table) == len(numbers) == 4173
    assert numbers == set(range(1, 4178)) - {1258, 1418, 2052, 3997}


def test_the_migrated_scripts_give_the_rows_and_the_plot_of_the_desktop_script(
    legacy: Path, job: Script, tmp_path: Path
) -> None:
    inputs = write_input(tmp_path / "input", abalone=DATA.read_text(encoding="utf-8"))
    for finished in (
        job("preprocessing", input_dir=inputs),
        job("predict", input_dir=tmp_path / "preprocessing", model_dir=MODEL),
        job("postprocessing", input_dir=tmp_path / "predict", preprocessing_dir=tmp_path / "preprocessing"),
    ):
        assert finished.returncode == 0, finished.stderr
    results = tmp_path / "postprocessing"
    assert sorted(path.name for path in results.iterdir()) == ["abalone.csv", "abalone.png"]
    assert rows(results / "abalone.csv") == rows(legacy / "abalone_age.csv")
    assert (results / "abalone.png").read_bytes() == (legacy / "abalone_age.png").read_bytes()


@pytest.mark.slow
def test_the_generated_repository_gives_the_rows_of_the_desktop_script(legacy: Path, tmp_path: Path) -> None:
    repository = tmp_path / "abalone"
    for finished in (
        run(sys.executable, EXAMPLE / "generate.py", repository),
        run(UV, "run", "ops", "run", cwd=repository),
    ):
        assert finished.returncode == 0, finished.stdout + finished.stderr
    [table] = repository.glob("build/local/*/postprocessing/abalone.csv")
    assert rows(table) == rows(legacy / "abalone_age.csv")


def test_each_file_is_predicted_by_itself_even_with_one_sex_only(legacy: Path, job: Script, tmp_path: Path) -> None:
    lines = DATA.read_text(encoding="utf-8").splitlines(keepends=True)
    infants = "".join(line for line in lines if line.startswith("I"))
    adults = "".join(line for line in lines if not line.startswith("I"))
    inputs = write_input(tmp_path / "input", infants=infants, adults=adults)
    assert job("preprocessing", input_dir=inputs).returncode == 0
    assert job("predict", input_dir=tmp_path / "preprocessing", model_dir=MODEL).returncode == 0
    expected = rows(legacy / "abalone_age.csv")
    for name, sexes in (("infants", "I"), ("adults", "FM")):
        predicted = [row["predicted_rings"] for row in rows(tmp_path / "predict" / f"{name}.csv")]
        assert predicted == [row["predicted_rings"] for row in expected if row["sex"] in sexes]


def test_an_empty_shard_is_no_fault(job: Script, tmp_path: Path) -> None:
    finished = job("predict", input_dir=write_input(tmp_path / "input"), model_dir=MODEL)
    assert finished.returncode == 0, finished.stderr
    assert not list((tmp_path / "predict").iterdir())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "No columns to parse", id="empty"),
        pytest.param("sex,length\nM,0.4\n", "expected 9 columns without a header, found 2", id="columns"),
        pytest.param("M,1,1,0.1,1,1,1,1,nine\n", 'Unable to parse string "nine"', id="text"),
        pytest.param("M,1,1,0.1,1,1,1,1,9\nX,1,1,0.1,1,1,1,1,9\n", "line 2 ", id="sex"),
        pytest.param("M,1,1,0,1,1,1,1,9\n", "no animal has a height", id="heights"),
    ],
)
def test_a_malformed_file_is_named_and_nothing_is_written(job: Script, tmp_path: Path, text: str, reason: str) -> None:
    inputs = write_input(tmp_path / "input", a_good_one="M,1,1,0.1,1,1,1,1,9\n", malformed=text)
    finished = job("preprocessing", input_dir=inputs)
    assert finished.returncode == 1
    assert finished.stderr.startswith("malformed.csv is not a file of abalone measurements: ")
    assert reason in finished.stderr
    assert not list((tmp_path / "preprocessing").iterdir())


def test_predictions_for_other_animals_are_refused(job: Script, tmp_path: Path) -> None:
    inputs = write_input(tmp_path / "input", abalone="M,1,1,0.1,1,1,1,1,9\nF,1,1,0.1,1,1,1,1,9\n")
    assert job("preprocessing", input_dir=inputs).returncode == 0
    predictions = write_input(tmp_path / "predictions", abalone="row,predicted_rings\n1,9.5\n")
    finished = job("postprocessing", input_dir=predictions, preprocessing_dir=tmp_path / "preprocessing")
    assert finished.returncode == 1
    assert finished.stderr.endswith("1 predictions for 2 animals, of which 1 match\n")
    assert not list((tmp_path / "postprocessing").iterdir())


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    """The repository as unpacked from a tarball: without git."""
    folder = tmp_path / "sagelift"
    ignored = shutil.ignore_patterns(".venv", "build", "__pycache__", ".*_cache")
    shutil.copytree(ROOT / "template", folder / "template", ignore=ignored)
    shutil.copytree(EXAMPLE, folder / "examples" / "abalone", ignore=ignored)
    shutil.copy(ROOT / "copier.yml", folder)
    return folder


def generate(repository: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the generator of a repository."""
    return run(sys.executable, repository / "examples" / "abalone" / "generate.py", *arguments)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_question_is_answered_and_nothing_else() -> None:
    answers = yaml.safe_load((EXAMPLE / "answers.yml").read_text(encoding="utf-8"))
    questionnaire = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    visible = {
        name
        for name, value in questionnaire.items()
        if not name.startswith("_") and value.get("when", True) is not False
    }
    assert answers.keys() == visible


def test_the_model_replaces_what_the_template_seeds(tarball: Path, tmp_path: Path) -> None:
    finished = generate(tarball, tmp_path / "demo")
    assert finished.returncode == 0, finished.stderr
    for folder, files in {
        "src": {f"{name}.py" for name in ("files", "postprocessing", "predict", "preprocessing")},
        "model": {"rings_gbr.pkl"},
        "data/sample": {"abalone.csv"},
    }.items():
        assert contents(tmp_path / "demo" / folder).keys() == files
    assert (tmp_path / "demo" / "data" / "sample" / "abalone.csv").read_bytes() == DATA.read_bytes()
    assert (tmp_path / "demo" / "requirements.txt").read_bytes() == (
        EXAMPLE / "migrated" / "requirements.txt"
    ).read_bytes()


def test_git_neither_matters_nor_hides_uncommitted_work(tarball: Path, tmp_path: Path) -> None:
    assert run("git", "init", "--quiet", cwd=tarball).returncode == 0
    assert run("git", "add", "--all", cwd=tarball).returncode == 0
    assert run("git", "commit", "--quiet", "--message", "Start", cwd=tarball).returncode == 0
    (tarball / "template" / "uncommitted.txt").touch()
    finished = generate(tarball, tmp_path / "demo")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert (tmp_path / "demo" / "uncommitted.txt").exists()


def test_an_empty_folder_is_filled(tarball: Path, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    assert generate(tarball, tmp_path / "demo").returncode == 0
    assert (tmp_path / "demo" / "settings.json").is_file()


def test_a_generated_folder_is_replaced_only_when_asked(tarball: Path, tmp_path: Path) -> None:
    assert generate(tarball, tmp_path / "demo").returncode == 0
    fresh = contents(tmp_path / "demo")
    (tmp_path / "demo" / "mine.txt").touch()
    refused = generate(tarball, tmp_path / "demo")
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert (tmp_path / "demo" / "mine.txt").exists()
    assert generate(tarball, tmp_path / "demo", "--replace").returncode == 0
    assert contents(tmp_path / "demo") == fresh


@pytest.mark.parametrize("name", [".git", "elsewhere"])
def test_a_folder_that_somebody_may_work_in_is_never_replaced(tarball: Path, tmp_path: Path, name: str) -> None:
    demo = tmp_path / "demo"
    assert generate(tarball, demo).returncode == 0
    if name == ".git":
        assert run("git", "init", "--quiet", cwd=demo).returncode == 0
    else:
        answers = demo / ".copier-answers.yml"
        answers.write_text(answers.read_text(encoding="utf-8").replace(str(tarball), "gh:elsewhere/sagelift"))
    before = contents(demo)
    refused = generate(tarball, demo, "--replace")
    assert refused.returncode == 1
    assert refused.stderr == f"{demo} is not empty: name another folder, or empty this one.\n"
    assert contents(demo) == before


def test_a_file_is_no_destination(tarball: Path, tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    refused = generate(tarball, tmp_path / "demo", "--replace")
    assert (refused.returncode, refused.stderr) == (1, f"{tmp_path / 'demo'} is a file: name a folder.\n")
    assert (tmp_path / "demo").read_text() == "mine"


def test_a_template_that_refuses_leaves_the_earlier_repository(tarball: Path, tmp_path: Path) -> None:
    assert generate(tarball, tmp_path / "demo").returncode == 0
    before = contents(tmp_path / "demo")
    answers = tarball / "examples" / "abalone" / "answers.yml"
    answers.write_text(answers.read_text(encoding="utf-8").replace("example-org/abalone", "nowhere"))
    refused = generate(tarball, tmp_path / "demo", "--replace")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "nowhere" in refused.stderr
    assert contents(tmp_path / "demo") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "sagelift"]
