"""settings.json, which nobody should edit, and which somebody does."""

import json
from pathlib import Path

import pytest
from accounts import SETTINGS
from ops.errors import OpsError
from ops.settings import Settings


@pytest.mark.parametrize(
    ("key", "value"),
    [("python_version", "banana"), ("python_version", "3"), ("preprocessing_image", "mine"), ("owner", None), ("x", 1)],
)
def test_what_was_not_rendered_is_named_with_what_to_do(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({**SETTINGS.model_dump(), key: value}), encoding="utf-8")

    with pytest.raises(OpsError) as fault:
        Settings.load(path)

    assert str(fault.value).startswith(f"{path}: {key}: ")
    assert "restore it with `copier recopy`" in str(fault.value)
