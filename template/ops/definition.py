"""The workflow's definition in Amazon States Language: read, assembled, cut to one step."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.errors import OpsError

STEPS = {"preprocessing": "Preprocessing", "predict": "Predict", "postprocessing": "Postprocessing"}
"""Each step, and the Task state that runs its job; in the order of the workflow."""


def load(path: Path) -> dict[str, Any]:
    """Read a definition.

    Raises:
        OpsError: the file is missing or holds no definition.
    """
    try:
        definition = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{path} is missing: bring it back with `copier recopy`."
        raise OpsError(message) from None
    except ValueError as error:
        message = f"{path} is no valid JSON: {error}. Bring it back with `copier recopy`."
        raise OpsError(message) from None
    match definition:
        case {"States": {"Defaults": {"Type": "Pass"}}}:
            return dict(definition)
    message = f"{path} has no Pass state Defaults, which holds the parameters: bring it back with `copier recopy`."
    raise OpsError(message)


def assemble(definition: Mapping[str, Any], resolved: Mapping[str, Any], partition: str = "aws") -> dict[str, Any]:
    """Return the definition that runs: with `resolved` as the Result of `Defaults`.

    Nothing else differs, but for the partition of the service integrations' ARNs outside of `aws`
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
    """
    assembled = copy.deepcopy(dict(definition))
    assembled["States"]["Defaults"]["Result"] = dict(resolved)
    for state in assembled["States"].values():
        if "Resource" in state:
            state["Resource"] = state["Resource"].replace("arn:aws:", f"arn:{partition}:", 1)
    return assembled


def only(definition: Mapping[str, Any], step: str) -> dict[str, Any]:
    """Return the definition with the jobs of the other steps passed over, their output prefixes left as they are."""
    cut = copy.deepcopy(dict(definition))
    for name, state in STEPS.items():
        if name != step:
            task = cut["States"][state]
            cut["States"][state] = {"Type": "Pass", "Next": task["Next"]}
    return cut
