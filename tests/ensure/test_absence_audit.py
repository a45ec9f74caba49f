"""The trail, topics and alarms that a manifest made go again, in the order of AWS; what others made or use stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from awsbase.engine.resource import Resource
from awsbase.ensure import KINDS
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.trail import remove_trail
from awsbase.facts.trails import TrailFacts, own_name, trail
from awsbase.samples import monitoring, notify
from awsbase.samples.audit import LOG_GROUP, NAME, TRAIL
from awsbase.samples.audit import SAMPLES as AUDIT
from awsbase.samples.monitoring import ALERT, BUDGET, FILTER, GROUP, RULE, SERVICES, US
from awsbase.samples.notify import BY_MAIL, BY_QUEUE, MAIL, OLD_MAIL, OPS
from awsbase.sandbox import Sandbox
from awsbase.testing.removal import Leaving
from awsbase.testing.trial import trial
from tests.contract.sample import HOME, go, problems, said
from tests.ensure.planned import planned
from tests.ensure.removal import remarks, take_all_away, take_away

THEIR_QUEUE = notify.QUEUE.replace("alerts", "theirs")
SPEAKING = {
    "AlarmName": "queue-depth",
    "Namespace": "Shop",
    "MetricName": "Depth",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "AlarmActions": [OPS.arn],
}
BEFORE = "it has no tag awsbase:created-by, so it was there before; `awsbase own MANIFEST ADDRESS` says otherwise"
BILL = [GROUP, FILTER, RULE, BUDGET, ALERT]


def made(*resources: Resource, before: Callable[[Sandbox], object] = lambda sandbox: None) -> Sandbox:
    """Return an account in which a run has made these."""
    sandbox = Sandbox(pages=2)
    before(sandbox)
    assert problems(go(sandbox, "reconcile", resources)) == []
    return sandbox


def test_the_trail_goes_and_its_record_stays() -> None:
    sandbox = made(*AUDIT[0].resources)
    taken = take_away(sandbox, "reconcile", AUDIT[0].resources, TRAIL.address)
    assert said(taken) == ["trail/acme-trail: delete trail"]
    assert sandbox.client("cloudtrail", HOME.region).describe_trails()["trailList"] == []
    assert [change.risk.kind for _, change in taken.changes if change.risk] == ["visibility"]
    taken = take_away(sandbox, "reconcile", AUDIT[0].resources, LOG_GROUP.address)
    assert said(taken) == ["log-group/acme-audit: delete log group"]
    assert [change.risk.kind for _, change in taken.changes if change.risk] == ["deletion"]
    assert "acme-audit" in {each["Name"] for each in sandbox.client("s3").list_buckets()["Buckets"]}


@pytest.mark.parametrize(
    ("kind", "turn"),
    [(FILTER, "first"), (RULE, "first"), (BUDGET, "first"), (ALERT, "first"), (OPS, "middle"), (BY_MAIL, "middle"),
     (TRAIL, "last"), (GROUP, "after all")],
    ids=lambda each: each if isinstance(each, str) else each.address,
)  # fmt: skip
def test_what_would_raise_an_alarm_goes_first_and_what_records_the_rest_last(kind: Resource, turn: str) -> None:
    absent = KINDS[type(kind)].absent
    assert absent is not None
    assert absent.turn == turn
    assert bool(absent.exempt) == (kind is GROUP)


def test_billing_alerts_stay_since_aws_has_no_way_back() -> None:
    absent = KINDS[BillingAlerts].absent
    assert absent is not None
    assert absent.remove is None
    assert "no way back" in absent.why


def hand_made(sandbox: Sandbox) -> None:
    """Make all of them by hand; a run adopts them."""
    logs, sns, events = (
        sandbox.client(name, at.region) for name, at in (("logs", HOME), ("sns", HOME), ("events", US))
    )
    logs.create_log_group(logGroupName=GROUP.name)
    monitoring.put_filter(sandbox)
    sns.create_topic(Name=OPS.name)
    sns.subscribe(TopicArn=OPS.arn, Protocol="sqs", Endpoint=notify.QUEUE)
    events.put_rule(Name=RULE.name, EventPattern=json.dumps(RULE.pattern))
    monitoring.budget_by_hand(sandbox)
    costs = sandbox.client("ce", US.region)
    watching = costs.create_anomaly_monitor(AnomalyMonitor=SERVICES)["MonitorArn"]
    costs.create_anomaly_subscription(
        AnomalySubscription={
            "SubscriptionName": ALERT.name,
            "MonitorArnList": [watching],
            "Subscribers": [{"Type": "SNS", "Address": monitoring.TOPIC}],
            "Frequency": "IMMEDIATE",
            "ThresholdExpression": {
                "Dimensions": {
                    "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
                    "Values": ["50"],
                }
            },
        }
    )


def test_what_was_adopted_stays_with_its_parts() -> None:
    adopted = [*BILL, OPS, BY_QUEUE]
    sandbox = made(*adopted, before=hand_made)
    before = sandbox.snapshot()

    report = take_away(sandbox, "reconcile", adopted)
    assert (said(report), problems(report)) == ([], [])
    part = "take no tags"
    assert sorted(remarks(report)) == sorted(
        [
            *(f"{each.address}: kept: {BEFORE}" for each in (RULE, BUDGET, ALERT)),
            f"{GROUP.address}: kept: it is used by {FILTER.address}, which stays",
            f"{OPS.address}: kept: it is used by {BY_QUEUE.address}, which stays",
            f"{FILTER.address}: kept: this manifest did not make the log group acme-audit, and filters {part}",
            f"{BY_QUEUE.address}: kept: this manifest did not make the topic acme-ops, and subscriptions {part}",
        ]
    )
    assert sandbox.snapshot() == before


def test_a_trail_made_by_hand_or_of_an_organization_stays() -> None:
    for sample, why in (
        (AUDIT[2], BEFORE),
        (AUDIT[3], "it records every account of the organization"),
    ):
        sandbox = made(*sample.resources, before=sample.before)
        report = take_away(sandbox, "reconcile", sample.resources, TRAIL.address)
        assert said(report) == []
        assert remarks(report) == [f"trail/acme-trail: kept: {why}"]


def test_a_trail_at_home_elsewhere_stays() -> None:
    found = {own_name: NAME, trail: TrailFacts("eu-west-3")}
    run = planned(TRAIL, found, recipe=remove_trail)
    assert (run.changes, run.notes) == ([], ["kept: it is at home in eu-west-3, where this manifest makes none"])


def test_a_topic_that_others_speak_on_stays_and_they_are_named() -> None:
    sandbox = made(OPS)
    sandbox.client("cloudwatch", HOME.region).put_metric_alarm(**SPEAKING)
    events = sandbox.client("events", HOME.region)
    events.put_rule(Name="theirs", EventPattern='{"source": ["aws.ec2"]}')
    events.put_targets(Rule="theirs", Targets=[{"Id": "1", "Arn": OPS.arn}])

    report = take_away(sandbox, "reconcile", [OPS])
    assert said(report) == []
    assert remarks(report) == ["topic/acme-ops: kept: alarm/queue-depth; event-rule/theirs speak on it"]


def test_alarms_of_the_same_manifest_and_of_topics_with_a_longer_name_hold_no_topic() -> None:
    rule = replace(RULE, scope=HOME, topic=OPS.arn, made_here=(OPS.address,))
    sandbox = made(OPS, rule)
    longer = {**SPEAKING, "AlarmActions": [f"{OPS.arn}-more"]}
    sandbox.client("cloudwatch", HOME.region).put_metric_alarm(**longer)

    assert "topic/acme-ops: delete topic" in said(take_away(sandbox, "plan", [OPS, rule]))


def test_who_subscribed_to_a_topic_besides_is_named_before_it_goes() -> None:
    sandbox = made(OPS, BY_MAIL, BY_QUEUE)
    sns = sandbox.client("sns", HOME.region)
    sns.subscribe(TopicArn=OPS.arn, Protocol="lambda", Endpoint=THEIR_QUEUE.replace("sqs", "lambda"))
    notify.subscribe_other_mail(sandbox)

    ((_, change),) = take_away(sandbox, "plan", [OPS], OPS.address).changes
    assert change.risk is not None
    assert change.risk.reason.endswith(f"{OLD_MAIL}, subscribed by somebody else, hears nothing any more")


def test_an_unconfirmed_subscription_goes_with_its_topic() -> None:
    sandbox = made(OPS, BY_MAIL, BY_QUEUE)
    assert said(take_away(sandbox, "plan", [OPS, BY_MAIL, BY_QUEUE])) == [
        "topic/acme-ops: delete topic",
        f"{BY_QUEUE.address}: delete subscription",
    ]
    sandbox.confirm(OPS.arn, MAIL)
    plan = take_away(sandbox, "plan", [OPS, BY_MAIL], BY_MAIL.address)
    assert [change.risk.reason for _, change in plan.changes if change.risk] == [
        "ops@acme.example hears nothing any more, and would have to confirm anew"
    ]


def test_a_rule_of_aws_and_one_with_a_target_of_others_stay() -> None:
    sandbox = made(RULE)
    events = sandbox.client("events", US.region)
    events.put_targets(Rule=RULE.name, Targets=[{"Id": "theirs", "Arn": monitoring.OTHER}])
    other = f"{RULE.address}: kept: it sends to {monitoring.OTHER} as well, which somebody else added"
    assert remarks(take_away(sandbox, "plan", [RULE])) == [other]

    buses = sandbox.backend("events", US.region).event_buses
    buses["default"].rules[RULE.name].managed_by = "x.amazonaws.com"
    assert remarks(take_away(sandbox, "plan", [RULE])) == [f"{RULE.address}: kept: it is a rule of x.amazonaws.com"]


def test_a_log_group_that_is_protected_or_read_by_others_stays() -> None:
    sandbox = made(GROUP, FILTER)
    logs = sandbox.client("logs", HOME.region)
    assert f"{GROUP.address}: delete log group" in said(take_away(sandbox, "plan", [GROUP, FILTER]))

    logs.put_log_group_deletion_protection(logGroupIdentifier=GROUP.name, deletionProtectionEnabled=True)
    report = take_away(sandbox, "plan", [GROUP, FILTER])
    assert remarks(report) == [f"{GROUP.address}: kept: somebody has switched on its deletion protection"]

    into = [{"metricName": "root-use", "metricNamespace": "theirs", "metricValue": "1"}]
    logs.put_metric_filter(
        logGroupName=GROUP.name, filterName="theirs", filterPattern=FILTER.pattern, metricTransformations=into
    )
    report = take_away(sandbox, "plan", [GROUP, FILTER])
    assert remarks(report) == [f"{GROUP.address}: kept: the filters theirs of somebody else read from it"]


def test_the_monitor_of_aws_stays_and_so_does_one_that_others_hear() -> None:
    sandbox = made(ALERT, before=lambda aws: monitoring.costs(aws).create_anomaly_monitor(AnomalyMonitor=SERVICES))
    assert take_all_away(sandbox, [ALERT]) == [f"{ALERT.address}: delete subscription"]

    other = replace(ALERT, name="others", scope=replace(US, name="elsewhere"))
    # Which of two that are made side by side makes the monitor, and so owns it, nobody knows beforehand.
    sandbox = made(ALERT)
    assert problems(go(sandbox, "reconcile", [other])) == []
    report = take_away(sandbox, "reconcile", [ALERT])
    assert said(report) == [f"{ALERT.address}: delete subscription"]
    assert remarks(report) == [f"{ALERT.address}: the monitor of all services stays, since others hears of it"]


def test_a_monitor_that_was_made_goes_also_after_an_interruption() -> None:
    sandbox = made(ALERT)
    monitoring.costs(sandbox).delete_anomaly_subscription(SubscriptionArn=monitoring.subscription_arn(sandbox))
    assert take_all_away(sandbox, [ALERT]) == [f"{ALERT.address}: delete monitor of all services"]


@pytest.mark.parametrize("write", [4, 5], ids=["fourth", "fifth"])
def test_a_bucket_whose_deletion_was_not_heard_of_is_told_as_deleted(write: int) -> None:
    # One of the two is the bucket's, and the trail that wrote to it has gone just before.
    subject = Leaving("audit", AUDIT[0].resources, AUDIT[0].before)
    assert trial(subject, "write", write, "reset after") == []
