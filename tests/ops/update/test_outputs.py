"""The comparison of two runs on the sample."""

from pathlib import Path

import pytest
from ops.update.outputs import differences


def run(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("predictions.csv", b"a\n1\n2\n", b"a\n1\n3\n", "differs in 1 of 3 lines"),
        ("predictions.csv", b"a\n1\n", b"a\n1\n2\n3\n", "differs in 2 of 4 lines"),
        ("predictions.csv", b"a\n1\n", b"a\r\n1\r\n", "differs in its line ends only"),
        ("chart.png", b"\x89PNG", b"\x89PNG2", "differs (4 bytes before, 5 after)"),
        ("sub/new.csv", None, b"", "is new"),
        ("old.csv", b"", None, "is no longer there"),
    ],
)
def test_how_an_output_differs_is_told(
    tmp_path: Path, name: str, before: bytes | None, after: bytes | None, said: str
) -> None:
    runs = [
        run(tmp_path / when, {"predict/same.csv": b"same", **({} if content is None else {f"predict/{name}": content})})
        for when, content in (("before", before), ("after", after))
    ]

    assert differences(*runs) == {f"predict/{name}": said}


def test_logs_and_history_are_no_outputs(tmp_path: Path) -> None:
    before = run(tmp_path / "before", {"execution.json": b"1", "logs/predict.log": b"1", "predict/x.csv": b"x"})
    after = run(tmp_path / "after", {"execution.json": b"2", "logs/predict.log": b"2", "predict/x.csv": b"x"})

    assert differences(before, after) == {}
