"""Documents that awsbase printed with `--json` and somebody kept: for the page's history, and the last drill."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from awsbase import disk
from awsbase.errors import UsageError
from awsbase.records import record
from awsbase.view.document import MAX_BYTES, text

HINT = "keep what `plan`, `reconcile`, `coverage`, `drill` or `report` prints with --json"


@record
class AlarmResult:
    """Whether the message of one alarm was delivered in a drill, in words."""

    alarm: str
    region: str
    delivered: bool
    words: str
    hint: str


@record
class Saved:
    """What one saved document says; what it does not say is None."""

    name: str
    account: str
    sandbox: bool
    numbers: Mapping[str, float]
    """By the names that `history` knows."""
    drill: tuple[AlarmResult, ...] | None = None


def read(path: Path) -> Saved:
    """Read a saved document; raises UsageError for a file that is none."""
    try:
        fields = json.loads(disk.read(path, MAX_BYTES))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint=HINT) from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no document of awsbase: it is not JSON", hint=HINT) from None
    try:
        return document(path.stem, fields)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"{path} is no document that a report is made from", hint=HINT) from None


def document(name: str, fields: Mapping[str, Any]) -> Saved:
    """Return what a document says; raises KeyError, TypeError, ValueError or AttributeError for any other."""
    account, sandbox = text(fields["account"]), bool(fields["sandbox"])
    if "alarms" in fields:
        drill = tuple(alarm_result(each) for each in fields["alarms"])
        return Saved(name, account, sandbox, drill_numbers(drill), drill)
    if "controls" in fields:
        return Saved(name, account, sandbox, coverage_numbers(fields))
    if "resources" in fields:
        return Saved(name, account, sandbox, plan_numbers(fields))
    numbers = {**plan_numbers(fields["plan"]), **coverage_numbers(fields["coverage"]), **cost_numbers(fields["costs"])}
    return Saved(text(fields["time"])[:10], account, sandbox, numbers)


def plan_numbers(fields: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a plan or a reconcile; none of one that was interrupted, which counted only a part.

    What was destroyed or pruned says nothing of how an account is kept.
    """
    totals = {status: number(fields["totals"][status]) for status in ("planned", "failed", "blocked")}
    risky, left = len(fields["risky"]), len(fields["manual_actions"])
    if fields["interrupted"] or fields["mode"] not in ("plan", "reconcile"):
        return {}
    found = {"differ": totals["planned"] + totals["failed"] + totals["blocked"], "needs you": left}
    # What a reconcile lists as risky has been approved.
    return {**found, "risky": risky} if fields["mode"] == "plan" else found


def coverage_numbers(fields: Mapping[str, Any]) -> dict[str, float]:
    """Return the share of controls that are met, in percent."""
    return {met_of(text(fields["standard"])): share(number(fields["totals"]["met"]), len(fields["controls"]))}


def met_of(standard: str) -> str:
    """Return the name of the share of a standard's controls that are met."""
    return f"met of {standard}"


def cost_numbers(fields: Mapping[str, Any]) -> dict[str, float]:
    """Return the dollars a month."""
    return {"costs": float(text(fields["total"]["usd_a_month"]))}


def drill_numbers(drill: Sequence[AlarmResult]) -> dict[str, float]:
    """Return the share of alarms that reach somebody, in percent."""
    return {"alarms delivered": share(sum(each.delivered for each in drill), len(drill))}


def alarm_result(fields: Mapping[str, Any]) -> AlarmResult:
    """Return what a drill says of one alarm."""
    told, unconfirmed, filtered = (", ".join(map(text, fields[key])) for key in ("told", "unconfirmed", "filtered"))
    words = text(fields["verdict"]) + (f" to {told}" if told else "")
    if unconfirmed:
        words += f"{'; unconfirmed' if told else ''}: {unconfirmed}"
    if filtered:
        words += f"; kept from {filtered} by a filter policy"
    hint = text(fields["hint"] or "")
    return AlarmResult(text(fields["alarm"]), text(fields["region"]), bool(fields["delivered"]), words, hint)


def share(part: float, whole: int) -> float:
    """Return a part of a whole in percent."""
    return 100 * part / whole if whole else 0


def number(value: object) -> float:
    """Return a number; raises TypeError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return value
