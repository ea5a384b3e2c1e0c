"""Documents with placeholders: what CloudFormation makes of them, and what it would resolve them to."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_FILE = "file://"

_PLACEHOLDER = re.compile(r"\$\{(AWS::[A-Za-z]+|[A-Za-z0-9]+)\}")
"""The name of a parameter, or of a pseudo parameter. IAM's own variables have others: `${aws:username}`, `${*}`."""


def insert(node: Any, read: Callable[[str], Any]) -> Any:  # noqa: ANN401  any part of a document
    """Return a document with what `read` makes of the path in the place of each `file://path`."""
    if isinstance(node, dict):
        return {key: insert(value, read) for key, value in node.items()}
    if isinstance(node, list):
        return [insert(value, read) for value in node]
    if isinstance(node, str) and node.startswith(_FILE):
        return read(node.removeprefix(_FILE))
    return node


def for_cloudformation(node: Any) -> Any:  # noqa: ANN401  any part of a document
    """Return a document with its placeholders as functions of CloudFormation, and IAM's variables kept as they are."""
    if isinstance(node, dict):
        return {key: for_cloudformation(value) for key, value in node.items()}
    if isinstance(node, list):
        return [for_cloudformation(value) for value in node]
    if not isinstance(node, str) or "${" not in node:
        return node
    if whole := _PLACEHOLDER.fullmatch(node):
        # Fn::Sub refuses a parameter that is a list.
        return {"Ref": whole[1]}
    return {"Fn::Sub": re.sub(rf"(?!{_PLACEHOLDER.pattern})\$\{{", "${!", node)}


def resolve(node: Any, values: Mapping[str, str | list[str]]) -> Any:  # noqa: ANN401  any part of a document
    """Return a document with values in the place of its placeholders.

    Raises:
        TypeError: a list is the value of a placeholder that does not stand alone.
    """
    if isinstance(node, dict):
        return {key: resolve(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [resolve(value, values) for value in node]
    if not isinstance(node, str):
        return node
    if whole := _PLACEHOLDER.fullmatch(node):
        return values[whole[1]]
    return _PLACEHOLDER.sub(lambda placeholder: _part(values[placeholder[1]]), node)


def literal(node: Any, values: Mapping[str, str | list[str]]) -> Any:  # noqa: ANN401  any part of a document
    """Return what CloudFormation would make of a reference to a parameter, or of a text with some."""
    match node:
        case {"Ref": name}:
            return values[name]
        case {"Fn::Sub": str(text)}:
            return resolve(text, values)
    return node


def _part(value: str | list[str]) -> str:
    if isinstance(value, list):
        message = f"{value} cannot be a part of a text: its placeholder has to stand alone."
        raise TypeError(message)
    return value
