"""Subjects of pages, without an account: from the plan of a manifest that is kept, and verdicts by turns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from awsbase.coverage import STANDARDS, STATUSES, Row
from awsbase.engine.changes import Change, Drift, Failure, ManualAction, Outcome, Report, Risk
from awsbase.manifest.load import load
from awsbase.manifest.manifest import resources
from awsbase.report.page import Subject
from awsbase.report.saved import Saved, document

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"


@cache
def planned(name: str) -> Report:
    """Return the plan of a manifest in an empty account, as `tests/golden` keeps it."""
    fields = json.loads((ROOT / "tests/golden" / f"{name}.plan.json").read_text())
    outcomes = [
        Outcome(
            each["address"],
            each["region"],
            each["status"],
            tuple(change(one) for one in each["changes"]),
            notes=tuple(each["notes"]),
            price=each["price"],
        )
        for each in fields["resources"]
    ]
    left = [
        ManualAction(each["address"], each["title"], tuple(each["steps"]), each["probe"], who_of(each["address"]))
        for each in fields["manual_actions"]
    ]
    return Report("plan", fields["account"], fields["region"], "f" * 64, "", tuple(outcomes), tuple(left), 182, 0, 1.2)


def who_of(address: str) -> str:
    """Return the person whose address this is, whom a kept plan does not name."""
    return address.removeprefix("user/") if address.startswith("user/") else ""


def change(fields: Mapping[str, Any]) -> Change:
    """Return a change of a kept plan."""
    drift = tuple(Drift(each["field"], each["have"], each["want"]) for each in fields["drift"])
    risk = Risk(fields["risk"], fields["reason"]) if fields["risk"] else None
    return Change(fields["action"], fields["what"], fields["api"], drift, risk)


def converged(plan: Report, **changed: Outcome) -> Report:
    """Return the plan of an account that is as the manifest says, but for these resources."""
    different = {each.address: each for each in changed.values()}
    outcomes = (Outcome(each.address, each.region, "unchanged") for each in plan.outcomes)
    return replace(plan, outcomes=tuple(different.get(each.address, each) for each in outcomes))


def drifted(plan: Report) -> Report:
    """Return the plan of an account that somebody has worked in by hand."""
    new = next(each for each in plan.outcomes if each.address == "alarm/acme-billing-50-usd@us-east-1")
    weaker = (Drift("MinimumPasswordLength", 8, 14), Drift("PasswordReusePrevention", None, 24))
    refused = Failure("AccessDenied", "not authorized to perform: s3:GetBucketPolicy", hint="ask an administrator")
    return converged(
        plan,
        alarm=new,
        password=outcome("password-policy/account", Change("update", "password policy", "iam:Put", weaker)),
        developers=outcome(
            "group/Developers", Change("delete", f"attachment {ADMINISTRATOR}", "iam:DetachGroupPolicy")
        ),
        billing=outcome(
            "group/Billing",
            Change("create", f"attachment {BILLING}", "iam:Attach", risk=Risk("access", "it gives new permissions")),
        ),
        bucket=Outcome("bucket/acme-state", "eu-west-1", "failed", error=refused),
        writer=Outcome("policy/acme-state-writer", "eu-west-1", "blocked", blocked_by="bucket/acme-state"),
    )


def outcome(address: str, *changes: Change) -> Outcome:
    """Return a resource of a plan."""
    return Outcome(address, "eu-west-1", "planned", changes)


def subject(plan: Report | None = None, name: str = "baseline", standard: str = "cis-3", **more: Any) -> Subject:
    """Return the subject of a page about a manifest that comes with awsbase."""
    sections = resources(load(ROOT / "manifests" / f"{name}.yaml"))
    return Subject(
        name="acme",
        file=f"{name}.yaml",
        sections=sections,
        plan=plan or planned(name),
        standard=standard,
        rows=verdicts(standard),
        at=NOON,
        **more,
    )


def verdicts(standard: str) -> list[Row]:
    """Return a verdict on each control, more than half of them met."""
    turns = ("met", "met", "needs you", "met", "met", "not yet", "met", "not managed")
    assert set(turns) == set(STATUSES)
    return [
        Row(control, turns[index % len(turns)], ("look at it",) if index % 3 == 2 else (), "audit", "$1 a month")  # type: ignore[arg-type]
        for index, control in enumerate(STANDARDS[standard])
    ]


def past() -> list[Saved]:
    """Return what earlier reports and a drill said."""
    months = [(47, 2, 13, 12), (30, 1, 13, 21), (11, 1, 9, 30), (3, 0, 8, 36), (0, 0, 8, 37)]
    reports = [
        Saved(f"2026-{month:02}-01", "123456789012", False, numbers(*each)) for month, each in enumerate(months, 6)
    ]
    return [*reports, document("drill", drill())]


def numbers(differ: int, risky: int, needs: int, met: int) -> dict[str, float]:
    """Return the numbers of an earlier report."""
    return {
        "differ": differ,
        "risky": risky,
        "needs you": needs,
        "costs": 3 + risky / 10,
        "met of cis-3": 100 * met / 62,
    }


def drill(**more: Any) -> dict[str, Any]:
    """Return the document of a drill."""
    told = {"told": ["cfo@acme.example"], "unconfirmed": [], "filtered": [], "said": None, "hint": None}
    return {
        "schema": 1,
        "account": "123456789012",
        "sandbox": False,
        "alarms": [
            {"alarm": "acme-billing-10-usd", "region": "us-east-1", "verdict": "delivered", "delivered": True, **told},
            {
                **told,
                "alarm": "acme-billing-50-usd",
                "region": "us-east-1",
                "verdict": "unconfirmed",
                "delivered": False,
                "told": [],
                "unconfirmed": ["ops@acme.example"],
                "hint": "follow the link in the mail",
            },
        ],
        **more,
    }
