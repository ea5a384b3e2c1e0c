"""A migration, from its how-to: it asks for trust, keeps what the user did, and can be run twice."""

import re
import runpy
from pathlib import Path

import pytest
import yaml
from copier import run_copy, run_update
from copier.errors import TaskError, UnsafeTemplateError
from repositories import TemplateRepository, commit, files, git
from update.lived_in import LivedIn, differences, state

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = (ROOT / "hooks" / "README.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    """Return the example in the how-to."""
    [block] = re.findall(rf"```{language}\n(.*?)```", HOW_TO, re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def releases(small_template: TemplateRepository, tmp_path_factory: pytest.TempPathFactory) -> TemplateRepository:
    """The template, and after v1.0.0 a v2.0.0 that does what the how-to says."""
    repository = small_template.copy_to(tmp_path_factory.mktemp("releases") / "sagelift")
    seeds = repository.root / "template"
    (seeds / "packages.txt").rename(seeds / "system-packages.txt")
    change(seeds / "Dockerfile.jinja", "packages.txt", "system-packages.txt")
    change(
        seeds / "settings.json.jinja", "{{ github_repository |", '{{ (github_organisation ~ "/" ~ github_repository) |'
    )
    configuration = repository.configuration
    configuration["_skip_if_exists"].append("/system-packages.txt")
    configuration["_exclude"][0] = configuration["_exclude"][0].replace(
        "{% endif %}", "/system-packages.txt\n{% endif %}"
    )
    configuration["github_organisation"] = {"type": "str", "default": "my-organisation"}
    configuration["github_repository"] = {"type": "str", "default": "{{ model_name }}"}
    configuration |= yaml.safe_load(example("yaml"))
    (repository.root / "copier.yml").write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    (repository.root / "hooks" / "v2_0_0.py").write_text(example("python"), encoding="utf-8")
    repository.release("v2.0.0")
    return repository


@pytest.fixture
def repository(releases: TemplateRepository, tmp_path: Path) -> LivedIn:
    """A repository generated from v1.0.0, which needs a package of Debian."""
    root = tmp_path / "repository"
    answers = {"github_repository": "Our-Org/churn", "owner": "Risk: a team"}
    run_copy(str(releases.root), root, data=answers, vcs_ref="v1.0.0", defaults=True, quiet=True, unsafe=False)
    (root / "packages.txt").write_text("libgomp1\n")
    commit(root, "Generate")
    return LivedIn(root, state(root))


def update(repository: LivedIn) -> None:
    """Update as a user does who trusts the template."""
    run_update(repository.root, defaults=True, overwrite=True, quiet=True, unsafe=True)


def test_without_trust_nothing_happens(repository: LivedIn) -> None:
    with pytest.raises(UnsafeTemplateError, match=r"unsafe feature: migrations\.\n.*`--trust`"):
        repository.update("v2.0.0")

    assert not git(repository.root, "status", "--porcelain")


def test_what_the_user_wrote_is_carried_over(releases: TemplateRepository, repository: LivedIn, tmp_path: Path) -> None:
    update(repository)

    parts = {"github_organisation": "Our-Org", "github_repository": "churn"}
    answers = {"owner": "Risk: a team", **parts}
    run_copy(str(releases.root), tmp_path / "fresh", data=answers, vcs_ref="v2.0.0", defaults=True, quiet=True)
    users = {"system-packages.txt": (b"libgomp1\n", False)}
    assert differences(state(repository.root), {**state(tmp_path / "fresh"), **users}) == set()

    # The migration is behind it: no trust is needed any more, and there is nothing to do.
    repository.commit()
    repository.update("v2.0.0")
    assert not git(repository.root, "status", "--porcelain")


def test_what_the_user_deleted_or_renamed_does_not_come_back(repository: LivedIn) -> None:
    (repository.root / "packages.txt").rename(repository.root / "debian.txt")
    repository.commit()

    update(repository)

    assert {name for name in files(repository.root) if "packages" in name or "debian" in name} == {"debian.txt"}


def test_a_file_in_the_way_stops_the_update_before_anything_is_changed(
    repository: LivedIn, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository.root / "system-packages.txt").write_text("The user's.\n")
    repository.commit()

    with pytest.raises(TaskError):
        update(repository)

    assert "error: packages.txt becomes system-packages.txt, and both are there: " in capfd.readouterr().err
    assert not git(repository.root, "status", "--porcelain")


def test_run_twice_it_does_nothing_more(
    releases: TemplateRepository, repository: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.root)
    migration = str(releases.root / "hooks" / "v2_0_0.py")

    runpy.run_path(migration)
    once = state(repository.root)
    runpy.run_path(migration)

    assert differences(once, state(repository.root)) == set()
    assert differences(once, repository.generated) == {".copier-answers.yml", "packages.txt", "system-packages.txt"}
    expected = {"github_organisation": "Our-Org", "github_repository": "churn"}
    assert expected.items() <= repository.answers.items()


def change(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, which must hold it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
