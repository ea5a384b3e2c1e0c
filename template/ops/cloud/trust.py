"""Whether a role's trust policy lets in whom ours would: for roles that were made elsewhere, in other words."""

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Statement = Mapping[str, Any]

_MATCHES: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": fnmatchcase,
    "ArnEquals": fnmatchcase,
    "ArnLike": fnmatchcase,
}
"""What a condition's operator does with a value and a pattern. A condition of another operator is taken to hold."""

_OF_SETS = re.compile(r"^For(Any|All)Values?:|IfExists$")

_ID = re.compile(r"@[0-9]+")


def admits(document: Mapping[str, Any], wanted: Statement) -> bool:
    """Return whether a trust policy lets in the principal of a statement of ours, in the situation of its conditions.

    Conditions on keys that ours does not mention are taken to hold, and denials to concern others.

    Args:
        document: the role's trust policy.
        wanted: a statement as it could stand there. The ids in a claim of GitHub stand for any.
    """
    return any(_admits(statement, wanted) for statement in as_list(document["Statement"]))


def is_open(document: Mapping[str, Any], wanted: Statement) -> bool:
    """Return whether a trust policy lets a principal of a statement of ours in without a look at a claim of ours.

    GitHub's provider vouches for every repository there is: a role that does not ask for the `sub` trusts them all.

    Args:
        document: the role's trust policy.
        wanted: a statement as it could stand there.
    """
    [(kind, principal)] = wanted["Principal"].items()
    claims = {key.lower() for _, key, _ in _conditions(wanted)}
    return any(
        statement["Effect"] == "Allow"
        and (statement.get("Principal") == "*" or principal in as_list(statement.get("Principal", {}).get(kind, [])))
        and not claims <= {key.lower() for _, key, _ in _conditions(statement)}
        for statement in as_list(document["Statement"])
    )


def as_list(value: Any) -> list[Any]:  # noqa: ANN401  IAM takes one of anything for a list of one
    """Return what a policy's key holds as the list that it may be."""
    return value if isinstance(value, list) else [value]


def _admits(statement: Statement, wanted: Statement) -> bool:
    [(kind, principal)] = wanted["Principal"].items()
    principals = statement.get("Principal")
    situation = {key.lower(): value for _, key, value in _conditions(wanted)}
    return (
        statement["Effect"] == "Allow"
        and isinstance(principals, Mapping)
        and principal in as_list(principals.get(kind, []))
        and any(
            fnmatchcase(wanted["Action"].lower(), action.lower()) for action in as_list(statement.get("Action", []))
        )
        and all(
            _holds(operator, situation[key.lower()], patterns)
            for operator, key, patterns in _conditions(statement)
            if key.lower() in situation
        )
    )


def _conditions(statement: Statement) -> Iterable[tuple[str, str, list[str]]]:
    for operator, conditions in statement.get("Condition", {}).items():
        for key, values in conditions.items():
            yield operator, key, as_list(values)


def _holds(operator: str, values: list[str], patterns: list[str]) -> bool:
    matches = _MATCHES.get(_OF_SETS.sub("", operator))
    return matches is None or any(
        matches(_ID.sub("@0", value.replace("*", "x")), _ID.sub("@0", pattern))
        for value in values
        for pattern in patterns
    )
