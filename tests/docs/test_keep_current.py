"""The how-to on staying current: it names what the workflow asks for and what it makes."""

import re

import yaml
from docs.pages import DOCS, ROOT

TEXT = (DOCS / "how-to" / "keep-current.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / "template" / ".github" / "workflows" / "template-update.yml").read_text(encoding="utf-8")


def test_the_secrets_and_variables_are_those_of_the_workflow() -> None:
    asked = set(re.findall(r"\b(?:secrets|vars)\.(\w+)", WORKFLOW))

    assert set(re.findall(r"\bTEMPLATE_UPDATE\w*", TEXT)) == asked
    assert set(re.findall(r"gh (?:secret|variable) set (\w+)", TEXT)) == asked


def test_the_permissions_are_those_that_the_workflow_takes_of_the_app() -> None:
    asked = {name.replace("-", " ") for name in re.findall(r"permission-([\w-]+): write", WORKFLOW)}
    [app, person] = re.findall(r"permissions are (.*?): read and write|with ([^:]*?): read and write", TEXT, re.DOTALL)

    for named in (app[0], person[1]):
        assert {" ".join(name.split()).lower() for name in re.findall(r"\*(.*?)\*", named, re.DOTALL)} == asked


def test_titles_branch_and_names_are_those_of_the_workflow() -> None:
    rows = re.findall(r"^\| `(?:(.*?): )?Update from the template to v1\.3\.0(, .*?)?` \|", TEXT, re.MULTILINE)
    marked = {prefix or suffix for prefix, suffix in rows} - {""}

    given = re.findall(r' title="(?:(\w[^"]*?): )?\$title(, [^"]*)?"', WORKFLOW)
    assert marked == {prefix or suffix for prefix, suffix in given}
    assert f"branch `{yaml.safe_load(WORKFLOW)['jobs']['propose']['env']['BRANCH']}`" in TEXT
    assert f"*{re.findall(r'TITLE: (.*)', WORKFLOW)[0]}*" in TEXT
