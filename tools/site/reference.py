"""The reference: keys of the manifest from their models, commands from click, kinds from what they declare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from awsbase import ensure
from awsbase.engine.kind import About
from awsbase.explain import POLICIES, about
from awsbase.manifest.schema import json_schema
from tools.site import commands

Schema = dict[str, Any]


def pages() -> dict[str, str]:
    """Return the pages of the reference by name."""
    written = {"manifest": manifest_page(), "commands": command_page(), "kinds": kind_page()}
    return {name: "\n".join(lines) + "\n" for name, lines in written.items()}


# The manifest.


def manifest_page() -> Iterator[str]:
    """Yield the lines of a page with every key, its type and its default."""
    schema = json_schema()
    yield "# Keys of the manifest\n"
    yield "Generated from the models that check a manifest. [The manifest](../docs/manifest.md) explains the keys.\n"
    yield "`*` stands for a name that you choose.\n"
    yield from keys(schema, schema, "")


def keys(schema: Schema, part: Schema, path: str) -> Iterator[str]:
    """Yield the table of a mapping's keys, and then those of the mappings below it."""
    part = resolved(schema, part)
    if path:
        yield f"\n## {path}\n"
        yield f"{part.get('description', '')}\n"
    required = part.get("required", [])
    yield "| key | is | default | about |"
    yield "| --- | --- | --- | --- |"
    for name, value in part["properties"].items():
        default = "*required*" if name in required else code(value["default"]) if "default" in value else ""
        description = value.get("description") or resolved(schema, value).get("description", "")
        yield f"| `{name}` | {cell(kind(schema, value))} | {default} | {cell(description)} |"
    for name, value in part["properties"].items():
        for below, where in mappings(schema, value, f"{path}.{name}".lstrip(".")):
            yield from keys(schema, below, where)


def mappings(schema: Schema, value: Schema, path: str) -> Iterator[tuple[Schema, str]]:
    """Yield the mappings with known keys that a value can be, or has under names that the author chooses."""
    found = resolved(schema, value)
    if "properties" in found:
        yield {**found, "description": value.get("description", found.get("description", ""))}, path
    elif isinstance(found.get("additionalProperties"), dict):
        yield from mappings(schema, found["additionalProperties"], f"{path}.*")
    elif "items" in found:
        yield from mappings(schema, found["items"], f"{path}[]")
    for each in alternatives(found):
        yield from mappings(schema, each, path)


def resolved(schema: Schema, value: Schema) -> Schema:
    """Return what a reference refers to."""
    return schema["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value


def alternatives(value: Schema) -> list[Schema]:
    return [*value.get("oneOf", []), *value.get("anyOf", [])]


def kind(schema: Schema, value: Schema) -> str:
    """Return in words what a value may be."""
    found = resolved(schema, value)
    if several := alternatives(found):
        return " or ".join(dict.fromkeys(kind(schema, each) for each in several))
    if "enum" in found:
        return " or ".join(code(each) for each in found["enum"])
    if "const" in found:
        return code(found["const"])
    types = found.get("type", "anything")
    name = " or ".join(each for each in ([types] if isinstance(types, str) else types) if each != "null")
    if "items" in found:
        return f"list of {kind(schema, found['items'])}"
    return {"object": "mapping", "array": "list"}.get(name, name) + bounds(found)


def bounds(found: Schema) -> str:
    """Return the smallest and the largest that a number may be, as words."""
    low = [f"at least {found['minimum']}"] if "minimum" in found else []
    low += [f"more than {found['exclusiveMinimum']}"] if "exclusiveMinimum" in found else []
    high = [f"at most {found['maximum']}"] if "maximum" in found else []
    return "".join(f", {each}" for each in (*low, *high))


def code(value: object) -> str:
    """Return a value as the manifest writes it."""
    return f"`{value}`" if isinstance(value, str) and value else f"`{json.dumps(value)}`"


def cell(text: str) -> str:
    """Return a text that can stand in a table: what looks like HTML or a column is text."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


# The commands.


def command_page() -> Iterator[str]:
    """Yield the lines of a page with the usage and the options of every command."""
    yield "# Usage of the commands\n"
    yield "Generated from what `--help` prints. [The commands](../docs/commands.md) explains them."
    for command in commands.every():
        yield f"\n## {command.words}\n"
        yield f"```text\n{command.usage}\n```\n"
        for text, verbatim in command.paragraphs:
            yield f"```text\n{text}\n```\n" if verbatim else f"{cell(text)}\n"
        if command.options:
            yield "| option | does |\n| --- | --- |"
            yield from (f"| `{cell(option)}` | {cell(help)} |" for option, help in command.options)
        if command.below:
            yield "\n| command | does |\n| --- | --- |"
            yield from (f"| [`{words}`](#{words.replace(' ', '-')}) | {cell(line)} |" for words, line in command.below)


# The kinds.


def kind_page() -> Iterator[str]:
    """Yield the lines of a page that explains every kind of resource and every curated policy."""
    yield "# Kinds of resources\n"
    yield "What each kind is and why, and how to undo it by hand: what `awsbase explain` prints. It also says"
    yield "how awsbase recognises one that exists, what it corrects, and what others may change.\n"
    yield "The prices are those of us-east-1 for a month."
    for name in ensure.names():
        declared = ensure.declared(name)
        rows = [("found by", declared.found_by), ("owned", declared.owns), ("kept", declared.keeps)]
        yield from entry(name, about(declared), rows)
    yield "\n# Curated policies"
    for name, told in POLICIES.items():
        yield from entry(name, told, [])


def entry(name: str, told: About, more: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines of one kind or policy."""
    yield f"\n## {name}\n\n{told.what} {told.why}\n"
    yield "| | |\n| --- | --- |"
    rows = [*more, ("costs", told.cost), ("controls", ", ".join(told.controls))]
    yield from (f"| {label} | {text} |" for label, text in rows if text)
    yield "\nTo undo it:\n\n```text\n" + "\n".join(told.undo) + "\n```"
