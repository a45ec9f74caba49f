"""Every policy that awsbase writes, ships or prints: curated ones, those of manifests and samples, and permissions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from awsbase.engine.resource import Resource
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.permissions import least
from awsbase.policies import TEMPLATES, curated
from awsbase.policies.document import listed
from awsbase.samples import SAMPLES

MANIFESTS = sorted((Path(__file__).parents[2] / "manifests").glob("*.yaml"))


def shipped() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each statement of each policy, with what it belongs to."""
    for name in (*curated(), *TEMPLATES):
        text = files("awsbase.policies").joinpath(f"{name}.json").read_text(encoding="utf-8")
        yield from (("awsbase:" + name, each) for each in json.loads(text)["Statement"])
    for manifest in MANIFESTS:
        made = [each for section in resources(load(manifest)).values() for each in section]
        yield from written(manifest.stem, made)
        yield from ((f"permissions of {manifest.stem}", each) for each in statements(least(made).documents))
    yield from written("samples", [each for sample in SAMPLES for each in sample.resources])


def written(where: str, made: list[Resource]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the statements of the documents that resources hold."""
    for each in made:
        yield from ((f"{where}: {each.address}", statement) for statement in statements(each))


def statements(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield every statement within a value."""
    if isinstance(value, Mapping):
        if "Effect" in value:
            yield value
        for part in value.values():
            yield from statements(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from statements(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from statements(getattr(value, field.name))


def actions(statement: Mapping[str, Any]) -> list[str]:
    """Return the actions that a statement names."""
    return [str(each) for name in ("Action", "NotAction") for each in listed(statement.get(name))]


def keys(statement: Mapping[str, Any]) -> list[str]:
    """Return the condition keys that a statement tests."""
    return [key for tests in (statement.get("Condition") or {}).values() for key in tests]
