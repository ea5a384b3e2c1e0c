"""What stands for the images of a run: here, a container."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from accounts import repository
from ops.errors import OpsError
from ops.local import images
from ops.local.container import ContainerImage
from ops.local.run import plan
from rich.console import Console

PREDICT_ALONE = {"preprocessing_image": "none", "postprocessing_image": "none"}


@pytest.mark.parametrize("base_image", [None, "mirror.example.com/python:3.7"])
def test_the_image_is_built_with_the_users_base_and_index(
    install_engine: Callable[..., None],
    engine_calls: Callable[[], list[list[str]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    base_image: str | None,
) -> None:
    install_engine("docker")
    pip_config = tmp_path / "pip.conf"
    pip_config.touch()
    monkeypatch.setenv("PIP_CONFIG_FILE", str(pip_config))
    made = repository(tmp_path / "repository", PREDICT_ALONE)

    prepared = images.prepare(
        made, plan(made), container=True, base_image=base_image, console=Console(file=io.StringIO())
    )

    assert isinstance(prepared["custom"], ContainerImage)
    [build] = [call for call in engine_calls() if call[1] == "build"]
    assert build[build.index("--secret") + 1] == f"id=pip_conf,src={pip_config}"
    assert [argument for argument in build if argument.startswith("BASE_IMAGE=")] == (
        [f"BASE_IMAGE={base_image}"] if base_image else []
    )


def test_a_pip_configuration_that_is_not_there_builds_nothing(
    install_engine: Callable[..., None],
    engine_calls: Callable[[], list[list[str]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install_engine("docker")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "missing.conf"))
    made = repository(tmp_path / "repository", PREDICT_ALONE)

    with pytest.raises(OpsError, match=r"PIP_CONFIG_FILE names .*missing\.conf, which is no file"):
        images.prepare(made, plan(made), container=True, base_image=None, console=Console(file=io.StringIO()))
    assert [call[1] for call in engine_calls()] == ["info"]
