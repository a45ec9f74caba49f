"""The constraints of AWS's published API models, checked before a call is made.

botocore checks names, types, required parameters and minimum lengths. It leaves maximum, pattern and enum to AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

# AWS extends these enums faster than it publishes models: a newer value must not be refused here.
OPEN_ENUMS = frozenset({"BucketLocationConstraint", "InstanceType", "RegionCode", "RegionName"})
# The ARNs of buckets do not match it, though the documentation of the same operations lists buckets first:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html
OPEN_PATTERNS = frozenset({"S3ResourceArn"})


def violations(shape: Any, value: object, path: str = "") -> list[str]:
    """Return one line for each violation of a botocore shape by `value`; values of other types (Unknown) pass.

    Each line names the parameter as a dotted path. A value of a shape that is marked sensitive is never quoted.
    """
    return list(_check(shape, value, path)) if shape is not None else []


def _check(shape: Any, value: object, path: str) -> Iterator[str]:
    match shape.type_name, value:
        case "structure", Mapping():
            for name in value:
                if name not in shape.members:
                    yield f"{_at(path, name)}: no such parameter"
            for name in shape.required_members:
                if name not in value:
                    yield f"{_at(path, name)}: missing"
            for name, item in value.items():
                if name in shape.members:
                    yield from _check(shape.members[name], item, _at(path, name))
        case "map", Mapping():
            yield from _bounds(shape, len(value), "entries", path)
            for key, item in value.items():
                yield from _check(shape.key, key, f"{path} key")
                yield from _check(shape.value, item, _at(path, str(key)))
        case "list", list() | tuple():
            yield from _bounds(shape, len(value), "items", path)
            for index, item in enumerate(value):
                yield from _check(shape.member, item, f"{path}[{index}]")
        case "string", str():
            yield from _bounds(shape, len(value), "characters", path)
            yield from _text(shape, value, path)
        case "integer" | "long" | "float" | "double", int() | float() if not isinstance(value, bool):
            yield from _bounds(shape, value, "", path)
        case "blob", bytes():
            yield from _bounds(shape, len(value), "bytes", path)


def _bounds(shape: Any, size: float, unit: str, path: str) -> Iterator[str]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and size < lowest:
        yield f"{path}: {size:g} {unit}".rstrip() + f", at least {lowest} required"
    if highest is not None and size > highest:
        yield f"{path}: {size:g} {unit}".rstrip() + f", at most {highest} allowed"


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    shown = "this value" if shape.metadata.get("sensitive") else repr(value if len(value) < 80 else value[:77] + "...")
    enum = shape.metadata.get("enum")
    if enum and shape.name not in OPEN_ENUMS and value not in enum:
        yield f"{path}: {shown} is none of {', '.join(enum)}"
    pattern = _compiled(shape.metadata.get("pattern"))
    if pattern and shape.name not in OPEN_PATTERNS and not pattern.fullmatch(value):
        yield f"{path}: {shown} does not match {pattern.pattern}"


@lru_cache(maxsize=512)
def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    """Compile a pattern of the model; return None for Java's classes (`\\p{L}`), which Python does not know."""
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
