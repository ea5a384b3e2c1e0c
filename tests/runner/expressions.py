"""GitHub's expressions, as far as the workflows use them; whatever else one holds is refused, never guessed.

The language: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import math
import re
from collections.abc import Mapping
from typing import Any

TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.-]*)|(?P<sign>&&|\|\||==|!=|[!()]))")
PLACEHOLDER = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
CONSTANTS = {"true": True, "false": False, "null": None}

Context = Mapping[str, Any]


class Lenient(dict[str, Any]):
    """What may lack a name: a variable, an output of a step, or a part of an event that is not there is null."""

    def __missing__(self, _name: str) -> None:
        """Return null."""


def interpolate(text: str, context: Context) -> str:
    """Return the text with the values of its placeholders."""
    return PLACEHOLDER.sub(lambda match: text_of(evaluate(match[1], context)), text)


def condition(text: str, context: Context) -> bool:
    """Return whether an `if` holds, as long as nothing failed before it."""
    match = PLACEHOLDER.fullmatch(text.strip())
    return truth(evaluate(match[1] if match else text, context))


def evaluate(text: str, context: Context) -> Any:  # noqa: ANN401  values are of any type
    """Return the value of an expression.

    Raises:
        ValueError: it holds what this evaluator does not know.
        KeyError: it names what is not there, which GitHub would silently take for null.
    """
    parser = _Parser(text, context)
    value = parser.either()
    if parser.tokens:
        message = f"Unknown expression: {text}"
        raise ValueError(message)
    return value


def truth(value: object) -> bool:
    """Return whether a value counts as true."""
    return value not in (None, False, 0, "")


def text_of(value: object) -> str:
    """Return what a value becomes inside a text."""
    if isinstance(value, Mapping | list):
        message = f"Only GitHub knows how to write {value!r}."
        raise ValueError(message)  # noqa: TRY004  the expression is at fault
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def equal(left: object, right: object) -> bool:
    """Return whether two values are equal: texts in any case, and values of two types as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return left == right if type(left) is type(right) else _number(left) == _number(right)


def _number(value: object) -> float:
    try:
        return float(value or 0)  # type: ignore[arg-type]
    except ValueError:
        return math.nan


class _Parser:
    """Descends through the operators, the weakest first."""

    def __init__(self, text: str, context: Context) -> None:
        self.context = context
        self.tokens: list[str] = []
        rest = text.strip()
        while rest:
            match = TOKEN.match(rest)
            if not match:
                message = f"Unknown expression: {text}"
                raise ValueError(message)
            self.tokens.append(match[0].strip())
            rest = rest[match.end() :].strip()

    def either(self) -> Any:  # noqa: ANN401
        value = self.both()
        while self._take("||"):
            other = self.both()
            value = value if truth(value) else other
        return value

    def both(self) -> Any:  # noqa: ANN401
        value = self.comparison()
        while self._take("&&"):
            other = self.comparison()
            value = other if truth(value) else value
        return value

    def comparison(self) -> Any:  # noqa: ANN401
        value = self.operand()
        if self._take("=="):
            return equal(value, self.operand())
        if self._take("!="):
            return not equal(value, self.operand())
        return value

    def operand(self) -> Any:  # noqa: ANN401
        if self._take("!"):
            return not truth(self.operand())
        if self._take("("):
            value = self.either()
            self._expect(")")
            return value
        token = self.tokens.pop(0) if self.tokens else ""
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in CONSTANTS:
            return CONSTANTS[token]
        if self._take("("):
            argument = self.either()
            self._expect(")")
            return self._look_up(token)(argument)
        return self._look_up(token)

    def _look_up(self, path: str) -> Any:  # noqa: ANN401
        value: Any = self.context
        for name in path.split("."):
            value = Lenient() if value is None else value
            value = value[name]
        return value

    def _take(self, sign: str) -> bool:
        found = self.tokens[:1] == [sign]
        if found:
            self.tokens.pop(0)
        return found

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            message = f"{sign} is missing."
            raise ValueError(message)
