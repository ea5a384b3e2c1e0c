"""IAM's decision on a request, from policies alone.

Covers identity-based policies, and the trust policies of services, as documented below
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html. What it does not know of the language of
policies is an error, never a guess: a proof must not rest on one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Document = Mapping[str, Any]
"""A policy, as its JSON says it."""

ContextValue = str | tuple[str, ...]
"""What a request says for a condition key; a tuple for a key that has several values."""

_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}

_ARN_SEGMENTS = 6


class PolicyError(Exception):
    """A policy, or a request for it, says what is wrong or not known here."""


class Decision(Enum):
    """IAM's three answers, of which only the first lets a request pass."""

    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "no statement allows it"
    EXPLICITLY_DENIED = "a statement denies it"


@dataclass(frozen=True)
class Request:
    """That somebody may do something to something.

    `role` names whose policies decide. `principal` is who asks: the role itself, if it is None; a service, where the
    role's trust policy decides on sts:AssumeRole. Condition keys differ in no letter's case.
    """

    role: str
    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    principal: str | None = None

    def value(self, key: str) -> ContextValue | None:
        """Return what the request says for a condition key, or None."""
        return next((value for name, value in self.context.items() if name.lower() == key.lower()), None)

    def __str__(self) -> str:
        """Tell it as AWS does when it denies a request."""
        return f"{self.principal or self.role} is not authorized to perform: {self.action} on resource: {self.resource}"


@dataclass(frozen=True)
class Permission:
    """One action on one resource, as one statement allows it; a trust policy names no resource."""

    policy: str
    sid: str
    action: str
    resource: str | None

    def __str__(self) -> str:
        """Name it for a report."""
        return f"{self.policy} {self.sid} {self.action} {self.resource or ''}".rstrip()


def decide(documents: Iterable[Document], request: Request) -> Decision:
    """Return what the policies together say of a request.

    Raises:
        PolicyError: a policy holds what is not known here.
    """
    effects = {
        statement["Effect"]
        for document in documents
        for statement in statements(document)
        if _applies(statement, request)
    }
    if "Deny" in effects:
        return Decision.EXPLICITLY_DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.IMPLICITLY_DENIED


def decide_for(policies: Mapping[str, Document], request: Request) -> Decision:
    """Return what the policies of a request's role say of it.

    Args:
        policies: named `<role>.policy`, `<role>-<more>.policy` and `<role>.trust`, like the files in `iam/`.
        request: the trust policy decides on it, if it has a principal.
    """
    trusts = request.principal is not None
    return decide((policies[name] for name in policies if _belongs(name, request.role, trusts=trusts)), request)


def permissions(policies: Mapping[str, Document]) -> list[Permission]:
    """Return everything that the policies allow, one action and one resource at a time."""
    return [
        Permission(name, statement["Sid"], action, resource)
        for name, document in policies.items()
        for statement in statements(document)
        if statement["Effect"] == "Allow"
        for action, resource in _pairs(statement)
    ]


def without(policies: Mapping[str, Document], permission: Permission) -> dict[str, Document]:
    """Return the policies less this permission, and nothing but this one."""

    def reduced(statement: Document) -> Iterator[Document]:
        if statement["Sid"] != permission.sid:
            yield statement
            return
        for action, resource in _pairs(statement):
            if (action, resource) != (permission.action, permission.resource):
                yield {**statement, "Action": action, **({"Resource": resource} if resource else {})}

    document = policies[permission.policy]
    left = [part for statement in statements(document) for part in reduced(statement)]
    return {**policies, permission.policy: {**document, "Statement": left}}


def statements(document: Document) -> list[Document]:
    """Return the statements of a policy.

    Raises:
        PolicyError: the policy is in another version of the language, or an element of a statement is not known.
    """
    if document.get("Version") != "2012-10-17":
        message = f"Version {document.get('Version')} has no policy variables"
        raise PolicyError(message)
    found = _list(document["Statement"])
    for statement in found:
        if unknown := statement.keys() - _ELEMENTS:
            message = f"element {', '.join(sorted(unknown))} in {statement}"
            raise PolicyError(message)
        if statement["Effect"] not in ("Allow", "Deny"):
            message = f"Effect {statement['Effect']}"
            raise PolicyError(message)
        for element in ("Action", "Resource"):
            if element in statement and f"Not{element}" in statement:
                message = f"{element} and Not{element} in {statement}"
                raise PolicyError(message)
    return found


def _belongs(name: str, role: str, *, trusts: bool) -> bool:
    stem, _, kind = name.rpartition(".")
    return name == f"{role}.trust" if trusts else kind == "policy" and stem.partition("-")[0] == role


def _pairs(statement: Document) -> list[tuple[str, str | None]]:
    resources: list[str | None] = _list(statement["Resource"]) if "Resource" in statement else [None]
    return [(action, resource) for action in _list(statement["Action"]) for resource in resources]


