"""A manifest as it would be without its mistakes, so that what is left of it can be checked as well.

Each round takes out what pydantic refuses: an item of a list, a key that has a default, an entry of a mapping. Where
that would take a name along that others refer to, something harmless stands in for what the name stands for; where
even that does not do, the name is noted as lost. `Mended` leads back from what is left to where it is written.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from awsbase.manifest.manifest import Manifest
from awsbase.manifest.paths import Steps, nearest
from awsbase.manifest.section import Reader, Section, is_section, keys_at, names_of, options, types_at
from awsbase.manifest.validation_errors import has, place_of
from awsbase.manifest.values import REGIONS

ACCOUNT = {"id": "000000000000", "name": "account", "region": "us-east-1"}
ROUNDS = 12

Kind = TypeVar("Kind", bound=Manifest)


class Gone:
    """The place of an item that was taken out of a list: those behind it keep their numbers."""


GONE = Gone()


@dataclass
class Mended(Generic[Kind]):
    """What is left of a manifest, and what it took to get there."""

    kind: type[Kind]
    value: dict[str, Any]
    lost: set[str] = field(default_factory=set)
    """Names that the manifest defines, and what is left of it does not."""
    touched: set[Steps] = field(default_factory=set)
    """Where something was taken out or stands in for something else."""
    renamed: dict[Steps, str] = field(default_factory=dict)
    """What a key is called in the manifest, by the path that leads to it now."""
    manifest: Kind | None = None

    def written(self, path: Steps) -> Steps:
        """Return where something of what is left is written in the manifest."""
        path = self.counted(path)
        return tuple(self.renamed.get(path[: depth + 1], step) for depth, step in enumerate(path))

    def doubtful(self, path: Steps) -> bool:
        """Tell whether a problem at a path may come of the mending alone."""
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
                step = [index for index, item in enumerate(value) if item is not GONE][step]
            counted.append(step)
            value = value[step] if has(value, step) else None
        return tuple(counted)


def mended(kind: type[Kind], value: dict[str, Any], folder: Path) -> Mended[Kind]:
    """Take mistakes out of a manifest until the rest is one; its `manifest` is None where none would be left."""
    work = Mended(kind, copy.deepcopy(value))
    for _ in range(ROUNDS):
        left = whole(work.value)
        try:
            work.manifest = kind.model_validate(left, context=Reader(folder, names_of(left)))
        except ValidationError as error:
            errors = error.errors(include_url=False)
            # All places first: what is taken out moves the rest.
            places = [work.counted(place_of(each, left)) for each in errors]
            if not all(mend(work, each, path) for each, path in zip(errors, places, strict=True)):
                break
        else:
            break
    return work


def whole(value: Any) -> Any:
    """Return a value without the items that are gone."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value if item is not GONE]
    return value


def mend(work: Mended[Any], error: ErrorDetails, path: Steps) -> bool:
    """Take one mistake out; tell whether there is hope."""
    holder, kind = at(work.value, path[:-1]), error["type"]
    if not path:
        return False
    if path == ("version",):
        work.value["version"] = 1
    elif path[0] == "account":
        mend_account(work.value, path)
    elif kind == "missing":
        supply(work, path)
    elif isinstance(holder, list):
        holder[int(path[-1])] = GONE
        work.touched.add(path)
    elif not has(holder, path[-1]):
        # What was wrong here has gone with another mistake.
        return True
    elif kind == "extra_forbidden":
        drop_unknown(work, path)
    elif error["loc"][-1] == "[key]":
        rename(work, path, stand_in_name(holder))
        work.lost.add(str(path[-1]))
    elif isinstance(holder[path[-1]], list) and (twins := list(repeated(holder[path[-1]]))):
        for index in twins:
            holder[path[-1]][index] = GONE
    else:
        return replace(work, path)
    return True


def mend_account(value: dict[str, Any], path: Steps) -> None:
    """Keep of the account section what can be kept: other sections make their names of it."""
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


def supply(work: Mended[Any], path: Steps) -> None:
    """Let something stand where a key is missing, or let go of what misses it."""
    section = section_at(work.kind, path)
    holder = at(work.value, path[:-1])
    if section and isinstance(holder, dict):
        holder[path[-1]] = dict(section.stand_in)
        work.touched.add(path)
    elif len(path) > 1 and has(at(work.value, path[:-2]), path[-2]):
        replace(work, path[:-1])


def drop_unknown(work: Mended[Any], path: Steps) -> None:
    """Take an unknown key out, or for the one that it most likely means."""
    meant = nearest(str(path[-1]), keys_at(work.kind, path[:-1]))
    if meant and meant not in at(work.value, path[:-1]):
        rename(work, path, meant)
    else:
        at(work.value, path[:-1]).pop(path[-1])


def rename(work: Mended[Any], path: Steps, name: str) -> None:
    """Call a key otherwise, and remember what it is called in the manifest."""
    holder = at(work.value, path[:-1])
    renamed = {name if key == path[-1] else key: item for key, item in holder.items()}
    holder.clear()
    holder.update(renamed)
    work.renamed[(*path[:-1], name)] = str(work.renamed.pop(path, path[-1]))


def replace(work: Mended[Any], path: Steps) -> bool:
    """Let something stand in for a value that others may refer to, and leave any other one out."""
    holder = at(work.value, path[:-1])
    if isinstance(holder, list):
        holder[int(path[-1])] = GONE
        work.touched.add(path)
        return True
    given = holder[path[-1]]
    section = section_at(work.kind, path)
    # An `alarms` section that names nothing any more would mean all alarms: so something stands in there too.
    stays = section and (section.stand_in or is_collection(work.kind, path[:-1]))
    if section and stays and path not in work.touched:
        holder[path[-1]] = dict(section.stand_in)
    else:
        if defines_names(work.kind, path) or is_collection(work.kind, path[:-1]):
            work.lost |= {str(path[-1]), *words(given)}
            # What was written instead of a collection may have meant any name.
            if not isinstance(given, dict | list) and defines_names(work.kind, path):
                return False
        del holder[path[-1]]
    work.touched.add(path)
    return True


def repeated(items: list[Any]) -> Iterator[int]:
    """Yield the places of the items of a list that were there before."""
    seen: list[Any] = [GONE]
    for index, item in enumerate(items):
        if item in seen and item is not GONE:
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
