"""What CloudFormation makes of a template and its parameters: conditions decided, functions of parameters computed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_NOTHING = object()
"""What AWS::NoValue stands for: the key or item is left out."""


def evaluate(template: Mapping[str, Any], parameters: Mapping[str, str], region: str, account: str) -> dict[str, Any]:
    """Return the resources that a stack would have, by their logical ids.

    What is known only once a resource exists remains: functions of resources.
    """
    if unknown := parameters.keys() - template["Parameters"].keys():
        message = f"The template has no parameter {', '.join(sorted(unknown))}."
        raise ValueError(message)
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(re.split(r"-[a-z]+-\d", region)[0], "aws")
    values: dict[str, Any] = {
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::AccountId": account,
        "AWS::NoValue": _NOTHING,
    }
    for name, declared in template["Parameters"].items():
        value = parameters.get(name, declared.get("Default"))
        if value is None:
            message = f"The parameter {name} has no default and is not given."
            raise ValueError(message)
        if "AllowedValues" in declared and value not in declared["AllowedValues"]:
            message = f"The parameter {name} cannot be {value}."
            raise ValueError(message)
        is_list = declared["Type"] == "CommaDelimitedList"
        values[name] = [item for item in value.split(",") if item] if is_list else value
    stack = _Stack(template, values)
    return {
        name: {key: stack.value(part) for key, part in resource.items() if key != "Condition"}
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or stack.condition(resource["Condition"])
    }


@dataclass(frozen=True)
class _Stack:
    template: Mapping[str, Any]
    values: Mapping[str, Any]

    def condition(self, name: str) -> bool:
        return bool(self.value(self.template["Conditions"][name]))

    def value(self, node: Any) -> Any:  # noqa: ANN401  any part of a template
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, argument)] = node.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        values = ((key, self.value(value)) for key, value in node.items())
        return {key: value for key, value in values if value is not _NOTHING}

    def _call(self, function: str, argument: Any) -> Any:  # noqa: ANN401  any part of a template
        if function in {"Ref", "Fn::GetAtt"}:
            return self.values.get(argument, {function: argument})
        functions: dict[str, Callable[..., Any]] = {
            "Fn::Sub": self._substitute,
            "Fn::If": lambda name, then, otherwise: self.value(then if self.condition(name) else otherwise),
            "Fn::Equals": lambda left, right: self.value(left) == self.value(right),
            "Fn::Not": lambda negated: not self.value(negated),
            "Fn::Join": lambda separator, parts: separator.join(self.value(parts)),
        }
        return functions[function](*(argument if isinstance(argument, list) else [argument]))

    def _substitute(self, text: str) -> Any:  # noqa: ANN401  a text, or a function of a resource
        resources = [name for name in re.findall(r"\$\{(\w+)", text) if name in self.template["Resources"]]
        substituted = re.sub(r"\$\{([^}]*)\}", self._placeholder, text)
        return {"Fn::Sub": substituted} if resources else substituted

    def _placeholder(self, placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name.split(".")[0] in self.template["Resources"]:
            return placeholder[0]
        value = self.values[name]
        if not isinstance(value, str):
            message = f"Fn::Sub takes no list: {name}."
            raise TypeError(message)
        return value
