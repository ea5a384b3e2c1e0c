"""The environments are made by the real uv; that nothing but packages is downloaded keeps the tests quick."""

import json
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from ops.errors import OpsError
from ops.images import scikit_image
from ops.local.environments import Environment, custom_environment, scikit_environment
from ops.repository import Repository

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
UNKNOWN = "3.99"


class Make(Protocol):
    """Writes the parts of a repository that environments depend on."""

    def __call__(  # noqa: D102  the class says it
        self, requirements: str = "", *, python: str = RUNNING, scikit: str = "1.4-2", name: str = "repository"
    ) -> Repository: ...


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.delenv("OPS_ENVIRONMENTS", raising=False)
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")

    def write(
        requirements: str = "", *, python: str = RUNNING, scikit: str = "1.4-2", name: str = "repository"
    ) -> Repository:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        settings = {
            "model_name": "my-model",
            "description": "A model",
            "owner": "team@example.com",
            "python_version": python,
            "scikit_version": scikit,
            "preprocessing_image": "scikit",
            "postprocessing_image": "scikit",
            "github_repository": "org/repo",
            "template_updates": "none",
            "template_source": "unknown",
            "template_version": "unknown",
        }
        (root / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        (root / "requirements.txt").write_text(requirements, encoding="utf-8")
        return Repository(root)

    return write


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty-cache"))


def _run(environment: Environment, code: str) -> str:
    command = [str(environment.python), "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _version(environment: Environment) -> str:
    return _run(environment, "import sys; print(*sys.version_info[:2], sep='.')")


def _holds(environment: Environment, module: str) -> bool:
    return _run(environment, f"import importlib.util; print(importlib.util.find_spec('{module}'))") != "None"


def _leftovers(repository: Repository) -> list[str]:
    """Return the environments that stayed behind."""
    return [path.name for path in (repository.build / "environments").iterdir() if path.is_dir()]


def test_a_custom_environment_has_the_answered_python_and_the_requirements_alone(make: Make) -> None:
    environment = custom_environment(make("six==1.16.0\n"))
    assert _run(environment, "import six; print(six.__version__)") == "1.16.0"
    assert not _holds(environment, "pydantic")
    assert _version(environment) == environment.version == RUNNING
    assert environment.notes == ()


def test_requirements_that_powershell_wrote_are_installed(make: Make) -> None:
    repository = make()
    repository.requirements.write_text("six==1.16.0\n", encoding="utf-16")
    assert _holds(custom_environment(repository), "six")


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("requirements", ["", "# what predict.py imports\n\n  # nothing\n"])
def test_without_requirements_nothing_is_downloaded(make: Make, requirements: str) -> None:
    assert _version(custom_environment(make(requirements))) == RUNNING


@pytest.mark.usefixtures("offline")
def test_a_scikit_environment_without_packages_needs_no_network(make: Make) -> None:
    environment = scikit_environment(make(), packages_needed=False)
    assert not _holds(environment, "numpy")
    assert _version(environment) == environment.version


@pytest.mark.slow
def test_a_scikit_environment_has_what_the_image_holds(make: Make) -> None:
    # All its releases have wheels for every Python that ops runs on.
    environment = scikit_environment(make(scikit="1.9-0"))
    assert all(_holds(environment, module) for module in ("sklearn", "pandas", "dateutil", "google.protobuf", "PIL"))
    image = scikit_image("1.9-0")
    if environment.version != image.python:
        pytest.skip(f"Python {image.python} is not here: releases and dependencies may differ")
    assert environment.notes == ()
    assert _run(environment, "import sklearn; print(sklearn.__version__)") == "1.9.0"
    names = _run(environment, "import importlib.metadata as m; print(*m.packages_distributions())").split()
    held = {name for name in names if name.isidentifier() and "__" not in name and not name.startswith("_")}
    assert held - {"google"} <= image.modules


def test_an_environment_is_made_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make()
    made = custom_environment(repository)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    assert custom_environment(repository) == made


def test_requirements_that_changed_make_another_environment(make: Make) -> None:
    first = custom_environment(make())
    second = custom_environment(make("six==1.16.0\n"))
    assert first.python != second.python
    assert _holds(second, "six")
    assert first.python.exists()


def test_extra_requirements_leave_the_environment_of_the_image_alone(make: Make) -> None:
    repository = make()
    with_six = custom_environment(repository, extra=("six",))
    assert _holds(with_six, "six")
    assert not _holds(custom_environment(repository), "six")


def test_repositories_share_environments_in_a_folder_that_they_are_told_of(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPS_ENVIRONMENTS", str(tmp_path / "shared"))
    one, other = (custom_environment(make("six==1.16.0\n", name=name)) for name in ("one", "other"))
    assert one == other
    assert one.python.is_relative_to(tmp_path / "shared")


def test_an_interrupted_environment_is_made_again(make: Make) -> None:
    repository = make("six==1.16.0\n")
    environment = custom_environment(repository)
    folder = environment.python.parents[1]
    (folder / "environment.json").unlink()
    next(folder.rglob("six.py")).unlink()
    assert _holds(custom_environment(repository), "six")


@pytest.mark.skipif(os.name == "nt", reason="Windows environments hold no link to their Python")
def test_an_environment_whose_python_was_uninstalled_is_made_again(make: Make) -> None:
    repository = make()
    environment = custom_environment(repository)
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python")
    assert _version(custom_environment(repository)) == RUNNING


def test_runs_at_the_same_time_make_one_environment(make: Make) -> None:
    repository = make("six==1.16.0\n")
    with ThreadPoolExecutor() as pool:
        made = set(pool.map(lambda _: custom_environment(repository), range(4)))
    assert len(made) == 1
    assert _holds(made.pop(), "six")
    assert len(_leftovers(repository)) == 1


@pytest.mark.skipif(os.name == "nt", reason="the Python of the fake pyenv is a link")
def test_a_python_of_pyenv_is_found(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "pyenv" / "versions" / f"{RUNNING}.98" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(Path(sys.base_prefix) / "bin" / f"python{RUNNING}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    repository = make()
    custom_environment(repository)
    [log] = (repository.build / "environments").glob("*.log")
    assert str(python) in log.read_text(encoding="utf-8")


def test_the_nearest_python_stands_in_and_says_so(make: Make) -> None:
    environment = custom_environment(make(python=UNKNOWN))
    assert _version(environment) == environment.version != UNKNOWN
    [note] = environment.notes
    assert note.startswith(
        f"Python {UNKNOWN} of the model's own image is not on this machine and could not be downloaded: "
        f"Python {environment.version} stands in for it."
    )
    assert f"`uv python install {UNKNOWN}`" in note


def test_the_notes_of_an_environment_are_kept(make: Make) -> None:
    repository = make(python=UNKNOWN)
    assert custom_environment(repository).notes == custom_environment(repository).notes != ()


@pytest.fixture
def impossible_release(monkeypatch: pytest.MonkeyPatch) -> None:
    image = replace(scikit_image("1.4-2"), python=RUNNING, packages={"six": "==0.0.1"})
    monkeypatch.setattr("ops.local.environments.scikit_image", lambda _: image)


@pytest.mark.usefixtures("impossible_release")
def test_releases_that_cannot_be_installed_have_substitutes(make: Make) -> None:
    environment = scikit_environment(make())
    assert _holds(environment, "six")
    [note] = environment.notes
    assert note.startswith(
        "Not all releases in SageMaker's scikit-learn image 1.4-2 can be installed on this machine's"
    )


@pytest.mark.usefixtures("impossible_release")
def test_an_image_without_substitutes_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty-index").mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "empty-index").as_uri())
    repository = make()
    with pytest.raises(OpsError, match=r"^What SageMaker's .* 1\.4-2 holds cannot be .* Answer another scikit_version"):
        scikit_environment(repository)
    assert _leftovers(repository) == []


@pytest.mark.parametrize(
    ("requirements", "reason"),
    [
        ("six==0.0.1\n", r"Because there is no version of six==0\.0\.1"),
        ("six==1.x.\n", r"Couldn't parse requirement in `requirements\.txt`"),
    ],
)
def test_requirements_that_cannot_be_installed_are_refused(make: Make, requirements: str, reason: str) -> None:
    repository = make(requirements)
    with pytest.raises(
        OpsError, match=rf"^requirements\.txt cannot be installed on Python {RUNNING}: .*{reason}"
    ) as refused:
        custom_environment(repository)
    [log] = (repository.build / "environments").glob("*.log")
    assert str(refused.value).endswith(f"Correct requirements.txt; the full log is {log}.")
    assert "\n" not in str(refused.value)
    assert _leftovers(repository) == []


@pytest.mark.parametrize(
    "line", ["-r more.txt", "-rmore.txt", "--requirement=more.txt", "-c more.txt", "--constraint x"]
)
def test_requirements_of_another_file_are_refused(make: Make, line: str) -> None:
    repository = make(f"six\n{line}\n")
    (repository.root / "more.txt").write_text("six\n", encoding="utf-8")
    with pytest.raises(OpsError, match=rf"`{line}` names a file that the image does not hold"):
        custom_environment(repository)
    assert not repository.build.exists()


def test_a_stand_in_is_named_as_a_cause(make: Make) -> None:
    with pytest.raises(OpsError, match=rf"Correct requirements\.txt, or install Python {UNKNOWN} .* stands in here"):
        custom_environment(make("six==0.0.1\n", python=UNKNOWN))


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("kind", ["custom", "scikit"])
def test_a_missing_network_is_named(make: Make, kind: str) -> None:
    repository = make("six==1.16.0\n")
    with pytest.raises(OpsError, match="cannot be installed: the package index cannot be reached"):
        _ = custom_environment(repository) if kind == "custom" else scikit_environment(repository)
    assert _leftovers(repository) == []


def test_an_index_that_does_not_answer_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(OpsError, match=r"the package index cannot be reached\..*UV_INDEX"):
        custom_environment(make("six==1.16.0\n"))


def test_packages_come_from_the_index_of_the_user(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "index" / "only-here"
    page.mkdir(parents=True)
    wheel = "only_here-1.0-py3-none-any.whl"
    (page / "index.html").write_text(f'<a href="{wheel}">{wheel}</a>', encoding="utf-8")
    with zipfile.ZipFile(page / wheel, "w") as archive:
        archive.writestr("only_here.py", "")
        archive.writestr("only_here-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: only-here\nVersion: 1.0\n")
        archive.writestr("only_here-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("only_here-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "index").as_uri())
    assert _holds(custom_environment(make("only-here\n")), "only_here")


def test_a_missing_requirements_file_is_named(make: Make) -> None:
    repository = make()
    repository.requirements.unlink()
    with pytest.raises(OpsError, match=r"requirements\.txt cannot be read"):
        custom_environment(repository)


def test_a_missing_uv_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OpsError, match=r"uv is missing.*make setup"):
        custom_environment(make())


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_the_uv_of_the_makefile_is_found(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make()
    program = repository.root / ".tools" / "bin" / "uv"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'error: no disk' >&2\nexit 2\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("UV", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OpsError, match=r"^No environment could be made in .*: no disk\. Correct that"):
        custom_environment(repository)


def test_an_active_environment_is_left_alone(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert _holds(custom_environment(make("six==1.16.0\n")), "six")
    assert not (tmp_path / "active").exists()
