"""A topic has its policy and key, and no subscribers but the listed ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from awsbase.access.publishing import TopicKey, topic_key
from awsbase.aws import Aws
from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Facts
from awsbase.ensure.key import key_policy
from awsbase.ensure.topic import Topic
from awsbase.facts import tags
from awsbase.facts.topics import SubscriptionFacts, TopicFacts, subscriptions, topic, topic_tags
from awsbase.manifest.notify import topic_key_statements, topic_policy
from awsbase.sandbox import Request, Rule, Sandbox
from tests.ensure.planned import HOME, described, planned

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0"
WANT = Topic(scope=HOME, name="acme-ops", policy=topic_policy(HOME, "acme-ops"), tags={"owner": "platform"})
TAGS = {"owner": "platform", "awsbase:address": "topic/acme-ops"}
GOOD = TopicFacts(policy=WANT.policy)


OPEN_KEY = TopicKey(KEY, policy=key_policy(HOME, *topic_key_statements(HOME, "acme-ops")))


def facts(
    have: TopicFacts | None, *subscribed: SubscriptionFacts, indexed: Any = None, real: Any = None
) -> dict[Any, Any]:
    return {
        topic: have,
        subscriptions: subscribed,
        tags.indexed: {WANT.arn: TAGS if indexed is None else indexed},
        topic_tags: TAGS if real is None else real,
        topic_key: OPEN_KEY,
    }


def subscriber(who: str, *, pending: bool = False, protocol: str = "email") -> SubscriptionFacts:
    return SubscriptionFacts(protocol, who, None if pending else f"{WANT.arn}:{who}")


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (facts(None), ["create topic"]),
        (facts(GOOD), []),
        (facts(replace(GOOD, policy={})), ["update policy"]),
        (facts(GOOD, indexed={}, real={}), ["update tags"]),
        (facts(GOOD, indexed={}), []),
        (facts(GOOD, indexed={**TAGS, "more": "of it"}), []),
    ],
    ids=["missing", "converged", "other policy", "untagged", "not indexed yet", "tagged with more"],
)
def test_topic_gets_its_policy_and_tags(have: dict[Any, Any], changes: list[str]) -> None:
    assert described(planned(WANT, have)) == changes


@pytest.mark.parametrize(
    ("want", "have", "risky"),
    [
        ({"key": "key/k"}, "", [False]),
        ({"key": "key/k"}, "alias/aws/sns", [False]),
        ({"key": "key/k"}, KEY, []),
        ({}, "", []),
        ({}, KEY, []),
        ({}, "alias/aws/sns", [True]),
        ({"plain": True}, KEY, [True]),
        ({"plain": True}, "", []),
    ],
    ids=[
        "ours, was none",
        "ours, was the one of SNS",
        "ours",
        "none",
        "silence keeps a key",
        "the key of SNS is mute",
        "plain takes a key away",
        "plain",
    ],
)
def test_topic_is_encrypted_as_in_the_manifest(want: dict[str, Any], have: str, risky: list[bool]) -> None:
    run = planned(replace(WANT, **want), facts(replace(GOOD, key=have)), {"key/k": KEY})
    assert [bool(change.risk) for change in run.changes] == risky
    assert described(run) == ["update encryption"] * len(risky)


def test_topic_can_be_planned_with_a_planned_key() -> None:
    run = planned(replace(WANT, key="key/k"), facts(None), {"key/k": Unknown("key")})
    assert described(run) == ["create topic"]


@pytest.mark.parametrize(
    ("subscribers", "subscribed", "dismissed"),
    [
        ({}, [subscriber("a@x.example")], []),
        (
            {"email": ()},
            [subscriber("a@x.example"), subscriber("https://x.example", protocol="https")],
            ["a@x.example"],
        ),
        ({"https": ("https://a:hunter2@x.example",)}, [subscriber("https://a:****@x.example", protocol="https")], []),
        ({"email": ("a@x.example",)}, [subscriber("A@x.example"), subscriber("b@x.example")], ["b@x.example"]),
        ({"email": ()}, [subscriber("a@x.example", pending=True)], []),
    ],
    ids=[
        "no list, not managed",
        "empty list",
        "a password that AWS keeps to itself",
        "a list is exact",
        "pending ones expire",
    ],
)
def test_subscribers_that_are_not_listed_are_removed(
    subscribers: dict[str, tuple[str, ...]], subscribed: list[SubscriptionFacts], dismissed: list[str]
) -> None:
    run = planned(replace(WANT, subscribers=subscribers), facts(GOOD, *subscribed))
    assert described(run) == [f"delete subscription email:{who}" for who in dismissed]


def test_subscriptions_of_a_deleted_topic_do_not_count_for_a_new_one() -> None:
    def leftovers(request: Request, response: dict[str, Any]) -> None:
        """AWS still lists the subscriptions of a deleted topic under its ARN, which the new topic has too."""
        leftover = {"TopicArn": WANT.arn, "Owner": HOME.account, "Protocol": "email", "Endpoint": "a@x.example"}
        response["Subscriptions"] += [{**leftover, "SubscriptionArn": f"{WANT.arn}:1"}]

    sandbox = Sandbox(rules=(Rule("sns:ListSubscriptions", after=leftovers),))
    sandbox.client("sns", HOME.region).create_topic(Name=WANT.name)
    with ThreadPoolExecutor(2) as pool:
        facts = Facts(Aws(sandbox.session(), HOME.region), pool)
        assert facts.read(subscriptions, HOME.region, WANT.arn) == ()


@pytest.mark.parametrize(
    ("key", "asked", "noted"),
    [
        (OPEN_KEY, False, False),
        (TopicKey(KEY, policy=key_policy(HOME)), True, False),
        (TopicKey(KEY, policy=key_policy(HOME, topic_key_statements(HOME, "acme-ops")[1])), True, False),
        (TopicKey(KEY, policy=key_policy(HOME, topic_key_statements(HOME, "acme-other")[0])), False, True),
        (replace(OPEN_KEY, state="Disabled"), True, False),
        (TopicKey(KEY, "gone"), True, False),
        (TopicKey(KEY), False, True),
    ],
    ids=["lets all in", "lets nobody in", "events alone", "alarms alone", "disabled", "gone", "unreadable"],
)
def test_foreign_key_that_swallows_alarms_is_told(key: TopicKey, asked: bool, noted: bool) -> None:
    run = planned(WANT, {**facts(replace(GOOD, key=KEY)), topic_key: key})
    assert described(run) == []
    assert (bool(run.manual_actions), bool(run.notes)) == (asked, noted)
    assert all("encrypted: true" in step.steps[0] for step in run.manual_actions)
