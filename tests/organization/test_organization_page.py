"""docs/organization.md keeps up with the organization file: every key and default, and what is shown loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awsbase.manifest.schema import json_schema
from awsbase.organization import load
from awsbase.organization.file import OrganizationFile
from tests.test_docs import FENCE, Key, told_keys, under_headings

PAGE = Path(__file__).parents[2] / "docs/organization.md"
TOP = "The keys of the organization file"
LISTED = "Accounts that AWS lists"
BLOCKS = [text for language, text in FENCE.findall(PAGE.read_text(encoding="utf-8")) if language == "yaml"]


def keys() -> Iterator[Key]:
    """Yield each key with the heading that it is told under."""
    schema = json_schema(OrganizationFile)

    def below(part: dict[str, Any], heading: str) -> Iterator[Key]:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        for choice in part.get("oneOf", ()):
            yield from below(choice, heading)
        if isinstance(part.get("additionalProperties"), dict):
            yield from below(part["additionalProperties"], heading)
        for name, value in part.get("properties", {}).items():
            yield Key(LISTED if "from" in part["properties"] else heading or TOP, name, value.get("default"))
            yield from below(value, f"{heading}.{name}".lstrip("."))

    yield from below(schema, "")


@pytest.mark.parametrize("key", list(keys()), ids=lambda key: f"{key.heading}.{key.name}")
def test_every_key_is_told_with_its_default(key: Key) -> None:
    chapters = under_headings(PAGE)
    assert key.heading in chapters, f"docs/organization.md has no heading {key.heading!r}"
    told = told_keys(chapters[key.heading])
    assert key.name in told, f"docs/organization.md does not tell {key.name!r} under {key.heading!r}"
    if not isinstance(key.default, dict) and key.default not in (None, [], ""):
        assert f"default `{json.dumps(key.default)}`" in " ".join(told[key.name].split())


def test_no_key_is_told_that_is_not_there() -> None:
    there = {(key.heading, key.name) for key in keys()}
    chapters = under_headings(PAGE)
    assert {(each, name) for each in {key.heading for key in keys()} for name in told_keys(chapters[each])} == there


@pytest.mark.parametrize("text", BLOCKS)
def test_what_is_shown_of_a_file_loads(text: str, tmp_path: Path) -> None:
    """A table without accounts is about those that the page begins with."""
    for name in ("account", "prod"):
        (tmp_path / f"{name}.yaml").write_text("version: 1\n")
    file = tmp_path / "org.yaml"
    file.write_text(text if text.startswith("version:") else BLOCKS[0] + text)
    assert list(load(file).members) == ["users", "prod", "dev"]


def test_lines_are_not_too_long() -> None:
    prose = FENCE.sub("", PAGE.read_text(encoding="utf-8"))
    assert [line for line in prose.splitlines() if len(line) > 120 and not line.startswith("|")] == []
