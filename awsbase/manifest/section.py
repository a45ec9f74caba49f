"""What every section of a manifest has in common: strict, frozen, silent means best practice, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from awsbase.manifest.late_sections import LateType
from awsbase.manifest.paths import Steps, closest, shown
from awsbase.records import record

__all__ = ["Context", "Section", "Several", "ValidationProblem", "closest", "context_of", "invalid"]


@record
class ValidationProblem:
    """A value that is right by itself and does not fit the rest of the manifest.

    The path starts at the section whose check() yields the problem.
    """

    path: Steps
    message: str
    hint: str | None = None
    also: Steps | None = None
    """The other place of a conflict, from the top of the manifest."""


@record
class Context:
    """What a validator may use beside the value: the manifest's folder, and what `{name}` and the like stand for.

    `beside` are files that are not in that folder yet, by the name that the manifest gives them.
    """

    folder: Path
    names: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)


def names_of(value: Mapping[str, Any]) -> dict[str, str]:
    """Return what `{name}`, `{id}` and `{region}` stand for, as far as the account section says it rightly."""
    account = value.get("account")
    if not isinstance(account, dict):
        return {}
    return {name: account[name] for name in ("name", "id", "region") if isinstance(account.get(name), str)}


def context_of(info: ValidationInfo) -> Context | None:
    """Return the context of this validation; None when a section is built in Python."""
    return info.context if isinstance(info.context, Context) else None


def invalid(message: str, hint: str | None = None) -> PydanticCustomError:
    """Return the error that a validator raises: what is wrong with a value, and what to write instead."""
    return PydanticCustomError("invalid", "{message}", {"message": message, "hint": hint})


class Section(BaseModel):
    """A mapping in the manifest: unknown keys are mistakes, nothing is converted, an empty key means its default."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        defer_build=True,
        validate_default=True,  # defaults may be templates: "{name}-state"
        revalidate_instances="always",  # and so may the defaults of a default section
    )

    later: ClassVar[frozenset[str]] = frozenset()
    """Keys that a later release added: empty, they are no part of the digest, which so stays what it was."""

    stand_in: ClassVar[Mapping[str, Any]] = {}
    """The replacement for a section with a mistake, so that the rest of the manifest can be checked."""

    @model_validator(mode="before")
    @classmethod
    def _silence_is_the_default(cls, value: Any) -> Any:
        """Take `audit:` with nothing behind it for `audit: {}`, and any other empty key as left out."""
        if value is None:
            return {}
        if not isinstance(value, Mapping) or None not in value.values():
            return value
        kinds = cls.annotations()
        empty = [key for key, given in value.items() if given is None and key in kinds]
        sections: dict[str, Any] = {key: {} for key in empty if any(is_section(each) for each in options(kinds[key]))}
        return {key: sections.get(key, given) for key, given in value.items() if key in sections or key not in empty}

    def check(self, manifest: Any) -> Iterator[ValidationProblem]:
        """Yield what does not fit the rest of the manifest, such as names that nobody defines.

        A section that reads other sections takes a Manifest, one that reads none takes an `object`.
        """
        return iter(())

    def warnings(self) -> Iterator[ValidationProblem]:
        """Yield what is no mistake, and yet worth a change."""
        return iter(())

    @classmethod
    def annotations(cls) -> dict[str, Any]:
        """Return the type of each key, by the name that the manifest uses."""
        return {info.alias or name: info.annotation for name, info in cls.model_fields.items()}


def is_section(kind: object) -> bool:
    """Tell whether a type is a section."""
    return isinstance(kind, type) and issubclass(kind, Section)


def options(kind: object) -> Iterator[object]:
    """Yield what a type annotation allows: the members of a union, without their annotations."""
    origin = get_origin(kind)
    if origin is Annotated:
        late = next((each.load() for each in get_args(kind) if isinstance(each, LateType)), None)
        yield from options(late or get_args(kind)[0])
    elif origin in (Union, UnionType):
        for member in get_args(kind):
            yield from options(member)
    else:
        yield kind


def inside(kind: object, step: str | int) -> Iterator[object]:
    """Yield the types that may stand at one step below a type."""
    for option in options(kind):
        origin, arguments = get_origin(option), get_args(option)
        if isinstance(option, type) and issubclass(option, Section):
            if step in option.annotations():
                yield option.annotations()[str(step)]
        elif origin is dict:
            yield arguments[1]
        elif origin in (tuple, list, set, frozenset):
            yield arguments[0]


def types_at(kind: object, path: Steps) -> list[object]:
    """Return the types of what may stand at a path below a type."""
    kinds = [kind]
    for step in path:
        kinds = [deeper for each in kinds for deeper in inside(each, step)]
    return kinds


def keys_at(kind: object, path: Steps) -> list[str]:
    """Return the keys that the manifest may have at a path below a type."""
    return [
        key
        for each in types_at(kind, path)
        for option in options(each)
        if isinstance(option, type) and issubclass(option, Section)
        for key in option.annotations()
    ]


# Asked before the path is made: of five thousand users each has a dozen keys.
HOLDS_SECTIONS = (Section, dict, tuple, list)


def sections_within(value: object, path: Steps = ()) -> Iterator[tuple[Steps, Section]]:
    """Yield a section and all sections inside it, each with its path."""
    if isinstance(value, Section):
        yield path, value
        for name, info in type(value).model_fields.items():
            held = getattr(value, name)
            if isinstance(held, HOLDS_SECTIONS):
                yield from sections_within(held, (*path, info.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from sections_within(item, (*path, key))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from sections_within(item, (*path, index))


def each_once(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a list that names something twice; raises PydanticCustomError for any other."""
    seen: set[str] = set()
    for item in items:
        if isinstance(item, str):
            if item in seen:
                raise invalid(f"{shown(item)} is listed twice")
            seen.add(item)
    return items


Item = TypeVar("Item")

# YAML has lists and frozen sections hold tuples; this is the one conversion that strict types would refuse.
Several = Annotated[tuple[Item, ...], Strict(False), AfterValidator(each_once)]
