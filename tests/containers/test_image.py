"""The Dockerfile, really built and run: what gets into the image, and what does not."""

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from copier import run_copy
from ops.containers import Container, Engine
from ops.errors import OpsError
from ops.local.container import ContainerImage
from package_index import package_index
from repositories import TemplateRepository, files

pytestmark = pytest.mark.container

TAG = "localhost/my-model:test"
PROGRAM = "/opt/program"

# What must not get into the image, each a word that can be found.
PASSWORD = "password-of-the-index"  # noqa: S105
ENV_SECRET = "secret-in-an-env-file"  # noqa: S105
ROW = "row-of-the-training-data"

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a package index that asks for the password."""
    with package_index(tmp_path_factory.mktemp("index"), PASSWORD) as url:
        yield url


@pytest.fixture(scope="module")
def pip_config(index: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pip.conf for the package index."""
    path = tmp_path_factory.mktemp("pip config") / "pip.conf"
    path.write_text(f"[global]\nindex-url = {index}\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def repository(template: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated repository whose model has requirements, and around which secrets and data lie."""
    root = tmp_path_factory.mktemp("generated") / "my model"
    run_copy(str(template.root), root, defaults=True, quiet=True, unsafe=False)
    (root / "packages.txt").write_text("# For LightGBM.\r\nlibgomp1  # OpenMP\r\n\r\n", encoding="utf-8", newline="")
    (root / "requirements.txt").write_text("probe==1.0\n", encoding="utf-8")
    for path, content in (
        (".env", ENV_SECRET),
        ("src/.env", ENV_SECRET),
        ("model/.aws/credentials", ENV_SECRET),
        (".git/config", ENV_SECRET),
        ("pip.conf", PASSWORD),
        ("data/train.csv", ROW),
        ("build/local/run/output.csv", ROW),
        ("src/__pycache__/predict.cpython-311.pyc", ROW),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def build(
    buildah: Engine, base_image: str, pip_config: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path, str], str]:
    """Return what builds the image of a folder, and returns the log."""
    log = tmp_path_factory.mktemp("log") / "build.log"

    def build(context: Path, tag: str) -> str:
        buildah.build(context, tag, base_image=base_image, pip_config=pip_config, log=log)
        return log.read_text(encoding="utf-8")

    return build


@pytest.fixture(scope="module")
def image(build: Callable[[Path, str], str], repository: Path, buildah: Engine) -> ContainerImage:
    """The image of the repository."""
    build(repository, TAG)
    return ContainerImage(buildah, TAG)


@pytest.fixture
def start(image: ContainerImage, tmp_path: Path) -> Callable[[Sequence[str]], Container]:
    """Return what starts a command in the image; its /opt/ml is the folder `ml`."""
    (tmp_path / "ml").mkdir()

    def start(command: Sequence[str]) -> Container:
        with (tmp_path / "log").open("wb") as log:
            return image.start(command, tmp_path / "ml", {"GIVEN": "to the job"}, log)

    return start


@pytest.fixture
def run(start: Callable[[Sequence[str]], Container], tmp_path: Path) -> Run:
    """Return what runs a command in the image, and returns its exit code and output."""

    def run(*command: str) -> tuple[int, str]:
        return start(command).wait(), (tmp_path / "log").read_text(encoding="utf-8")

    return run


def entry_point(tag: str) -> list[str]:
    """Return the entry point that SageMaker starts."""
    image = json.loads(subprocess.check_output(["buildah", "inspect", "--type", "image", tag]))
    entry_point: list[str] = image["OCIv1"]["config"]["Entrypoint"]
    return entry_point


def test_predicts_what_the_script_predicts_outside(run: Run, repository: Path, tmp_path: Path) -> None:
    processing = tmp_path / "ml" / "processing"
    outside = tmp_path / "outside"

    def run_outside(script: str, *arguments: str | Path) -> None:
        subprocess.run([sys.executable, repository / "src" / script, *arguments], check=True)

    sample, prepared = repository / "data" / "sample", processing / "input"
    run_outside("preprocessing.py", "--input-dir", sample, "--output-dir", prepared)
    model = repository / "model"
    run_outside("predict.py", "--input-dir", prepared, "--output-dir", outside, "--model-dir", model)

    directories = ["--input-dir", "/opt/ml/processing/input", "--output-dir", "/opt/ml/processing/output"]
    code, log = run(*entry_point(TAG), *directories, "--model-dir", f"{PROGRAM}/model")

    assert code == 0, log
    assert files(processing / "output") == files(outside) != set()
    for name in files(outside):
        assert (processing / "output" / name).read_bytes() == (outside / name).read_bytes()


def test_entry_point_is_the_script_itself_which_gets_the_stop_signal(image: ContainerImage) -> None:
    assert entry_point(image.tag) == ["python3", f"{PROGRAM}/src/predict.py"]


def test_runs_as_root_with_the_jobs_variables_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's own")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy.example.com")

    code, log = run("python3", "-c", "import json, os; print(json.dumps([os.getuid(), os.getcwd(), dict(os.environ)]))")

    assert code == 0, log
    user, folder, variables = json.loads(log)
    assert (user, folder) == (0, PROGRAM)
    assert variables["GIVEN"] == "to the job"
    assert variables["PYTHONUNBUFFERED"] == "1"
    assert not {"AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"} & variables.keys()


def test_holds_the_requirements_and_the_debian_packages(run: Run) -> None:
    assert run("python3", "-c", "import probe; print(probe.VERSION)") == (0, "1.0\n")
    assert run("dpkg-query", "--show", "--showformat=${Status}", "libgomp1") == (0, "install ok installed")


def test_holds_the_scripts_the_model_and_nothing_else_of_the_repository(run: Run, repository: Path) -> None:
    scripts = [f"src/{path.name}" for path in (repository / "src").glob("*.py")]
    artefacts = [f"model/{path.name}" for path in (repository / "model").glob("[!.]*")]

    code, log = run("find", ".", "-type", "f", "-printf", r"%P\n")

    assert code == 0
    assert sorted(log.splitlines()) == sorted(["packages.txt", "requirements.txt", *scripts, *artefacts])


def test_no_layer_holds_a_secret_or_data(image: ContainerImage, tmp_path: Path) -> None:
    subprocess.run(["buildah", "push", "--quiet", image.tag, f"dir:{tmp_path}/image"], check=True)
    blobs = [path.read_bytes() for path in (tmp_path / "image").iterdir()]
    content = b"".join(gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob for blob in blobs)

    assert b"probe==1.0" in content, "the search does not look into the layers"
    for word in (PASSWORD, ENV_SECRET, ROW):
        assert word.encode() not in content


def test_failing_script_gives_its_exit_code_and_its_lines_in_order(run: Run) -> None:
    lines = (
        "import sys\nfor number in range(100): print(number, file=(sys.stdout, sys.stderr)[number % 2])\nsys.exit(3)"
    )

    code, log = run("python3", "-c", lines)

    assert code == 3
    assert log.splitlines()[:100] == [str(number) for number in range(100)]


def test_stopped_container_is_gone(start: Callable[[Sequence[str]], Container], tmp_path: Path) -> None:
    started = tmp_path / "ml" / "started"
    container = start(["python3", "-c", "import time; open('/opt/ml/started', 'w').close(); time.sleep(600)"])
    while not started.exists():
        with pytest.raises(subprocess.TimeoutExpired):
            container.wait(0.05)

    container.stop()

    assert container.wait() != 0
    assert not subprocess.check_output(["buildah", "containers", "--quiet"])
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert not [command for command in running if b"/opt/ml/started" in command]


def test_changed_script_leaves_the_layer_of_the_requirements(
    build: Callable[[Path, str], str], image: ContainerImage, repository: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(repository, changed)
    (changed / "src" / "predict.py").write_text("changed = True\n", encoding="utf-8")

    steps = build(changed, f"{image.tag}-changed").split("STEP ")

    (requirements,) = [step for step in steps if "pip install" in step]
    (scripts,) = [step for step in steps if "COPY src/" in step]
    assert "Using cache" in requirements
    assert "Using cache" not in scripts


def test_builds_without_packages_requirements_and_artefacts(
    build: Callable[[Path, str], str], repository: Path, template: TemplateRepository, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(repository, bare)
    for name in ("packages.txt", "requirements.txt"):
        shutil.copy(template.root / "template" / name, bare)
    shutil.rmtree(bare / "model")
    (bare / "model").mkdir()
    (bare / "model" / ".gitkeep").touch()

    log = build(bare, "localhost/bare")

    assert "Reading package lists" not in log, "apt-get ran for nothing"


def test_failed_build_names_what_does_not_exist_and_leaves_no_container(
    build: Callable[[Path, str], str], repository: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    shutil.copytree(repository, wrong)
    (wrong / "packages.txt").write_text("libnosuch7\n", encoding="utf-8")

    with pytest.raises(OpsError, match=r"buildah could not build .*: E: Unable to locate package libnosuch7\. "):
        build(wrong, "localhost/wrong")

    assert not subprocess.check_output(["buildah", "containers", "--quiet"])
