"""The manifest of an account as a file of its own, which finds the files that the template names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from awsbase.manifest.files import JsonFile, TextFile
from awsbase.manifest.paths import Steps
from awsbase.manifest.public_keys import Given, looks_like_a_key
from awsbase.manifest.section import Section
from awsbase.manifest.writing import written
from awsbase.organization.load import Member

# The first words of a file that may be written again.
MARK = "# The manifest of "


def manifest_text(member: Member, organization: Path, folder: Path) -> str:
    """Return the manifest of an account as it stands in a folder, with a comment on where it comes from."""
    value = deepcopy(member.source.value)
    template = member.source.folder.resolve()
    for path, name in named_files(member.manifest):
        put(value, path, os.path.relpath(template / name, folder.resolve()))
    files = f"{organization.name} and {Path(member.source.file).name}"
    head = f"{MARK}{member.name}, made from {files}: change those instead.\n"
    command = f"#   awsbase accounts show {organization.name} {member.name}\n\n"
    return head + command + written(value, {})


def named_files(value: object, path: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """Yield the files that a manifest names, each with the path of its name."""
    if isinstance(value, JsonFile | TextFile):
        yield path, value.name
    elif isinstance(value, Given):
        if not looks_like_a_key(value.written):
            yield path, value.written.strip()
    elif isinstance(value, Section):
        for name, info in type(value).model_fields.items():
            yield from named_files(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from named_files(item, (*path, key))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from named_files(item, (*path, index))


def put(value: Any, path: Steps, name: str) -> None:
    """Replace the name of a file; a list of one may be written without being one."""
    for step, following in zip(path, (*path[1:], None), strict=True):
        inner = value[step]
        if following is None or (isinstance(following, int) and not isinstance(inner, list)):
            value[step] = name
            return
        value = inner
