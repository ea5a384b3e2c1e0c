"""What moves into a repository stands where its jobs look for it."""

from pathlib import Path

from repositories import files

from sagelift.legacy.moving import Content, move_in


def test_each_file_comes_to_its_place(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    seed = tmp_path / "repository" / "src" / "tables.py"
    seed.parent.mkdir(parents=True)
    seed.touch()
    content = Content(
        scripts={"predict": "print(1)\n"},
        modules={"helpers/dates.py": kept},
        inputs={"input/churn.csv": kept},
        models={"model.pkl": kept},
        legacy={"code/churn.py": kept},
    )

    move_in(content, tmp_path / "repository")

    found = {name for name in files(tmp_path / "repository") if not name.startswith("src/handover/")}
    assert found == {
        "data/sample/input/churn.csv",
        "model/model.pkl",
        "parity/legacy/code/churn.py",
        "src/helpers/dates.py",
        "src/predict.py",
        "tests/test_model.py",
    }


def test_what_reads_no_file_gets_an_input_all_the_same(tmp_path: Path) -> None:
    move_in(Content({"predict": ""}), tmp_path)
    assert {"data/sample/no-input.txt", "model/.gitkeep"} <= files(tmp_path)
