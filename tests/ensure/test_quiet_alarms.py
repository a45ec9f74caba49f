"""An alarm or a channel that falls quiet, for anybody or for somebody, needs approval."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.event_rule import includes
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.ensure.password_policy import PasswordPolicy, password_policy
from awsbase.ensure.subscription import Subscription
from awsbase.facts.filter_patterns import silenced
from awsbase.facts.metric_filters import FilterFacts, filters
from awsbase.facts.topics import TopicFacts, subscriptions, topic
from awsbase.manifest.security_alarms import published
from tests.ensure import test_alarm as of_alarms
from tests.ensure import test_password_policy as of_passwords
from tests.ensure.planned import HOME
from tests.ensure.test_visibility_risk import OLD, reasons

UNHEARD = "nobody has confirmed to hear it where it rings from now on"


@pytest.mark.parametrize(
    ("listeners", "before", "why"),
    [(0, [OLD], [UNHEARD]), (1, [OLD], []), (None, [OLD], [UNHEARD]), (0, [], [])],
    ids=["nobody hears it", "somebody does", "no topic", "it rang nowhere"],
)
def test_alarm_that_turns_to_a_topic_without_listeners_is_risky(
    listeners: int | None, before: list[str], why: list[str]
) -> None:
    heard = None if listeners is None else TopicFacts(subscriptions=listeners)
    facts = {**of_alarms.facts({**of_alarms.GOOD, "AlarmActions": before}), topic: heard}
    assert reasons(of_alarms.WANT, facts) == why


ALICE, TRAIL = "arn:aws:iam::123456789012:user/alice", '{ ($.eventName = StopLogging) || ($.eventName = "Delete*") }'
NOT = TRAIL.strip("{} ")


@pytest.mark.parametrize(
    ("have", "want", "why"),
    [
        (None, TRAIL, ""),
        (None, f'{{ ({NOT}) && ($.userIdentity.arn != "*") }}', "it tells no more of StopLogging; Delete"),
        (None, f'{{ ({NOT}) && ($.eventName != "StopLogging") }}', "it tells no more of StopLogging"),
        (None, f'{{ ({NOT}) && ($.userIdentity.arn != "{ALICE}") }}', ""),
        (TRAIL, TRAIL, ""),
        (TRAIL, f'{{ ({NOT}) && ($.userIdentity.arn != "{ALICE}") }}',
         f"it tells no more of StopLogging by {ALICE}; Delete by {ALICE}"),
        (TRAIL, f'{{ ({NOT}) && ($.sourceIPAddress != "*") }}', "it tells no more of StopLogging; Delete"),
        (TRAIL, "{ $.eventName = StopLogging }", "it tells no more of Delete"),
        (TRAIL, "{ ($.eventName = *) || ($.eventName = StopLogging) }", ""),
        ("{ $.eventName = StopLogging }", TRAIL, ""),
        ("[ip, user, status = 4*]", TRAIL, "it may tell less: awsbase does not understand its pattern"),
        ("", TRAIL, "it may tell less: awsbase does not understand its pattern"),
    ],
)  # fmt: skip
def test_pattern_that_tells_less_is_risky(have: str | None, want: str, why: str) -> None:
    feeds = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    held = {} if have is None else {"f": FilterFacts(have, feeds)}
    resource = MetricFilter(scope=HOME, name="f", log_group="g", pattern=want, namespace="n", metric="m", about=TRAIL)
    assert reasons(resource, {filters: held}) == ([why] if why else [])


def test_filter_that_counts_for_another_metric_is_risky() -> None:
    held = {"f": FilterFacts(TRAIL, {"metricName": "theirs", "metricNamespace": "n", "metricValue": "1"})}
    resource = MetricFilter(scope=HOME, name="f", log_group="g", pattern=TRAIL, namespace="n", metric="m")
    assert reasons(resource, {filters: held}) == ["whoever watches its other metric is told nothing any more"]


@pytest.mark.parametrize("controls", list(published()))
def test_the_patterns_of_every_control_are_understood(controls: str) -> None:
    for pattern in published()[controls].patterns:
        assert silenced(pattern, pattern) == []
        assert silenced(pattern, "{ $.eventName = Nothing }")
        assert silenced(pattern, "{ $.eventName = Nothing }", anybody=True)


THERE = TopicFacts(subscriptions=1)


@pytest.mark.parametrize(
    ("protocol", "endpoint", "have", "why"),
    [
        ("sqs", "arn:aws:sqs:eu-west-1:210987654321:q", None, ["account 210987654321 hears what is said on it"]),
        ("sqs", "arn:aws:sqs:eu-west-1:123456789012:q", THERE, []),
        ("lambda", "arn:aws:lambda:eu-west-1:210987654321:function:f", THERE,
         ["account 210987654321 hears what is said on it"]),
        ("https", "https://x.example/a", None, []),
        ("https", "https://x.example/a", THERE, ["whoever owns https://x.example/a hears what is said on it"]),
        ("email", "ann@x.example", THERE, []),
    ],
)  # fmt: skip
def test_queue_or_hook_of_others_is_risky(protocol: str, endpoint: str, have: TopicFacts | None, why: Any) -> None:
    want = Subscription(scope=HOME, topic="acme-security", protocol=protocol, endpoint=endpoint)
    assert reasons(want, {subscriptions: (), topic: have}) == why


@pytest.mark.parametrize(("have", "risky"), [(False, True), (True, False)])
def test_expired_passwords_that_shut_out_are_risky(have: bool, risky: bool) -> None:
    want = PasswordPolicy(scope=HOME, max_age=90, hard_expiry=True)
    facts = {password_policy: {**of_passwords.STRONG, "MaxPasswordAge": 90, "HardExpiry": have}}
    assert bool(reasons(want, facts)) == risky


PATTERN = {"source": ["aws.signin"], "detail": {"type": ["Root"]}}


@pytest.mark.parametrize(
    ("have", "heard"),
    [
        (PATTERN, True),
        ({**PATTERN, "account": ["1"]}, True),
        ({"source": ["aws.signin"]}, False),
        ({**PATTERN, "source": ["aws.signin", "aws.iam"]}, False),
        ("text", False),
    ],
)
def test_event_pattern_that_takes_less_is_seen(have: Any, heard: bool) -> None:
    assert includes(PATTERN, have) == heard
