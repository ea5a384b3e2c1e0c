"""The reference is what the code says, and its limits are what AWS says."""

import re
from pathlib import Path

import botocore.session
import pytest
import reference

PAGES = Path(reference.__file__).parent / "reference"


@pytest.mark.parametrize("name", reference.pages())
def test_is_current(name: str) -> None:
    written = (PAGES / f"{name}.md").read_text(encoding="utf-8")

    assert written == reference.pages()[name], f"docs/reference/{name}.md is out of date: run `make generated`"


@pytest.mark.parametrize("name", sorted(reference.SOURCES))
def test_a_limit_is_the_one_of_its_source(name: str) -> None:
    service, structure, field = re.split("[/.]", reference.SOURCES[name])
    model = botocore.session.get_session().get_service_model(service)
    is_operation = structure in model.operation_names
    shape = model.operation_model(structure).input_shape if is_operation else model.shape_for(structure)
    section = (PAGES / "parameters.md").read_text(encoding="utf-8").partition(f"### `{name}`\n")[2].partition("\n#")[0]

    [most] = re.findall(r"(?:at most|\d to) (\d+)", section)

    if name in reference.OWN:
        assert int(most) < shape.members[field].metadata["max"]
    else:
        assert int(most) == shape.members[field].metadata["max"]


def test_every_limit_has_a_source() -> None:
    page = (PAGES / "parameters.md").read_text(encoding="utf-8")

    for section in re.split(r"^#+ ", page, flags=re.MULTILINE):
        name = section.partition("\n")[0].strip("`")
        if re.search(r"at most|\d to \d", section):
            assert name in reference.SOURCES | reference.OWN


def test_every_question_says_what_is_right_and_no_template_is_left() -> None:
    page = reference.pages()["questions"]

    assert "- Use at most 25 characters: SageMaker limits the names of jobs." in page
    assert "{%" not in page
    assert re.findall(r"{{.*?}}", page) == ["{{ model_name }}"]
