"""Changes that differ only in their region, shown as one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from awsbase.engine.changes import Change

IN_REGION = re.compile(r"(.+) in ([a-z]{2,4}(?:-[a-z]+)+-[0-9])")


def merged(changes: Iterable[Change]) -> list[Change]:
    """Return the changes in order, merging those that differ only in the region that they name."""
    alike: dict[object, list[tuple[Change, str, str]]] = {}
    for change in changes:
        found = IN_REGION.fullmatch(change.what)
        stem, region = (found[1], found[2]) if found else (change.what, "")
        same = (change.action, change.api, stem, change.risk, repr(change.drift), change.changed_by)
        alike.setdefault(same if region else object(), []).append((change, stem, region))
    return [
        replace(same[0][0], what=f"{same[0][1]} in {', '.join(region for _, _, region in same)}")
        if len(same) > 1
        else same[0][0]
        for same in alike.values()
    ]
