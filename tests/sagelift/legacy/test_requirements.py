"""What legacy code requires, and in which versions; none of it is run."""

import json
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from sagelift.errors import SageliftError
from sagelift.legacy import imports, requirements, source
from sagelift.legacy.requirements import Requirements


def infer(folder: Path, code: str, python: Path | None = None, files: Sequence[Path] | None = None) -> Requirements:
    """Infer the requirements of a script in a folder."""
    script = folder / "score.py"
    script.write_text(dedent(code))
    read = source.read(script)
    return requirements.infer(read, imports.helpers(read), python, files)


def environment(folder: Path, **versions: str) -> Path:
    """Make an environment that has distributions' metadata and nothing else."""
    site = folder / "environment" / "site"
    for name, version in versions.items():
        information = site / f"{name}-{version}.dist-info"
        information.mkdir(parents=True)
        information.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        information.joinpath("top_level.txt").write_text({"scikit_learn": "sklearn"}.get(name, name) + "\n")
    python = folder / "environment" / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\nprintf '3.9.18\\n{site}\\n'\n")
    python.chmod(0o755)
    return folder / "environment"


def test_distributions_have_other_names_than_modules(tmp_path: Path) -> None:
    found = infer(tmp_path, "import cv2, yaml\nfrom sklearn.svm import SVC\nimport os.path\nfrom PIL import Image\n")

    assert found.lines == ("opencv-python-headless", "pillow", "PyYAML", "scikit-learn", "cloudpickle")
    assert [str(place) for place in found.found[3].places] == ["line 2"]


def test_nothing_is_installed_because_it_has_the_name_of_a_module(tmp_path: Path) -> None:
    found = infer(tmp_path, "import churnlib\n")

    assert [name for name, _ in found.unknown] == ["churnlib"]
    assert found.lines == ("cloudpickle",)


def test_helpers_are_no_requirements_but_have_some(tmp_path: Path) -> None:
    (tmp_path / "reading.py").write_text("from tools import columns\nimport pandas\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("from . import columns\n")
    (tmp_path / "tools" / "columns.py").write_text("import numpy\nfrom score import nothing\n")

    found = infer(tmp_path, "import reading\n")

    assert found.lines == ("numpy", "pandas", "cloudpickle")
    assert not found.unknown


def test_an_import_that_may_fail_is_none_unless_it_is_there_today(tmp_path: Path) -> None:
    code = """
        try:
            import cPickle as pickle
            import xgboost
        except ImportError:
            import pickle
    """

    assert infer(tmp_path, code).lines == ("cloudpickle",)
    assert infer(tmp_path, code, environment(tmp_path, xgboost="1.7.6")).lines == ("xgboost==1.7.6", "cloudpickle")


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("pd.read_parquet('x')", "pyarrow"),
        ("pd.read_parquet('x', engine='fastparquet')", "fastparquet"),
        ("name = 'x.xls'; pd.read_excel(name)", "xlrd"),
        ("pd.read_excel('x.xlsx')", "openpyxl"),
        ("d.to_excel('x.xlsx')", "openpyxl"),
        ("d.to_markdown()", "tabulate"),
        ("pd.read_csv('s3://bucket/x.csv')", "s3fs"),
        ("d.hist()", "matplotlib"),
        ("pd.read_sql('select 1', 'postgresql://host/base')", "sqlalchemy"),
    ],
)
def test_what_no_import_reveals(tmp_path: Path, code: str, needed: str) -> None:
    assert needed in infer(tmp_path, f"import pandas as pd\n{code}\n").lines


def test_a_pickle_tells_what_made_it_without_being_loaded(tmp_path: Path) -> None:
    class Model:
        def __reduce__(self) -> tuple[object, ...]:
            return exit, (1,)

    harmful = pickle.dumps([Model(), {"_sklearn_version": "0.24.2"}], protocol=2)
    (tmp_path / "m.pkl").write_bytes(harmful[:-1] + b"csklearn.svm\nSVC\n.")

    found = infer(tmp_path, "import pickle\nmodel = pickle.load(open('m.pkl', 'rb'))\n")

    assert found.lines == ("numpy<2", "scikit-learn==0.24.2", "cloudpickle")


def test_numpy_is_that_of_today(tmp_path: Path) -> None:
    python = environment(tmp_path, numpy="1.23.5", pandas="1.5.3")

    found = infer(tmp_path, "import pandas\n", python)

    assert found.lines == ("numpy==1.23.5", "pandas==1.5.3", "cloudpickle")


def test_what_was_removed_limits_the_versions_and_the_python(tmp_path: Path) -> None:
    found = infer(tmp_path, "import pandas as pd\nfrom sklearn.externals import joblib\nd = d.append(pd.DataFrame())\n")

    assert found.lines == ("numpy<1.24", "pandas<2.0", "scikit-learn<0.23", "cloudpickle")
    assert found.python_version == "3.8"
    assert [f"{where}: {removal}" for removal, where in found.removals] == [
        "line 2: sklearn.externals.joblib was removed from scikit-learn 0.23",
        "line 3: .append was removed from pandas 2.0",
    ]


