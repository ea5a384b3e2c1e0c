"""The manifest of a fleet: which repositories there are, and the answers that each is generated from.

As CSV, `repository` is a column and so is each answer, where an empty cell means the question's default. As YAML:

    template: https://github.com/example-org/sagelift   # optional, as are version, workspace and defaults
    version: v1.2.0
    workspace: repositories
    defaults: {region: eu-west-1}
    repositories:
      - repository: ../churn
        answers: {model_name: churn}
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sagelift.errors import SageliftError

_SETTINGS = {"template", "version", "workspace", "defaults", "repositories"}


@dataclass(frozen=True)
class Model:
    """One repository of the fleet."""

    repository: str
    """Its path or URL, as the manifest has it: what people know it by."""
    answers: Mapping[str, str] = field(hash=False)
    """Answers to the template's questions, with the manifest's defaults."""
    path: Path
    """The absolute path of its folder: for a URL, the clone in the workspace."""
    where: str
    """The manifest's file and line, for messages."""

    @property
    def url(self) -> str | None:
        """The URL that it is cloned from, unless it is a local path."""
        return self.repository if _is_url(self.repository) else None


@dataclass(frozen=True)
class Manifest:
    """All repositories of a fleet, in the manifest's order."""

    path: Path
    models: list[Model]
    template: str | None = None
    version: str | None = None

    def check_questions(self, questions: Iterable[str]) -> None:
        """Refuse an answer to a question that the template does not have, which Copier would ignore.

        Raises:
            SageliftError: There is one.
        """
        known = set(questions)
        for model in self.models:
            if unknown := sorted(model.answers.keys() - known):
                message = (
                    f"{model.where}: the template has no question {unknown[0]}: "
                    f"correct the name to one of {', '.join(sorted(known))}."
                )
                raise SageliftError(message)


@dataclass(frozen=True)
class _Entry:
    line: int
    repository: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class _Content:
    entries: list[_Entry]
    settings: Mapping[str, str] = field(default_factory=dict)


