"""A report as one JSON document, and an approved plan read back from it."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from awsbase import __version__, disk
from awsbase.engine.changes import Author, Change, Drift, Failure, Goal, ManualAction, Outcome, Report, Risk, Unknown
from awsbase.engine.risk import risk_of, risky
from awsbase.errors import AwsbaseError, UsageError
from awsbase.records import record

SCHEMA = 2
# What the plan for each goal calls itself.
PLANS: Mapping[Goal, str] = {"reconcile": "plan", "destroy": "destroy-plan", "prune": "prune-plan"}
MAX_BYTES = 64 * 1024 * 1024


def mode_of(report: Report) -> str:
    """Return what a report is, in one word: the plan of a destruction is no plan for a reconcile."""
    return PLANS[report.goal] if report.mode == "plan" else report.goal


def document(
    report: Report,
    *,
    sandbox: bool = False,
    only: Sequence[str] = (),
    also: Sequence[str] = (),
    empty: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a report as JSON values; `--approved` reads a plan's document.

    `only` is the scope, or empty for all; `also` and `empty` are what a destruction names. It has authors where
    somebody asked.
    """
    asked = report.authors_missing is not None
    return {
        "schema": SCHEMA,
        "awsbase": __version__,
        "mode": mode_of(report),
        "account": report.account,
        "region": report.region,
        "sandbox": sandbox,
        "only": list(only),
        **({"also": list(also), "empty": list(empty)} if report.goal == "destroy" else {}),
        "fingerprint": report.fingerprint,
        "interrupted": report.interrupted,
        "resources": [
            _outcome(outcome, asked) | ({} if report.goal == "reconcile" else {"stays": outcome.stays})
            for outcome in report.outcomes
        ],
        "risky": [
            {
                "address": each.address,
                "what": f"{each.change.action} {each.change.what}",
                "risk": each.risk.kind,
                "reason": each.risk.reason,
            }
            for each in risky(report)
        ],
        "refusals": [{"message": each.message, "hint": each.hint} for each in report.refusals],
        "manual_actions": [
            {"address": each.address, "title": each.title, "steps": list(each.steps), "probe": each.probe}
            for each in report.manual_actions
        ],
        "totals": dict(report.totals()),
        "calls": {"read": report.reads, "write": report.writes},
        # Two plans of one account are equal to the byte: they tell no time.
        **({} if report.mode == "plan" else {"steps": steps(report)}),
        "second": document(report.second, sandbox=sandbox, only=only) if report.second else None,
        **({} if report.authors_missing is None else {"authors_missing": list(report.authors_missing)}),
    }


def steps(report: Report) -> dict[str, list[float]]:
    """Return when each resource was begun and done, in seconds since the run began."""
    return {address: [round(begun, 3), round(done, 3)] for address, (begun, done) in report.steps.items()}


def _outcome(outcome: Outcome, asked: bool) -> dict[str, Any]:
    error = outcome.error
    return {
        "address": outcome.address,
        "region": outcome.region,
        "status": outcome.status,
        "changes": [_change(change, asked) for change in outcome.changes],
        "error": {"code": error.code, "message": error.message, "tried": error.tried, "hint": error.hint}
        if error
        else None,
        "blocked_by": outcome.blocked_by,
        "notes": list(outcome.notes),
        "price": outcome.price,
    }


def _change(change: Change, asked: bool) -> dict[str, Any]:
    risk = risk_of(change)
    return {
        "action": change.action,
        "what": change.what,
        "api": change.api,
        "risk": risk.kind if risk else None,
        "reason": risk.reason if risk else None,
        "drift": [
            {"field": drift.field, "have": json_value(drift.have), "want": json_value(drift.want)}
            for drift in change.drift
        ],
        "digest": change.digest,
        "unknown": list(change.unknown),
        **({"changed_by": _author(change.changed_by)} if asked else {}),
    }


def _author(author: Author | None) -> dict[str, str] | None:
    if author is None:
        return None
    return {
        "arn": author.arn,
        "at": author.at.isoformat(),
        "address": author.address,
        "event": author.event,
        "event_id": author.event_id,
        "program": author.program,
    }


