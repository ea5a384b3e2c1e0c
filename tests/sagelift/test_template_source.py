"""Which template is used where nobody names one."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from sagelift import template_source
from sagelift.errors import SageliftError

COMMIT = {"vcs": "git", "commit_id": "f744b0f"}


@pytest.mark.parametrize(
    ("record", "source"),
    [
        (
            {"url": "https://github.com/example-org/sagelift", "vcs_info": COMMIT},
            "https://github.com/example-org/sagelift",
        ),
        ({"url": "https://git.example.org/ml/sagelift", "vcs_info": COMMIT}, "git+https://git.example.org/ml/sagelift"),
        ({"url": "ssh://git@example.org/ml/sagelift.git", "vcs_info": COMMIT}, "ssh://git@example.org/ml/sagelift.git"),
        ({"url": "file:///srv/sage%20lift", "dir_info": {"editable": True}}, "/srv/sage lift"),
        ({"url": "file:///srv/sagelift", "vcs_info": COMMIT}, "/srv/sagelift"),
    ],
)
def test_it_is_what_sagelift_was_installed_from(
    record: dict[str, object], source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch, json.dumps(record))

    assert template_source.resolve(None) == source


@pytest.mark.parametrize("record", [None, '{"url": "https://example.org/sagelift.whl", "archive_info": {}}'])
def test_an_installation_from_an_archive_asks_for_one(record: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, record)

    with pytest.raises(SageliftError, match="name one with --template"):
        template_source.resolve(None)


def test_a_path_is_made_absolute_and_a_url_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clone").mkdir()
    monkeypatch.chdir(tmp_path)

    assert template_source.resolve("clone") == str(tmp_path / "clone")
    assert template_source.resolve("clone", tmp_path / "clone" / "..") == str(tmp_path / "clone")
    assert template_source.resolve("gh:example-org/sagelift") == "gh:example-org/sagelift"


def installed(monkeypatch: pytest.MonkeyPatch, record: str | None) -> None:
    """Let the installation have this direct_url.json."""
    distribution = SimpleNamespace(read_text=lambda _: record)
    monkeypatch.setattr(template_source, "distribution", lambda _: distribution)