def _applies(statement: Document, request: Request) -> bool:
    return (
        _concerns_principal(statement, request)
        and _concerns_action(statement, request)
        and _concerns_resource(statement, request)
        and all(
            _holds(operator, key, _list(wanted), request)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _concerns_principal(statement: Document, request: Request) -> bool:
    if ("Principal" in statement) != (request.principal is not None):
        message = f"a trust policy has a Principal, any other policy of a role has none: {statement}"
        raise PolicyError(message)
    if request.principal is None:
        return True
    match statement["Principal"]:
        case {"Service": services, **others} if not others:
            return request.principal in _list(services)
    message = f"Principal {statement['Principal']}"
    raise PolicyError(message)


def _concerns_action(statement: Document, request: Request) -> bool:
    # Wildcards, but no variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    negated = "NotAction" in statement
    patterns = _list(statement["NotAction" if negated else "Action"])
    return negated != any(_glob(pattern, request.action, re.IGNORECASE) for pattern in patterns)


def _concerns_resource(statement: Document, request: Request) -> bool:
    if "Principal" in statement:
        return True
    negated = "NotResource" in statement
    patterns = _list(statement["NotResource" if negated else "Resource"])
    return negated != any(_resource_like(pattern, request.resource, request) for pattern in patterns)


def _resource_like(pattern: str, resource: str, request: Request) -> bool:
    # An action that takes no resource is asked about `*`, and nothing but `*` allows it.
    return pattern == "*" or (resource != "*" and _arn_like(pattern, resource, request))


def _glob(pattern: str, value: str, flags: re.RegexFlag = re.NOFLAG) -> bool:
    wildcards = {"*": ".*", "?": "."}
    text = "".join(wildcards.get(character) or re.escape(character) for character in pattern)
    return re.fullmatch(text, value, flags | re.DOTALL) is not None


_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def _expand(pattern: str, request: Request, *, wildcards: bool) -> re.Pattern[str] | None:
    """Return what a text with variables matches; None if the request has no value for one of them."""
    parts, last = [], 0
    for variable in _VARIABLE.finditer(pattern):
        parts += [_literal(pattern[last : variable.start()], wildcards=wildcards)]
        value = _variable(variable[1], request)
        if value is None:
            return None
        parts += [re.escape(value)]
        last = variable.end()
    return re.compile("".join([*parts, _literal(pattern[last:], wildcards=wildcards)]), re.DOTALL)


def _literal(text: str, *, wildcards: bool) -> str:
    special = {"*": ".*", "?": "."} if wildcards else {}
    return "".join(special.get(character) or re.escape(character) for character in text)


def _variable(name: str, request: Request) -> str | None:
    if name in ("*", "?", "$"):
        return name
    key, comma, default = (part.strip() for part in name.partition(","))
    if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9_./=+@-]+", key) or (comma and not re.fullmatch(r"'[^']*'", default)):
        message = f"variable ${{{name}}}"
        raise PolicyError(message)
    value = request.value(key)
    if isinstance(value, tuple):
        message = f"variable ${{{name}}} of a key with several values"
        raise PolicyError(message)
    return default[1:-1] if value is None and comma else value


def _arn_like(pattern: str, value: str, request: Request) -> bool:
    """Compare ARNs segment by segment: a wildcard reaches no further than its own, of which the last is the rest."""
    shielded = _VARIABLE.sub(lambda variable: variable[0].replace(":", "\0"), pattern)
    wanted = [segment.replace("\0", ":") for segment in shielded.split(":", _ARN_SEGMENTS - 1)]
    given = value.split(":", _ARN_SEGMENTS - 1)
    for name, segments in ((pattern, wanted), (value, given)):
        if len(segments) != _ARN_SEGMENTS or segments[0] != "arn":
            message = f"{name} is no ARN"
            raise PolicyError(message)
    return all(_text_like(part, have, request) for part, have in zip(wanted, given, strict=True))


def _text_like(pattern: str, value: str, request: Request) -> bool:
    expanded = _expand(pattern, request, wildcards=True)
    return expanded is not None and expanded.fullmatch(value) is not None


def _text_equals(wanted: str, value: str, request: Request) -> bool:
    expanded = _expand(wanted, request, wildcards=False)
    return expanded is not None and expanded.fullmatch(value) is not None


def _text_equals_in_any_case(wanted: str, value: str, request: Request) -> bool:
    expanded = _expand(wanted, request, wildcards=False)
    return expanded is not None and re.fullmatch(expanded.pattern, value, re.DOTALL | re.IGNORECASE) is not None


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str, Request], bool]:
    def test(wanted: str, value: str, _request: Request) -> bool:
        return compare(float(value), float(wanted))

    return test


_OPERATORS: Mapping[str, Callable[[str, str, Request], bool]] = {
    "StringEquals": _text_equals,
    "StringEqualsIgnoreCase": _text_equals_in_any_case,
    "StringLike": _text_like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda wanted, value, _request: wanted.lower() == value.lower(),
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
}
"""How a policy's value is compared with a request's. Dates, addresses and binary values are left out: unused here."""

_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def _holds(operator: str, key: str, wanted: Sequence[Any], request: Request) -> bool:
    values, texts = request.value(key), [_scalar(value) for value in wanted]
    if operator == "Null":
        return (values is None) == (texts == ["true"])
    quantifier, _, base = operator.rpartition(":")
    optional, base = base.endswith("IfExists"), base.removesuffix("IfExists")
    negated, base = base in _NEGATED, _NEGATED.get(base, base)
    if base not in _OPERATORS or quantifier not in ("", "ForAnyValue", "ForAllValues"):
        message = f"operator {operator}"
        raise PolicyError(message)
    if isinstance(values, tuple) and not quantifier:
        message = f"operator {operator} for {key}, which has several values"
        raise PolicyError(message)

    def test(value: str) -> bool:
        return negated != any(_OPERATORS[base](text, value, request) for text in texts)

    # A key that is not there: reference_policies_elements_condition_operators.html, and for the quantifiers
    # reference_policies_condition-single-vs-multi-valued-context-keys.html of the same guide.
    if values in (None, ()):
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    members = [values] if isinstance(values, str) else list(values or ())
    return any(map(test, members)) if quantifier == "ForAnyValue" else all(map(test, members))


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:  # noqa: ANN401  IAM takes a single value for a list of one
    return list(value) if isinstance(value, list) else [value]
