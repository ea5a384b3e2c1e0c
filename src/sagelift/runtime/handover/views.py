"""Views of dictionaries, which show whatever becomes of these; by itself, a pickle would hold what they show now."""

from __future__ import annotations

import collections
import gc
import types
from typing import Any

from .errors import CannotCross

MAKERS = {
    type(getattr(kind(), name)()): getattr(kind, name)
    for kind in (dict, collections.OrderedDict)
    for name in ("keys", "values", "items")
}
MAKERS[types.MappingProxyType] = types.MappingProxyType


def reduced(obj: Any, _: set[str]) -> Any:
    """Return how a view is pickled; None for all else.

    Raises:
        CannotCross: It is a view of something else.
    """
    if type(obj) in MAKERS:
        for owner in gc.get_referents(obj):
            if isinstance(owner, dict):
                return MAKERS[type(obj)], (owner,)
    if type(obj) in MAKERS or isinstance(obj, memoryview):
        message = "it is a view of something that cannot be told"
        raise CannotCross(message)
    return None