def load(path: Path) -> Manifest:
    """Read a manifest.

    Relative paths in it start at its folder; a repository that is a URL has its clone in the workspace, which is the
    folder `repositories` there unless the manifest says otherwise.

    Raises:
        SageliftError: The manifest is missing, is not what its suffix says, or names a repository twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        message = f"There is no manifest {path}: name a CSV or YAML file that lists the repositories."
        raise SageliftError(message) from None
    except UnicodeDecodeError:
        message = f"{path} is not text in UTF-8: save it as such."
        raise SageliftError(message) from None
    match path.suffix.lower():
        case ".csv":
            content = _Content(list(_csv_entries(path, text)))
        case ".yml" | ".yaml":
            content = _yaml_content(path, text)
        case _:
            message = f"{path} is neither CSV nor YAML: name it .csv, .yml or .yaml."
            raise SageliftError(message)
    if not content.entries:
        message = f"{path} lists no repository: add one."
        raise SageliftError(message)
    folder = path.resolve().parent
    workspace = folder / content.settings.get("workspace", "repositories")
    return Manifest(
        path,
        list(_models(path, content.entries, folder, workspace)),
        template=content.settings.get("template"),
        version=content.settings.get("version"),
    )


def _models(path: Path, entries: list[_Entry], folder: Path, workspace: Path) -> Iterator[Model]:
    lines: dict[Path, int] = {}
    for entry in entries:
        where = f"{path}, line {entry.line}"
        if not entry.repository:
            message = f"{where}: the repository is missing: give its path or its URL."
            raise SageliftError(message)
        if _is_url(entry.repository):
            name = re.split(r"[/:]", entry.repository.rstrip("/"))[-1].removesuffix(".git")
            target = (workspace / name).resolve()
        else:
            target = (folder / Path(entry.repository).expanduser()).resolve()
        if target in lines:
            message = f"{where}: {entry.repository} has the folder of line {lines[target]}: remove one of the two."
            raise SageliftError(message)
        lines[target] = entry.line
        yield Model(entry.repository, entry.answers, target, where)


def _csv_entries(path: Path, text: str) -> Iterator[_Entry]:
    rows = csv.reader(text.splitlines(), strict=True, skipinitialspace=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if "repository" not in header:
            message = (
                f"{path}, line 1: there is no column repository: name the columns there, with commas between them."
            )
            raise SageliftError(message)
        if twice := sorted({name for name in header if header.count(name) > 1 or not name}):
            message = f"{path}, line 1: the column {twice[0]!r} has no name of its own: give each column its own."
            raise SageliftError(message)
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) != len(header):
                message = (
                    f"{path}, line {rows.line_num}: there are {len(cells)} columns, and line 1 names {len(header)}: "
                    "write as many, and quote what holds a comma."
                )
                raise SageliftError(message)
            answers = dict(zip(header, cells, strict=True))
            yield _Entry(rows.line_num, answers.pop("repository"), {key: cell for key, cell in answers.items() if cell})
    except csv.Error as error:
        message = f"{path}, line {rows.line_num}: this is no CSV ({error}): check its quotes."
        raise SageliftError(message) from None


def _yaml_content(path: Path, text: str) -> _Content:
    try:
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{path}, line {line}: this is no YAML ({error.problem}): correct it."
        raise SageliftError(message) from None
    except yaml.YAMLError as error:
        message = f"{path} is no YAML ({error}): correct it."
        raise SageliftError(message) from None
    if isinstance(content, list):
        content, listed = {"repositories": content}, node
    elif isinstance(content, dict) and isinstance(content.get("repositories"), list):
        listed = next(value for key, value in node.value if key.value == "repositories")
    else:
        message = f"{path}, line 1: there is no list of repositories: write one, under the key repositories."
        raise SageliftError(message)
    if unknown := [key for key in content if key not in _SETTINGS]:
        message = f"{path}: {unknown[0]!r} is no setting of a manifest: use {', '.join(sorted(_SETTINGS))}."
        raise SageliftError(message)
    settings = {key: content[key] for key in ("template", "version", "workspace") if content.get(key) is not None}
    defaults = _answers(path, content.get("defaults"))
    lines = [item.start_mark.line + 1 for item in listed.value]
    entries = [_yaml_entry(path, *item, defaults) for item in zip(lines, content["repositories"], strict=True)]
    return _Content(entries, {key: _text(str(path), key, value) for key, value in settings.items()})


def _yaml_entry(path: Path, line: int, item: object, defaults: Mapping[str, str]) -> _Entry:
    where = f"{path}, line {line}"
    if isinstance(item, str):
        item = {"repository": item}
    if not isinstance(item, dict) or item.keys() - {"repository", "answers"}:
        message = f"{where}: a repository has the keys repository and answers, and no other: write it so."
        raise SageliftError(message)
    repository = item.get("repository")
    answers = _answers(where, item.get("answers"))
    return _Entry(line, "" if repository is None else _text(where, "repository", repository), {**defaults, **answers})


def _answers(where: object, answers: object) -> dict[str, str]:
    if answers is None:
        return {}
    if not isinstance(answers, dict):
        message = f"{where}: answers are pairs of a question and its answer: write them so."
        raise SageliftError(message)
    return {str(name): _text(where, name, value) for name, value in answers.items()}


def _text(where: object, name: object, value: Any) -> str:  # noqa: ANN401  YAML holds anything
    if isinstance(value, str):
        return value
    # YAML reads 012345678901 as an octal number, and on as true: what was meant is lost by then.
    message = f"{where}: {name} is not text but {value!r}: put it in quotes."
    raise SageliftError(message)


def _is_url(repository: str) -> bool:
    return "://" in repository or bool(re.match(r"[\w.-]+@[\w.-]+:", repository))
