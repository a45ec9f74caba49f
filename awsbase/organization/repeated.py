"""The mistakes of many accounts, each told once: a template serves all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from awsbase.errors import Mistake

Place = tuple[str, int, str]


def each_once(mistakes: Mapping[str, Sequence[Mistake]], file: str, accounts: int) -> Iterator[Mistake]:
    """Yield one mistake a place; one of a template that not all accounts have alike says whose it is.

    `file` is the organization file, whose places name the account by themselves.
    """
    places: dict[Place, dict[str, Mistake]] = {}
    for name, found in mistakes.items():
        for each in found:
            places.setdefault((each.file, each.line, each.path), {}).setdefault(name, each)
    for of in places.values():
        name, first = next(iter(of.items()))
        if first.file == file or (len(of) == accounts and len(set(of.values())) == 1):
            yield first
            continue
        others = len(of) - 1
        more = f" and {others} more account{'s' if others > 1 else ''}" if others else ""
        yield replace(first, message=f"{first.message} (in {name}{more})")
