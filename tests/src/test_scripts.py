"""The seeded scripts: the example of a contract that the user's code will have to keep."""

import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).resolve().parents[2] / "template"

PREPROCESSED = "house,area,rooms,age\na,50,2,10\nb,100,4,20\n"
PREDICTED = "house,price\na,1.00\nb,2.00\n"
INPUT = {"preprocessing": PREPROCESSED, "predict": PREPROCESSED, "postprocessing": PREDICTED}


class Job:
    """A script with its folders."""

    def __init__(self, step: str, root: Path) -> None:
        """Make the folders of a step below `root`."""
        self.step = step
        self.input = root / "input"
        self.output = root / "output"
        self.preprocessing = root / "preprocessing"
        for folder in (self.input, self.output, self.preprocessing):
            folder.mkdir()

    def put(self, name: str, content: str | bytes = "") -> None:
        """Put a file into the input, and what preprocessing left of it beside."""
        for folder, default in ((self.input, INPUT[self.step]), (self.preprocessing, PREPROCESSED)):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            data = (folder == self.input and content) or default
            path.write_bytes(data if isinstance(data, bytes) else data.encode())

    def run(self) -> "subprocess.CompletedProcess[str]":
        """Run the script as a job does."""
        folders = {"--input-dir": self.input, "--output-dir": self.output}
        if self.step == "predict":
            folders["--model-dir"] = TEMPLATE / "model"
        if self.step == "postprocessing":
            folders["--preprocessing-dir"] = self.preprocessing
        script = TEMPLATE / "src" / f"{self.step}.py"
        command = [sys.executable, "-B", str(script), *(f"{option}={path}" for option, path in folders.items())]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    @property
    def outputs(self) -> dict[str, str]:
        """The files in the output folder."""
        paths = (path for path in self.output.rglob("*") if path.is_file())
        return {path.relative_to(self.output).as_posix(): path.read_text() for path in paths}


@pytest.fixture(params=INPUT)
def job(request: pytest.FixtureRequest, tmp_path: Path) -> Job:
    """Each of the scripts."""
    return Job(request.param, tmp_path)


def test_each_file_of_the_input_gives_one_of_its_name(job: Job) -> None:
    for name in ("one.csv", "two.csv", "2026/one.csv"):
        job.put(name)

    assert job.run().returncode == 0
    assert set(job.outputs) == {"one.csv", "two.csv", "2026/one.csv"}


def test_a_file_without_rows_gives_one_without_rows(job: Job) -> None:
    job.put("empty.csv", INPUT[job.step].splitlines()[0])
    if job.step == "postprocessing":
        (job.preprocessing / "empty.csv").write_text(PREPROCESSED.splitlines()[0])

    assert job.run().returncode == 0
    assert [len(content.splitlines()) for content in job.outputs.values()] == [1]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"\x00", "no header", "house,area,rooms,age,price\na\n", 'house\n"unclosed', "\n"],
    ids=["binary", "null", "header", "short row", "quote", "blank"],
)
def test_one_malformed_file_is_named_and_nothing_is_put_out(job: Job, content: str | bytes) -> None:
    job.put("good.csv")
    job.put("malformed.csv", content)

    finished = job.run()

    assert finished.returncode == 1
    assert "malformed.csv" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert job.outputs == {}


def test_no_input_is_a_fault_except_for_a_share_of_predict(job: Job) -> None:
    finished = job.run()

    if job.step == "predict":
        assert finished.returncode == 0
    else:
        assert finished.returncode == 1
        assert f"{job.input} holds no file" in finished.stderr
    assert job.outputs == {}


def test_preprocessing_keeps_the_last_row_of_a_house(tmp_path: Path) -> None:
    job = Job("preprocessing", tmp_path)
    job.put("houses.csv", "house,area,rooms,age\na,1,1,1\nb,2,2,2\na,3,3,3\n")

    job.run()

    assert job.outputs["houses.csv"] == "house,area,rooms,age\na,3,3,3\nb,2,2,2\n"


def test_predict_applies_the_weights_of_the_model(tmp_path: Path) -> None:
    job = Job("predict", tmp_path)
    job.put("houses.csv", "house,area,rooms,age\na,10,2,3\n")

    job.run()

    assert job.outputs["houses.csv"] == f"house,price\na,{18000 + 10 * 2450 + 2 * 6100 - 3 * 730:.2f}\n"


def test_predict_names_the_house_whose_value_is_no_number(tmp_path: Path) -> None:
    job = Job("predict", tmp_path)
    job.put("houses.csv", "house,area,rooms,age\na,10,two,3\n")

    finished = job.run()

    assert (finished.returncode, job.outputs) == (1, {})
    assert "houses.csv, house a: could not convert string to float: 'two'" in finished.stderr


def test_postprocessing_puts_prices_beside_properties(tmp_path: Path) -> None:
    job = Job("postprocessing", tmp_path)
    job.put("houses.csv")

    job.run()

    assert job.outputs["houses.csv"] == "house,area,rooms,age,price\na,50,2,10,1.00\nb,100,4,20,2.00\n"


def test_postprocessing_names_the_house_that_has_no_price(tmp_path: Path) -> None:
    job = Job("postprocessing", tmp_path)
    job.put("houses.csv", "house,price\na,1.00\n")

    finished = job.run()

    assert (finished.returncode, job.outputs) == (1, {})
    assert "houses.csv has no price for the house b" in finished.stderr
