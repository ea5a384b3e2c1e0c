"""What a fleet gets is, byte by byte, what Copier's own copy and update give, with the template as it is."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from copier import run_copy, run_update
from jinja2 import Environment
from repositories import TemplateRepository, commit, files, git

from sagelift.fleet import rendering

ANSWERS = [
    {"model_name": "churn", "python_version": "3.12", "description": "Who leaves, {{ and }} why"},
    {"model_name": "fraud", "preprocessing_image": "none"},
]


def content(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Return each file's content, and whether it can be executed."""
    paths = {name: folder / name for name in files(folder)}
    return {name: (path.read_bytes(), bool(path.stat().st_mode & 0o111)) for name, path in paths.items()}


@pytest.mark.slow
def test_copies_and_updates_are_those_of_copier(template: TemplateRepository, tmp_path: Path) -> None:
    releases = template.copy_to(tmp_path / "releases")
    source = str(releases.root)
    rendering.copy(source, "v1.0.0", tmp_path / "first", {})
    for number, answers in enumerate(ANSWERS):
        ours, theirs = tmp_path / "ours" / str(number), tmp_path / "theirs" / str(number)
        rendering.copy(source, "v1.0.0", ours, answers)
        run_copy(source, theirs, data=answers, defaults=True, quiet=True, vcs_ref="v1.0.0")
        assert content(ours) == content(theirs)

    change(releases)

    for number in range(len(ANSWERS)):
        ours, theirs = tmp_path / "ours" / str(number), tmp_path / "theirs" / str(number)
        for folder in (ours, theirs):
            live(folder)
        rendering.update(ours, "v1.1.0")
        run_update(theirs, defaults=True, overwrite=True, quiet=True, vcs_ref="v1.1.0")
        assert content(ours) == content(theirs)
        assert git(ours, "status", "--porcelain") == git(theirs, "status", "--porcelain")
        assert b"<<<<<<<" in (ours / ".editorconfig").read_bytes()
        assert json.loads((ours / "settings.json").read_text())["model_name"] == ANSWERS[number]["model_name"]


def test_a_version_is_cloned_and_compiled_once_for_all_repositories(
    small: TemplateRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []
    compile_ = Environment.compile

    def counted(environment: Environment, source: Any, *rest: Any) -> Any:  # noqa: ANN401  passed on as it is
        # Copier asks for numbers and truth values to be compiled, too, which is refused.
        compiled.extend([source] if isinstance(source, str) else [])
        return compile_(environment, source, *rest)

    monkeypatch.setattr(Environment, "compile", counted)

    rendering.copy(str(small.root), "v1.0.0", tmp_path / "a", {"model_name": "a"})
    first = len(compiled)
    rendering.copy(str(small.root), "v1.0.0", tmp_path / "b", {"model_name": "b"})

    assert first
    assert len(compiled) == first
    assert len([*Path(tempfile.gettempdir()).glob("copier._vcs.clone.*")]) == 1
    assert (tmp_path / "b" / "README.md").read_text() == "# b\n\nIn us-east-1.\n"


def test_what_is_overridden_is_there_in_copier() -> None:
    own = {"_index_holds_modes"}

    for ours in (rendering._Template, rendering._Subproject, rendering._Worker):  # noqa: SLF001
        names = {name for name in vars(ours) if not name.startswith("__")} - own
        assert names & {"url_expanded", "template", "jinja_env"}
        assert names <= {name for base in ours.__mro__[1:] for name in vars(base)}


def change(releases: TemplateRepository) -> None:
    """Release v1.1.0 with files changed, added, removed and made executable."""
    template = releases.root / "template"
    config = template / ".editorconfig"
    config.write_text(config.read_text().replace("root = true", "root = true  # new"))
    (template / "ops" / "new.py").write_text('"""New."""\n')
    (template / ".gitattributes").unlink()
    (template / "Makefile").chmod(0o755)
    readme = template / "README.md.jinja"
    readme.write_text(f"{readme.read_text()}\n{{{{ model_name }}}} is new.\n")
    releases.release("v1.1.0")


def live(folder: Path) -> None:
    """Edit a repository as users do: their own files, the template's files, deletions; git takes modes or not."""
    commit(folder, "Generate")
    if folder.name == "1":
        git(folder, "config", "core.fileMode", "false")
    config = folder / ".editorconfig"
    config.write_text(config.read_text().replace("root = true", "root = false"))
    (folder / "README.md").write_text(f"The user's.\n{(folder / 'README.md').read_text()}")
    (folder / "src" / "predict.py").write_text("The user's.\n")
    (folder / "iam" / "README.md").unlink()
    (folder / "ops" / "new.py").write_text("The user's.\n")
    commit(folder, "Bring in the model")
