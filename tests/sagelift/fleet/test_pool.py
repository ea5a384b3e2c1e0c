"""The workers: none of them stops the others."""

from sagelift.errors import SageliftError
from sagelift.fleet import pool


def test_a_worker_that_crashes_or_hangs_costs_its_own_item_alone() -> None:
    items = ["1 + 1", "__import__('os')._exit(3)", "__import__('time').sleep(60)", "int('x')", "2 + 2"]

    results = dict(pool.run(eval, items, jobs=1, timeout=1))

    assert results["1 + 1"] == 2
    assert results["2 + 2"] == 4
    faults = {item: str(result) for item, result in results.items() if isinstance(result, SageliftError)}
    assert faults == {
        items[1]: "Its worker process ended with code 3: is the memory short?",
        items[2]: "It took longer than 1 seconds: look into it by hand, or allow for more.",
        items[3]: "ValueError: invalid literal for int() with base 10: 'x'",
    }


def test_a_fault_comes_back_as_it_was() -> None:
    fault = "__import__('sagelift.fleet.repository', fromlist=['_']).check_repository(__import__('pathlib').Path('/'))"

    [(_, result)] = pool.run(eval, [fault])

    assert isinstance(result, SageliftError)
    assert "is no git repository" in str(result)


def test_no_item_needs_no_worker() -> None:
    assert not list(pool.run(eval, []))
