"""From a file to a checked manifest; or every mistake in it at once, each with its line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from awsbase.errors import ManifestError, Mistake
from awsbase.manifest.manifest import Manifest
from awsbase.manifest.names import conflicts
from awsbase.manifest.paths import Steps, dotted, nearest
from awsbase.manifest.recovery import Kind, Recovered, is_at, recovered
from awsbase.manifest.section import Context, Section, ValidationProblem, keys_at, names_of, sections_within
from awsbase.manifest.source import WHOLE, Source, parse, read, stop
from awsbase.manifest.validation_errors import explain, placed

# What the JSON document of a plan or a report has, and no manifest.
PLAN_KEYS = {"schema", "mode", "fingerprint"}
ManifestKind = TypeVar("ManifestKind", bound=Manifest)


def load(path: Path, *, stdin: BinaryIO | None = None) -> Manifest:
    """Return the manifest of a file (`-` is standard input); raise ManifestError when it has mistakes."""
    return checked(read(path, stdin=stdin), path)


def load_text(text: str, path: Path, beside: Mapping[str, str]) -> Manifest:
    """Return the manifest of a text that shall be written to a path, and of the files that shall stand beside it.

    Raises ManifestError when it has mistakes.
    """
    source = parse(text.encode(), file=str(path), folder=path.parent)
    return checked(replace(source, beside=beside), path)


def checked(source: Source, path: Path) -> Manifest:
    """Return the manifest of a source; raise ManifestError when it has mistakes."""
    if source.value.keys() >= PLAN_KEYS:
        if source.value["mode"] != "plan":
            raise stop(source.file, WHOLE, "this is the report of a run, and no manifest")
        hint = f"`awsbase reconcile MANIFEST --approved {shlex.quote(str(path))}`"
        raise stop(source.file, WHOLE, "this is a plan: use --approved", hint)
    if "extras" not in source.value and not any(key.startswith("x-") for key in source.value):
        return understand(source, Manifest)
    from awsbase.manifest.plugins import extended

    with_plugins = extended(source)
    source = replace(source, mistakes=(*source.mistakes, *with_plugins.mistakes))
    return understand(source, with_plugins.kind)


def understand(source: Source, kind: type[ManifestKind]) -> ManifestKind:
    """Return the manifest of a source; raise ManifestError that holds every mistake when there is one."""
    manifest = validated(source, kind)
    # What a manifest makes can be known only of one that is right so far.
    if mistakes := [mistake_at(source, each) for each in conflicts(manifest, source.value)]:
        raise ManifestError(first_each(mistakes))
    return manifest


def validated(source: Source, kind: type[Kind]) -> Kind:
    """Return a file as its model, with all names that it refers to; raise ManifestError with every mistake in it."""
    context = Context(source.folder, names_of(source.value), source.beside)
    try:
        rest = Recovered(kind, source.value, manifest=kind.model_validate(source.value, context=context))
        mistakes = list(source.mistakes)
    except ValidationError as error:
        rest = recovered(kind, source.value, source.folder, source.beside)
        mistakes = [*source.mistakes, *value_mistakes(kind, source, error.errors(include_url=False))]

    mistakes += cross_mistakes(source, rest)
    if mistakes:
        raise ManifestError(first_each(mistakes))
    assert rest.manifest is not None
    return rest.manifest


def value_mistakes(kind: type[Section], source: Source, errors: list[ErrorDetails]) -> Iterator[Mistake]:
    """Turn pydantic's errors into mistakes in the author's words."""
    both = placed(errors, source.value)
    mistyped = {meant for error, path in both if (meant := meant_by(kind, error, path))}
    misnamed = any(path[:1] == ("account",) for _, path in both)
    for error, path in both:
        # A mistyped key is not missing as well.
        if error["type"] == "missing" and path in mistyped:
            continue
        # Default names are made of the account's.
        if error["type"] != "missing" and misnamed and not is_at(source.value, path):
            continue
        message, hint = explain(error, path, source.text(path), keys_at(kind, path[:-1]))
        yield Mistake(source.file_of(path), source.at(path), dotted(path), message, hint)


def meant_by(kind: type[Section], error: ErrorDetails, path: Steps) -> Steps | None:
    """Return the path of the key that an unknown one most likely meant."""
    if error["type"] != "extra_forbidden":
        return None
    meant = nearest(str(path[-1]), keys_at(kind, path[:-1]))
    return (*path[:-1], meant) if meant else None


def cross_mistakes(source: Source, rest: Recovered[Any]) -> Iterator[Mistake]:
    """Yield what does not fit together in the sections, or in what recovery left of them."""
    if rest.manifest is None:
        return
    for base, section in sections_within(rest.manifest):
        for problem in section.check(rest.manifest):
            if rest.caused_by_recovery((*base, *problem.path)):
                continue
            yield mistake_at(source, replace(problem, path=rest.written((*base, *problem.path))))


def mistake_at(source: Source, problem: ValidationProblem) -> Mistake:
    """Return a problem as a mistake with its line, and with the line of what it is in conflict with."""
    message, also = problem.message, ""
    if problem.also is not None:
        also = dotted(problem.also)
        message += f" ({also}, {source.file_of(problem.also)}:{source.at(problem.also)})"
    file, line = source.file_of(problem.path), source.at(problem.path)
    return Mistake(file, line, dotted(problem.path), message, problem.hint, also)


def first_each(mistakes: list[Mistake]) -> list[Mistake]:
    """Keep one mistake a place: those that follow are mostly its consequences."""
    firsts: dict[tuple[str, int, str], Mistake] = {}
    for mistake in mistakes:
        firsts.setdefault((mistake.file, mistake.line, mistake.path), mistake)
    return list(firsts.values())