def test_the_lowest_limit_counts(tmp_path: Path) -> None:
    found = infer(tmp_path, "import pandas as pd\nfor a in d.iteritems(): d.ix[a]\npd.value_counts(d)\n")

    assert "pandas<1.0" in found.lines


def test_a_list_is_no_table(tmp_path: Path) -> None:
    assert infer(tmp_path, "import pandas\nrows = []\nrows.append(1)\n").removals == ()


def test_a_removed_name_in_a_pinned_version_is_told(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy==1.26.4\n")

    found = infer(tmp_path, "import numpy as np\nnp.float\n")

    assert found.lines[0] == "numpy==1.26.4"
    assert "numpy.float was removed from numpy 1.24, and 1.26.4 is used (requirements.txt)" in found.notes[0]


def test_versions_come_from_the_environment_first(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("scikit-learn==1.0\nscipy==1.7\n")

    found = infer(tmp_path, "import sklearn, scipy\n", environment(tmp_path, scikit_learn="1.5.2+local"))

    assert found.lines == ("numpy<2", "scikit-learn==1.5.2", "scipy==1.7", "cloudpickle")
    assert found.python_version == "3.9"


@pytest.mark.parametrize(
    ("name", "content", "version", "python"),
    [
        ("requirements.txt", b"-r other.txt\npandas==1.5.3 --hash=sha256:00 # old\n./local\n", "==1.5.3", "3.11"),
        ("requirements.txt", "pandas==1.5.3\n".encode("utf-16"), "==1.5.3", "3.11"),
        ("uv.lock", b'requires-python = ">=3.9"\n[[package]]\nname = "pandas"\nversion = "1.5.3"\n', "==1.5.3", "3.11"),
        ("poetry.lock", b'[[package]]\nname = "pandas"\nversion = "1.5.3"\n', "==1.5.3", "3.11"),
        (
            "Pipfile.lock",
            json.dumps(
                {"_meta": {"requires": {"python_version": "3.8"}}, "default": {"pandas": {"version": "==1.5.3"}}}
            ).encode(),
            "==1.5.3",
            "3.8",
        ),
        (
            "environment.yml",
            b"dependencies:\n  - python=3.10\n  - pandas=1.5\n  - pip:\n    - scipy==1.10\n",
            "==1.5.*",
            "3.10",
        ),
        ("pyproject.toml", b'[project]\ndependencies = ["pandas>=1.5,<2"]\n', "<2,>=1.5", "3.11"),
    ],
)
def test_lock_files_tell_versions(tmp_path: Path, name: str, content: bytes, version: str, python: str) -> None:
    (tmp_path / name).write_bytes(content)

    found = infer(tmp_path, "import pandas\n")

    [pandas] = [r for r in found.found if r.distribution == "pandas"]
    assert (pandas.specifier, pandas.origin) == (version, name)
    assert found.python_version == python


def test_lock_files_are_looked_for_up_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pandas==1.5.3\n")
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    assert "pandas==1.5.3" in infer(project / "models", "import pandas\n").lines

    (project / ".git").mkdir()
    assert "pandas" in infer(project / "models", "import pandas\n").lines


def test_the_lock_file_of_a_folder_above_yields_to_the_version_that_made_the_model(tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text(
        '[[package]]\nname = "scikit-learn"\nversion = "1.9.1"\n[[package]]\nname = "pandas"\nversion = "3.0.2"\n'
    )
    legacy = tmp_path / "legacy"
    legacy.mkdir()
    made = pickle.dumps({"_sklearn_version": "1.3.2"}, protocol=2)
    (legacy / "model.pkl").write_bytes(made[:-1] + b"csklearn.svm\nSVC\n.")
    code = "import pickle\nimport pandas\nmodel = pickle.load(open('model.pkl', 'rb'))\n"

    found = infer(legacy, code)

    assert "scikit-learn==1.3.2" in found.lines
    assert "pandas" in found.lines
    assert any("model.pkl" in note and "uv.lock" in note and "1.9.1" in note for note in found.notes)
    assert "scikit-learn==1.9.1" in infer(legacy, code, files=[lock]).lines
    lock.rename(legacy / "uv.lock")
    assert "scikit-learn==1.9.1" in infer(legacy, code).lines


def test_a_damaged_lock_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("[[package")

    with pytest.raises(SageliftError, match=r"uv\.lock is not what its name says"):
        infer(tmp_path, "import pandas\n")


def test_a_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SageliftError, match="There is no requirements or lock file"):
        infer(tmp_path, "", files=[tmp_path / "gone.txt"])
    (tmp_path / "notes.md").write_text("pandas==1\n")
    with pytest.raises(SageliftError, match="is no requirements or lock file that is known"):
        infer(tmp_path, "", files=[tmp_path / "notes.md"])


def test_an_interpreter_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SageliftError, match="There is no Python at"):
        infer(tmp_path, "", tmp_path / "gone")
    with pytest.raises(SageliftError, match="does not run as a Python"):
        infer(tmp_path, "", Path(sys.prefix, "pyvenv.cfg"))


def test_what_lies_beside_the_code_is_not_run_by_asking_the_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "site", "sys", "os"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w')\n")
    monkeypatch.chdir(tmp_path)

    infer(tmp_path, "import pandas\n", Path(sys.executable))

    assert not (tmp_path / "ran").exists()
