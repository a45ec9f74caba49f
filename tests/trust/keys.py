"""The keys of a manifest, dotted, with `*` for a name that its author chooses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args, get_origin

from awsbase.manifest.manifest import Manifest
from awsbase.manifest.section import is_section, options


def keys(kind: object = Manifest, at: str = "") -> Iterator[str]:
    """Yield each key that a value of this type may have, those inside it included."""
    for option in options(kind):
        origin, arguments = get_origin(option), get_args(option)
        if is_section(option):
            for name, annotation in option.annotations().items():  # type: ignore[attr-defined]
                yield at + name
                yield from keys(annotation, f"{at}{name}.")
        elif origin is dict and len(arguments) == 2:
            yield from keys(arguments[1], f"{at}*.")
        elif origin in (tuple, list, frozenset):
            yield from keys(arguments[0], at)
