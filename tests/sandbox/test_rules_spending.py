"""Budgets and cost anomalies in the sandbox: as strict as AWS, and true to its API."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:billing"
NAMED = {"AccountId": ACCOUNT, "BudgetName": "monthly"}
BUDGET = {
    "BudgetName": "monthly",
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "100", "Unit": "USD"},
}
NOTICE = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 80,
    "ThresholdType": "PERCENTAGE",
}
MAIL = {"SubscriptionType": "EMAIL", "Address": "a@x.example"}
OTHER = {"SubscriptionType": "EMAIL", "Address": "b@x.example"}
SERVICES = {"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}


def budgets(*notices: dict[str, Any]) -> Any:
    client = Sandbox().client("budgets")
    client.create_budget(
        AccountId=ACCOUNT,
        Budget=BUDGET,
        NotificationsWithSubscribers=[{"Notification": each, "Subscribers": [MAIL]} for each in notices],
    )
    return client


def subscription(costs: Any, **other: Any) -> dict[str, Any]:
    (arn,) = (each["MonitorArn"] for each in costs.get_anomaly_monitors()["AnomalyMonitors"])
    above = {"Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": ["5"]}
    given = {
        "SubscriptionName": "all",
        "MonitorArnList": [arn],
        "Subscribers": [{"Type": "SNS", "Address": TOPIC}],
        "Frequency": "IMMEDIATE",
        "ThresholdExpression": {"Dimensions": above},
    }
    return {"AnomalySubscription": {**given, **other}}


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("create_budget", {"AccountId": ACCOUNT, "Budget": BUDGET}, "DuplicateRecordException"),
        ("create_budget", {"AccountId": "999999999999", "Budget": BUDGET}, "AccessDeniedException"),
        (
            "create_budget",
            {"AccountId": ACCOUNT, "Budget": {**BUDGET, "BudgetName": "a:b"}},
            "InvalidParameterException",
        ),
        (
            "update_budget",
            {"AccountId": ACCOUNT, "NewBudget": {**BUDGET, "TimeUnit": "HOURLY"}},
            "ValidationException",
        ),
        (
            "update_budget",
            {"AccountId": ACCOUNT, "NewBudget": {**BUDGET, "BudgetLimit": {"Amount": "0", "Unit": "USD"}}},
            "InvalidParameterException",
        ),
        ("describe_budget", {**NAMED, "BudgetName": "none"}, "NotFoundException"),
        (
            "create_notification",
            {**NAMED, "Notification": NOTICE, "Subscribers": [MAIL]},
            "DuplicateRecordException",
        ),
        ("delete_notification", {**NAMED, "Notification": {**NOTICE, "Threshold": 81}}, "NotFoundException"),
        ("create_subscriber", {**NAMED, "Notification": NOTICE, "Subscriber": MAIL}, "DuplicateRecordException"),
        ("delete_subscriber", {**NAMED, "Notification": NOTICE, "Subscriber": MAIL}, "InvalidParameterException"),
        (
            "update_subscriber",
            {**NAMED, "Notification": NOTICE, "OldSubscriber": OTHER, "NewSubscriber": MAIL},
            "NotFoundException",
        ),
        (
            "update_subscriber",
            {**NAMED, "Notification": NOTICE, "OldSubscriber": MAIL, "NewSubscriber": MAIL},
            "DuplicateRecordException",
        ),
    ],
    ids=[
        "name taken",
        "of another account",
        "name with a colon",
        "unit that is none",
        "nothing",
        "not there",
        "notice there",
        "notice not there",
        "subscriber there",
        "the last subscriber",
        "subscriber not there",
        "subscriber in its own place",
    ],
)
def test_a_budget_takes_what_aws_takes(method: str, params: dict[str, Any], code: str) -> None:
    assert refused(getattr(budgets(NOTICE), method), **params) == code


def test_a_budget_has_five_notices() -> None:
    client = budgets(*({**NOTICE, "Threshold": number} for number in range(1, 6)))
    sixth = {**NAMED, "Notification": NOTICE, "Subscribers": [MAIL]}
    assert refused(client.create_notification, **sixth) == "CreationLimitExceededException"


def test_an_update_replaces_the_budget_and_keeps_its_notices() -> None:
    client = budgets(NOTICE)
    client.update_budget(AccountId=ACCOUNT, NewBudget={**BUDGET, "CostTypes": {"IncludeCredit": False}})
    told = client.describe_budget(**NAMED)["Budget"]
    assert (told["CostTypes"]["IncludeCredit"], told["CostTypes"]["IncludeTax"]) == (False, True)
    assert float(told["BudgetLimit"]["Amount"]) == 100
    (kept,) = client.describe_notifications_for_budget(**NAMED)["Notifications"]
    assert kept == {**NOTICE, "NotificationState": "OK"}


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({}, None),
        ({"Frequency": "DAILY"}, "ValidationException"),
        ({"Subscribers": [{"Type": "EMAIL", "Address": "a@x.example"}]}, "ValidationException"),
        ({"Frequency": "HOURLY"}, "ValidationException"),
        ({"MonitorArnList": ["arn:aws:ce::123456789012:anomalymonitor/none"]}, "UnknownMonitorException"),
        ({"Threshold": 5.0}, "ValidationException"),
    ],
    ids=["good", "daily to a topic", "at once by mail", "no such frequency", "no such monitor", "two thresholds"],
)
def test_an_anomaly_subscription_takes_what_aws_takes(other: dict[str, Any], code: str | None) -> None:
    costs = Sandbox().client("ce")
    costs.create_anomaly_monitor(AnomalyMonitor=SERVICES)
    assert refused(costs.create_anomaly_subscription, **subscription(costs, **other)) == code


def test_services_have_one_monitor() -> None:
    costs = Sandbox().client("ce")
    costs.create_anomaly_monitor(AnomalyMonitor=SERVICES)
    assert refused(costs.create_anomaly_monitor, AnomalyMonitor=SERVICES) == "ValidationException"


def test_history_has_changes_of_state_and_says_the_newest_first() -> None:
    cloudwatch = Sandbox().client("cloudwatch", "eu-west-1")
    cloudwatch.put_metric_alarm(
        AlarmName="root",
        Namespace="x",
        MetricName="y",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=["arn:aws:sns:eu-west-1:123456789012:gone"],
    )
    for state in ("ALARM", "ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName="root", StateValue=state, StateReason="test")
    items = cloudwatch.describe_alarm_history(AlarmName="root")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from ALARM to OK",
        'Failed to execute action arn:aws:sns:eu-west-1:123456789012:gone. Received error: "Resource no longer exists"',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]
    actions = cloudwatch.describe_alarm_history(AlarmName="root", HistoryItemType="Action")["AlarmHistoryItems"]
    assert len(actions) == 1
    assert refused(cloudwatch.set_alarm_state, AlarmName="none", StateValue="OK", StateReason="") == "ResourceNotFound"
