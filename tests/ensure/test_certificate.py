"""A certificate is found by its domains, and issued once the DNS has its record; nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Report
from awsbase.ensure.certificate import Certificate
from awsbase.ensure.zone import Zone
from awsbase.ensure.zone_records import ZoneRecords
from awsbase.facts.delegation import RESOLVER
from awsbase.manifest.certificates import proof
from awsbase.sandbox import Sandbox
from awsbase.sandbox.dns_server import serving
from awsbase.sandbox.services.acm import Certificates
from awsbase.testing.removal import away
from tests.contract.sample import HOME, go, problems, said

NAME = "acme.example"
ZONE = Zone(scope=HOME, name=NAME, delegated=True)
WEB = Certificate(scope=HOME, name="web", domains=(NAME, f"*.{NAME}"), zones=(NAME,))
DAYS = 24 * 3600


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Yield an account with its public DNS."""
    sandbox = Sandbox()
    with serving(sandbox) as address:
        monkeypatch.setenv(RESOLVER, address)
        yield sandbox


def wanting(*certificates: Certificate) -> list[Any]:
    records = (proof(certificates[0].address, NAME),)
    return [ZONE, *certificates, ZoneRecords(scope=HOME, zone=NAME, records=records)]


def made(sandbox: Sandbox, *certificates: Certificate) -> Report:
    report = go(sandbox, "reconcile", wanting(*(certificates or (WEB,))))
    assert problems(report) == []
    return report


def notes(report: Report) -> list[str]:
    return [note for each in report.outcomes if each.address.startswith("certificate/") for note in each.notes]


def listed(sandbox: Sandbox, region: str = HOME.region) -> list[Any]:
    found: list[Any] = sandbox.client("acm", region).list_certificates()["CertificateSummaryList"]
    return found


def test_certificate_is_issued_once_the_delegation_is_there_and_nobody_waits(sandbox: Sandbox) -> None:
    east = replace(WEB, scope=HOME.at("us-east-1"))
    report = made(sandbox, WEB, east)
    assert [change for change in said(report) if "records" in change] == [
        f"zone-records/{NAME}: update records for certificate/web"
    ]
    waits = f"issuing: {NAME} is not delegated; AWS gives up after 72 hours"
    plan = go(sandbox, "plan", wanting(WEB, east))
    assert notes(plan) == [waits, waits]
    assert [ask.need for ask in plan.manual_actions] == [f"delegation of {NAME}"]

    sandbox.delegate(NAME)
    # The first list of each region makes AWS look; of both the record is the same one.
    plan = go(sandbox, "plan", wanting(WEB, east))
    assert (said(plan), notes(plan), plan.manual_actions) == ([], [], ())
    assert [each["Status"] for region in (HOME.region, "us-east-1") for each in listed(sandbox, region)] == [
        "ISSUED"
    ] * 2


def test_other_domains_are_another_certificate_beside_the_old_one(sandbox: Sandbox) -> None:
    made(sandbox)
    sandbox.delegate(NAME)
    (old,) = listed(sandbox)
    wider = replace(WEB, domains=(*WEB.domains, f"a.b.{NAME}"))
    report = go(sandbox, "reconcile", wanting(wider))
    assert "certificate/web: create certificate" in said(report)
    assert any(note.startswith(f"the certificate {old['CertificateArn']} of former domains") for note in notes(report))
    assert len(listed(sandbox)) == 2
    plan = go(sandbox, "plan", wanting(wider))
    assert said(plan) == []
    away(sandbox, "reconcile", wanting(wider))
    assert listed(sandbox) == []


def by_hand(sandbox: Sandbox, **more: Any) -> str:
    """Request a certificate of the same domains by hand."""
    request = {"DomainName": NAME, "SubjectAlternativeNames": [f"*.{NAME}"], "ValidationMethod": "DNS", **more}
    arn: str = sandbox.client("acm", HOME.region).request_certificate(**request)["CertificateArn"]
    return arn


def set_status(sandbox: Sandbox, arn: str, status: str, reason: str = "") -> None:
    held = sandbox.memory(Certificates).held[arn]
    held.status, held.reason = status, reason


def test_issued_one_is_adopted_before_one_that_waits(sandbox: Sandbox) -> None:
    by_hand(sandbox)
    issued = by_hand(sandbox, KeyAlgorithm="EC_prime256v1")
    theirs = by_hand(sandbox, Tags=[{"Key": "awsbase:address", "Value": "certificate/other"}])
    for arn in (issued, theirs):
        set_status(sandbox, arn, "ISSUED")
    report = made(sandbox)
    assert "certificate/web: update tags" in said(report)
    tagged = sandbox.client("acm", HOME.region).list_tags_for_certificate(CertificateArn=issued)["Tags"]
    assert tagged == [{"Key": "awsbase:address", "Value": "certificate/web"}]
    kept = [note for each in away(sandbox, "reconcile", wanting(WEB)).outcomes for note in each.notes]
    assert any(note.startswith("kept: it has no tag awsbase:created-by") for note in kept)


def test_one_that_timed_out_is_requested_anew(sandbox: Sandbox) -> None:
    made(sandbox)
    sandbox.clock.advance(4 * DAYS)
    assert said(made(sandbox)) == ["certificate/web: create certificate"]
    assert [each["Status"] for each in listed(sandbox)] == ["VALIDATION_TIMED_OUT", "PENDING_VALIDATION"]


def test_one_that_failed_is_explained_and_not_requested_again_and_again(sandbox: Sandbox) -> None:
    made(sandbox)
    set_status(sandbox, listed(sandbox)[0]["CertificateArn"], "FAILED", "CAA_ERROR")
    plan = go(sandbox, "plan", wanting(WEB))
    assert said(plan) == []
    (ask,) = [each for each in plan.manual_actions if each.address == "certificate/web"]
    assert ask.title == f"AWS refuses the certificate web for {NAME}, *.{NAME}: CAA_ERROR"
    assert "add one for amazon.com" in ask.steps[0]


def test_one_that_something_uses_is_kept(sandbox: Sandbox) -> None:
    made(sandbox)
    sandbox.memory(Certificates).held[listed(sandbox)[0]["CertificateArn"]].used_by.append("arn:balancer")
    report = away(sandbox, "reconcile", wanting(WEB))
    assert notes(report) == ["kept: arn:balancer uses it"]
    assert len(listed(sandbox)) == 1


def test_records_of_a_zone_elsewhere_are_asked_for(sandbox: Sandbox) -> None:
    elsewhere = Certificate(
        scope=HOME, name="web", domains=("acme.org", "*.acme.org"), by_hand=("acme.org", "*.acme.org")
    )
    assert problems(go(sandbox, "reconcile", [elsewhere])) == []
    (ask,) = go(sandbox, "plan", [elsewhere]).manual_actions
    (step, _) = ask.steps
    assert step.startswith("enter _")
    assert ".acme.org CNAME _" in step
