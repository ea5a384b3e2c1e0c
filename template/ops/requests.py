"""Checks of API requests against botocore's service models, offline.

botocore itself checks types, required keys and minima; the models also hold maxima, patterns and enumerations, which
the service enforces. https://botocore.amazonaws.com/v1/documentation/api/latest/reference/loaders.html
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.loaders
from botocore.model import ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator


@functools.cache
def _service(name: str) -> ServiceModel:
    return ServiceModel(botocore.loaders.Loader().load_service_model(name, "service-2"), service_name=name)


def input_shape(service: str, operation: str) -> StructureShape:
    """Return the shape of an operation's request; `operation` as the API spells it (`CreateProcessingJob`)."""
    shape: StructureShape = _service(service).operation_model(operation).input_shape
    return shape


def faults(service: str, operation: str, request: Mapping[str, Any]) -> list[str]:
    """Return what the service would refuse in a request, a sentence each; none if it is well-formed.

    An enumeration is not checked for instance types: botocore's list ages, and new types appear before it does.
    """
    shape = input_shape(service, operation)
    return _botocore_faults(request, shape) + list(_beyond_botocore(request, shape, ""))


def structural_faults(service: str, operation: str, request: Mapping[str, Any]) -> list[str]:
    """Return what a client would refuse in a request before it is sent: keys and types that the operation lacks."""
    found = _botocore_faults(request, input_shape(service, operation))
    return [fault for fault in found if fault.startswith(("Missing", "Unknown", "Invalid type"))]


def _botocore_faults(request: Mapping[str, Any], shape: Shape) -> list[str]:
    report = ParamValidator().validate(request, shape)
    return report.generate_report().splitlines() if report.has_errors() else []


def _beyond_botocore(value: Any, shape: Shape, path: str) -> Iterator[str]:  # noqa: ANN401
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for key, item in value.items():
            if key in shape.members:
                yield from _beyond_botocore(item, shape.members[key], f"{path}.{key}".lstrip("."))
    elif kind == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _beyond_botocore(item, shape.member, f"{path}[{index}]")
    elif kind == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from _beyond_botocore(key, shape.key, f"{path} (key {key})")
            yield from _beyond_botocore(item, shape.value, f"{path}.{key}")
    yield from _constraint_faults(value, shape, path)


def _constraint_faults(value: Any, shape: Shape, path: str) -> Iterator[str]:  # noqa: ANN401
    maximum = shape.metadata.get("max")
    if isinstance(value, (str, list, dict)):
        if maximum is not None and len(value) > maximum:
            yield f"{path} has a length of {len(value)}, over the maximum of {maximum}"
    elif isinstance(value, (int, float)) and maximum is not None and value > maximum:
        yield f"{path} is {value}, over the maximum of {maximum}"
    if not isinstance(value, str):
        return
    enum = shape.metadata.get("enum")
    if enum and value not in enum and not shape.name.endswith("InstanceType"):
        yield f"{path} is {value!r}, not one of {', '.join(enum)}"
    pattern = _compile(shape.metadata.get("pattern"))
    if pattern and not pattern.fullmatch(value):
        yield f"{path} is {value!r}, which does not match {pattern.pattern}"


@functools.cache
def _compile(pattern: str | None) -> re.Pattern[str] | None:
    # The models hold patterns of Java's dialect. What Python does not know of it is left to the service.
    if pattern is None or r"\p{" in pattern:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None
