"""The same change in many accounts is told once, and what differs is not."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from awsbase.fleet.grouping import Grouping
from awsbase.fleet.results import Result, Status
from awsbase.organization import Organization
from awsbase.view.fleet import Tally, lines
from awsbase.view.text import render
from tests.fleet.organizations import IDS, organization


@pytest.fixture
def acme(tmp_path: Path) -> Organization:
    return organization(tmp_path)


def change(what: str, have: object = None, want: object = None, risk: str | None = None) -> dict[str, Any]:
    """Return an update as the document of a plan has it; the digest is another one in each account."""
    drift = [{"field": "logging", "have": have, "want": want}]
    reason = "hides what happens" if risk else None
    rest = {"api": "x:Y", "risk": risk, "reason": reason, "drift": drift, "digest": str(id(drift)), "unknown": []}
    return {"action": "update", "what": what, **rest}


def resource(address: str, *changes: Mapping[str, Any], error: Mapping[str, Any] | None = None) -> dict[str, Any]:
    rest: dict[str, Any] = {"region": "eu-west-1", "error": error, "blocked_by": None, "notes": [], "price": None}
    return {"address": address, "status": "failed" if error else "planned", "changes": list(changes), **rest}


def result(name: str, *resources: Mapping[str, Any], status: Status = "changes", message: str | None = None) -> Result:
    report = {"resources": resources, "manual_actions": [], "refusals": []} if message is None else None
    return Result("run", "plan", name, IDS[name], status, 0, report, message)


def told(acme: Organization, *results: Result, full: bool = False) -> str:
    """Return what is told of some results."""
    grouping = Grouping(acme.members)
    for each in results:
        grouping.add(each)
    ended = {status: sum(each.status == status for each in results) for status in ("changes", "failed")}
    tally = Tally("acme", "plan", len(IDS), ended, 9)
    return render(lines(tally, grouping.groups(), IDS, full=full), io.TextIOWrapper(io.BytesIO(), "utf-8"))


def trail(name: str, want: object = True) -> dict[str, Any]:
    return resource(f"trail/acme-{name}-trail", change("logging", False, want))


def test_a_change_is_told_once_with_its_names_left_open(acme: Organization) -> None:
    eve = resource("user/eve", change("path", "/", "/people/"))
    assert told(acme, result("users", trail("users")), result("dev", trail("dev"), eve)) == (
        "acme: 3 accounts, 2 with changes, 1 not begun\n\n"
        "the same in 2 accounts: users, dev\n"
        "  ~ trail/{name}-trail  logging: false → true\n\n"
        "only in dev (444444444444)\n"
        "  ~ user/eve  path (logging: / → /people/)\n\n"
        "changes: 3 to update\n"
        "9 calls, no write\n"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (trail("users"), trail("dev", want=False)),
        (trail("users"), resource("trail/other", change("logging", False, True))),
        (trail("users"), resource("trail/acme-dev-trail", change("logging", False, True, risk="visibility"))),
        (trail("users"), resource("trail/acme-devtrail", change("logging", False, True))),
    ],
    ids=["another value", "another name", "a risk", "part of a word"],
)
def test_what_differs_is_told_of_each(acme: Organization, one: dict[str, Any], other: dict[str, Any]) -> None:
    text = told(acme, result("users", one), result("dev", other))
    assert "the same in" not in text
    assert "only in users (111111111111)" in text
    assert "only in dev (444444444444)" in text


@pytest.mark.parametrize(
    ("one", "other", "open"),
    [
        ("rules of sg-9d9542c507ba88936", "rules of sg-129943b8fdc32683a", "rules of {sg}"),
        ("rules of vpc-8e170c09", "rules of vpc-92817dd4f44c9fd90", "rules of {vpc}"),
        (
            "key 1b0f2a6e-0d5c-4c55-9a30-0f5e0a7c1d11",
            "key 7e3d1c58-5b9e-4f0a-8f66-2c9d6a1b4e22",
            "key {key}",
        ),
    ],
)
def test_ids_that_aws_has_made_are_left_open(acme: Organization, one: str, other: str, open: str) -> None:
    both = [result(name, resource("x", change(what, risk="access"))) for name, what in (("users", one), ("dev", other))]
    text = told(acme, *both)
    assert "the same in 2 accounts: users, dev" in text
    assert open in text


def test_failures_and_whole_accounts_are_told_once_too(acme: Organization) -> None:
    def failed(name: str) -> Result:
        error = {"code": "AccessDenied", "message": f"role in {IDS[name]} may not", "tried": None, "hint": "allow it"}
        return result(name, resource("trail/x", error=error), status="failed")

    text = told(acme, failed("users"), failed("dev"), result("prod", status="failed", message="prod is not reached"))
    assert text.endswith(
        "failed\n"
        "  ✗ only in prod (333333333333)\n"
        "    prod is not reached\n"
        "  the same in 2 accounts: users, dev\n"
        "    ✗ trail/x  AccessDenied\n"
        "      role in {id} may not\n"
        "      → allow it\n\n"
        "9 calls, no write\n"
    )


def test_what_needs_approval_is_told_with_its_reason(acme: Organization) -> None:
    risky = [result(n, resource(f"trail/acme-{n}", change("logging", True, False, "visibility"))) for n in IDS]
    assert (
        "needs your approval\n"
        "  the same in all 3 accounts: users, prod, dev\n"
        "    ! trail/{name}  update logging: hides what happens\n"
    ) in told(acme, *risky)


def test_memory_grows_with_what_differs_and_not_with_the_accounts(acme: Organization) -> None:
    grouping = Grouping(acme.members)
    for _ in range(1000):
        grouping.add(result("dev", trail("dev")))
    assert len(grouping._outcomes) == 1
