"""The private symbols of moto that the local cloud replaces, extends or calls: a release without one is named here.

The list is read from the module itself, which could not be imported if one were missing.
"""

import ast
import importlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

CLOUD = Path(__file__).resolve().parents[3] / "template" / "ops" / "local" / "cloud.py"
RELEASE = f"moto {version('moto')}"
REMEDY = f"adapt {CLOUD.name}, or pin another release."
TREE = ast.parse(CLOUD.read_text(encoding="utf-8"))


def imported() -> dict[str, tuple[str, str]]:
    """Return the module and the name of each import from moto, by the name it has in the local cloud."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in TREE.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "moto"
        for alias in node.names
    }


def replaced() -> Iterator[tuple[str, str]]:
    """Yield each attribute that `local_cloud` replaces: a triple of owner, name and replacement."""
    for node in ast.walk(TREE):
        match node:
            case ast.Tuple(elts=[ast.Name(id=owner), ast.Constant(value=str(name)), _]) if owner in imported():
                yield owner, name


def overridden() -> Iterator[tuple[str, str]]:
    """Yield each method of SageMakerTask that replaces one of moto's."""
    for node in TREE.body:
        if isinstance(node, ast.ClassDef) and node.name == "SageMakerTask":
            names = [member.name for member in node.body if isinstance(member, ast.FunctionDef)]
            yield from (("StateTaskServiceCallback", name) for name in names if name not in {"__init__", "_failure"})


def of_moto(name: str) -> Any:  # noqa: ANN401
    """Return what the local cloud imports under a name."""
    module, attribute = imported()[name]
    try:
        holder = importlib.import_module(module)
        return (
            getattr(holder, attribute)
            if hasattr(holder, attribute)
            else importlib.import_module(f"{module}.{attribute}")
        )
    except ImportError:
        pytest.fail(f"{RELEASE} has no {attribute} in {module}: {REMEDY}")


@pytest.mark.parametrize("name", sorted(imported()))
def test_moto_has_what_is_imported(name: str) -> None:
    assert of_moto(name) is not None


@pytest.mark.parametrize(("owner", "name"), [*replaced(), *overridden()])
def test_moto_has_what_is_replaced(owner: str, name: str) -> None:
    assert hasattr(of_moto(owner), name), f"{RELEASE} has no {name} in {owner}: {REMEDY}"


def test_the_lists_are_not_empty() -> None:
    assert {name for _, name in replaced()} >= {"state_task_service_for", "create_processing_job", "time"}
    assert {name for _, name in overridden()} >= {"_eval_integration_pattern", "_after_eval_execution"}


def test_moto_is_pinned_exactly() -> None:
    pinned = CLOUD.parents[2] / "pyproject.toml"
    assert f"]=={version('moto')}" in pinned.read_text(encoding="utf-8")
