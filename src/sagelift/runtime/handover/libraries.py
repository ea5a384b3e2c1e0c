"""Objects that their libraries cannot pickle."""

from __future__ import annotations

import copyreg
import importlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def reduced(obj: Any, _: set[str]) -> Any:
    """Return how such an object is pickled; None for all else."""
    xgboost, sklearn = sys.modules.get("xgboost"), sys.modules.get("sklearn.base")
    # A module that is still being imported has no classes yet.
    if xgboost is not None and type(obj) is getattr(xgboost, "DMatrix", None):
        return matrix, (_saved(obj), {name: value for name, value in vars(obj).items() if name != "handle"})
    is_estimator = isinstance(obj, getattr(sklearn, "BaseEstimator", ()))
    if is_estimator and type(obj).__module__.startswith("sklearn.") and not vars(obj):
        # The state that Python 3.11 gives for it is None, of which scikit-learn before 1.2.1 makes a fault.
        return copyreg.__newobj__, (type(obj),)  # type: ignore[attr-defined]
    return None


def matrix(data: bytes, attributes: dict[str, Any]) -> Any:
    """Return a matrix of XGBoost.

    Args:
        data: What `DMatrix.save_binary` has written.
        attributes: Those of the Python object.
    """
    xgboost: Any = importlib.import_module("xgboost")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "matrix"
        path.write_bytes(data)
        made = xgboost.DMatrix(str(path), silent=True)
    vars(made).update(attributes)
    return made


def _saved(made: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "matrix")  # noqa: PTH118 - what old versions take
        made.save_binary(path)
        return Path(path).read_bytes()
