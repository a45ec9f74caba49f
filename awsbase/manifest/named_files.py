"""The files that a manifest names, as texts that can go where the files are not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.manifest.files import JsonFile, TextFile
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.public_keys import Given, looks_like_a_key
from awsbase.manifest.section import Section


def named_files(manifest: Manifest) -> dict[str, str]:
    """Return the text of each file that a manifest names, as `load_text` takes them."""
    return dict(_within(manifest))


def _within(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, TextFile):
        yield value.name, value.text
    elif isinstance(value, JsonFile):
        yield value.name, json.dumps(value.value)
    elif isinstance(value, Given):
        if "\n" not in value.written.strip() and not looks_like_a_key(value.written.strip()):
            yield value.written, "".join(f"{key}\n" for key in value.keys)
    elif isinstance(value, Section):
        for name in type(value).model_fields:
            yield from _within(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _within(each)
