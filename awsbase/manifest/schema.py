"""The JSON Schema of the manifest: what editors complete and underline."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from awsbase.manifest.manifest import Manifest
from awsbase.manifest.section import Section

IDENTITY = "urn:awsbase:manifest:1"


def json_schema(
    kind: type[Section] = Manifest, *, title: str = "awsbase manifest", identity: str = IDENTITY
) -> dict[str, Any]:
    """Return the JSON Schema of the manifest, or of another file that is a section as a whole."""
    schema = kind.model_json_schema()
    properties = tidied({name: each for name, each in schema.items() if name not in ("$defs", "title")})
    definitions = {name: tidied(each) for name, each in schema.get("$defs", {}).items()}
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": identity,
        "title": title,
        **properties,
        "$defs": {name: {"title": name, **silent(each)} for name, each in sorted(definitions.items())},
    }


def tidied(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what pydantic adds and confuses editors: titles made of keys, `default: null`, unions with null."""
    tidy: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties"):
            tidy[key] = {name: tidied(each) for name, each in value.items()}
        elif key in ("title", "discriminator") or (key == "default" and value is None):
            continue
        elif key == "anyOf":
            members = [tidied(member) for member in value if member != {"type": "null"}]
            tidy.update(members[0] if len(members) == 1 else {"anyOf": members})
        elif key in ("items", "additionalProperties", "propertyNames") and isinstance(value, dict):
            tidy[key] = tidied(value)
        elif key in ("oneOf", "allOf", "prefixItems"):
            tidy[key] = [tidied(each) for each in value]
        else:
            tidy[key] = value
    # What stands beside a reference is about this key, so it wins over the text of what is referred to.
    if "description" in schema:
        tidy["description"] = schema["description"]
    # A section is in `$defs`, or where it is used if it is imported late.
    return silent(tidy) if tidy.get("additionalProperties") is False else tidy


def silent(schema: dict[str, Any]) -> dict[str, Any]:
    """Let a section without required keys be empty: `audit:` is what people type."""
    if schema.get("type") == "object" and not schema.get("required"):
        return {**schema, "type": ["object", "null"]}
    return schema
