"""Recover from the mistakes of a manifest, so that the rest of it can be checked as well.

Each round takes out what pydantic refuses: an item of a list, a key that has a default, an entry of a mapping. Where
others refer to a removed name, something harmless stands in for it. Where that is impossible, the name is noted as
lost. `Recovered` leads back from what is left to where it is written.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from awsbase.manifest.paths import Steps, nearest
from awsbase.manifest.section import Context, Section, is_section, keys_at, names_of, options, types_at
from awsbase.manifest.validation_errors import has, placed
from awsbase.manifest.values import REGIONS

ACCOUNT = {"id": "000000000000", "name": "account", "region": "us-east-1"}
ROUNDS = 12

Kind = TypeVar("Kind", bound=Section)


class Removed:
    """The mark of an item that was removed from a list, so that the items behind it keep their numbers."""


REMOVED = Removed()


@dataclass
class Recovered(Generic[Kind]):
    """The rest of a manifest, and what was changed to make it valid."""

    kind: type[Kind]
    value: dict[str, Any]
    lost: set[str] = field(default_factory=set)
    """Names that the manifest defines, and what is left of it does not."""
    touched: set[Steps] = field(default_factory=set)
    """The places where something was removed or replaced."""
    renamed: dict[Steps, str] = field(default_factory=dict)
    """What a key is called in the manifest, by the path that leads to it now."""
    manifest: Kind | None = None

    def written(self, path: Steps) -> Steps:
        """Return where something of what is left is written in the manifest."""
        path = self.counted(path)
        return tuple(self.renamed.get(path[: depth + 1], step) for depth, step in enumerate(path))

    def caused_by_recovery(self, path: Steps) -> bool:
        """Tell whether a problem at a path may be caused by the recovery alone."""
        here = self.counted(path)
        if any(here[: len(each)] == each or each[:-1] == here for each in self.touched):
            return True
        # A name that is not written is a default.
        return bool(self.lost) and at(self.value, here) in (None, *self.lost)

    def counted(self, path: Steps) -> Steps:
        """Return a path with the numbers that items of lists have while those taken out still count."""
        value: Any = self.value
        counted: list[str | int] = []
        for step in path:
            if isinstance(value, list) and isinstance(step, int):
                step = [index for index, item in enumerate(value) if item is not REMOVED][step]
            counted.append(step)
            value = value[step] if has(value, step) else None
        return tuple(counted)


def recovered(kind: type[Kind], value: dict[str, Any], folder: Path, beside: Mapping[str, str]) -> Recovered[Kind]:
    """Remove mistakes from a manifest until the rest is valid; `manifest` is None when nothing valid is left."""
    work = Recovered(kind, copy.deepcopy(value))
    for _ in range(ROUNDS):
        left = whole(work.value)
        try:
            work.manifest = kind.model_validate(left, context=Context(folder, names_of(left), beside))
        except ValidationError as error:
            errors = error.errors(include_url=False)
            # All places first: removing an item moves the others.
            places = [(each, work.counted(path)) for each, path in placed(errors, left)]
            if not all(remove_mistake(work, each, path) for each, path in places):
                break
        else:
            break
    return work


def whole(value: Any) -> Any:
    """Return a value without the removed items of its lists."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value if item is not REMOVED]
    return value


def remove_mistake(work: Recovered[Any], error: ErrorDetails, path: Steps) -> bool:
    """Remove one mistake; return False when the rest can never be valid."""
    container, kind = at(work.value, path[:-1]), error["type"]
    if not path:
        return False
    if path == ("version",):
        work.value["version"] = 1
    elif path[0] == "account":
        repair_account(work.value, path)
    elif kind == "missing":
        supply(work, path)
    elif isinstance(container, list):
        container[int(path[-1])] = REMOVED
        work.touched.add(path)
    elif not has(container, path[-1]):
        # What was wrong here has gone with another mistake.
        return True
    elif kind == "extra_forbidden":
        drop_unknown(work, path)
    elif error["loc"][-1] == "[key]":
        rename(work, path, stand_in_name(container))
        work.lost.add(str(path[-1]))
    elif isinstance(container[path[-1]], list) and (twins := list(repeated(container[path[-1]]))):
        for index in twins:
            container[path[-1]][index] = REMOVED
    else:
        return replace(work, path)
    return True


