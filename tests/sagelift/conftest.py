"""What the tests of the fleet share: a small template with two releases, and fleets that are generated from it."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from repositories import TemplateRepository

from sagelift.errors import SageliftError
from sagelift.fleet import manifest, new, pool
from sagelift.fleet.manifest import Manifest

FILES = {
    "copier.yml": """
_min_copier_version: "9.19.0"
_subdirectory: template
_skip_if_exists: [/src]
_exclude: ["{% if _copier_operation == 'update' %}/src{% endif %}"]
model_name:
  type: str
  validator: "{% if ' ' in model_name %}Use no spaces; not {{ model_name }}.{% endif %}"
region: {type: str, default: us-east-1}
""",
    "template/.copier-answers.yml.jinja": "{{ _copier_answers|to_nice_yaml -}}\n",
    "template/README.md.jinja": "# {{ model_name }}\n\nIn {{ region }}.\n",
    "template/tool.txt": "one\ntwo\nthree\n",
    "template/other.txt": "other\n",
    "template/src/predict.py": "PREDICTION = 1\n",
}


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing elsewhere: what a worker shares between repositories is removed by whoever started it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in this process, where it is not the workers that are tested: they take seconds to start."""

    def run(task: Callable[[Any], Any], items: Iterable[Any], **_: object) -> Iterator[tuple[Any, Any]]:
        for item in items:
            try:
                result = task(item)
            except SageliftError as error:
                result = error
            yield item, result

    monkeypatch.setattr(pool, "run", run)


@pytest.fixture
def small(tmp_path: Path) -> TemplateRepository:
    """A template with the releases v1.0.0 and v1.1.0, of which the second changes tool.txt."""
    template = TemplateRepository(tmp_path / "small")
    for name, text in FILES.items():
        (template.root / name).parent.mkdir(parents=True, exist_ok=True)
        (template.root / name).write_text(text)
    template.release("v1.0.0")
    (template.root / "template" / "tool.txt").write_text("one\nnew\nthree\n")
    (template.root / "template" / "src" / "predict.py").write_text("PREDICTION = 2\n")
    template.release("v1.1.0")
    return template


@pytest.fixture
def fleet(small: TemplateRepository, tmp_path: Path, inline: None) -> Callable[..., Manifest]:
    """Return what makes a fleet of these names, generated from v1.0.0."""
    del inline

    def make(*names: str) -> Manifest:
        path = tmp_path / "fleet.csv"
        path.write_text("repository,model_name\n" + "".join(f"{name},{name}\n" for name in names))
        made = manifest.load(path)
        results = new.run(made, source=str(small.root), version="v1.0.0", jobs=1, push=False, progress=lambda _: None)
        assert {result.state for result in results} == {new.State.MADE}
        return made

    return make
