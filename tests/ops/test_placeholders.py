"""Documents with placeholders: what CloudFormation is given, and what it would make of it."""

from typing import Any

import pytest
from cloudformation import evaluate
from ops.placeholders import for_cloudformation, insert, literal, resolve

VALUES: dict[str, str | list[str]] = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "Prefix": "my-model-dev",
    "Arns": ["a", "b"],
}

DOCUMENTS: list[tuple[Any, Any, Any]] = [
    ("plain $ text", "plain $ text", "plain $ text"),
    ("${Prefix}", {"Ref": "Prefix"}, "my-model-dev"),
    ("${Arns}", {"Ref": "Arns"}, ["a", "b"]),
    ("${AWS::Region}", {"Ref": "AWS::Region"}, "eu-west-1"),
    (
        "arn:${AWS::Partition}:x/${Prefix}-*",
        {"Fn::Sub": "arn:${AWS::Partition}:x/${Prefix}-*"},
        "arn:aws:x/my-model-dev-*",
    ),
    # IAM's own variables.
    ("${aws:username}", {"Fn::Sub": "${!aws:username}"}, "${aws:username}"),
    ("${Prefix}/${aws:username}", {"Fn::Sub": "${Prefix}/${!aws:username}"}, "my-model-dev/${aws:username}"),
    ("${aws:PrincipalTag/team}", {"Fn::Sub": "${!aws:PrincipalTag/team}"}, "${aws:PrincipalTag/team}"),
    ("a${*}b${?}c${$}", {"Fn::Sub": "a${!*}b${!?}c${!$}"}, "a${*}b${?}c${$}"),
    ({"key": ["${Prefix}", 1, True]}, {"key": [{"Ref": "Prefix"}, 1, True]}, {"key": ["my-model-dev", 1, True]}),
]


@pytest.mark.parametrize(("document", "functions", "resolved"), DOCUMENTS)
def test_placeholders_become_functions_that_give_what_they_resolve_to(
    document: object, functions: object, resolved: object
) -> None:
    assert for_cloudformation(document) == functions
    assert resolve(document, VALUES) == resolved
    template = {
        "Parameters": {"Prefix": {"Type": "String"}, "Arns": {"Type": "CommaDelimitedList"}},
        "Resources": {"It": {"Properties": {"document": functions}}},
    }
    stack = evaluate(template, {"Prefix": "my-model-dev", "Arns": "a,b"}, "eu-west-1", "111111111111")
    assert stack["It"]["Properties"]["document"] == resolved


def test_a_list_cannot_be_a_part_of_a_text() -> None:
    with pytest.raises(TypeError):
        resolve("x/${Arns}", VALUES)


@pytest.mark.parametrize(
    ("property_", "value"),
    [
        ({"Ref": "Prefix"}, "my-model-dev"),
        ({"Fn::Sub": "/x/${Prefix}"}, "/x/my-model-dev"),
        ("literal already", "literal already"),
        ({"Fn::GetAtt": "It.Arn"}, {"Fn::GetAtt": "It.Arn"}),
    ],
)
def test_a_name_is_spelt_out(property_: object, value: object) -> None:
    assert literal(property_, VALUES) == value


def test_contents_of_files_are_inserted_where_they_are_named() -> None:
    template = {"a": ["file://iam/x.json", "x file://y"], "b": {"c": "file://z"}}

    assert insert(template, lambda path: {"read": path}) == {
        "a": [{"read": "iam/x.json"}, "x file://y"],
        "b": {"c": {"read": "z"}},
    }