def repair_account(value: dict[str, Any], path: Steps) -> None:
    """Keep what can be kept of the account section, since other sections make their names from it."""
    account = value.get("account")
    if not isinstance(account, dict) or len(path) == 1:
        value["account"] = dict(ACCOUNT)
        return
    key = str(path[1])
    # A region is taken for the one that it looks like, for the sake of its partition.
    meant = nearest(account[key], REGIONS) if key == "region" and isinstance(account.get(key), str) else None
    account.pop(key, None)
    if key in ACCOUNT:
        account[key] = meant or ACCOUNT[key]


def supply(work: Recovered[Any], path: Steps) -> None:
    """Put a replacement where a key is missing, or remove what lacks it."""
    section = section_at(work.kind, path)
    container = at(work.value, path[:-1])
    if section and isinstance(container, dict):
        container[path[-1]] = dict(section.stand_in)
        work.touched.add(path)
    elif len(path) > 1 and has(at(work.value, path[:-2]), path[-2]):
        replace(work, path[:-1])


def drop_unknown(work: Recovered[Any], path: Steps) -> None:
    """Remove an unknown key, or rename it to the key that it most likely means."""
    meant = nearest(str(path[-1]), keys_at(work.kind, path[:-1]))
    if meant and meant not in at(work.value, path[:-1]):
        rename(work, path, meant)
    else:
        at(work.value, path[:-1]).pop(path[-1])


def rename(work: Recovered[Any], path: Steps, name: str) -> None:
    """Rename a key, and keep its name in the manifest."""
    container = at(work.value, path[:-1])
    renamed = {name if key == path[-1] else key: item for key, item in container.items()}
    container.clear()
    container.update(renamed)
    work.renamed[(*path[:-1], name)] = str(work.renamed.pop(path, path[-1]))


def replace(work: Recovered[Any], path: Steps) -> bool:
    """Replace a value that others may refer to, and remove any other one."""
    container = at(work.value, path[:-1])
    if isinstance(container, list):
        container[int(path[-1])] = REMOVED
        work.touched.add(path)
        return True
    given = container[path[-1]]
    section = section_at(work.kind, path)
    # An `alarms` section that names nothing any more would mean all alarms: so something stands in there too.
    stays = section and (section.stand_in or is_collection(work.kind, path[:-1]))
    if section and stays and path not in work.touched:
        container[path[-1]] = dict(section.stand_in)
    else:
        if defines_names(work.kind, path) or is_collection(work.kind, path[:-1]):
            work.lost |= {str(path[-1]), *words(given)}
            # What was written instead of a collection may have meant any name.
            if not isinstance(given, dict | list) and defines_names(work.kind, path):
                return False
        del container[path[-1]]
    work.touched.add(path)
    return True


def repeated(items: list[Any]) -> Iterator[int]:
    """Yield the places of the items of a list that were there before."""
    seen: list[Any] = [REMOVED]
    for index, item in enumerate(items):
        if item in seen and item is not REMOVED:
            yield index
        seen.append(item)


def stand_in_name(taken: dict[str, Any]) -> str:
    """Return a name that may be that of anything, and is free."""
    return next(name for number in range(len(taken) + 1) if (name := f"nameless-{number}") not in taken)


def section_at(kind: object, path: Steps) -> type[Section] | None:
    """Return the section that belongs at a path, if one does and there is no choice."""
    found = [each for each in offered(kind, path) if is_section(each)]
    return found[0] if len(found) == 1 else None  # type: ignore[return-value]


def is_collection(kind: object, path: Steps) -> bool:
    """Tell whether a mapping of sections belongs at a path: its keys are names."""
    return any(maps_sections(each) for each in offered(kind, path))


def defines_names(kind: object, path: Steps) -> bool:
    """Tell whether what belongs at a path may hold names that others refer to."""
    return any(
        maps_sections(each) or (is_section(each) and any(defines_names(each, (key,)) for key in keys_at(each, ())))
        for each in offered(kind, path)
    )


def maps_sections(kind: object) -> bool:
    """Tell whether a type maps names to sections."""
    return get_origin(kind) is dict and any(is_section(each) for each in options(get_args(kind)[1]))


def offered(kind: object, path: Steps) -> Iterator[object]:
    """Yield what may stand at a path, each choice by itself."""
    for each in types_at(kind, path):
        yield from options(each)


def words(value: Any) -> Iterator[str]:
    """Yield all text in a value, and all keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from words(item)
    elif isinstance(value, list):
        for item in value:
            yield from words(item)


def is_at(value: Any, path: Steps) -> bool:
    """Tell whether there is anything at a path."""
    return not path or has(at(value, path[:-1]), path[-1])


def at(value: Any, path: Steps) -> Any:
    """Return what stands at a path, or None."""
    for step in path:
        if not has(value, step):
            return None
        value = value[step]
    return value
