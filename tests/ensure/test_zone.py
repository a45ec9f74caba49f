"""A zone is found by its name, delegated by somebody else, and holds records of several people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from awsbase.engine.changes import Report
from awsbase.ensure.zone import Zone
from awsbase.ensure.zone_records import Record, ZoneRecords
from awsbase.facts.delegation import RESOLVER
from awsbase.facts.zones import meaning_of, text_of, written
from awsbase.sandbox import Fault, Sandbox
from awsbase.sandbox.dns_server import serving
from awsbase.testing.removal import away
from tests.contract.sample import HOME, go, problems, risky, said

NAME = "acme.example"
ZONE = Zone(scope=HOME, name=NAME)
MX = Record(NAME, "MX", ("10 mail.acme.example",))
WWW = Record(f"www.{NAME}", "A", ("192.0.2.1",))
BATCH = f"zone-records/{NAME}: update records"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def delegated(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Yield the account with its public DNS, which product code asks."""
    with serving(sandbox) as address:
        monkeypatch.setenv(RESOLVER, address)
        yield sandbox


def wanting(*records: Record) -> list[Zone | ZoneRecords]:
    return [ZONE, ZoneRecords(scope=HOME, zone=NAME, records=records)]


def made(sandbox: Sandbox, *records: Record) -> Report:
    report = go(sandbox, "reconcile", wanting(*records))
    assert problems(report) == []
    return report


def id_of(sandbox: Sandbox) -> str:
    id: str = sandbox.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    return id


def by_hand(sandbox: Sandbox, action: str, name: str, type: str, *values: str, **more: Any) -> None:
    record = {"Name": name, "Type": type, "TTL": 300, "ResourceRecords": [{"Value": value} for value in values], **more}
    changes: Any = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    sandbox.client("route53").change_resource_record_sets(HostedZoneId=id_of(sandbox), ChangeBatch=changes)


def there(sandbox: Sandbox) -> list[str]:
    """Return the records of the zone that neither it nor awsbase needs."""
    sets = sandbox.client("route53").list_resource_record_sets(HostedZoneId=id_of(sandbox))["ResourceRecordSets"]
    needed = ("NS", "SOA")
    return [
        f"{each['Name']} {each['Type']}" for each in sets if each["Type"] not in needed and "_aws" not in each["Name"]
    ]


def test_of_two_zones_of_one_name_neither_is_taken(sandbox: Sandbox) -> None:
    for reference in ("one", "two"):
        sandbox.client("route53").create_hosted_zone(Name=NAME, CallerReference=reference)
    report = go(sandbox, "reconcile", wanting(WWW))
    (first, _) = problems(report)
    assert f"2 public hosted zones are called {NAME}" in first
    assert report.writes == 0


def test_private_zone_of_the_same_name_is_another_one(sandbox: Sandbox) -> None:
    vpc = sandbox.client("ec2", HOME.region).describe_vpcs()["Vpcs"][0]["VpcId"]
    sandbox.client("route53").create_hosted_zone(
        Name=NAME,
        CallerReference="x",
        VPC={"VPCRegion": HOME.region, "VPCId": vpc},
        HostedZoneConfig={"PrivateZone": True},
    )
    assert said(made(sandbox)) == [f"zone/{NAME}: create zone", f"zone/{NAME}: update tags"]


def test_what_the_manifest_drops_goes_if_it_made_it_and_nobody_has_changed_it(sandbox: Sandbox) -> None:
    made(sandbox, MX, WWW, Record(f"api.{NAME}", "A", ("192.0.2.2",)))
    by_hand(sandbox, "UPSERT", f"api.{NAME}", "A", "192.0.2.3")
    by_hand(sandbox, "CREATE", f"theirs.{NAME}", "A", "192.0.2.4")
    plan = go(sandbox, "plan", wanting(MX))
    assert said(plan) == risky(plan) == [BATCH]
    made(sandbox, MX)
    assert there(sandbox) == [f"{NAME}. MX", f"api.{NAME}. A", f"theirs.{NAME}. A"]
    assert said(go(sandbox, "plan", wanting(MX))) == []


def test_what_was_there_before_is_corrected_and_never_deleted(sandbox: Sandbox) -> None:
    made(sandbox)
    by_hand(sandbox, "CREATE", f"www.{NAME}", "A", "192.0.2.9")
    made(sandbox, WWW)
    made(sandbox)
    assert there(sandbox) == [f"www.{NAME}. A"]
    report = away(sandbox, "reconcile", wanting(WWW))
    assert [note for outcome in report.outcomes for note in outcome.notes] == [
        f"kept: it is used by zone-records/{NAME}, which stays",
        f"kept: this manifest did not make www.{NAME} A as it is",
    ]
    (outcome, _) = away(sandbox, "reconcile", wanting()).outcomes
    assert outcome.notes == (f"kept: this manifest did not make www.{NAME} A in it",)