def json_value(value: Any) -> Any:
    """Return a value of a change as a JSON value."""
    if isinstance(value, Unknown):
        return repr(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((json_value(item) for item in value), key=str)
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


@record
class Plan:
    """A plan file of `awsbase plan -o`: the approved changes, their account and scope, the manifest's fingerprint.

    One of `awsbase destroy --plan` also has what that named.
    """

    account: str
    region: str
    sandbox: bool
    only: tuple[str, ...]
    fingerprint: str
    version: str
    changes: tuple[tuple[str, Change], ...]
    also: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


def check(path: Path) -> None:
    """Check a path before planning; raises UsageError when a plan could not be written there."""
    real = Path(os.path.realpath(path))
    if real.is_dir():
        raise UsageError(f"cannot write {path}: it is a directory", hint="name a file in it")
    if not real.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no directory {real.parent}")


def save(text: str, path: Path) -> None:
    """Write a file atomically with mode 0600, or write to a device or a pipe.

    Raises AwsbaseError when it cannot be written.
    """
    content = text.encode("utf-8", "backslashreplace")
    try:
        if disk.is_regular(path):
            disk.replace(path, content, private=True)
        else:
            disk.write_stream(path, content)
    except OSError as error:
        reason = "nobody reads it" if error.errno == errno.ENXIO else error.strerror
        raise AwsbaseError(f"cannot write {path}: {reason}", hint="name another file") from None


def read(path: Path, goal: Goal = "reconcile") -> Plan:
    """Read a plan file; raises UsageError for a file that is no complete plan of this format, and for this goal."""
    command = "awsbase plan MANIFEST" if goal == "reconcile" else f"awsbase {goal} MANIFEST --plan"
    hint = f"write one with `{command} -o PLAN.json`"
    try:
        text = disk.read(path, MAX_BYTES).decode("utf-8")
    except disk.UnsuitableFile as error:
        raise UsageError(f"{path} is no plan: {error.strerror}", hint=hint) from None
    except OSError as error:
        raise UsageError(f"cannot read the plan {path}: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no plan: it is not text", hint=hint) from None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no plan: it is not JSON", hint=hint) from None
    return plan_of(fields, path, goal)


def plan_of(fields: object, path: Path | str, goal: Goal = "reconcile") -> Plan:
    """Return the plan that JSON values describe; raises UsageError when they are no complete plan for this goal."""
    command = "awsbase plan MANIFEST" if goal == "reconcile" else f"awsbase {goal} MANIFEST --plan"
    hint = f"write one with `{command} -o PLAN.json`"
    if not isinstance(fields, dict) or "schema" not in fields:
        raise UsageError(f"{path} is no plan", hint=hint)
    if fields["schema"] != SCHEMA:
        raise UsageError(
            f"{path} has the format {fields['schema']!r}, and this awsbase reads {SCHEMA}",
            hint=f"plan again: `{command} -o PLAN.json`",
        )
    mode = fields.get("mode")
    if mode not in PLANS.values():
        raise UsageError(f"{path} is no plan: it reports a {mode or 'reconcile'}", hint=hint)
    if mode != PLANS[goal]:
        what = next(other for other, name in PLANS.items() if name == mode)
        raise UsageError(f"{path} is a plan for `awsbase {what}`, not for {goal}", hint=hint)
    try:
        return _plan(fields)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(f"{path} is no complete plan", hint=hint) from None


def _plan(fields: Mapping[str, Any]) -> Plan:
    return Plan(
        account=text(fields["account"]),
        region=text(fields["region"]),
        sandbox=bool(fields["sandbox"]),
        only=_texts(fields["only"]),
        fingerprint=text(fields["fingerprint"]),
        version=text(fields["awsbase"]),
        changes=tuple(
            (text(resource["address"]), _read_change(change))
            for resource in fields["resources"]
            for change in resource["changes"]
        ),
        also=_texts(fields.get("also", [])),
        empty=_texts(fields.get("empty", [])),
    )


def outcome_of(fields: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a resource that the document of a report describes.

    Raises KeyError, TypeError or ValueError when it describes none.
    """
    error = fields["error"]
    return Outcome(
        address=text(fields["address"]),
        region=text(fields["region"]),
        status=fields["status"],
        changes=tuple(map(_read_change, fields["changes"])),
        error=Failure(error["code"], error["message"], error["tried"], hint=error["hint"]) if error else None,
        blocked_by=fields["blocked_by"],
        notes=_texts(fields["notes"]),
        price=fields["price"],
    )


def action_of(fields: Mapping[str, Any]) -> ManualAction:
    """Return the manual action that the document of a report describes; raises KeyError or TypeError for none."""
    steps = _texts(fields["steps"])
    return ManualAction(text(fields["address"]), text(fields["title"]), steps, text(fields["probe"]))


def _read_change(fields: Mapping[str, Any]) -> Change:
    action = fields["action"]
    if action not in ("create", "update", "delete", "replace"):
        raise ValueError(action)
    return Change(
        action=action,
        what=text(fields["what"]),
        api=text(fields["api"]),
        drift=tuple(Drift(text(drift["field"]), drift["have"], drift["want"]) for drift in fields["drift"]),
        risk=_read_risk(fields["risk"], fields["reason"]),
        digest=text(fields["digest"]),
        unknown=tuple(text(path) for path in fields["unknown"]),
    )


def _read_risk(kind: object, reason: object) -> Risk | None:
    if kind is None:
        return None
    if kind not in ("access", "outage", "visibility", "deletion"):
        raise ValueError(kind)
    return Risk(kind, text(reason))


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(values)
    return tuple(map(text, values))


def text(value: object) -> str:
    """Return a text; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value
