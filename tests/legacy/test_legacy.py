"""Short legacy scripts and notebooks, one per difficulty: each must end as its `case.toml` says."""

import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from legacy.pipeline import migrate

CASES = Path(__file__).parent / "cases"


def _case(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / name / "case.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(path.parent.name for path in CASES.glob("*/case.toml")))
def test_legacy_code_is_migrated_or_refused_as_it_should_be(name: str, tmp_path: Path) -> None:
    case = _case(name)
    legacy = tmp_path / "legacy"
    shutil.copytree(CASES / name, legacy, ignore=shutil.ignore_patterns("case.toml"))
    before = {path: path.read_bytes() for path in legacy.rglob("*") if path.is_file()}

    ending = migrate(
        legacy / case["entry"],
        tmp_path,
        Path(sys.executable),
        arguments=case.get("arguments", ()),
        answers=case.get("answers", ()),
    )

    assert ending.verdict == case["verdict"], "\n".join(ending.reasons)
    assert any(case.get("reason", "") in reason for reason in ending.reasons or [""]), ending.reasons
    if ending.outputs:
        printed = ending.outputs / "stdout.txt"
        assert case.get("prints", "") in (printed.read_text(encoding="utf-8") if printed.is_file() else "")
        assert all((ending.outputs / path).is_file() for path in case.get("leaves", ()))
        assert len([*ending.outputs.glob("figures/*.png")]) == case.get("figures", 0)
    assert {path: path.read_bytes() for path in legacy.rglob("*") if path.is_file()} == before
