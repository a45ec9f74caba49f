"""Changes that differ only in their region, and in the ids that AWS gave there, shown as one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from awsbase.engine.changes import Change

IN_REGION = re.compile(r"(.+) in ([a-z]{2,4}(?:-[a-z]+)+-[0-9])")
ID = re.compile(r"(?: of)? [a-z]{2,6}-[0-9a-f]{8,}\b")
MOST_REGIONS = 3


def merged(changes: Iterable[Change], *, counted: bool = False) -> list[Change]:
    """Return the changes in order, merging those that differ only in region and ids; `counted` counts many regions."""
    alike: dict[object, list[tuple[Change, str, str]]] = {}
    for change in changes:
        found = IN_REGION.fullmatch(change.what)
        stem, region = (found[1], found[2]) if found else (change.what, "")
        same = (change.action, change.api, ID.sub("", stem), change.risk, repr(change.drift), _who(change))
        alike.setdefault(same if region else object(), []).append((change, stem, region))
    return [_one(same, counted) for same in alike.values()]


def _who(change: Change) -> tuple[str, ...]:
    """Return who made what differs, and how, whenever that was in each region."""
    by = change.changed_by
    return (by.arn, by.address, by.event) if by else ()


def _one(same: list[tuple[Change, str, str]], counted: bool) -> Change:
    change, stem, _ = same[0]
    if len(same) == 1:
        return change
    regions = dict.fromkeys(region for _, _, region in same)
    where = f"{len(regions)} regions" if counted and len(regions) > MOST_REGIONS else ", ".join(regions)
    if any(other != stem for _, other, _ in same):
        # The ids of each are in the JSON document.
        stem = ID.sub("", stem)
        if len(same) > len(regions):
            where += f", {len(same)} times"
    return replace(change, what=f"{stem} in {where}")
