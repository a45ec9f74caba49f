"""An alarm is compared by its meaning, and written as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.alarm import Alarm, alarm_tags, alarms, family, settings
from awsbase.facts import tags
from awsbase.facts.topics import TopicFacts, topic
from tests.ensure.planned import HOME, described, planned, reads

TOPIC = "arn:aws:sns:eu-west-1:123456789012:acme-security"
WANT = Alarm(
    scope=HOME,
    name="acme-root-used",
    description="Somebody signed in as root.",
    namespace="acme/security",
    metric="RootUsed",
    dimensions={"b": "2", "a": "1"},
    threshold=1,
    treat_missing="notBreaching",
    actions=(TOPIC,),
    tags={"owner": "platform"},
)
TAGS = {"owner": "platform", "awsbase:address": "alarm/acme-root-used"}
GOOD = settings(WANT)


def facts(have: dict[str, Any] | None, indexed: Any = None, real: Any = None) -> dict[Any, Any]:
    return {
        alarms: {WANT.name: have} if have else {},
        tags.indexed: {WANT.arn: TAGS if indexed is None else indexed},
        alarm_tags: TAGS if real is None else real,
        topic: TopicFacts(subscriptions=1),
    }


@pytest.mark.parametrize(
    ("have", "fields"),
    [
        ({**GOOD, "DatapointsToAlarm": 1, "StateValue": "ALARM", "AlarmArn": WANT.arn}, []),
        ({**GOOD, "Dimensions": GOOD["Dimensions"][::-1], "Threshold": 1.0}, []),
        ({name: value for name, value in GOOD.items() if name not in ("OKActions", "InsufficientDataActions")}, []),
        ({**GOOD, "Threshold": 5.0}, ["Threshold"]),
        ({**GOOD, "Threshold": 0.0}, ["Threshold"]),
        ({**GOOD, "ActionsEnabled": False}, ["ActionsEnabled"]),
        ({**GOOD, "AlarmActions": [TOPIC, TOPIC + "-other"]}, ["AlarmActions"]),
        ({**GOOD, "OKActions": [TOPIC]}, ["OKActions"]),
        ({**GOOD, "DatapointsToAlarm": 3, "EvaluationPeriods": 5}, ["EvaluationPeriods", "DatapointsToAlarm"]),
        ({**GOOD, "Unit": "Seconds"}, ["Unit"]),
        ({name: value for name, value in GOOD.items() if name != "TreatMissingData"}, ["TreatMissingData"]),
        ({**GOOD, "Dimensions": []}, ["Dimensions"]),
    ],
    ids=[
        "with what AWS adds",
        "in another order",
        "without empty lists",
        "other threshold",
        "threshold of zero",
        "actions disabled",
        "one action more",
        "an action when all is well",
        "three of five periods",
        "another unit",
        "missing data treated as AWS does",
        "all dimensions",
    ],
)
def test_changed_alarm_is_written_again(have: dict[str, Any], fields: list[str]) -> None:
    run = planned(WANT, facts(have))
    assert [drift.field for change in run.changes for drift in change.drift] == fields
    assert described(run) == (["update alarm"] if fields else [])


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (facts(None, {}, {}), ["create alarm"]),
        (facts(GOOD, {}, {}), ["update tags"]),
        (facts(GOOD, {}), []),
        (facts({**GOOD, "Threshold": 2.0}, {}, {}), ["update alarm", "update tags"]),
    ],
    ids=["missing: tags go with the call", "untagged", "not indexed yet", "changed: tags need a call of their own"],
)
def test_tags_are_sent_only_when_an_alarm_is_created(have: dict[Any, Any], changes: list[str]) -> None:
    assert described(planned(WANT, have)) == changes


def test_alarms_of_one_manifest_are_read_in_one_call() -> None:
    assert [family(name) for name in ("acme-billing-50-usd", "acme-root", "lonely")] == ["acme-", "acme-", "lonely"]
    assert (alarms, "eu-west-1", "acme-") in reads(WANT)