def test_name_becomes_an_alias_of_another_in_one_batch(sandbox: Sandbox) -> None:
    made(sandbox, WWW)
    made(sandbox, Record(f"www.{NAME}", "CNAME", ("acme.github.io",)))
    assert there(sandbox) == [f"www.{NAME}. CNAME"]
    assert len([call for call in sandbox.calls if call.operation == "ChangeResourceRecordSets"]) == 2


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        (("CNAME", ["acme.github.io"], {}), "has a record CNAME that the manifest does not name"),
        (("A", ["192.0.2.7"], {"SetIdentifier": "a", "Weight": 1}), "has several A records with a routing policy"),
    ],
    ids=["CNAME", "routed"],
)
def test_record_of_somebody_else_in_the_way_is_told_before_anything_is_sent(
    sandbox: Sandbox, theirs: tuple[str, list[str], dict[str, Any]], why: str
) -> None:
    made(sandbox)
    type, values, more = theirs
    by_hand(sandbox, "CREATE", f"www.{NAME}", type, *values, **more)
    (problem,) = problems(go(sandbox, "plan", wanting(WWW)))
    assert why in problem


def test_many_records_go_in_several_batches(sandbox: Sandbox) -> None:
    many = [Record(f"n{number}.{NAME}", "A", ("192.0.2.1", "192.0.2.2")) for number in range(201)]
    report = made(sandbox, *many)
    assert said(report)[-2:] == [BATCH, f"{BATCH}, batch 2"]
    assert len(there(sandbox)) == 201
    assert said(go(sandbox, "plan", wanting(*many))) == []
    assert said(go(sandbox, "plan", wanting(*many[1:]))) == [BATCH]
    assert problems(away(sandbox, "reconcile", wanting(*many))) == []
    assert sandbox.snapshot()["route53"] == {}


WANTED = Zone(scope=HOME, name=NAME, delegated=True)


def asked(sandbox: Sandbox) -> tuple[list[str], list[str]]:
    """Return what is asked of people, and what is noted, about the delegation."""
    plan = go(sandbox, "plan", [WANTED])
    return [each.title for each in plan.manual_actions], [note for each in plan.outcomes for note in each.notes]


def test_delegation_is_asked_for_with_the_four_name_servers(delegated: Sandbox) -> None:
    assert asked(delegated) == ([], [f"once it is made, {NAME} has to be delegated to its name servers"])
    go(delegated, "reconcile", [WANTED])
    (ask,) = go(delegated, "plan", [WANTED]).manual_actions
    assert ask.title == f"{NAME} is not delegated: the hosted zone answers to nobody"
    assert len([step for step in ask.steps if ".awsdns-" in step]) == 4
    delegated.delegate(NAME, ["ns1.registrar.example"])
    assert asked(delegated)[0] == [f"{NAME} leads to ns1.registrar.example: the hosted zone answers to nobody"]
    delegated.delegate(NAME)
    assert asked(delegated) == ([], [])


def test_failing_resolver_says_nothing_about_the_delegation(delegated: Sandbox, monkeypatch: Any) -> None:
    go(delegated, "reconcile", [WANTED])
    delegated.delegate(NAME, ["ns-1.awsdns-99.com"])
    actions, (note,) = asked(delegated)
    assert actions == []
    assert "is unknown: the resolver failed" in note
    monkeypatch.setenv(RESOLVER, "nowhere")
    assert "AWSBASE_RESOLVER is 'nowhere', which is no address" in problems(go(delegated, "plan", [WANTED]))[0]


@pytest.mark.parametrize(
    ("type", "one", "other"),
    [
        ("TXT", '"v=spf1 -all"', '"v=spf1" " -all"'),
        ("TXT", '"a\\"b"', '"a\\042b"'),
        ("MX", "10 Mail.acme.example.", "10  mail.acme.example"),
        ("CNAME", "ACME.github.io.", "acme.github.io"),
        ("AAAA", "2001:DB8:0::1", "2001:db8::1"),
        ("DS", "1 13 2 abcd ef01", "1 13 2 ABCDEF01"),
        ("SRV", "1 2 3 Chat.example.", "1 2 3 chat.example"),
    ],
)
def test_two_ways_of_writing_a_record_say_the_same(type: str, one: str, other: str) -> None:
    assert meaning_of(type, [one], None) == meaning_of(type, [other], None)


@pytest.mark.parametrize("text", ["v=spf1 -all", 'a "b" \\ c', "ä" * 200, "x" * 600, ""])
def test_text_is_quoted_and_split_and_read_back(text: str) -> None:
    sent = written("TXT", text)
    assert text_of(sent) == text
    assert sent.isascii()
    assert all(len(part) <= 1 + 4 * 255 for part in sent.split('" "'))


def test_batch_whose_answer_was_lost_is_known_to_be_done(sandbox: Sandbox) -> None:
    made(sandbox, MX, WWW)
    sandbox.faults.add(Fault("reset after", on="route53:ChangeResourceRecordSets"))
    report = go(sandbox, "reconcile", wanting(MX), attempts=2)
    assert (problems(report), said(report)) == ([], [BATCH])
    assert there(sandbox) == [f"{NAME}. MX"]
