"""What the tests of migrations share."""

from collections.abc import Iterator

import pytest
from terminals import Terminal, opened


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The terminal that standard input comes from."""
    with opened(monkeypatch) as terminal:
        yield terminal
