"""What `ops test` says beside what pytest does."""

import io
import sys
from pathlib import Path

import pytest
from accounts import repository
from ops import testing
from ops.local.environments import Environment
from rich.console import Console


@pytest.mark.parametrize(
    ("script", "guard"),
    [
        ("raise SystemExit(2)\n", ""),
        ("import nosuch\n", ""),
        ("import nosuch\n", 'if __name__ == "__main__":\n    pass\n'),
    ],
    ids=["ends-pytest", "fails", "fails-with-guard"],
)
def test_a_script_that_runs_where_it_is_imported_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, guard: str
) -> None:
    made = repository(tmp_path)
    for path in made.src.glob("*.py"):
        path.write_text(script + guard, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_model.py").write_text(
        f"import sys\nsys.path.insert(0, {str(made.src)!r})\nimport predict\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    here = Environment(Path(sys.executable), "3.11")
    monkeypatch.setattr(testing, "custom_environment", lambda *_, **__: here)
    said = io.StringIO()

    assert testing.run(made, Console(file=said, width=80)) != 0

    named = [line for line in said.getvalue().splitlines() if "src/predict.py has no `if __name__" in line]
    assert len(named) == (not guard)
