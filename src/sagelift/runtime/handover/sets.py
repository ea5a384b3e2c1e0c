"""Sets, whose items come in an order that depends on the one in which they were added."""

from __future__ import annotations

import bisect
import itertools
import random
import sys
from typing import Any, Callable

PLAIN = (bool, bytes, float, int, str)
MOST_ITEMS = 500
MOST_PERMUTED = 5
RESTARTS = 20
TRIES = 20
SLOPPINESS = 0.2
"""How often an exchange is left out, so that a search that goes round in a circle gets out of it."""
SMALLEST_TABLE = 8
BYTES_OF_A_SLOT = 16


def order_of_adding(items: Any) -> list[Any] | None:
    """Return an order in which the items of a set, added to an empty one, come as they do now.

    Returns:
        None where that is just how they come, as a pickle has them, or where no such order is found: nothing is known
        of items that were removed, and a larger set would take too long.
    """
    wanted, kind = list(items), type(items)
    if list(kind(wanted)) == wanted or len(wanted) > MOST_ITEMS or not all(map(_is_plain, wanted)):
        return None
    if len(wanted) <= MOST_PERMUTED:
        orders = map(list, itertools.permutations(wanted))
        return next((order for order in orders if list(kind(order)) == wanted), None)
    # Apart from the random numbers of the script.
    chance = random.Random(0)  # noqa: S311
    for restart in range(RESTARTS):
        early, late = _divided(wanted, _slots(items))
        for item in chance.sample(early, min(restart, len(early) // 2)):
            early.remove(item)
            late.append(item)
        for _ in range(TRIES if restart else RESTARTS * TRIES):
            found = list(kind(early + late))
            if found == wanted:
                return early + late
            _exchange(found, wanted, early, late, chance.random if restart else None)
    return None


def _is_plain(item: Any) -> bool:
    """Whether the hash of an item is the same in the next step: that of NaN is its address."""
    return type(item) in PLAIN and item == item  # noqa: PLR0124


def _slots(items: Any) -> int:
    """Return how long the table of a set is; see `Objects/setobject.c` of CPython."""
    return (sys.getsizeof(items) - sys.getsizeof(type(items)())) // BYTES_OF_A_SLOT or SMALLEST_TABLE


def _divided(wanted: list[Any], slots: int) -> tuple[list[Any], list[Any]]:
    """Return the items that may stand at the slots of their hashes, as these rise, and those that others displaced."""
    homes = [hash(item) % slots for item in wanted]
    # The longest rising subsequence: the last item of each length, and the one before each item.
    ends: list[int] = []
    before: list[int | None] = []
    for number, home in enumerate(homes):
        length = bisect.bisect_left([homes[end] for end in ends], home)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [number]
    risen = set()
    last: int | None = ends[-1]
    while last is not None:
        risen.add(last)
        last = before[last]
    early = [item for number, item in enumerate(wanted) if number in risen]
    return early, [item for number, item in enumerate(wanted) if number not in risen]


def _exchange(
    found: list[Any], wanted: list[Any], early: list[Any], late: list[Any], drawn: Callable[[], float] | None
) -> None:
    """Exchange neighbours that came in the wrong order, or let one displace the other: what is late is added last."""
    place = {item: number for number, item in enumerate(wanted)}
    for first, second in zip(found, found[1:]):
        if place[first] < place[second] or (drawn and drawn() < SLOPPINESS):
            continue
        if first in late and second in late:
            one, other = late.index(first), late.index(second)
            late[one], late[other] = second, first
        elif first in late:
            early.remove(second)
            late.insert(late.index(first) + 1, second)
        else:
            early.remove(first)
            late.insert(late.index(second) + 1 if second in late else len(late), first)
