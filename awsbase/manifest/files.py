"""Files that a manifest refers to, such as policies and public keys: read beside the manifest, while it is checked."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from awsbase import disk
from awsbase.manifest.paths import shown
from awsbase.manifest.section import closest, context_of, invalid
from awsbase.records import record

MAX_BYTES = 1024 * 1024
MAX_ZIP = 50 * MAX_BYTES


@record
class TextFile:
    """A text file, by the name that the manifest gives it."""

    name: str
    text: str = field(repr=False)


@record
class JsonFile:
    """A JSON file that holds an object, by the name that the manifest gives it."""

    name: str
    value: dict[str, Any] = field(repr=False)


@record
class ZipFile:
    """A zip of code, by the name that the manifest gives it; its digest stands for its bytes."""

    name: str
    sha256: str
    data: bytes = field(default=b"", repr=False, compare=False)


def read_text(value: object, info: ValidationInfo) -> TextFile:
    """Read a text file relative to the manifest."""
    if isinstance(value, TextFile):
        return value
    name = file_name(value)
    return TextFile(name, contents(name, info))


def read_json(value: object, info: ValidationInfo) -> JsonFile:
    """Read a JSON object relative to the manifest; duplicate keys are mistakes there too.

    Raises PydanticCustomError for any other.
    """
    if isinstance(value, JsonFile):
        return value
    name = file_name(value)
    text = contents(name, info)
    try:
        loaded = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise invalid(f"{name} is not JSON: line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise invalid(f"{name} is nested too deeply") from None
    except ValueError as error:
        raise invalid(f"{name}: {error}") from None
    if not isinstance(loaded, dict):
        raise invalid(f"{name} holds {shown(loaded)}, not a JSON object")
    return JsonFile(name, loaded)


def read_zip(value: object, info: ValidationInfo) -> ZipFile:
    """Read a zip relative to the manifest; raises PydanticCustomError for anything else."""
    if isinstance(value, ZipFile):
        return value
    name = file_name(value)
    data = raw_contents(name, info, MAX_ZIP)
    from awsbase.bundle import NotForLambda, platform_of

    try:
        platform_of(data)
    except NotForLambda as error:
        raise invalid(f"{name}: {error.message}", error.hint) from None
    return ZipFile(name, hashlib.sha256(data).hexdigest(), data)


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object; refuse a key that stands twice, of which JSON would keep the last.

    Raises ValueError for a key that stands twice.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def no_constant(word: str) -> object:
    """Refuse NaN and Infinity, which Python's parser takes; raises ValueError."""
    raise ValueError(f"{word} is not JSON")


def file_name(value: object) -> str:
    """Accept the name of a file; raises PydanticCustomError for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"must be the name of a file, not {shown(value)}")
    return value


def contents(name: str, info: ValidationInfo) -> str:
    """Return the text of a file beside the manifest.

    Raises PydanticCustomError when it is missing, unreadable, too large or no text.
    """
    known = context_of(info)
    if known and name in known.beside:
        return known.beside[name]
    try:
        text = raw_contents(name, info, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid(f"{name} is not UTF-8 text") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def raw_contents(name: str, info: ValidationInfo, most: int) -> bytes:
    """Return the bytes of a file beside the manifest.

    Raises PydanticCustomError when it is missing, unreadable or too large.
    """
    known = context_of(info)
    folder = known.folder if known else Path()
    # An absolute name works on one machine only; `..` is how several manifests share a folder of policies.
    if os.path.isabs(name) or name.startswith("~"):
        raise invalid(f"{name} is an absolute path", "write it relative to the manifest's folder")
    path = folder / name
    try:
        return disk.read(path, most)
    except FileNotFoundError:
        raise not_found(name, folder) from None
    except IsADirectoryError:
        raise invalid(f"{name} is a directory") from None
    except disk.UnsuitableFile as error:
        what = f"larger than {most // 1024} KiB" if error.errno == errno.EFBIG else "not a regular file"
        raise invalid(f"{name} is a directory" if path.is_dir() else f"{name} is {what}") from None
    except OSError as error:
        raise unreadable(name, error) from None
    except ValueError:
        raise invalid(f"{shown(name)} is no file name") from None


def unreadable(name: str, error: OSError) -> PydanticCustomError:
    """Return the error for a file that cannot be read."""
    return invalid(f"{name} cannot be read: {error.strerror}")


def not_found(name: str, folder: Path) -> PydanticCustomError:
    """Say that there is no such file, and which one beside it was meant."""
    beside = (folder / name).parent
    try:
        names = [entry.name for entry in beside.iterdir() if entry.is_file()]
    except OSError:
        return invalid(f"no file {name}", f"there is no folder {os.path.dirname(name)}/ beside the manifest")
    near = [os.path.join(os.path.dirname(name), each) for each in names]
    return invalid(f"no file {name}", closest(name, near))


def written(value: TextFile | JsonFile | ZipFile) -> str:
    """Return the name of a file as the manifest has it."""
    return value.name


Text = Annotated[
    TextFile, PlainValidator(read_text, json_schema_input_type=str), PlainSerializer(written, return_type=str)
]
Json = Annotated[
    JsonFile, PlainValidator(read_json, json_schema_input_type=str), PlainSerializer(written, return_type=str)
]
Zip = Annotated[
    ZipFile, PlainValidator(read_zip, json_schema_input_type=str), PlainSerializer(written, return_type=str)
]
