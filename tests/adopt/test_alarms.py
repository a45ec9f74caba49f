"""Alarms, budgets and who is told are adopted as they are; what a manifest cannot name is known by what it does."""

from __future__ import annotations

import json

import pytest

from awsbase.adopt.sections.alarms.security import counts, quiet_of
from awsbase.manifest.security_alarms import Quiet, SecurityAlarms, names, published
from awsbase.sandbox import Sandbox
from tests.adopt.watching import look, made, reasons, said, wanted

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:alerts"
DEPLOY = "arn:aws:sts::123456789012:assumed-role/deploy/*"
EVERYTHING = {
    "notify": {
        "security": {"email": ["security@acme.example"], "sqs": [QUEUE]},
        "billing": {"email": ["cfo@acme.example"], "encrypted": True},
        "spare": {},
    },
    "alarms": {
        "billing": {"amounts": [10, 12.5, 200]},
        "security": {
            "except": ["organization"],
            "ignore": {
                "unauthorized-calls": [
                    {"event": "HeadBucket", "source": "delivery.logs.amazonaws.com"},
                    {"caller": DEPLOY},
                ]
            },
        },
        "budget": {"amount": 300, "actual": [50], "email": ["cfo@acme.example"], "notify": "billing"},
        "anomaly": {"above": 20, "frequency": "weekly", "email": ["cfo@acme.example"]},
    },
    "audit": {},
}
BILLING = {
    "Namespace": "AWS/Billing",
    "MetricName": "EstimatedCharges",
    "Dimensions": [{"Name": "Currency", "Value": "USD"}],
    "Statistic": "Maximum",
    "Period": 21600,
    "EvaluationPeriods": 1,
    "Threshold": 99.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def test_alarms_and_channels_are_adopted_as_they_are_and_make_the_same() -> None:
    found = look(made(**EVERYTHING))
    assert said(found) == EVERYTHING
    assert reasons(found) == {}
    assert found.resources == {each.address: each for each in wanted(**EVERYTHING)}
    assert found.proven.refuted == {}


def count(sandbox: Sandbox, name: str, pattern: str, metric: str, group: str = "theirs") -> None:
    """Count something in a log group, and ring when there is any."""
    into = [{"metricName": metric, "metricNamespace": "CISBenchmark", "metricValue": "1"}]
    sandbox.client("logs", "eu-west-1").put_metric_filter(
        logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=into
    )
    ring = {**BILLING, "Namespace": "CISBenchmark", "MetricName": metric, "Dimensions": []}
    sandbox.client("cloudwatch", "eu-west-1").put_metric_alarm(AlarmName=f"{name}-alarm", **ring)


def test_what_others_watch_is_recognised_by_what_it_does() -> None:
    sandbox = Sandbox()
    sandbox.client("logs", "eu-west-1").create_log_group(logGroupName="theirs")
    orders = '{ ($.eventSource = "shop.acme.example") || ($.errorCode = "AccessDenied*") }'
    root = published()["root-use"].patterns[0]
    count(sandbox, "CIS-3.3", root.replace("&&", " && "), "RootUse")
    count(sandbox, "shop", orders, "Orders")
    billing = sandbox.client("cloudwatch", "us-east-1")
    billing.put_metric_alarm(AlarmName="bill", **BILLING)
    depth = {**BILLING, "Namespace": "Shop", "MetricName": "Depth"}
    sandbox.client("cloudwatch", "eu-west-3").put_metric_alarm(AlarmName="depth", **depth)
    pattern = {
        "detail": {"userIdentity": {"type": ["Root"]}},
        "source": ["aws.signin"],
        "detail-type": ["AWS Console Sign In via CloudTrail"],
    }
    events = sandbox.client("events", "us-east-1")
    events.put_rule(Name="root-came", EventPattern=json.dumps(pattern))
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    found = look(sandbox)
    assert said(found) == {}
    why = "equals control {0}: a manifest calls it acme-{0}, with the log group and channel of its own"
    assert {name: text for name, text in reasons(found).items() if "log-group" not in name} == {
        "metric-filter/theirs/CIS-3.3": why.format("root-use"),
        "alarm/CIS-3.3-alarm": why.format("root-use"),
        "metric-filter/theirs/shop": "a filter that feeds CISBenchmark, and counts what no control does",
        "alarm/shop-alarm": "an alarm on CISBenchmark",
        "alarm/depth@eu-west-3": "an alarm on Shop",
        "alarm/bill@us-east-1": "a billing alarm at 99 USD: a manifest calls it acme-billing-99-usd",
        "event-rule/root-came@us-east-1": why.format("root-sign-in"),
        "event-rule/nightly@us-east-1": "a rule, or a schedule",
    }


def test_what_differs_is_left_out_alone() -> None:
    sandbox = made(
        notify={"security": {}, "billing": {"encrypted": False}},
        alarms={"billing": {"amounts": [10, 50]}, "security": {}, "anomaly": {}},
        audit={},
    )
    cloudwatch = sandbox.client("cloudwatch", "us-east-1")
    name = "acme-billing-50-usd"
    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    cloudwatch.put_metric_alarm(AlarmName=name, **{**BILLING, "Threshold": 50.0, "AlarmActions": alarm["AlarmActions"]})
    sandbox.client("events", "us-east-1").disable_rule(Name="acme-root-sign-in")
    sandbox.client("cloudwatch", "eu-west-1").disable_alarm_actions(AlarmNames=["acme-vpcs"])
    found = look(sandbox)
    assert said(found)["alarms"] == {
        "billing": {"amounts": [10]},
        "security": {"except": ["vpcs", "root-sign-in"]},
        "anomaly": {},
    }
    # The channel is no longer used where the rule was: the topic there is nobody's.
    assert said(found)["notify"] == {"security": {}, "billing": {}}
    assert reasons(found)["topic/acme-security@us-east-1"] == "no alarm of a manifest speaks on it in us-east-1"
    assert reasons(found)["alarm/acme-billing-50-usd@us-east-1"] == "alarm: AlarmDescription"
    assert reasons(found)["alarm/acme-vpcs"] == "alarm: ActionsEnabled"


def test_channels_say_who_hears_them_where_a_list_would_be_true() -> None:
    ops = {"email": ["ops@acme.example"], "sqs": [QUEUE]}
    sandbox = made(notify={"ops": ops, "web": {}, "security": {"encrypted": False}})
    sns = sandbox.client("sns", "eu-west-1")
    hook, arn = "https://pager.example/hook/S3CRETKEY99", "arn:aws:sns:eu-west-1:123456789012:acme-web"
    sns.subscribe(TopicArn=arn, Protocol="https", Endpoint=hook)
    sns.subscribe(TopicArn=arn, Protocol="sms", Endpoint="+15550100")
    sns.create_topic(Name="orders")
    sns.create_topic(Name="acme-open")
    sandbox.client("sns", "us-east-1").create_topic(Name="acme-billing")
    found = look(sandbox)
    assert said(found)["notify"] == {
        "ops": ops,
        "security": {"encrypted": False},
        "web": {},
    }
    assert "encrypted: false  # weaker than the default: true" in found.text
    told = reasons(found)
    assert told["topic/orders"] == "name: a channel's topic is called acme-CHANNEL"
    assert told["topic/acme-open"].startswith("policy")
    assert told["topic/acme-billing@us-east-1"] == "no alarm of a manifest speaks on it in us-east-1"
    assert [why for name, why in told.items() if "https:" in name] == [
        "what may be a key or a password in its address is not written"
    ]
    assert [why for name, why in told.items() if "sms:" in name] == [
        "protocol: a channel is heard by email, https, sqs, lambda"
    ]
    assert "S3CRETKEY99" not in f"{found.text} {found.count}"


@pytest.mark.parametrize("control", list(published()))
def test_each_control_is_known_by_what_it_counts(control: str) -> None:
    for pattern in published()[control].patterns:
        assert counts(pattern)
        assert counts(pattern.replace(" || ", "||").replace("{ ", "{").replace(" }", "}")) == counts(pattern)


def test_what_is_ignored_is_read_back_from_a_pattern() -> None:
    quiet = [{"event": "HeadBucket"}, {"source": "192.0.2.1", "caller": DEPLOY}, {"event": "A", "caller": DEPLOY}]
    wanted = SecurityAlarms(ignore={"vpcs": tuple(Quiet(**each) for each in quiet)})
    (pattern,) = wanted.patterns("vpcs", published()["vpcs"])
    assert quiet_of("vpcs", pattern) == quiet
    assert quiet_of("vpcs", published()["vpcs"].patterns[0]) == []
    assert quiet_of("vpcs", pattern.replace("HeadBucket", 'x" || $.a = "b')) == []
    assert "vpcs" in names()
