"""A generated repository on GitHub."""

from pathlib import Path

import pytest
from repositories import Render
from runner.hosting import GitHub


@pytest.fixture
def github(render: Render, tmp_path: Path) -> GitHub:
    """A generated repository on GitHub, whose environments have no variables."""
    return GitHub(render({"region": "eu-west-1"}), tmp_path / "github")
