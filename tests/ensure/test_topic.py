"""A topic has our policy and key, and nobody listens who is not listed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Facts
from awsbase.ensure.topic import SubscriptionFacts, Topic, TopicFacts, subscriptions, topic, topic_tags
from awsbase.facts import tags
from awsbase.manifest.notify import topic_policy
from awsbase.sandbox import Request, Rule, Sandbox
from tests.ensure.planned import HOME, planned, said

KEY = "arn:aws:kms:eu-west-1:123456789012:key/0"
WANT = Topic(scope=HOME, name="acme-ops", policy=topic_policy(HOME, "acme-ops"), tags={"owner": "platform"})
TAGS = {"owner": "platform", "awsbase:address": "topic/acme-ops"}
GOOD = TopicFacts(policy=WANT.policy)


def facts(
    have: TopicFacts | None, *listening: SubscriptionFacts, indexed: Any = None, real: Any = None
) -> dict[Any, Any]:
    return {
        topic: have,
        subscriptions: listening,
        tags.tags: {WANT.arn: TAGS if indexed is None else indexed},
        topic_tags: TAGS if real is None else real,
    }


def listens(who: str, *, pending: bool = False, protocol: str = "email") -> SubscriptionFacts:
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
def test_a_topic_gets_its_policy_and_tags(have: dict[Any, Any], changes: list[str]) -> None:
    assert said(planned(WANT, have)) == changes


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
def test_a_topic_is_encrypted_as_the_manifest_says(want: dict[str, Any], have: str, risky: list[bool]) -> None:
    run = planned(replace(WANT, **want), facts(replace(GOOD, key=have)), {"key/k": KEY})
    assert [bool(change.risk) for change in run.changes] == risky
    assert said(run) == ["update encryption"] * len(risky)


def test_a_topic_can_be_planned_with_a_key_that_is_not_there_yet() -> None:
    run = planned(replace(WANT, key="key/k"), facts(None), {"key/k": Unknown("key")})
    assert said(run) == ["create topic"]


@pytest.mark.parametrize(
    ("listeners", "listening", "dismissed"),
    [
        ({}, [listens("a@x.example")], []),
        ({"email": ()}, [listens("a@x.example"), listens("https://x.example", protocol="https")], ["a@x.example"]),
        ({"https": ("https://a:hunter2@x.example",)}, [listens("https://a:****@x.example", protocol="https")], []),
        ({"email": ("a@x.example",)}, [listens("A@x.example"), listens("b@x.example")], ["b@x.example"]),
        ({"email": ()}, [listens("a@x.example", pending=True)], []),
    ],
    ids=[
        "no list, not managed",
        "empty list",
        "a password that AWS keeps to itself",
        "a list is exact",
        "pending ones expire",
    ],
)
def test_nobody_listens_who_is_not_on_a_list_that_is_given(
    listeners: dict[str, tuple[str, ...]], listening: list[SubscriptionFacts], dismissed: list[str]
) -> None:
    run = planned(replace(WANT, listeners=listeners), facts(GOOD, *listening))
    assert said(run) == [f"delete subscription email:{who}" for who in dismissed]


def test_who_listened_to_a_deleted_topic_does_not_listen_to_its_successor() -> None:
    def ghosts(request: Request, said: dict[str, Any]) -> None:
        """AWS goes on listing what belonged to a deleted topic, under the ARN that the new one has too."""
        ghost = {"TopicArn": WANT.arn, "Owner": HOME.account, "Protocol": "email", "Endpoint": "a@x.example"}
        said["Subscriptions"] += [{**ghost, "SubscriptionArn": f"{WANT.arn}:1"}]

    sandbox = Sandbox(rules=(Rule("sns:ListSubscriptions", after=ghosts),))
    sandbox.client("sns", HOME.region).create_topic(Name=WANT.name)
    with ThreadPoolExecutor(2) as pool:
        facts = Facts(Aws(sandbox.session(), HOME.region), pool)
        assert facts.read(subscriptions, HOME.region, WANT.arn) == ()
