"""A template of a few files, with a version for each thing that an update can meet."""

import json
from collections.abc import Mapping
from pathlib import Path

from accounts import SETTINGS
from repositories import TemplateRepository, commit

FIRST, HARMLESS, OTHER_OUTPUT, FAILING, MIGRATING, TOO_NEW, NEWEST = (
    "v1.0.0",
    "v1.1.0",
    "v1.2.0",
    "v1.3.0",
    "v2.0.0",
    "v2.1.0",
    "v3.0.0",
)
"""The versions of the template, by what an update to each meets."""

OLD = "".join(f"line {number}\n" for number in range(1, 20))
NEW = OLD.replace("line 5\n", "the template's line\n")

_CONFIGURATION = """\
_subdirectory: template
_envops: {{undefined: jinja2.StrictUndefined}}
{more}
owner:
  type: str
  default: risk@example.com
  validator: "{{% if '@' not in owner %}}Use an address.{{% endif %}}"
"""

_VERSIONS: Mapping[str, tuple[str, Mapping[str, str | None]]] = {
    FIRST: (
        "",
        {
            ".copier-answers.yml.jinja": "{{ _copier_answers | to_nice_yaml }}",
            ".gitignore": "/build/\n",
            "dropped.txt": OLD,
            "kept.txt": OLD,
            "lines.txt": OLD,
            "ops/data/template_files.json": "{}\n",
            "predictions.csv": "id,value\n1,0.5\n2,0.7\n",
            "settings.json.jinja": json.dumps(SETTINGS.model_dump())
            .replace(SETTINGS.owner, "{{ owner }}")
            .replace(SETTINGS.template_version, "{{ _copier_answers._commit }}")
            .replace(SETTINGS.template_source, "{{ _copier_answers._src_path }}"),
        },
    ),
    HARMLESS: ("", {"lines.txt": NEW, "dropped.txt": None, "arriving.txt": NEW}),
    OTHER_OUTPUT: ("", {"predictions.csv": "id,value\n1,0.5\n2,0.8\n"}),
    FAILING: ("", {"exit_codes.txt": "test 1\n"}),
    MIGRATING: ("_migrations: [{version: v2.0.0, command: 'true'}]", {}),
    TOO_NEW: ("_min_copier_version: '99.0.0'", {}),
    NEWEST: ("", {"exit_codes.txt": None, "predictions.csv": "id,value\n1,0.5\n2,0.7\n"}),
}


def release_all(root: Path) -> TemplateRepository:
    """Return the template, with a tag for each version."""
    repository = TemplateRepository(root)
    for version, (configuration, files) in _VERSIONS.items():
        for name, text in files.items():
            path = repository.root / "template" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text, encoding="utf-8")
        (repository.root / "copier.yml").write_text(_CONFIGURATION.format(more=configuration), encoding="utf-8")
        repository.release(version)
    return repository


def edit(root: Path) -> None:
    """Change the line in a repository of the first version that the template changes next, and commit."""
    path = root / "lines.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("line 5\n", "my line\n"), encoding="utf-8")
    commit(root, "Edit a file of the template")
