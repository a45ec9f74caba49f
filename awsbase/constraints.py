"""The constraints of AWS's published API models, checked before a call is made.

botocore checks names, types, required parameters and minimum lengths. It leaves maximum, pattern and enum to AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any, Literal

from awsbase.records import record

# AWS extends these enums faster than it publishes models: a newer value must not be refused here.
OPEN_ENUMS = frozenset({"BucketLocationConstraint", "InstanceType", "RegionCode", "RegionName"})
# The ARNs of buckets do not match it, though the documentation of the same operations lists buckets first:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html, and LocalStack's TestS3ControlTagging
# was recorded with such an ARN.
# AWS Backup itself lists "Storage Gateway" and "SAP HANA on Amazon EC2" as types of resources, with blanks that its
# pattern lacks, and takes them: https://github.com/boto/boto3/issues/3758
OPEN_PATTERNS = frozenset({"ResourceType", "S3ResourceArn"})

UNITS = {"map": "entries", "list": "items", "string": "characters", "blob": "bytes"}


@record
class Violation:
    """A value, or a missing one, that a shape of the model does not allow."""

    path: tuple[str | int, ...]
    """The names of members, and the numbers of list items."""
    kind: Literal["unknown", "missing", "least", "most", "enum", "pattern"]
    shape: Any = None
    value: Any = field(default=None, repr=False)
    limit: Any = None
    """The bound, the values of the enum, or the pattern."""

    @property
    def where(self) -> str:
        """Return the path as `Tags[0].Key`."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".")

    @property
    def sensitive(self) -> bool:
        """Tell whether the model forbids to quote the value."""
        return bool(self.shape.metadata.get("sensitive"))

    def __str__(self) -> str:
        match self.kind:
            case "unknown":
                return f"{self.where}: no such parameter"
            case "missing":
                return f"{self.where}: missing"
            case "least":
                return f"{self.where}: {self._size()}, at least {self.limit} required"
            case "most":
                return f"{self.where}: {self._size()}, at most {self.limit} allowed"
            case "enum":
                return f"{self.where}: {self._shown()} is none of {', '.join(self.limit)}"
            case "pattern":
                return f"{self.where}: {self._shown()} does not match {self.limit}"

    def _size(self) -> str:
        unit = UNITS.get(self.shape.type_name)
        return f"{len(self.value):g} {unit}" if unit else f"{self.value:g}"

    def _shown(self) -> str:
        long = len(self.value) >= 80
        return "this value" if self.sensitive else repr(self.value[:77] + "..." if long else self.value)


def violations(shape: Any, value: object) -> list[str]:
    """Return one line for each violation of a botocore shape by `value`; values of other types (Unknown) pass.

    Each line names the parameter as a dotted path. A value of a shape that is marked sensitive is never quoted.
    """
    return list(map(str, violated(shape, value)))


def violated(shape: Any, value: object) -> list[Violation]:
    """Return each violation of a botocore shape by `value`."""
    return list(_check(shape, value, ())) if shape is not None else []


def _check(shape: Any, value: object, path: tuple[str | int, ...]) -> Iterator[Violation]:
    match shape.type_name, value:
        case "structure", Mapping():
            for name in value:
                if name not in shape.members:
                    yield Violation((*path, name), "unknown")
            for name in shape.required_members:
                if name not in value:
                    yield Violation((*path, name), "missing", shape.members[name])
            for name, item in value.items():
                if name in shape.members:
                    yield from _check(shape.members[name], item, (*path, name))
        case "map", Mapping():
            yield from _bounds(shape, value, len(value), path)
            for key, item in value.items():
                yield from _check(shape.key, key, (*path[:-1], f"{path[-1]} key"))
                yield from _check(shape.value, item, (*path, str(key)))
        case "list", list() | tuple():
            yield from _bounds(shape, value, len(value), path)
            for index, item in enumerate(value):
                yield from _check(shape.member, item, (*path, index))
        case "string", str():
            yield from _bounds(shape, value, len(value), path)
            yield from _text(shape, value, path)
        case "integer" | "long" | "float" | "double", int() | float() if not isinstance(value, bool):
            yield from _bounds(shape, value, value, path)
        case "blob", bytes():
            yield from _bounds(shape, value, len(value), path)


def _bounds(shape: Any, value: object, size: float, path: tuple[str | int, ...]) -> Iterator[Violation]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and size < lowest:
        yield Violation(path, "least", shape, value, lowest)
    if highest is not None and size > highest:
        yield Violation(path, "most", shape, value, highest)


def _text(shape: Any, value: str, path: tuple[str | int, ...]) -> Iterator[Violation]:
    enum = shape.metadata.get("enum")
    if enum and shape.name not in OPEN_ENUMS and value not in enum:
        yield Violation(path, "enum", shape, value, enum)
    pattern = _compiled(shape.metadata.get("pattern"))
    if pattern and shape.name not in OPEN_PATTERNS and not pattern.fullmatch(value):
        yield Violation(path, "pattern", shape, value, pattern.pattern)


@lru_cache(maxsize=512)
def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    """Compile a pattern of the model; return None for Java's classes (`\\p{L}`), which Python does not know."""
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None
