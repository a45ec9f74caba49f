"""The schema for editors agrees with the loader."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from awsbase.manifest.manifest import Manifest
from awsbase.manifest.schema import json_schema
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.manifest.test_load import Sample

Validator: Any = importlib.import_module("jsonschema").Draft202012Validator


def test_schema_is_valid_and_has_an_id() -> None:
    schema = json_schema()
    Validator.check_schema(schema)
    assert schema["$id"] == "urn:awsbase:manifest:1"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema)) == schema


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in {"Manifest": schema, **schema["$defs"]}.items():
        for key, value in definition.get("properties", {}).items():
            yield f"{name}.{key}", value


def test_every_manifest_key_has_a_description() -> None:
    schema = json_schema()
    described = {name for name, each in schema["$defs"].items() if each.get("description")}
    silent = [
        name
        for name, each in properties(schema)
        if not each.get("description") and each.get("$ref", "").rpartition("/")[2] not in described
    ]
    assert silent == []


def test_schema_has_no_names_of_pydantic() -> None:
    text = json.dumps(json_schema(Sample))
    assert '"default": null' not in text
    assert "discriminator" not in text
    assert '{"type": "null"}' not in text


@pytest.mark.parametrize(
    "text",
    [
        ACCOUNT,
        ACCOUNT + "vault:",
        ACCOUNT + "vault: {days: 30, bucket: '{name}-x'}",
        ACCOUNT + "people: {users: {bob: }, groups: {Ops: {policies: [a]}}}",
        ACCOUNT + "vault: {days: 31}",
        ACCOUNT + "vault: {mode: half}",
        ACCOUNT + "valt: {}",
        ACCOUNT + "people: {users: {bob: {console: 'yes'}}}",
        ACCOUNT.replace('"123456789012"', "123456789012"),
        ACCOUNT.replace("version: 1", "version: 2"),
        "version: 1",
    ],
)
def test_schema_and_loader_agree(text: str) -> None:
    accepted = Validator(json_schema(Sample)).is_valid(source(text).value)
    assert accepted == (mistakes(text, Sample) == [])


@pytest.mark.parametrize(
    "text",
    [
        "audit:",
        "protect: {admin_ports: , config: , flow_logs: , guardduty: }",
        "alarms: {billing: {amounts: [10]}, security: , anomaly: }\naudit: {}\nnotify: {billing: , security: }",
        "iam: {groups: {Ops: }, users: {bob: }}",
    ],
)
def test_sections_that_are_empty_are_right_for_both(text: str) -> None:
    written = source(ACCOUNT + text)
    assert mistakes(ACCOUNT + text, Manifest) == []
    assert list(Validator(json_schema()).iter_errors(written.value)) == []
