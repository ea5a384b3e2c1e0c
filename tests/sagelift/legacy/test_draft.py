"""A repository in the making is put in its place whole, or not at all."""

from pathlib import Path

import pytest
from repositories import TemplateRepository, files

from sagelift.errors import SageliftError
from sagelift.legacy.draft import drafted


def test_what_is_not_installed_is_gone(small_template: TemplateRepository, tmp_path: Path) -> None:
    killed = tmp_path / ".churn.partial" / "left"
    killed.mkdir(parents=True)
    with drafted(tmp_path / "churn", str(small_template.root), None) as draft:
        assert not killed.exists()
        draft.render({"model_name": "churn"})
        assert (draft.folder / "settings.json").is_file()
    assert not (tmp_path / "churn").exists()
    assert not draft.root.exists()


def test_a_repository_is_installed_without_the_environment_of_its_tools(
    small_template: TemplateRepository, tmp_path: Path
) -> None:
    (tmp_path / "churn").mkdir()
    with drafted(tmp_path / "churn", str(small_template.root), "HEAD") as draft:
        draft.render({"model_name": "churn", "preprocessing_image": "custom"})
        draft.render({"model_name": "churn", "preprocessing_image": "none"})
        (draft.folder / ".venv").mkdir()
        draft.install()
    assert '"preprocessing_image": "none"' in (tmp_path / "churn" / "settings.json").read_text()
    assert not [name for name in files(tmp_path / "churn") if name.startswith(".venv")]
    assert not draft.root.exists()


def test_versions_are_found_for_each_requirement(small_template: TemplateRepository, tmp_path: Path) -> None:
    with drafted(tmp_path / "churn", str(small_template.root), None) as draft:
        draft.render({})
        assert draft.require(["cloudpickle<3", "Six==1.16.0"], "3.11") == ["cloudpickle==2.2.1", "six==1.16.0"]
        with pytest.raises(SageliftError, match=r"^No versions of six<1\.5, six>1\.5 go together: .*--requirements\.$"):
            draft.require(["six<1.5", "six>1.5"], "3.11")
