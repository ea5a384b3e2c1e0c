"""What counts as an import that has to succeed, and what is said where the image does not hold it."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Protocol

import pytest
from ops.errors import OpsError
from ops.imports import custom_faults, scikit_faults, third_party_imports
from ops.local.environments import Environment, custom_environment
from ops.repository import Repository

NEXT = f"3.{sys.version_info.minor + 1}"


class Write(Protocol):
    """Writes files into a repository, given by their paths with slashes."""

    def __call__(self, files: dict[str, str], **settings: str) -> Repository: ...  # noqa: D102  the class says it


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.delenv("OPS_ENVIRONMENTS", raising=False)

    def files_and_settings(files: dict[str, str], **settings: str) -> Repository:
        defaults = {
            "model_name": "my-model",
            "description": "A model",
            "owner": "team@example.com",
            "python_version": "3.11",
            "scikit_version": "1.4-2",
            "preprocessing_image": "scikit",
            "postprocessing_image": "scikit",
            "github_repository": "org/repo",
            "template_updates": "none",
            "template_source": "unknown",
            "template_version": "unknown",
        }
        files = {"settings.json": json.dumps(defaults | settings), "requirements.txt": "", **files}
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(content), encoding="utf-8")
        return Repository(tmp_path)

    return files_and_settings


def _scan(repository: Repository, python: str = "3.11") -> list[str]:
    imports = third_party_imports(repository.src / "predict.py", python)
    return [f"{item.path.relative_to(repository.src).as_posix()}:{item.line} {item.module}" for item in imports]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import os, json.decoder\nfrom collections import abc\nimport __main__", []),
        ("import numpy as np", ["1 numpy"]),
        ("import numpy, pandas.io", ["1 numpy", "1 pandas.io"]),
        (
            "from sklearn.linear_model import Ridge, Lasso",
            ["1 sklearn.linear_model.Ridge", "1 sklearn.linear_model.Lasso"],
        ),
        ("from pandas import *", ["1 pandas"]),
        ("def main():\n    if True:\n        import numpy", ["3 numpy"]),
        ("class A:\n    import numpy", ["2 numpy"]),
        ("with open('x') as f:\n    import numpy", ["2 numpy"]),
        ("# import numpy\n'import numpy'", []),
        ("text = '\\d'\nimport numpy", ["2 numpy"]),
        ("import six\n" + "x = " + "1 + " * 900 + "1\nimport numpy", ["1 six", "3 numpy"]),
    ],
)
def test_imports_are_found_wherever_they_stand(write: Write, code: str, found: list[str]) -> None:
    assert _scan(write({"src/predict.py": code})) == [f"predict.py:{entry}" for entry in found]


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None",
        "try:\n    import numpy\nexcept (AttributeError, ModuleNotFoundError):\n    import pandas",
        "try:\n    import numpy\nexcept:\n    pass",
        "try:\n    import numpy\nexcept Exception as error:\n    print(error)",
        "try:\n    import numpy\nexcept ImportError:\n    pass\nelse:\n    import pandas",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import numpy",
        "from contextlib import suppress\nwith suppress(ModuleNotFoundError):\n    import numpy",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy",
        "import typing\nif typing.TYPE_CHECKING:\n    import numpy",
        "import sys\nif sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    import tomli",
        "import sys\nif sys.platform == 'win32':\n    import win32api",
    ],
)
def test_imports_that_need_not_succeed_are_left_out(write: Write, code: str) -> None:
    assert _scan(write({"src/predict.py": code})) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("try:\n    import numpy\nexcept ImportError:\n    print('install it')\n    raise", ["2 numpy"]),
        ("try:\n    import numpy\n    main()\nexcept Exception:\n    log()", ["2 numpy"]),
        ("try:\n    import numpy\nexcept ValueError:\n    pass", ["2 numpy"]),
        ("try:\n    pass\nexcept ImportError:\n    pass\nfinally:\n    import numpy", ["6 numpy"]),
        ("if typing.TYPE_CHECKING:\n    import numpy\nelse:\n    import pandas", ["4 pandas"]),
    ],
)
def test_what_only_looks_optional_is_found(write: Write, code: str, found: list[str]) -> None:
    assert _scan(write({"src/predict.py": code})) == [f"predict.py:{entry}" for entry in found]


def test_modules_beside_the_script_are_followed(write: Write) -> None:
    repository = write(
        {
            "src/predict.py": "import common, features.text.stem\nfrom features import clean\nfrom unit import length",
            "src/common.py": "import numpy\nimport predict",
            "src/features/__init__.py": "import pandas",
            "src/features/clean.py": "from . import text\nfrom .text import *\nfrom ..common import x\nimport scipy",
            "src/features/text/__init__.py": "from .. import shared\nfrom .stem import stem",
            "src/features/text/stem.py": "import nltk",
            "src/features/shared.py": "import joblib",
            "src/unit/length.py": "import pint",
            "src/unused.py": "import lightgbm",
            "src/json.py": "",
        }
    )
    assert sorted(_scan(repository)) == [
        "common.py:1 numpy",
        "features/__init__.py:1 pandas",
        "features/clean.py:4 scipy",
        "features/shared.py:1 joblib",
        "features/text/stem.py:1 nltk",
        "unit/length.py:1 pint",
    ]


def test_a_module_beside_the_script_hides_one_of_a_distribution(write: Write) -> None:
    assert _scan(write({"src/predict.py": "import yaml", "src/yaml.py": ""})) == []


@pytest.mark.parametrize(
    ("module", "python", "standard"),
    [
        ("tomllib", "3.10", False),
        ("tomllib", "3.11", True),
        ("zoneinfo", "3.8", False),
        ("distutils", "3.11", True),
        ("distutils", "3.12", False),
        ("cgi", "3.12", True),
        ("cgi", "3.13", False),
        ("asyncore", "3.8", True),
        ("compression", "3.13", False),
    ],
)
def test_the_standard_library_is_that_of_the_image(write: Write, module: str, python: str, *, standard: bool) -> None:
    repository = write({"src/predict.py": f"import {module}"})
    assert _scan(repository, python) == ([] if standard else [f"predict.py:1 {module}"])


@pytest.mark.parametrize(
    ("code", "python", "line"),
    [
        ("import os\nprint 'done'\n", "3.11", "2"),
        ("import os\n\n%matplotlib inline\n", "3.11", "3"),
        ("if (n := 1):\n    pass\n", "3.7", "1"),
        ("match x:\n    case 1:\n        pass\n", "3.9", r"\d"),
        ("x = 1\0\n", "3.11", "1"),
        ("x = " + "1 + " * 100_000 + "1", "3.11", "1"),
    ],
)
def test_a_script_that_its_python_cannot_read_is_refused(write: Write, code: str, python: str, line: str) -> None:
    repository = write({"src/predict.py": "import helper", "src/helper.py": code})
    with pytest.raises(OpsError, match=rf"^src/helper\.py:{line} is not Python {python}: .*\. Correct it there\.$"):
        _scan(repository, python)


def test_syntax_of_a_newer_python_than_that_of_ops_is_not_judged(write: Write) -> None:
    repository = write({"src/predict.py": "import numpy\nsyntax of the future", "src/other.py": ""})
    assert _scan(repository, NEXT) == []


def test_a_missing_script_is_named(write: Write) -> None:
    with pytest.raises(OpsError, match=r"predict\.py cannot be read: No such file"):
        _scan(write({}))


def test_nothing_is_executed(write: Write) -> None:
    assert _scan(write({"src/predict.py": "import os\nos._exit(1)"})) == []


def test_what_the_prebuilt_image_holds_may_be_imported(write: Write) -> None:
    code = """\
        import sklearn.ensemble, pandas, joblib, yaml, boto3
        from dateutil import parser
        from google.protobuf import message
        import distutils.util
        """
    assert scikit_faults(write({"src/preprocessing.py": code}), "preprocessing") == []


def test_what_the_prebuilt_image_does_not_hold_is_named_with_the_answer_to_change(write: Write) -> None:
    repository = write(
        {
            "src/preprocessing.py": "import pandas\nimport features\nimport cv2\n",
            "src/features.py": "from lightgbm import sklearn\nimport lightgbm\nfrom google.cloud import storage\n",
        }
    )
    faults = scikit_faults(repository, "preprocessing")
    assert [(fault.path.name, fault.line, fault.module) for fault in faults] == [
        ("preprocessing.py", 3, "cv2"),
        ("features.py", 1, "lightgbm"),
        ("features.py", 3, "google.cloud.storage"),
    ]
    assert faults[1].message == (
        "src/features.py:1 imports lightgbm, which SageMaker's scikit-learn image 1.4-2 does not hold: add lightgbm to "
        "requirements.txt and run the step in the model's own image, by the answer `custom` to preprocessing_image "
        '(`copier update --data preprocessing_image=custom`) or by "preprocessing_image": "custom" in '
        "parameters/<environment>.json."
    )
    assert "add opencv-python-headless to requirements.txt" in faults[0].message


def test_the_prebuilt_image_of_the_answer_counts(write: Write) -> None:
    files = {"src/postprocessing.py": "import requests\n"}
    assert scikit_faults(write(files, scikit_version="1.9-0"), "postprocessing") == []
    assert len(scikit_faults(write(files, scikit_version="1.4-2"), "postprocessing")) == 1


def test_a_module_that_left_the_standard_library_is_not_sought_in_a_distribution(write: Write) -> None:
    files = {"src/preprocessing.py": "import imp\nimport tomllib\n", "src/predict.py": "import telnetlib\n"}
    [newer] = scikit_faults(write(files, scikit_version="1.9-0"), "preprocessing")
    assert newer.message == (
        "src/preprocessing.py:1 imports imp, which the standard library has no more since Python 3.12: replace it, or "
        "answer another scikit_version."
    )
    [older] = scikit_faults(write(files, scikit_version="1.4-2"), "preprocessing")
    assert older.message == (
        "src/preprocessing.py:2 imports tomllib, which the standard library has only from Python 3.11 on: replace it, "
        "or answer another scikit_version."
    )
    [custom] = custom_faults(write(files, python_version="3.13"), "predict")
    assert custom.message.endswith("since Python 3.13: replace it, or answer another python_version.")


@pytest.mark.parametrize(
    ("code", "requirements"),
    [
        ("import sklearn", "scikit-learn==1.4.2"),
        ("import sklearn", "# comment\n  Scikit_Learn [extra] >=1 ; python_version < '3.12'  # comment"),
        ("import sklearn", "numpy \\\n    --hash=sha256:00\nscikit-learn~=1.4 \\\n    --hash=sha256:00"),
        ("import yaml", "--index-url https://example.com/simple\nPyYAML"),
        ("import cv2", "opencv-python"),
        ("import my_package", "my.package @ https://example.com/x.whl"),
        ("from google.cloud import storage", "google-cloud-storage"),
        ("from google.cloud.storage import Client", "google-cloud-storage"),
        ("from google.oauth2 import service_account", "google-auth"),
        ("from azure.identity import DefaultAzureCredential", "azure-identity"),
        ("import lightgbm", "https://example.com/lightgbm-1.0-py3-none-any.whl"),
        ("import lightgbm", "-e git+https://example.com/lightgbm"),
        ("import os", ""),
    ],
)
def test_what_requirements_may_give_is_no_fault(write: Write, code: str, requirements: str) -> None:
    assert custom_faults(write({"src/predict.py": code, "requirements.txt": requirements}), "predict") == []


@pytest.mark.parametrize(
    ("code", "requirements", "package", "distribution"),
    [
        ("import sklearn.svm", "", "sklearn", "scikit-learn"),
        ("import sklearn.svm", "# scikit-learn\nscikit-learn-extra", "sklearn", "scikit-learn"),
        ("import sklearn.svm", "sklearn", "sklearn", "scikit-learn"),
        ("import my_package", "my", "my_package", "my-package"),
        ("from google.cloud import storage", "google-cloud-bigquery", "google.cloud.storage", "google-cloud-storage"),
    ],
)
def test_what_requirements_do_not_list_is_named(
    write: Write, code: str, requirements: str, package: str, distribution: str
) -> None:
    repository = write({"src/predict.py": code, "requirements.txt": requirements})
    [fault] = custom_faults(repository, "predict")
    assert fault.message == (
        f"src/predict.py:1 imports {package}, which requirements.txt does not list: add {distribution} to it, or, if "
        f"something else in it gives {package}, run `uv run ops setup`, after which this check knows."
    )


def test_an_environment_is_asked_where_there_is_one(write: Write) -> None:
    code = "import one, two.three, google.held, google.missing, missing, requirements\n"
    repository = write(
        {
            "src/predict.py": code,
            "site/one.py": "raise SystemExit('executed')",
            "site/two/__init__.py": "",
            "site/google/held.py": "",
        }
    )
    faults = custom_faults(repository, "predict", _environment(repository))
    assert [fault.module for fault in faults] == ["google.missing", "missing", "requirements"]
    assert faults[1].message == (
        "src/predict.py:1 imports missing, which requirements.txt does not give: add missing to it."
    )


def test_a_broken_environment_is_named(write: Write) -> None:
    repository = write({"src/predict.py": "import numpy", "site/sitecustomize.py": "raise SystemExit(1)"})
    with pytest.raises(OpsError, match=r"does not work: delete .*environment, it is made again"):
        custom_faults(repository, "predict", _environment(repository))


def test_the_environment_of_an_earlier_run_is_asked(write: Write) -> None:
    files = {"src/predict.py": "import dateutil, six, sklearn\n", "requirements.txt": "python-dateutil==2.9.0.post0\n"}
    repository = write(files, python_version=f"3.{sys.version_info.minor}")
    assert [fault.module for fault in custom_faults(repository, "predict")] == ["six", "sklearn"]
    custom_environment(repository)
    assert [fault.module for fault in custom_faults(repository, "predict")] == ["sklearn"]


def _environment(repository: Repository) -> Environment:
    """Return an environment that has what lies in the repository's `site`, and is made without a download."""
    folder = repository.root / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    windows = sys.platform == "win32"
    [packages] = [folder / "Lib" / "site-packages"] if windows else folder.glob("lib/python*/site-packages")
    (packages / "site.pth").write_text(f"{repository.root / 'site'}\n", encoding="utf-8")
    return Environment(folder / ("Scripts/python.exe" if windows else "bin/python"), "3.11")
