"""The drill distinguishes all failures of an alarm, and restores every alarm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.drill import DrillResult, drill
from awsbase.engine.account import Account, identify
from awsbase.engine.facts import Facts
from awsbase.engine.wire import Wire
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import Topic
from awsbase.manifest.notify import topic_key_statements, topic_policy
from awsbase.sandbox import Fault, Sandbox
from tests.contract.sample import HOME, go, problems

MAIL = "sec@acme.example"
KEY = Key(
    scope=HOME,
    name="acme-notify-security",
    description="Topic",
    policy=key_policy(HOME, *topic_key_statements(HOME, "acme-security")),
)
TOPIC = Topic(scope=HOME, name="acme-security", policy=topic_policy(HOME, "acme-security"), key=KEY.address)
LISTENER = Subscription(scope=HOME, topic=TOPIC.name, protocol="email", endpoint=MAIL)
ALARM = Alarm(
    scope=HOME,
    name="acme-root-use",
    description="Root was used.",
    namespace="acme/security",
    metric="root-use",
    threshold=1,
    treat_missing="notBreaching",
    actions=(TOPIC.arn,),
    made_here=(TOPIC.address,),
)
ELSEWHERE = TOPIC.arn.replace("eu-west-1", "us-east-1")


def made(*, confirmed: bool = True) -> Sandbox:
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", [KEY, TOPIC, LISTENER, ALARM])) == []
    if confirmed:
        sandbox.confirm(TOPIC.arn, MAIL)
    return sandbox


def rung(sandbox: Sandbox, *alarms: Alarm, stop: Event | None = None) -> list[DrillResult]:
    with account_of(sandbox) as (account, facts):
        return drill(account, alarms or [ALARM], facts, clock=sandbox.clock, stop=stop)


@contextmanager
def account_of(sandbox: Sandbox) -> Iterator[tuple[Account, Facts]]:
    wire = Wire()
    account = identify(Aws(sandbox.session(), "eu-west-1", attach=[wire.attach]), wire)
    with ThreadPoolExecutor(2) as pool:
        yield account, Facts(account.aws, pool)


def state(sandbox: Sandbox) -> Any:
    return cloudwatch(sandbox).describe_alarms(AlarmNames=[ALARM.name])["MetricAlarms"][0]["StateValue"]


def cloudwatch(sandbox: Sandbox) -> Any:
    return sandbox.client("cloudwatch", "eu-west-1")


def without_actions(sandbox: Sandbox) -> None:
    cloudwatch(sandbox).put_metric_alarm(
        AlarmName=ALARM.name,
        Namespace="acme/security",
        MetricName="root-use",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )


def policy_of_key(sandbox: Sandbox, policy: Any) -> None:
    sandbox.client("kms", "eu-west-1").put_key_policy(
        KeyId=sandbox.client("kms", "eu-west-1").describe_key(KeyId=KEY.alias)["KeyMetadata"]["KeyId"],
        PolicyName="default",
        Policy=json.dumps(policy),
    )


def attribute(sandbox: Sandbox, name: str, value: str) -> None:
    sandbox.client("sns", "eu-west-1").set_topic_attributes(
        TopicArn=TOPIC.arn, AttributeName=name, AttributeValue=value
    )


def owner_only(policy: Any) -> Any:
    return {**policy, "Statement": policy["Statement"][:1]}


def unsubscribe(sandbox: Sandbox) -> None:
    sns = sandbox.client("sns", "eu-west-1")
    (subscription,) = sns.list_subscriptions()["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


def filtered(sandbox: Sandbox) -> None:
    sns = sandbox.client("sns", "eu-west-1")
    (subscription,) = sns.list_subscriptions()["Subscriptions"]
    sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"severity": ["high"]}),
    )


def speak_elsewhere(sandbox: Sandbox) -> None:
    # Refused when it is put, by the sandbox and by AWS's documents; alarms of older days may have it.
    sandbox.backend("cloudwatch", "eu-west-1").alarms[ALARM.name].alarm_actions = [ELSEWHERE]


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda aws: None, "delivered"),
        (unsubscribe, "nobody"),
        (filtered, "filtered"),
        (lambda aws: policy_of_key(aws, owner_only(KEY.policy)), "key-refused"),
        (lambda aws: attribute(aws, "KmsMasterKeyId", "alias/aws/sns"), "key-refused"),
        (lambda aws: attribute(aws, "Policy", json.dumps(owner_only(TOPIC.policy))), "topic-refused"),
        (lambda aws: aws.client("sns", "eu-west-1").delete_topic(TopicArn=TOPIC.arn), "no-topic"),
        (speak_elsewhere, "wrong-region"),
        (without_actions, "no-action"),
        (lambda aws: cloudwatch(aws).disable_alarm_actions(AlarmNames=[ALARM.name]), "no-action"),
        (lambda aws: cloudwatch(aws).delete_alarms(AlarmNames=[ALARM.name]), "missing"),
    ],
    ids=[
        "as reconciled",
        "nobody subscribed",
        "a filter policy",
        "the key is for its owner",
        "AWS's own key",
        "the topic is for its owner",
        "topic deleted",
        "topic of another region",
        "no action",
        "actions disabled",
        "alarm deleted",
    ],
)
def test_every_failure_has_its_verdict(spoil: Callable[[Sandbox], object], verdict: str) -> None:
    sandbox = made()
    spoil(sandbox)
    (result,) = rung(sandbox)
    assert (result.alarm, result.verdict, result.region) == (ALARM.name, verdict, "eu-west-1")
    assert result.delivered == (verdict == "delivered")
    assert (result.hint is None) == result.delivered


def test_an_unconfirmed_mail_address_gets_nothing() -> None:
    (result,) = rung(made(confirmed=False))
    assert (result.verdict, result.recipients, result.unconfirmed) == ("unconfirmed", (), (MAIL,))


@pytest.mark.parametrize("before", ["OK", "INSUFFICIENT_DATA", "ALARM"])
def test_an_alarm_is_triggered_in_any_state_and_reset(before: str) -> None:
    sandbox = made()
    cloudwatch(sandbox).set_alarm_state(AlarmName=ALARM.name, StateValue=before, StateReason="test")
    (result,) = rung(sandbox)
    assert result.verdict == "delivered"
    assert result.recipients == (MAIL,)
    assert state(sandbox) == before


def test_an_alarm_is_reset_when_reading_fails() -> None:
    sandbox = made()
    sandbox.faults.add(Fault("access denied", at=2, on="cloudwatch:DescribeAlarmHistory"))
    failed, missing = rung(sandbox, ALARM, replace(ALARM, name="acme-gone"))
    assert (failed.verdict, missing.verdict) == ("failed", "missing")
    assert "not authorized" in failed.detail
    assert state(sandbox) == "INSUFFICIENT_DATA"


def test_older_results_do_not_count() -> None:
    sandbox = made()
    assert rung(sandbox)[0].verdict == "delivered"
    policy_of_key(sandbox, owner_only(KEY.policy))
    assert rung(sandbox)[0].verdict == "key-refused"


def test_no_alarm_is_triggered_after_a_stop() -> None:
    sandbox, stop = made(), Event()
    stop.set()
    sandbox.calls.clear()
    assert rung(sandbox, stop=stop) == []
    assert [call.name for call in sandbox.calls if call.writes] == []


def test_a_drill_writes_only_alarm_states() -> None:
    sandbox = made()
    undisturbed = sandbox.snapshot()
    sandbox.calls.clear()
    rung(sandbox)
    assert {call.name for call in sandbox.calls if call.writes} == {"cloudwatch:SetAlarmState"}
    assert sandbox.snapshot() == undisturbed
