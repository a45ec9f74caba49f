"""Trails, topics, alarms and what tells of costs are listed in few calls, each thing once and as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from awsbase.adopt.survey import survey
from awsbase.engine.execution import execute
from awsbase.engine.facts import ReadCache
from awsbase.engine.kind import Kinds
from awsbase.engine.resource import Resource
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing, Unread
from awsbase.ensure import KINDS
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.billing_alerts import BillingAlerts
from awsbase.ensure.budget import Budget
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import Topic
from awsbase.ensure.trail import Trail
from awsbase.permissions import to_describe
from awsbase.samples import monitoring, notify
from awsbase.samples.alarms import ALARMS, FIRST, SWITCH, TOPIC
from awsbase.samples.audit import LOG_GROUP, SAMPLES, TRAIL
from awsbase.samples.monitoring import ALERT, BUDGET, FILTER, GROUP, RULE
from awsbase.samples.notify import BY_MAIL, BY_QUEUE, MAIL, OPS, SECRET
from awsbase.sandbox import Sandbox
from awsbase.sandbox.organization_trails import OrganizationTrails
from awsbase.testing.sample import account, person
from tests.contract.sample import HOME, go, problems, said

WATCHING = (Trail, LogGroup, MetricFilter, Alarm, Topic, Subscription, EventRule, BillingAlerts, Budget, AnomalyAlert)
COUNTING = replace(FILTER, log_group=GROUP.name, made_here=(LOG_GROUP.address,))
MADE = [
    *SAMPLES[0].resources,
    *(COUNTING, notify.KEY, SECRET, OPS, BY_MAIL, BY_QUEUE, SWITCH, TOPIC, *ALARMS, RULE, BUDGET, ALERT),
]

RING = {
    "Namespace": "Shop",
    "MetricName": "Depth",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def things(sandbox: Sandbox, *kinds: type[Resource], caller: str | None = None) -> Sequence[Thing]:
    """List all that there is of these kinds."""
    return survey(account(sandbox, caller), HOME, [KINDS[kind] for kind in kinds or WATCHING]).things


def resources(found: Sequence[Thing]) -> dict[str, Resource]:
    """Return what was described, by address."""
    return {each.name: each.resource for each in found if isinstance(each, Described)}


@pytest.fixture(scope="module")
def full() -> Sandbox:
    """An account with one of everything, made by a run; who was asked has confirmed."""
    sandbox = Sandbox(pages=2)
    assert problems(go(sandbox, "reconcile", MADE)) == []
    sandbox.confirm(OPS.arn, MAIL)
    return sandbox


def bare(want: Any) -> Any:
    """Return a resource without what is not read of AWS: its tags, and on what it depends in a manifest."""
    left_out: dict[str, Any] = {"tags": {}, "made_here": (), "unless": None, "filtered": False}
    left_out |= {"log_class": None, "protect": None, "mask": None}
    left_out["named_at"] = "the manifest"
    has = {name: value for name, value in left_out.items() if hasattr(want, name)}
    plain = replace(want, **has)
    return replace(plain, subscribers={}) if isinstance(plain, Topic) else plain


def test_each_thing_is_listed_as_the_resource_that_makes_it(full: Sandbox) -> None:
    found = resources(things(full))
    wanted = {each.address: bare(each) for each in MADE if isinstance(each, WATCHING)}
    assert set(found) == set(wanted)
    assert {name: bare(each) for name, each in found.items()} == {
        **wanted,
        **{each.address: replace(bare(each), plain=True) for each in (OPS, TOPIC)},
    }
    assert found[OPS.address].subscribers == {"email": (MAIL,), "sqs": (notify.QUEUE,)}  # type: ignore[attr-defined]


def test_the_plan_that_follows_asks_nothing_again_and_is_empty() -> None:
    sandbox = Sandbox(pages=2)
    wanted = [each for each in MADE if not isinstance(each, (Budget, AnomalyAlert))]
    assert problems(go(sandbox, "reconcile", wanted)) == []
    reached, cache = account(sandbox, None), ReadCache()
    survey(reached, HOME, [KINDS[kind] for kind in WATCHING], cache=cache)
    sandbox.calls.clear()
    report = execute("plan", [each for each in wanted if each is not BY_MAIL], KINDS, reached, cache=cache)
    assert said(report) == []
    asked = {
        call.name for call in sandbox.calls if call.service not in ("s3", "kms", "iam", "s3control", "organizations")
    }
    # What a run of awsbase alone needs to know: its own tags, the filter of a subscription, the target of a rule.
    assert asked <= {"resourcegroupstaggingapi:GetResources", "sns:GetSubscriptionAttributes"}


def test_things_of_a_region_are_listed_in_a_handful_of_calls() -> None:
    sandbox = Sandbox()
    logs, cloudwatch, events = (sandbox.client(name, "eu-west-3") for name in ("logs", "cloudwatch", "events"))
    for number in range(3):
        logs.create_log_group(logGroupName=f"/app/{number}", tags={"team": "web"})
        cloudwatch.put_metric_alarm(**{**RING, "AlarmName": f"depth-{number}"})
        events.put_rule(Name=f"rule-{number}", EventPattern='{"source": ["aws.ec2"]}')
    sandbox.calls.clear()
    found = things(sandbox)
    assert len(found) >= 9
    by_region = Counter(call.region for call in sandbox.calls if call.service != "ec2")
    assert by_region.pop("us-east-1") <= 12
    assert max(by_region.values()) == by_region["eu-west-3"] == 6
    assert set(by_region.values()) == {5, 6}


def test_a_trail_is_listed_at_home_once_and_one_of_an_organization_is_left_alone(full: Sandbox) -> None:
    sandbox = Sandbox()
    sandbox.memory(OrganizationTrails).add("all", "eu-west-3")
    sandbox.memory(OrganizationTrails).add("far", "af-south-1")
    found = things(sandbox, Trail)
    assert [(each.name, type(each)) for each in found] == [
        ("trail/far@af-south-1", LeftAlone),
        ("trail/all@eu-west-3", LeftAlone),
    ]
    assert isinstance(found[0], LeftAlone)
    assert found[0].owner == "AWS Organizations' management account 999999999999"
    assert [each.name for each in things(full, Trail)] == [TRAIL.address]


def test_a_trail_without_log_group_key_and_role_is_described_without_them() -> None:
    sandbox = Sandbox()
    SAMPLES[2].before(sandbox)
    found = resources(things(sandbox, Trail))[TRAIL.address]
    assert isinstance(found, Trail)
    assert (found.key, found.log_group, found.role, found.bucket_name) == ("", "", "", "acme-logs")


def test_rules_of_services_and_alarms_of_scaling_are_left_to_them() -> None:
    sandbox = Sandbox()
    sandbox.client("events", HOME.region).put_rule(Name="theirs", EventPattern='{"source": ["aws.ec2"]}')
    rules = sandbox.backend("events", HOME.region).event_buses["default"].rules
    rules["theirs"].managed_by = "autoscaling.amazonaws.com"
    sandbox.client("cloudwatch", HOME.region).put_metric_alarm(**RING, AlarmName="TargetTracking-table/x-AlarmHigh")
    assert things(sandbox, EventRule, Alarm) == (
        LeftAlone("event-rule/theirs", "autoscaling.amazonaws.com", "the rule says who manages it"),
        LeftAlone("alarm/TargetTracking-table/x-AlarmHigh", "AWS Auto Scaling", "its name begins with TargetTracking-"),
    )


def test_parts_are_of_whoever_made_the_whole() -> None:
    sandbox = Sandbox()
    stack = {"awsbase:created-by": "elsewhere"}
    logs, sns = sandbox.client("logs", HOME.region), sandbox.client("sns", HOME.region)
    logs.create_log_group(logGroupName=GROUP.name, tags=stack)
    monitoring.put_filter(sandbox)
    sns.create_topic(Name=OPS.name, Tags=[{"Key": key, "Value": value} for key, value in stack.items()])
    sns.subscribe(TopicArn=OPS.arn, Protocol="sqs", Endpoint=notify.QUEUE)
    found = things(sandbox, LogGroup, MetricFilter, Topic, Subscription)
    assert [(each.name, each.owner) for each in found if isinstance(each, LeftAlone)] == [
        (each.address, "the manifest of elsewhere") for each in (GROUP, FILTER, OPS, BY_QUEUE)
    ]


def test_an_unconfirmed_subscription_is_none_and_a_web_hook_is_shown_masked() -> None:
    sandbox = Sandbox()
    sns = sandbox.client("sns", HOME.region)
    sns.create_topic(Name=OPS.name)
    sns.subscribe(TopicArn=OPS.arn, Protocol="email", Endpoint=MAIL)
    sns.subscribe(TopicArn=OPS.arn, Protocol="https", Endpoint="https://pager.example/hook/S3CRETKEY99")
    mail, hook = sorted(things(sandbox, Subscription), key=lambda each: each.name)
    assert isinstance(mail, NotExpressible)
    assert mail.fields[0].startswith("nobody has confirmed it yet: AWS forgets")
    assert isinstance(hook, Described)
    assert "S3CRETKEY99" not in f"{hook.name} {hook}"


def test_a_topic_that_is_refused_alone_is_named_and_the_others_go_on() -> None:
    sandbox = Sandbox(enforce=True)
    sns = sandbox.client("sns", HOME.region)
    for name in ("open", "shut"):
        sns.create_topic(Name=name)
    denied = {"Effect": "Deny", "Action": "sns:GetTopicAttributes", "Resource": HOME.arn("sns", "shut")}
    allowed = {"Effect": "Allow", "Action": ["sns:*", "tag:*", "ec2:*"], "Resource": "*"}
    worker = person(sandbox, {"Version": "2012-10-17", "Statement": [allowed, denied]})
    found = {each.name: each for each in things(sandbox, Topic, Subscription, caller=worker)}
    assert isinstance(found["topic/open"], Described)
    assert isinstance(found["topic/shut"], Unread)
    assert found["topic/shut"].action == "sns:GetTopicAttributes"
    assert isinstance(found["subscription/shut/*"], Unread)


def test_budgets_of_others_are_listed_without_asking_who_is_told() -> None:
    sandbox = Sandbox()
    limit = {"BudgetLimit": {"Amount": "9", "Unit": "USD"}, "BudgetType": "COST", "TimeUnit": "DAILY"}
    monitoring.budgets(sandbox).create_budget(AccountId=HOME.account, Budget={"BudgetName": "theirs", **limit})
    sandbox.calls.clear()
    assert things(sandbox, Budget) == (
        NotExpressible(
            "budget/theirs", ("a manifest has one budget, called acme-monthly; this one is of 9.0 usd, daily, cost",)
        ),
    )
    assert [call.name for call in sandbox.calls if call.service == "budgets"] == ["budgets:DescribeBudgets"]


def test_monitors_are_listed_too() -> None:
    sandbox = Sandbox()
    costs = monitoring.costs(sandbox)
    costs.create_anomaly_monitor(AnomalyMonitor=monitoring.SERVICES)
    costs.create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": "web", "MonitorType": "CUSTOM", "MonitorSpecification": {"Tags": {"Key": "a"}}}
    )
    assert [(each.name, type(each)) for each in things(sandbox, AnomalyAlert)] == [
        ("anomaly-monitor/Default-Services-Monitor", LeftAlone),
        ("anomaly-monitor/web", NotExpressible),
    ]
    sandbox.cost_explorer = False
    assert things(sandbox, AnomalyAlert) == ()


def test_billing_alerts_are_there_once_they_are_on() -> None:
    sandbox = Sandbox()
    assert things(sandbox, BillingAlerts) == ()
    assert problems(go(sandbox, "reconcile", [SWITCH])) == []
    assert list(resources(things(sandbox, BillingAlerts))) == [SWITCH.address]


def test_an_alarm_that_no_plain_one_equals_is_named() -> None:
    sandbox = Sandbox()
    cloudwatch = sandbox.client("cloudwatch", HOME.region)
    cloudwatch.put_metric_alarm(**{**RING, "AlarmName": "depth", "Dimensions": [{"Name": "Queue", "Value": "q"}]})
    found = resources(things(sandbox, Alarm))["alarm/depth"]
    assert isinstance(found, Alarm)
    assert (found.namespace, found.dimensions, found.threshold) == ("Shop", {"Queue": "q"}, 5.0)


def test_listing_needs_no_more_than_it_declares() -> None:
    sandbox = Sandbox(enforce=True, pages=2)
    assert problems(go(sandbox, "reconcile", MADE)) == []
    kinds: Kinds = {kind: KINDS[kind] for kind in WATCHING}
    worker = person(sandbox, *to_describe(kinds, HOME).documents)
    found = things(sandbox, caller=worker)
    assert [each for each in found if isinstance(each, Unread)] == []
    assert FIRST.address in resources(found)
