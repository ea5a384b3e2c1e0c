"""What migrations do to a generated repository, which is their working directory.

What has been done already is not done again, so a migration that was interrupted can be run once more. What cannot be
done ends the migration, and with it Copier's update, before anything is changed.
"""

import re
import sys
from pathlib import Path

ANSWERS = Path(".copier-answers.yml")


def move(old: str, new: str) -> None:
    """Give a user's file, or a folder of them, its new name. One that the user deleted or renamed is none to move."""
    source, target = Path(old), Path(new)
    if not source.exists():
        return
    if target.exists():
        sys.exit(
            f"error: {old} becomes {new}, and both are there: take into {new} what you need of {old}, delete {old}, "
            "commit, and update again."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)


def answer(question: str) -> str | None:
    """Return what was answered to a question, or None where it was not asked. The answer is text of one line."""
    entry = _entry(question, ANSWERS.read_text(encoding="utf-8"))
    if not entry:
        return None
    # YAML breaks long text at its spaces.
    text = " ".join(line.strip() for line in entry[1].splitlines()).strip()
    if text.startswith('"'):
        sys.exit(f"error: {ANSWERS} has {question} in double quotes: use single quotes, commit, and update again.")
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def set_answer(question: str, text: str) -> None:
    """Answer a question, with text of one line, as if the user had done so before the update."""
    answers = ANSWERS.read_text(encoding="utf-8")
    quoted = text.replace("'", "''")
    entry = _entry(question, answers)
    start, end = entry.span() if entry else (len(answers), len(answers))
    ANSWERS.write_text(answers[:start] + f"{question}: '{quoted}'\n" + answers[end:], encoding="utf-8")


def _entry(question: str, answers: str) -> re.Match[str] | None:
    return re.search(rf"^{question}:(.*\n(?: +.*\n)*)", answers, re.MULTILINE)
