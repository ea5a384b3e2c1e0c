"""What the explanation of the three owners says was tried: tried again, on templates of a few lines."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from copier import run_copy, run_update
from copier.errors import UnsafeTemplateError
from repositories import TemplateRepository, commit

ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
QUESTIONS = "value: {type: str, default: old}\noption: {type: bool, default: true}\n"
SEED = f"""\
{QUESTIONS}
_skip_if_exists: [seed.json]
_exclude: [copier.yml, .git, "{{% if _copier_operation == 'update' %}}seed.json{{% endif %}}"]
"""


class Probe:
    """A template, and a repository that was generated from its first version."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        """Release the first version of the template, and generate."""
        self._template = TemplateRepository(folder / "template")
        self._template.root.mkdir()
        (self._template.root / ANSWERS).write_text("{{ _copier_answers | to_nice_yaml }}")
        self._release("v1", {"copier.yml": QUESTIONS, **files})
        self.generated = folder / "generated"
        run_copy(str(self._template.root), self.generated, defaults=True, quiet=True, unsafe=False)
        commit(self.generated, "Generate")

    def update(self, edits: Mapping[str, str | None], files: Mapping[str, str], **answers: object) -> None:
        """Let the user edit files (None: delete), release the second version of the template, and update."""
        for name, text in edits.items():
            if text is None:
                (self.generated / name).unlink()
            else:
                (self.generated / name).write_text(text)
        commit(self.generated, "Edit")
        self._release("v2", {"new.txt": "", **files})
        run_update(self.generated, data=answers, defaults=True, overwrite=True, quiet=True, unsafe=False)

    def read(self, name: str) -> str:
        """Return the content of a file of the repository."""
        return (self.generated / name).read_text()

    def _release(self, version: str, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self._template.root / name).write_text(text)
        self._template.release(version)


CODE = 'BEFORE = 1\nVALUE = "{}"\nAFTER = 2\n'
EDITED_CODE = CODE.replace("2", "3")


def test_an_answer_inside_code_conflicts_with_an_edit_beside_it(tmp_path: Path) -> None:
    probe = Probe(tmp_path, {"code.py.jinja": CODE.format("{{ value }}")})
    probe.update({"code.py": EDITED_CODE.format("old")}, {}, value="new")

    assert "<<<<<<<" in probe.read("code.py")


def test_an_answer_in_a_settings_file_does_not(tmp_path: Path) -> None:
    probe = Probe(tmp_path, {"settings.json.jinja": '{"value": "{{ value }}"}\n', "code.py": CODE})
    probe.update({"code.py": EDITED_CODE}, {}, value="new")

    assert probe.read("code.py") == EDITED_CODE
    assert probe.read("settings.json") == '{"value": "new"}\n'


GENERATED, APPENDED, CHANGED = '{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "b": 2\n}\n', '{\n  "a": 3\n}\n'


def test_a_key_appended_to_a_generated_file_conflicts_with_a_change_of_the_last(tmp_path: Path) -> None:
    probe = Probe(tmp_path, {"seed.json": GENERATED})
    probe.update({"seed.json": APPENDED}, {"seed.json": CHANGED})

    assert "<<<<<<<" in probe.read("seed.json")


def test_a_key_appended_to_the_users_own_file_stays(tmp_path: Path) -> None:
    probe = Probe(tmp_path, {"copier.yml": SEED, "seed.json": GENERATED})
    probe.update({"seed.json": APPENDED}, {"seed.json": CHANGED})

    assert probe.read("seed.json") == APPENDED


def test_an_option_that_is_switched_off_deletes_the_edits_in_its_file(tmp_path: Path) -> None:
    probe = Probe(tmp_path, {"{% if option %}extra.py{% endif %}": "one\n"})
    probe.update({"extra.py": "one\nthe user's\n"}, {}, option=False)

    assert not (probe.generated / "extra.py").exists()


@pytest.mark.parametrize(("excluded", "comes_back"), [(False, True), (True, False)])
def test_a_deleted_seed_comes_back_unless_updates_exclude_it(
    tmp_path: Path, *, excluded: bool, comes_back: bool
) -> None:
    configuration = SEED if excluded else f"{QUESTIONS}\n_skip_if_exists: [seed.json]\n"
    probe = Probe(tmp_path, {"copier.yml": configuration, "seed.json": GENERATED})
    probe.update({"seed.json": None}, {"seed.json": CHANGED})

    assert (probe.generated / "seed.json").exists() is comes_back


@pytest.mark.parametrize(
    "entry",
    ["_tasks: [{command: 'true', when: false}]", "_jinja_extensions: [jinja2.ext.do]"],
    ids=["task", "extension"],
)
def test_trust_is_demanded_for_code(tmp_path: Path, entry: str) -> None:
    with pytest.raises(UnsafeTemplateError):
        Probe(tmp_path, {"copier.yml": f"{QUESTIONS}{entry}\n"})
