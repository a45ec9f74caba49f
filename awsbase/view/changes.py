"""Marks and words of changes, which the summary and the tree share."""

from __future__ import annotations

import json
from collections.abc import Sequence

from awsbase.engine.changes import Action, Drift, Outcome, is_whole_resource
from awsbase.view.document import json_value
from awsbase.view.text import AMBER, GREEN, PURPLE, RED

MARKS: dict[Action, str] = {"create": "+", "update": "~", "delete": "-", "replace": "±"}
STYLES: dict[Action, str] = {"create": GREEN, "update": AMBER, "delete": RED, "replace": PURPLE}
DONE: dict[Action, str] = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced"}
LONG = 60


def overall_action(outcome: Outcome) -> Action:
    """Return the action on a resource as a whole, derived from its changes."""
    return next((change.action for change in outcome.changes if is_whole_resource(outcome.address, change)), "update")


def difference(drift: Drift, verbose: bool = False) -> str:
    """Return one drift as `field: have → want`, with long documents shortened unless `verbose`."""
    have, want = (as_line(value, None if verbose else LONG) for value in (drift.have, drift.want))
    return f"{drift.field}: {have} → {want}"


def as_line(value: object, longest: int | None = LONG) -> str:
    """Return a value as one line: `nothing` for None, compact JSON for a document."""
    if value is None:
        return "nothing"
    value = json_value(value)
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    if longest is None or len(text) <= longest:
        return text
    return f"{text[: longest * 2 // 3]}…{text[-longest // 4 :]}"


def by_action(actions: Sequence[Action], planned: bool) -> str:
    """Return the number of actions of each sort: `2 to create, 1 to delete`, or `2 created, 1 deleted`."""
    counts = {action: actions.count(action) for action in MARKS}
    return ", ".join(
        f"{count} to {action}" if planned else f"{count} {DONE[action]}" for action, count in counts.items() if count
    )


def some(names: Sequence[str], most: int) -> str:
    """Return names in one line: the first of them, and how many others there are."""
    others = len(names) - most
    return ", ".join(names) if others <= 0 else f"{', '.join(names[:most])} and {others} more"
