"""A repository that was updated works: the template's newest files with the user's old ones."""

import subprocess
import sys

import pytest
from freeze import frozen
from update.lived_in import Fresh, Generate

OLDEST, *_ = frozen()


@pytest.mark.slow
@pytest.mark.usefixtures("environments")
def test_an_updated_repository_is_linted_tested_and_run(generate: Generate, fresh: Fresh) -> None:
    repository = generate(OLDEST)
    src = repository.root / "src"
    (src / "tables.py").rename(src / "files.py")
    for script in src.glob("*.py"):
        script.write_text(script.read_text().replace("from tables import", "from files import"))
    repository.commit()

    repository.update_cleanly(fresh, preprocessing_image="custom")

    for verb in ("lint", "test", "run"):
        command = [sys.executable, "-m", "ops", verb]
        ran = subprocess.run(command, cwd=repository.root, check=False, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
