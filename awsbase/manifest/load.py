"""From a file to a checked manifest; or every mistake in it at once, each with its line."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from awsbase.errors import ManifestError, Mistake
from awsbase.manifest.faults import explain, has, place_of
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.section import Reader, keys_at, sections_within
from awsbase.manifest.source import Source, read
from awsbase.manifest.words import Steps, dotted, nearest

STAND_IN = {"id": "000000000000", "name": "account", "region": "us-east-1"}
REPAIRS = 5

Kind = TypeVar("Kind", bound=Manifest)


def load(path: Path, *, stdin: BinaryIO | None = None) -> Manifest:
    """Read and check a manifest (`-` is standard input); raise a ManifestError that holds every mistake."""
    return understand(read(path, stdin=stdin), Manifest)


def understand(source: Source, kind: type[Kind]) -> Kind:
    """Check a source against a kind of manifest; raise a ManifestError that holds every mistake."""
    reader = Reader(source.folder, names_of(source.value))
    manifest: Kind | None
    try:
        manifest = kind.model_validate(source.value, context=reader)
        mistakes = list(source.mistakes)
    except ValidationError as error:
        found = error.errors(include_url=False)
        manifest = mended(kind, source.value, found, reader)
        mistakes = [*source.mistakes, *value_mistakes(kind, source, found)]

    if manifest is not None:
        mistakes += cross_mistakes(source, manifest)
    if mistakes:
        raise ManifestError(first_each(mistakes))
    assert manifest is not None
    return manifest


def names_of(value: dict[str, Any]) -> dict[str, str]:
    """Return what `{name}`, `{id}` and `{region}` stand for, as far as the account section says it rightly."""
    account = value.get("account")
    if not isinstance(account, dict):
        return {}
    return {name: account[name] for name in ("name", "id", "region") if isinstance(account.get(name), str)}


def value_mistakes(kind: type[Manifest], source: Source, errors: list[ErrorDetails]) -> Iterator[Mistake]:
    """Turn pydantic's errors into mistakes in the author's words."""
    placed = [(error, place_of(error, source.value)) for error in errors]
    mistyped = {meant for error, path in placed if (meant := meant_by(kind, error, path))}
    for error, path in placed:
        # A mistyped key is not missing as well.
        if error["type"] == "missing" and path in mistyped:
            continue
        message, hint = explain(error, path, source.text(path), keys_at(kind, path[:-1]))
        yield Mistake(source.file, source.at(path), dotted(path), message, hint)


def meant_by(kind: type[Manifest], error: ErrorDetails, path: Steps) -> Steps | None:
    """Return the path of the key that an unknown one most likely meant."""
    if error["type"] != "extra_forbidden":
        return None
    meant = nearest(str(path[-1]), keys_at(kind, path[:-1]))
    return (*path[:-1], meant) if meant else None


def cross_mistakes(source: Source, manifest: Manifest) -> Iterator[Mistake]:
    """Let every section say what does not fit the others."""
    for base, section in sections_within(manifest):
        for problem in section.check(manifest):
            path = (*base, *problem.path)
            yield Mistake(source.file, source.at(path), dotted(path), problem.message, problem.hint)


def first_each(mistakes: list[Mistake]) -> list[Mistake]:
    """Keep one mistake a place: those that follow are mostly its consequences."""
    firsts: dict[tuple[int, str], Mistake] = {}
    for mistake in mistakes:
        firsts.setdefault((mistake.line, mistake.path), mistake)
    return list(firsts.values())


def mended(kind: type[Kind], value: dict[str, Any], errors: list[ErrorDetails], reader: Reader) -> Kind | None:
    """Return the manifest as it would be without its mistakes, so that its references can be checked as well.

    Only what leaves every name in place is mended: unknown keys, values of optional keys, and the account itself.
    Otherwise there is nothing to return, and references wait for the next run: better than to report false ones.
    """
    value = copy.deepcopy(value)
    for _ in range(REPAIRS):
        if not all(mend(kind, value, error) for error in errors):
            return None
        try:
            return kind.model_validate(value, context=reader)
        except ValidationError as error:
            errors = error.errors(include_url=False)
    return None


def mend(kind: type[Manifest], value: dict[str, Any], error: ErrorDetails) -> bool:
    """Take one mistake out of a manifest; tell whether that could be done without losing a name."""
    path = place_of(error, value)
    if path[:1] == ("account",):
        value["account"] = dict(STAND_IN)
        return True
    if path == ("version",):
        value["version"] = 1
        return True
    holder = at(value, path[:-1])
    if error["type"] == "extra_forbidden" and isinstance(holder, dict) and path[-1] in holder:
        extra, meant = holder.pop(path[-1]), meant_by(kind, error, path)
        if meant and meant[-1] not in holder:
            holder[meant[-1]] = extra
        return True
    key = path[-1] if path else None
    is_leaf = isinstance(holder, dict) and key in holder and not isinstance(holder[key], dict | list)
    if is_leaf and key in keys_at(kind, path[:-1]) and error["type"] not in CONTAINERS:
        del holder[key]
        return True
    return False


# Where a whole collection was expected, names may be lost with what stands in its place.
CONTAINERS = {"dict_type", "model_type", "model_attributes_type", "missing"}


def at(value: Any, path: Steps) -> Any:
    """Return what stands at a path, or None."""
    for step in path:
        if not has(value, step):
            return None
        value = value[step]
    return value
