"""A rule is enabled, matches its pattern, and sends a sentence to its topic; other targets stay."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.event_rule import EventRule, NoTarget, RuleFacts, check, rule, rule_tags, target_of, targets
from awsbase.facts import tags
from tests.ensure.planned import HOME, described, planned

WANT = EventRule(
    scope=HOME,
    name="acme-root-sign-in",
    description="Root signed in.",
    pattern={"source": ["aws.signin"]},
    topic="arn:aws:sns:eu-west-1:123456789012:acme-security",
    message="root signed in from <from>",
    values={"from": "$.detail.sourceIPAddress"},
)
GOOD = RuleFacts({"source": ["aws.signin"]}, "Root signed in.", "ENABLED")
TARGET = target_of(WANT)
OTHER = {"Id": "queue", "Arn": "arn:aws:sqs:eu-west-1:123456789012:q"}


@pytest.mark.parametrize(
    ("have", "sends", "changes"),
    [
        (None, {}, ["create rule", "create target"]),
        (GOOD, {"awsbase": TARGET}, []),
        (GOOD, {"awsbase": TARGET, "queue": OTHER}, []),
        (GOOD, {"queue": OTHER}, ["create target"]),
        (GOOD, {"awsbase": {**TARGET, "Arn": "arn:aws:sns:eu-west-1:123456789012:other"}}, ["update target"]),
        (RuleFacts(GOOD.pattern, GOOD.description, "DISABLED"), {"awsbase": TARGET}, ["update rule"]),
        (RuleFacts({"source": ["aws.s3"]}, GOOD.description, "ENABLED"), {"awsbase": TARGET}, ["update rule"]),
    ],
    ids=["missing", "converged", "another target too", "another target only", "other topic", "off", "other pattern"],
)
def test_rule_sends_to_its_topic(have: RuleFacts | None, sends: dict[str, Any], changes: list[str]) -> None:
    indexed = {WANT.arn: {"awsbase:address": WANT.address}}
    assert described(planned(WANT, {rule: have, targets: sends, tags.indexed: indexed, rule_tags: {}})) == changes


def test_message_is_a_sentence_with_values_of_the_event() -> None:
    assert TARGET["InputTransformer"] == {
        "InputPathsMap": {"from": "$.detail.sourceIPAddress"},
        "InputTemplate": '"root signed in from <from>"',
    }


def test_refused_target_is_a_failure() -> None:
    failed = [{"TargetId": "awsbase", "ErrorCode": "ConcurrentModificationException", "ErrorMessage": "try again"}]
    with pytest.raises(NoTarget, match="ConcurrentModificationException: try again"):
        check({"FailedEntryCount": 1, "FailedEntries": failed}, WANT)
    check({"FailedEntryCount": 0, "FailedEntries": []}, WANT)
