"""requirements.txt, as the image will read it."""

import codecs
from pathlib import Path

import pytest
from accounts import repository
from ops import checks, requirements
from ops.errors import OpsError
from ops.repository import Repository


def holding(folder: Path, content: bytes) -> Repository:
    """Return a repository whose requirements.txt holds this."""
    made = repository(folder)
    made.requirements.write_bytes(content)
    return made


@pytest.mark.parametrize(
    "line",
    [
        "pandas",
        "pandas==1.0\\",
        "pandas[excel,html]>=1.0; python_version < '3.9'  # see ./notes",
        "--index-url https://example.com/simple",
        "--hash=sha256:0123",
        "pandas @ https://example.com/pandas-1.0-py3-none-any.whl",
        "pandas[excel]@https://example.com/pandas.zip",
        "https://example.com/pandas-1.0.tar.gz",
        "git+https://user@example.com/pandas.git",
        "-e git+https://example.com/pandas.git#egg=pandas",
        "-f https://example.com/wheels/",
    ],
)
def test_what_every_machine_can_install_is_taken(tmp_path: Path, line: str) -> None:
    assert requirements.read(holding(tmp_path, f"# mine\n\n  {line}\n".encode())) == [line]


@pytest.mark.parametrize(
    "line",
    [
        ".",
        "./pandas-1.0-py3-none-any.whl",
        "pandas-1.0-py3-none-any.whl ; python_version > '3.8'",
        "wheels/pandas",
        "C:\\wheels\\pandas.whl",
        "~/pandas",
        "-e .",
        "-e.",
        "--editable=pandas",
        "-f wheels",
        "--find-links ./wheels",
        "file:///croot/pandas",
        "pandas @ file:///croot/pandas_1667/work",
        "pandas[excel] @ wheels/pandas.whl",
    ],
)
def test_what_is_on_this_machine_alone_is_a_fault(tmp_path: Path, line: str) -> None:
    made = holding(tmp_path, f"six\n{line}\n".encode())

    [fault] = [fault for fault in checks.run(made) if "requirements.txt" in fault]

    assert fault.startswith(f"{made.requirements}: `{line}` names a path that the image does not hold: write the name")


@pytest.mark.parametrize("content", ["six\n", "six\r\n"])
def test_windows_encodings_are_read(tmp_path: Path, content: str) -> None:
    for encoded in (codecs.BOM_UTF8 + content.encode(), codecs.BOM_UTF16_LE + content.encode("utf-16-le")):
        assert requirements.read(holding(tmp_path, encoded)) == ["six"]


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    made = holding(tmp_path, "six\n# für das Modell\n".encode("latin-1"))

    with pytest.raises(OpsError, match=r"requirements\.txt:2 is not UTF-8, .*: save the file as UTF-8\.$"):
        requirements.read(made)
