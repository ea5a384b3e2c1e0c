"""Reading manifests: one sentence names the file, the line and the fix."""

from pathlib import Path

import pytest

from sagelift.errors import SageliftError
from sagelift.fleet import manifest


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_has_a_column_for_each_answer_and_empty_cells_for_defaults(tmp_path: Path) -> None:
    text = "\ufeffrepository, model_name,region\r\nrepos/churn,churn,eu-west-1\r\n\r\n/srv/fraud,fraud,\r\n"

    fleet = manifest.load(write(tmp_path, "fleet.csv", text))

    assert [(model.repository, model.answers, model.path) for model in fleet.models] == [
        ("repos/churn", {"model_name": "churn", "region": "eu-west-1"}, tmp_path / "repos" / "churn"),
        ("/srv/fraud", {"model_name": "fraud"}, Path("/srv/fraud")),
    ]
    assert fleet.models[1].where.endswith("fleet.csv, line 4")


def test_yaml_has_defaults_and_settings(tmp_path: Path) -> None:
    text = """
template: https://github.com/example-org/sagelift
version: v1.2.0
workspace: clones
defaults: {region: eu-west-1, owner: risk}
repositories:
  - repository: https://github.com/example-org/churn.git
    answers: {owner: sales}
  - repository: git@github.com:example-org/fraud
  - ../local
"""

    fleet = manifest.load(write(tmp_path, "fleet.yml", text))

    assert (fleet.template, fleet.version) == ("https://github.com/example-org/sagelift", "v1.2.0")
    assert [model.path for model in fleet.models] == [
        tmp_path / "clones" / "churn",
        tmp_path / "clones" / "fraud",
        tmp_path.parent / "local",
    ]
    assert [bool(model.url) for model in fleet.models] == [True, True, False]
    assert fleet.models[0].answers == {"region": "eu-west-1", "owner": "sales"}
    assert fleet.models[2].where.endswith("fleet.yml, line 10")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "name,region\nchurn,x\n", "a.csv, line 1: there is no column repository"),
        ("a.csv", "repository;region\n", "a.csv, line 1: there is no column repository"),
        ("a.csv", "repository,region,region\n", "a.csv, line 1: the column 'region' has no name of its own"),
        ("a.csv", "repository,region\nchurn\n", "a.csv, line 2: there are 1 columns, and line 1 names 2"),
        ("a.csv", "repository,region\nchurn,a,b\n", "a.csv, line 2: there are 3 columns, and line 1 names 2"),
        ("a.csv", "repository,region\n,x\n", "a.csv, line 2: the repository is missing"),
        ("a.csv", 'repository\n"churn\n', "a.csv, line 2: this is no CSV"),
        ("a.csv", "repository\na\nb/../a\n", "a.csv, line 3: b/../a has the folder of line 2"),
        (
            "a.csv",
            "repository\nhttps://x/o/a\nhttps://x/p/a.git\n",
            "line 3: https://x/p/a.git has the folder of line 2",
        ),
        ("a.csv", "repository\n", "a.csv lists no repository"),
        ("a.csv", "", "a.csv, line 1: there is no column repository"),
        ("a.txt", "churn\n", "a.txt is neither CSV nor YAML"),
        ("a.yml", "repositories: [\n", "a.yml, line 2: this is no YAML"),
        ("a.yml", "models: [a]\n", "a.yml, line 1: there is no list of repositories"),
        ("a.yml", "", "a.yml, line 1: there is no list of repositories"),
        ("a.yml", "default: {}\nrepositories: [a]\n", "a.yml: 'default' is no setting of a manifest"),
        ("a.yml", "- repository: a\n- answers: {}\n", "a.yml, line 2: the repository is missing"),
        ("a.yml", "- repository: a\n  region: x\n", "a.yml, line 1: a repository has the keys repository and answers"),
        ("a.yml", "- {repository: a, answers: [x]}\n", "a.yml, line 1: answers are pairs"),
        ("a.yml", "- {repository: a, answers: {dev_account: 012}}\n", "a.yml, line 1: dev_account is not text but 10"),
        ("a.yml", "defaults: {debug: on}\nrepositories: [a]\n", "a.yml: debug is not text but True"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(SageliftError) as fault:
        manifest.load(write(tmp_path, name, text))

    assert message in str(fault.value)
    assert str(fault.value).endswith(".")


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("repository\nmünchen\n".encode("latin-1"))

    with pytest.raises(SageliftError, match=r"There is no manifest .*gone\.csv"):
        manifest.load(tmp_path / "gone.csv")
    with pytest.raises(SageliftError, match=r"latin\.csv is not text in UTF-8"):
        manifest.load(tmp_path / "latin.csv")


def test_an_answer_to_no_question_is_named_with_its_place(tmp_path: Path) -> None:
    fleet = manifest.load(write(tmp_path, "fleet.csv", "repository,modelname\na,\nb,churn\n"))

    with pytest.raises(SageliftError, match=r"line 3: the template has no question modelname: .*model_name, region"):
        fleet.check_questions(["region", "model_name"])
