"""Environments of each kind, to which images are promoted from another account."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from deployments import ENVIRONMENTS, make_repository
from ops.infrastructure import Deployment


def promoted(root: Path, parameters: Mapping[str, Any]) -> Deployment:
    region = parameters.get("region", "eu-west-1")
    environments = {"dev": {"region": region, "account": "222222222222"}, "prod": parameters}
    return Deployment.load(make_repository(root, environments), "prod")


@pytest.fixture(params=ENVIRONMENTS)
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Deployment:
    """Each of ENVIRONMENTS, one after another."""
    return promoted(tmp_path / "repository", ENVIRONMENTS[request.param])


@pytest.fixture
def with_everything(tmp_path: Path) -> Deployment:
    """The one that needs every policy."""
    return promoted(tmp_path / "repository", ENVIRONMENTS["everything"])
