"""Changes that widen access are risky, changes that restrict it are not: cases that no tampering covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure.log_group import LogGroup, LogGroupFacts, log_group
from awsbase.ensure.metadata_defaults import MetadataDefaults
from awsbase.ensure.regions import everywhere
from awsbase.ensure.security_group import GroupFacts, SecurityGroup, security_groups
from awsbase.facts import tags
from awsbase.facts.buckets import bucket_tags
from awsbase.facts.security_rules import Rule
from tests.ensure import test_alarm as of_alarms
from tests.ensure import test_bucket as of_buckets
from tests.ensure import test_secret as of_secrets
from tests.ensure import test_topic as of_topics
from tests.ensure.planned import HOME, planned

VPC = {"vpc/acme": {"id": "vpc-1", "ipv6": None}}
WEB = {"Name": "web", "awsbase:address": "security-group/web"}


def https(other: str, first: int = 443, last: int = 443) -> Rule:
    return Rule("tcp", (first, last), other)


def group(have: list[Rule] | None, *want: Rule) -> tuple[Resource, Any, Any]:
    there = () if have is None else (GroupFacts("sg-1", "web", "vpc-1", tuple(have), tags=WEB),)
    return SecurityGroup(scope=HOME, name="web", vpc="vpc/acme", ingress=want, egress=()), {security_groups: there}, VPC


OPEN = https("0.0.0.0/0")
OFFICE = https("203.0.113.0/24")


@pytest.mark.parametrize(
    ("case", "why"),
    [
        pytest.param(group(None, OPEN), ["open to the world"], id="new, for the world"),
        pytest.param(group(None, https("::/0")), ["open to the world"], id="new, for the world of IPv6"),
        pytest.param(group(None, https("0.0.0.0/1")), ["open to the world"], id="new, for half of the world"),
        pytest.param(group(None, https("2000::/3")), ["open to the world"], id="new, for all that is routed of IPv6"),
        pytest.param(group(None, https("fc00::/7")), [], id="new, for private networks of IPv6"),
        pytest.param(group(None, OFFICE), [], id="new, for the office"),
        pytest.param(group([], OFFICE), ["lets 203.0.113.0/24 in"], id="the office"),
        pytest.param(group([], https("10.1.0.0/16")), [], id="a private network"),
        pytest.param(group([], https("sg-2")), [], id="another group"),
        pytest.param(group([], https("pl-12345678")), ["lets pl-12345678 in"], id="a prefix list"),
        pytest.param(group([OFFICE], OFFICE, https("203.0.113.7/32")), [], id="one of the office"),
        pytest.param(group([OPEN], OFFICE), [], id="the office for the world"),
        pytest.param(group([OFFICE], OPEN), ["open to the world"], id="the world for the office"),
        pytest.param(group([OFFICE], https(OFFICE.other, 22, 443)), ["lets 203.0.113.0/24 in"], id="more ports"),  # type: ignore[arg-type]
        pytest.param(group([https("0.0.0.0/0", 0, 65535)], OFFICE), [], id="fewer ports"),
        pytest.param(group([Rule("-1", None, "0.0.0.0/0")], OFFICE), [], id="one protocol of all"),
        pytest.param(group([OFFICE], Rule("udp", (443, 443), OFFICE.other)), ["lets 203.0.113.0/24 in"], id="udp"),
    ],
)
def test_security_group_that_allows_more_sources_is_risky(case: tuple[Resource, Any, Any], why: list[str]) -> None:
    assert reasons(*case) == why


@pytest.mark.parametrize(
    ("age", "why"),
    [
        (timedelta(hours=-1), []),
        (timedelta(days=-2), ["lets 203.0.113.0/24 in"]),
        (None, ["lets 203.0.113.0/24 in"]),
    ],
    ids=["an hour old", "two days old", "unreadable age"],
)
def test_rules_of_a_half_created_security_group_are_not_risky(age: timedelta | None, why: list[str]) -> None:
    created = (datetime.now(UTC) + age).isoformat() if age else "once"
    there = (GroupFacts("sg-1", "web", "vpc-1", tags={**WEB, tags.CREATED_AT: created}),)
    want = SecurityGroup(scope=HOME, name="web", vpc="vpc/acme", ingress=(OFFICE,), egress=())
    assert reasons(want, {security_groups: there}, VPC) == why


def reasons(want: Resource, facts: Any, results: Any = None) -> list[str]:
    """Return the reasons of the risky changes in the plan."""
    return [
        change.risk.reason if change.risk else "" for change in planned(want, facts, results).changes if change.risk
    ]


THEIRS: dict[str, Any] = {"policy": {"Version": "2012-10-17", "Statement": [of_buckets.THEIRS]}}
SOONER = "Awsbase-old-versions: goes sooner, for good"
RULES = of_buckets.good().rules
KEPT_LONGER = [{**rule, "NoncurrentVersionExpiration": {"NoncurrentDays": 365}} for rule in RULES[1:]]


@pytest.mark.parametrize(
    ("have", "tagged", "why"),
    [
        ({"rules": []}, True, [SOONER]),
        ({"rules": [], "versioning": ""}, True, []),
        ({"rules": [], "versioning": ""}, False, [SOONER]),
        ({"rules": KEPT_LONGER}, True, [SOONER]),
        ({"rules": [{**RULES[1], "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}]}, True, []),
        ({**THEIRS, "rules": []}, False, [SOONER]),
    ],
    ids=[
        "rules removed",
        "a run was cut off before the rules",
        "made by hand",
        "kept longer",
        "kept shorter",
        "somebody else's bucket",
    ],
)
def test_deleting_old_versions_sooner_is_risky(have: dict[str, Any], tagged: bool, why: list[str]) -> None:
    facts = of_buckets.facts(of_buckets.good(**have))
    if not tagged:
        facts = {**facts, tags.indexed: {}, bucket_tags: {}}
    assert reasons(of_buckets.WANT, facts, {of_buckets.KEY.address: of_buckets.ARN}) == why


def test_removing_the_key_of_a_bucket_is_risky() -> None:
    want = replace(of_buckets.WANT, key=None, statements=())
    found = reasons(want, of_buckets.facts(of_buckets.good()))
    assert found[0] == "no key is asked for"
    assert found[1].startswith("no longer denies Principal AWS *, Action s3:PutObject")


@pytest.mark.parametrize(
    ("have", "why"),
    [
        ({"Threshold": 0.5}, ["it rings later"]),
        ({"Threshold": 5.0}, []),
        ({"ComparisonOperator": "LessThanThreshold", "Threshold": 0.5}, []),
        ({"AlarmActions": []}, []),
        ({"DatapointsToAlarm": 0.5}, ["it rings later"]),
    ],
    ids=["lower threshold", "higher threshold", "below a threshold", "no action", "fewer points"],
)
def test_alarm_that_triggers_later_is_risky(have: dict[str, Any], why: list[str]) -> None:
    assert reasons(of_alarms.WANT, of_alarms.facts({**of_alarms.GOOD, **have})) == why


@pytest.mark.parametrize(
    ("hops", "have", "risky"),
    [(2, {"HttpPutResponseHopLimit": 1}, True), (2, {"HttpPutResponseHopLimit": 3}, False), (2, {}, False)],
    ids=["further", "nearer", "nobody had chosen"],
)
def test_larger_hop_limit_for_metadata_is_risky(hops: int, have: dict[str, int], risky: bool) -> None:
    facts = {everywhere: {"eu-west-1": {"HttpTokens": "required", **have}}}
    assert bool(reasons(MetadataDefaults(scope=HOME, hops=hops), facts)) == risky


@pytest.mark.parametrize(
    ("want", "have", "why"),
    [
        ({"key": None}, {}, ["its own key no longer guards it"]),
        ({}, {"key": "alias/aws/secretsmanager"}, []),
        ({}, {"deleted": True}, ["it can be read again"]),
        (
            {"rotation": of_secrets.ROTATION},
            {"rotation": replace(of_secrets.ROTATION, days=7)},
            ["it rotates more seldom"],
        ),
        ({"rotation": of_secrets.ROTATION}, {"rotation": replace(of_secrets.ROTATION, days=90)}, []),
        ({"rotation": of_secrets.ROTATION}, {}, []),
    ],
    ids=["without its key", "under its key", "restored", "rotated more seldom", "rotated more often", "rotated at all"],
)
def test_weaker_protection_of_a_secret_is_risky(want: dict[str, Any], have: dict[str, Any], why: list[str]) -> None:
    facts = of_secrets.facts(replace(of_secrets.GOOD, **have))
    assert reasons(replace(of_secrets.WANT, **want), facts, of_secrets.MADE) == why


@pytest.mark.parametrize(
    ("subscribed", "why"),
    [
        (["old@x.example"], ["no confirmed subscriber is left"]),
        (["old@x.example", "sec@x.example"], []),
    ],
    ids=["the only one goes", "somebody stays"],
)
def test_topic_without_confirmed_subscribers_is_risky(subscribed: list[str], why: list[str]) -> None:
    want = replace(of_topics.WANT, subscribers={"email": ("sec@x.example",)})
    facts = of_topics.facts(of_topics.GOOD, *map(of_topics.subscriber, subscribed))
    assert reasons(want, facts) == why


@pytest.mark.parametrize(
    ("retention", "risky"),
    [(None, True), (731, True), (30, False)],
    ids=["for ever", "longer", "shorter"],
)
def test_shorter_retention_of_a_log_group_is_risky(retention: int | None, risky: bool) -> None:
    want = LogGroup(scope=HOME, name="acme", retention=365)
    facts: dict[Any, Any] = {
        log_group: LogGroupFacts(retention, None, datetime(2020, 1, 1, tzinfo=UTC)),
        tags.indexed: {want.arn: {"awsbase:address": want.address}},
    }
    assert bool(reasons(want, facts)) == risky
