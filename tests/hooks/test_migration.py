"""What migrations are made of."""

from pathlib import Path

import migration
import pytest
import yaml
from copier import run_copy
from repositories import TemplateRepository

TEXTS = [
    "plain",
    "it's",
    "'quoted'",
    "a: b # c",
    "null",
    "30",
    "0123",
    "- x",
    "Größe 日本 😀",
    "word " * 39 + "end",
    "",
]


@pytest.fixture(autouse=True)
def _in_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_file_is_moved_once() -> None:
    Path("old.txt").write_text("mine")

    for _ in range(2):
        migration.move("old.txt", "deeper/new.txt")

    assert Path("deeper/new.txt").read_text() == "mine"
    assert not Path("old.txt").exists()


def test_a_folder_is_moved_with_all_that_is_in_it() -> None:
    Path("old/deeper").mkdir(parents=True)
    Path("old/deeper/file.txt").write_text("mine")

    migration.move("old", "new")

    assert Path("new/deeper/file.txt").read_text() == "mine"


def test_nothing_is_overwritten() -> None:
    Path("old.txt").write_text("mine")
    Path("new.txt").write_text("mine, too")

    with pytest.raises(SystemExit, match=r"old\.txt becomes new\.txt, and both are there"):
        migration.move("old.txt", "new.txt")

    assert [Path(name).read_text() for name in ("old.txt", "new.txt")] == ["mine", "mine, too"]


@pytest.mark.parametrize("text", TEXTS)
def test_an_answer_is_read_as_copier_wrote_it_and_as_it_was_set(tmp_path: Path, text: str) -> None:
    template = TemplateRepository(tmp_path / "template")
    template.root.mkdir()
    (template.root / "copier.yml").write_text("before: {type: str}\nquestion: {type: str}\nquestions: {type: str}\n")
    (template.root / "{{ _copier_conf.answers_file }}.jinja").write_text("{{ _copier_answers | to_nice_yaml }}")
    others = {"before": "word " * 39, "questions": "another's"}
    run_copy(str(template.root), tmp_path, data={"question": text, **others}, quiet=True)

    assert migration.answer("question") == text

    for new in (*TEXTS, text):
        migration.set_answer("question", new)
        assert migration.answer("question") == new
        answers = yaml.safe_load(migration.ANSWERS.read_text(encoding="utf-8"))
        assert {**others, "question": new}.items() <= answers.items()


def test_a_question_that_was_not_asked_has_no_answer_until_it_is_set() -> None:
    migration.ANSWERS.write_text("_commit: v1.0.0\n")

    assert migration.answer("question") is None
    migration.set_answer("question", "it's")

    assert yaml.safe_load(migration.ANSWERS.read_text()) == {"_commit": "v1.0.0", "question": "it's"}


def test_what_cannot_be_read_is_named() -> None:
    migration.ANSWERS.write_text('question: "a\\tb"\n')

    with pytest.raises(SystemExit, match=r"^error: \.copier-answers\.yml has question in double quotes: "):
        migration.answer("question")
