"""A report as one JSON document, and a plan read back from it to be approved."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from awsbase import __version__, disk
from awsbase.engine.changes import Change, Drift, Outcome, Report, Risk, Unknown
from awsbase.engine.risk import risk_of, risky
from awsbase.errors import AwsbaseError, UsageError
from awsbase.records import record

SCHEMA = 2
MAX_BYTES = 64 * 1024 * 1024


def document(report: Report, *, sandbox: bool = False) -> dict[str, Any]:
    """Return a report as JSON values; a plan's document is what `--approved` reads."""
    return {
        "schema": SCHEMA,
        "awsbase": __version__,
        "mode": report.mode,
        "account": report.account,
        "region": report.region,
        "sandbox": sandbox,
        "fingerprint": report.fingerprint,
        "interrupted": report.interrupted,
        "resources": [_outcome(outcome) for outcome in report.outcomes],
        "risky": [
            {
                "address": each.address,
                "what": f"{each.change.action} {each.change.what}",
                "risk": each.risk.kind,
                "reason": each.risk.reason,
            }
            for each in risky(report)
        ],
        "manual_actions": [
            {"address": ask.address, "title": ask.title, "steps": list(ask.steps), "probe": ask.probe}
            for ask in report.manual_actions
        ],
        "totals": dict(report.totals()),
        "calls": {"read": report.reads, "write": report.writes},
        "second": document(report.second, sandbox=sandbox) if report.second else None,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "address": outcome.address,
        "region": outcome.region,
        "status": outcome.status,
        "changes": [_change(change) for change in outcome.changes],
        "error": {"code": error.code, "message": error.message, "tried": error.tried, "hint": error.hint}
        if error
        else None,
        "blocked_by": outcome.blocked_by,
        "notes": list(outcome.notes),
        "price": outcome.price,
    }


def _change(change: Change) -> dict[str, Any]:
    risk = risk_of(change)
    return {
        "action": change.action,
        "what": change.what,
        "api": change.api,
        "risk": risk.kind if risk else None,
        "reason": risk.reason if risk else None,
        "drift": [
            {"field": drift.field, "have": plain(drift.have), "want": plain(drift.want)} for drift in change.drift
        ],
        "digest": change.digest,
        "unknown": list(change.unknown),
    }


def plain(value: Any) -> Any:
    """Return any value that a change may hold as a JSON value."""
    if isinstance(value, Unknown):
        return repr(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


@record
class Plan:
    """A plan that was written by `awsbase plan -o`: what may be done, and to which account, by which manifest."""

    account: str
    region: str
    sandbox: bool
    fingerprint: str
    version: str
    changes: tuple[tuple[str, Change], ...]


def check(path: Path) -> None:
    """Raise UsageError now, before a plan is made, when it could not be written to a file of this name."""
    real = Path(os.path.realpath(path))
    if real.is_dir():
        raise UsageError(f"cannot write {path}: it is a directory", hint="name a file in it")
    if not real.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no directory {real.parent}")


def save(text: str, path: Path) -> None:
    """Write a file as a whole or not at all, readable by its owner only; a device or a pipe is written to."""
    content = text.encode("utf-8", "backslashreplace")
    try:
        if disk.ordinary(path):
            disk.replace(path, content, private=True)
        else:
            disk.pour(path, content)
    except OSError as error:
        why = "nobody reads it" if error.errno == errno.ENXIO else error.strerror
        raise AwsbaseError(f"cannot write {path}: {why}", hint="name another file") from None


def read(path: Path) -> Plan:
    """Read a plan back; raise UsageError for a file that is none."""
    hint = "write one with `awsbase plan MANIFEST -o PLAN.json`"
    try:
        text = disk.read(path, MAX_BYTES).decode("utf-8")
    except disk.Unfit as unfit:
        raise UsageError(f"{path} is no plan: {unfit.strerror}", hint=hint) from None
    except OSError as error:
        raise UsageError(f"cannot read the plan {path}: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no plan: it is not text", hint=hint) from None
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no plan: it is not JSON", hint=hint) from None
    if not isinstance(held, dict) or "schema" not in held:
        raise UsageError(f"{path} is no plan", hint=hint)
    if held["schema"] != SCHEMA:
        raise UsageError(
            f"{path} has the format {held['schema']!r}, and this awsbase reads {SCHEMA}",
            hint="plan again: `awsbase plan MANIFEST -o PLAN.json`",
        )
    if held.get("mode") != "plan":
        raise UsageError(f"{path} reports what was done; it is no plan", hint=hint)
    try:
        return _plan(held)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"{path} is no complete plan", hint=hint) from None


def _plan(held: Mapping[str, Any]) -> Plan:
    return Plan(
        account=_text(held["account"]),
        region=_text(held["region"]),
        sandbox=bool(held["sandbox"]),
        fingerprint=_text(held["fingerprint"]),
        version=_text(held["awsbase"]),
        changes=tuple(
            (_text(resource["address"]), _read_change(change))
            for resource in held["resources"]
            for change in resource["changes"]
        ),
    )


def _read_change(held: Mapping[str, Any]) -> Change:
    action = held["action"]
    if action not in ("create", "update", "delete", "replace"):
        raise ValueError(action)
    return Change(
        action=action,
        what=_text(held["what"]),
        api=_text(held["api"]),
        drift=tuple(Drift(_text(drift["field"]), drift["have"], drift["want"]) for drift in held["drift"]),
        risk=_read_risk(held["risk"], held["reason"]),
        digest=_text(held["digest"]),
        unknown=tuple(_text(path) for path in held["unknown"]),
    )


def _read_risk(kind: object, reason: object) -> Risk | None:
    if kind is None:
        return None
    if kind not in ("access", "visibility", "deletion"):
        raise ValueError(kind)
    return Risk(kind, _text(reason))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
