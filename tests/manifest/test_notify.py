"""Channels become topics where they are used, with policies that let this account's services speak."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.engine.scope import Scope
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.topic import Topic
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest, resources
from awsbase.manifest.notify import topic_key_statements, topic_policy
from awsbase.policies import problems
from tests.manifest.saying import ACCOUNT, mistakes, source

IRELAND = Scope("123456789012", "eu-west-1", "eu-west-1")
CHINA = Scope("123456789012", "cn-north-1", "cn-northwest-1")


def of(text: str, home: str = "eu-west-1") -> dict[str, Any]:
    """Return the resources of a manifest by address."""
    manifest = understand(source(ACCOUNT.replace("eu-west-1", home) + text), Manifest)
    return {resource.address: resource for each in resources(manifest).values() for resource in each}


@pytest.mark.parametrize(
    ("home", "text", "addresses"),
    [
        ("eu-west-1", "notify: {ops: {}}", ["topic/acme-ops"]),
        ("eu-west-1", "notify:\n  ops:", ["topic/acme-ops"]),
        (
            "eu-west-1",
            "notify: {ops: {email: [a@x.example], sqs: ['arn:aws:sqs:eu-west-1:123456789012:q']}}",
            [
                "topic/acme-ops",
                "subscription/acme-ops/email:a@x.example",
                "subscription/acme-ops/sqs:arn:aws:sqs:eu-west-1:123456789012:q",
            ],
        ),
        ("eu-west-1", "notify: {security: {}}", ["key/acme-notify-security", "topic/acme-security"]),
        ("eu-west-1", "notify: {security: {encrypted: false}}", ["topic/acme-security"]),
        ("eu-west-1", "notify: {ops: {encrypted: true}}", ["key/acme-notify-ops", "topic/acme-ops"]),
        (
            "eu-west-1",
            "notify: {billing: {email: [a@x.example]}}\nalarms: {billing: {amounts: [5]}}",
            [
                "topic/acme-billing@us-east-1",
                "subscription/acme-billing/email:a@x.example@us-east-1",
                "billing-alerts/123456789012",
                "alarm/acme-billing-5-usd@us-east-1",
            ],
        ),
        (
            "us-east-1",
            "notify: {billing: {}}\nalarms: {billing: {amounts: [5]}}",
            ["topic/acme-billing", "billing-alerts/123456789012", "alarm/acme-billing-5-usd"],
        ),
        (
            "eu-west-1",
            "notify: {security: {}}\nalarms: {billing: {amounts: [5], notify: security}}",
            [
                "key/acme-notify-security@us-east-1",
                "topic/acme-security@us-east-1",
                "billing-alerts/123456789012",
                "alarm/acme-billing-5-usd@us-east-1",
            ],
        ),
    ],
    ids=[
        "unused: at home",
        "default",
        "subscribers",
        "security has a key",
        "security without a key",
        "another one with a key",
        "billing: far from home",
        "billing: at home",
        "security used for bills",
    ],
)
def test_channel_has_a_topic_in_each_region_that_uses_it(home: str, text: str, addresses: list[str]) -> None:
    assert list(of(text, home)) == addresses


@pytest.mark.parametrize(
    ("text", "plain", "subscribers"),
    [
        ("{}", False, {}),
        ("{encrypted: false}", True, {}),
        ("{email: []}", False, {"email": ()}),
        ("{email: [a@x.example], lambda: []}", False, {"email": ("a@x.example",), "lambda": ()}),
    ],
    ids=["default", "encryption off", "empty list", "two lists"],
)
def test_missing_keys_leave_settings_unmanaged(text: str, plain: bool, subscribers: dict[str, tuple[str, ...]]) -> None:
    topic: Topic = of(f"notify: {{ops: {text}}}")["topic/acme-ops"]
    assert (topic.plain, topic.subscribers, topic.key) == (plain, subscribers, None)


def test_topic_is_encrypted_with_the_key_of_its_region() -> None:
    made = of("notify: {security: {}}\nalarms: {billing: {notify: security}}")
    topic: Topic = made["topic/acme-security@us-east-1"]
    key: Key = made["key/acme-notify-security@us-east-1"]
    assert topic.key == key.address
    assert topic.scope == key.scope
    assert key.scope.region == "us-east-1"


@pytest.mark.parametrize("scope", [IRELAND, CHINA], ids=["Ireland", "China"])
def test_topic_policies_are_valid_in_every_partition(scope: Scope) -> None:
    for document in (topic_policy(scope, "acme-ops"), key_policy(scope, *topic_key_statements(scope, "acme-ops"))):
        assert problems(document, "resource") == []
        arns = [word for word in str(document).split("'") if word.startswith("arn:")]
        assert arns
        assert {arn.split(":")[1] for arn in arns} == {scope.partition}


def test_services_publish_for_this_account_only_where_aws_sends_the_account() -> None:
    statements: Any = topic_policy(IRELAND, "acme-ops")["Statement"]
    services = {
        each["Principal"]["Service"]: each.get("Condition")
        for each in statements
        if "Sid" in each and each["Sid"] != "Owner"
    }
    assert list(services) == [
        f"{name}.amazonaws.com" for name in ("cloudwatch", "events", "budgets", "cloudtrail", "costalerts")
    ]
    # EventBridge sends no condition keys, so a statement that requires them never allows it anything.
    assert services.pop("events.amazonaws.com") is None
    assert all("123456789012" in str(condition) for condition in services.values())

    used: Any = topic_key_statements(IRELAND, "acme-ops")
    events = next(each for each in used if each["Principal"].get("Service") == ["events.amazonaws.com"])
    assert "aws:SourceAccount" not in str(events)
    assert "arn:aws:sns:eu-west-1:123456789012:acme-ops" in str(events)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("notify: {a b: {}}", "'a b' is no channel name, it is 1 to 64 letters, digits and _-"),
        ("notify: {ops: {emial: []}}", "unknown key 'emial', did you mean 'email'?"),
        ("notify: {ops: {email: [nobody]}}", "'nobody' is no e-mail address"),
        ("notify: {ops: {email: [a@x.example, a@x.example]}}", "'a@x.example' is listed twice"),
        ("notify: {ops: {email: [a@x.example, A@x.example]}}", "'a@x.example' and 'A@x.example' are one address"),
        ("notify: {ops: {https: ['http://x.example']}}", "is no https address, write https://x.example"),
        ("notify: {ops: {https: ['x.example']}}", "is no https address, it begins with https://"),
        ("notify: {ops: {https: ['http://a:b@x.example']}}", "is no https address, write https:// for http://"),
        ("notify: {ops: {https: 'https://a:b@x.example'}}", "must be a list, not 'https://****@x.example#"),
        (
            "notify: {ops: {https: ['https://a:b@x.example', 'https://a:c@x.example']}}",
            "is listed with two passwords, keep one of them",
        ),
        ("notify: {ops: {sqs: [q]}}", "'q' is no queue ARN"),
        ("notify: {ops: {lambda: ['arn:aws:sqs:eu-west-1:123456789012:q']}}", "is no function ARN"),
        (
            "notify: {ops: {sqs: ['arn:aws-cn:sqs:cn-north-1:123456789012:q']}}",
            "is outside of aws, where this account is",
        ),
    ],
    ids=[
        "name of a channel",
        "unknown key",
        "no address",
        "twice",
        "twice in other letters",
        "http",
        "no scheme",
        "http with a password",
        "no list",
        "two passwords",
        "no queue",
        "a queue for a function",
        "another partition",
    ],
)
def test_mistake_in_a_channel_gives_advice(text: str, expected: str) -> None:
    (mistake,) = mistakes(ACCOUNT + text, Manifest)
    assert expected in mistake
    assert mistake.startswith("m.yaml:3: notify.")
