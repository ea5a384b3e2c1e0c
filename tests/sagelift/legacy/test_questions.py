"""What is asked on a terminal, and what is taken for granted elsewhere."""

from pathlib import Path

import pytest
from rich.console import Console
from terminals import END, Terminal

from sagelift.legacy import questions, source
from sagelift.legacy.program import Program, take_apart
from sagelift.legacy.questions import Prompts


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A program that trains in its second line."""
    path = tmp_path / "churn.py"
    path.write_text("from sklearn.svm import SVC\nmodel = SVC().fit([[1]], [1])\nprint(model.predict([[2]]))\n")
    return take_apart(source.read(path))


@pytest.mark.parametrize(("typed", "answer"), [(["once"], "once"), (["both", ""], "keep"), ([END], "keep")])
def test_whether_to_train_once_is_asked(program: Program, terminal: Terminal, typed: list[str], answer: str) -> None:
    assert questions.train(program, terminal.console(typed)) == answer
    shown = terminal.shown
    assert "A model is trained here (line 2). keep trains it in each run" in shown
    assert ("Please select one of the available options" in shown) == ("both" in typed)


def test_without_a_terminal_training_stays_in_the_run(program: Program, terminal: Terminal) -> None:
    terminal.console(["once"])
    console = Console(width=200)
    with console.capture() as said:
        assert questions.train(program, console) == "keep"
    assert "It is kept in the run; --training once does the other." in said.get()


def test_a_prompt_is_shown_below_what_was_printed(terminal: Terminal) -> None:
    prompts = Prompts("churn.py", terminal.console(["1", "", END]))
    assert prompts.answer("[1] churn\n[2] stay\nWhich? ") == "1"
    first = terminal.shown
    assert "note: churn.py prompts for input." in first
    assert "[1] churn\r\n[2] stay\r\nWhich? " in first
    assert prompts.answer("[1] churn\n[2] stay\nWhich? chosen\n") == ""
    assert prompts.answer("[1] churn\n[2] stay\nWhich? chosen\nAgain? ") is None
    later = terminal.shown
    assert "chosen\r\n" in later
    assert "Again? " in later
    assert "Which? " not in later
    assert "note" not in later
