"""Samples of monitoring: metric filters, event rules, budgets, cost anomalies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from awsbase.ensure.anomaly_alert import AnomalyAlert
from awsbase.ensure.budget import Budget, Notice, notification
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.samples.sample import ACCOUNT, HOME, Reached, Sample, Tampering

US = HOME.at("us-east-1")
TOPIC = "arn:aws:sns:us-east-1:123456789012:acme-security"
OTHER = "arn:aws:sns:us-east-1:123456789012:hand"

GROUP = LogGroup(scope=HOME, name="acme-audit", retention=365)
FILTER = MetricFilter(
    scope=HOME,
    name="acme-root-use",
    log_group=GROUP.name,
    pattern='{ $.userIdentity.type = "Root" }',
    namespace="acme/security",
    metric="root-use",
    made_here=(GROUP.address,),
)
RULE = EventRule(
    scope=US,
    name="acme-root-sign-in",
    description="Root signed in.",
    pattern={"source": ["aws.signin"], "detail": {"userIdentity": {"type": ["Root"]}}},
    topic=TOPIC,
    message="root signed in from <from>",
    values={"from": "$.detail.sourceIPAddress"},
    tags={"owner": "platform"},
)
BUDGET = Budget(
    scope=US,
    name="acme-monthly",
    amount=100,
    currency="USD",
    notices=(Notice("ACTUAL", 80), Notice("FORECASTED", 100)),
    subscribers=(("SNS", TOPIC), ("EMAIL", "cfo@acme.example")),
    tags={"owner": "finance"},
)
ALERT = AnomalyAlert(
    scope=US, name="acme-anomalies", above=50, frequency="IMMEDIATE", subscribers=(("SNS", TOPIC),), tags={"a": "b"}
)
SERVICES = {"MonitorName": "Default-Services-Monitor", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}


def put_filter(aws: Reached, **other: Any) -> None:
    """Write the metric filter by hand."""
    into = [{"metricName": "root-use", "metricNamespace": "acme/security", "metricValue": "1"}]
    arguments = {"filterPattern": FILTER.pattern, "metricTransformations": into}
    aws.client("logs", HOME.region).put_metric_filter(
        logGroupName=GROUP.name, filterName=FILTER.name, **{**arguments, **other}
    )


def events(aws: Reached) -> Any:
    """Return the client of EventBridge."""
    return aws.client("events", US.region)


def budgets(aws: Reached) -> Any:
    """Return the client of Budgets."""
    return aws.client("budgets", US.region)


def costs(aws: Reached) -> Any:
    """Return the client of Cost Explorer."""
    return aws.client("ce", US.region)


def put_budget(aws: Reached, **other: Any) -> None:
    """Write the budget by hand."""
    settings = {"BudgetName": BUDGET.name, "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    budgets(aws).update_budget(
        AccountId=ACCOUNT, NewBudget={**settings, "BudgetLimit": {"Amount": "100", "Unit": "USD"}, **other}
    )


def change_notice(aws: Reached, method: str, kind: Notice, **more: Any) -> None:
    """Change a notice of the budget by hand."""
    named = {"AccountId": ACCOUNT, "BudgetName": BUDGET.name, "Notification": notification(kind)}
    getattr(budgets(aws), method)(**named, **more)


def subscription_arn(aws: Reached) -> str:
    """Return the ARN of the first subscription."""
    return str(costs(aws).get_anomaly_subscriptions()["AnomalySubscriptions"][0]["SubscriptionArn"])


def budget_by_hand(aws: Reached) -> None:
    """Create the budget as the console proposes it: another amount, with a notice at an absolute value."""
    at = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 5}
    budgets(aws).create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": BUDGET.name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
        },
        NotificationsWithSubscribers=[
            {
                "Notification": {**at, "ThresholdType": "ABSOLUTE_VALUE"},
                "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "me@acme.example"}],
            }
        ],
        ResourceTags=[{"Key": "made-by", "Value": "hand"}],
    )


CFO = {"SubscriptionType": "EMAIL", "Address": "cfo@acme.example"}
CHANGED = [f"{FILTER.address}: update metric filter"]

SAMPLES = (
    Sample(
        "metric filter",
        [GROUP, FILTER],
        tamperings={
            "other pattern": Tampering(lambda aws: put_filter(aws, filterPattern='{ $.a = "b" }'), CHANGED, CHANGED),
            "counts nothing": Tampering(
                lambda aws: put_filter(
                    aws,
                    metricTransformations=[
                        {"metricName": "root-use", "metricNamespace": "acme/security", "metricValue": "0"}
                    ],
                ),
                CHANGED,
            ),
            "deleted": Tampering(
                lambda aws: aws.client("logs", HOME.region).delete_metric_filter(
                    logGroupName=GROUP.name, filterName=FILTER.name
                ),
                [f"{FILTER.address}: create metric filter"],
            ),
        },
    ),
    Sample(
        "event rule",
        [RULE],
        tamperings={
            "disabled": Tampering(
                lambda aws: events(aws).disable_rule(Name=RULE.name), [f"{RULE.address}: update rule"]
            ),
            "other pattern": Tampering(
                lambda aws: events(aws).put_rule(
                    Name=RULE.name, EventPattern=json.dumps({"source": ["aws.none"]}), Description=RULE.description
                ),
                [f"{RULE.address}: update rule"],
                [f"{RULE.address}: update rule"],
            ),
            "target removed": Tampering(
                lambda aws: events(aws).remove_targets(Rule=RULE.name, Ids=["awsbase"]),
                [f"{RULE.address}: create target"],
            ),
            "other target": Tampering(
                lambda aws: events(aws).put_targets(Rule=RULE.name, Targets=[{"Id": "awsbase", "Arn": OTHER}]),
                [f"{RULE.address}: update target"],
                [f"{RULE.address}: update target"],
            ),
            "untagged": Tampering(
                lambda aws: events(aws).untag_resource(ResourceARN=RULE.arn, TagKeys=["owner"]),
                [f"{RULE.address}: update tags"],
            ),
        },
    ),
    Sample(
        "budget",
        [BUDGET],
        tamperings={
            "deleted": Tampering(
                lambda aws: budgets(aws).delete_budget(AccountId=ACCOUNT, BudgetName=BUDGET.name),
                [f"{BUDGET.address}: create budget"],
            ),
            "raised": Tampering(
                lambda aws: put_budget(
                    aws,
                    BudgetLimit={"Amount": "1000", "Unit": "USD"},
                    CostTypes={"IncludeCredit": False, "IncludeRefund": False},
                ),
                [f"{BUDGET.address}: update budget"],
            ),
            "counts credits": Tampering(lambda aws: put_budget(aws), [f"{BUDGET.address}: update budget"]),
            "forecast notice removed": Tampering(
                lambda aws: change_notice(aws, "delete_notification", Notice("FORECASTED", 100)),
                [f"{BUDGET.address}: create notice forecasted 100%"],
            ),
            "additional notice": Tampering(
                lambda aws: change_notice(aws, "create_notification", Notice("ACTUAL", 200), Subscribers=[CFO]),
                [f"{BUDGET.address}: delete notice actual 200%"],
            ),
            "additional subscriber": Tampering(
                lambda aws: change_notice(
                    aws, "create_subscriber", BUDGET.notices[0], Subscriber={**CFO, "Address": "x@acme.example"}
                ),
                [f"{BUDGET.address}: delete subscriber x@acme.example at actual 80%"],
                [f"{BUDGET.address}: delete subscriber x@acme.example at actual 80%"],
            ),
            "subscriber removed": Tampering(
                lambda aws: change_notice(aws, "delete_subscriber", BUDGET.notices[0], Subscriber=CFO),
                [f"{BUDGET.address}: create subscriber cfo@acme.example at actual 80%"],
            ),
            "untagged": Tampering(
                lambda aws: budgets(aws).untag_resource(ResourceARN=BUDGET.arn, ResourceTagKeys=["owner"]),
                [f"{BUDGET.address}: update tags"],
            ),
        },
    ),
    Sample("budget made by hand", [BUDGET], before=budget_by_hand),
    Sample(
        "anomalies",
        [ALERT],
        tamperings={
            "deleted": Tampering(
                lambda aws: costs(aws).delete_anomaly_subscription(SubscriptionArn=subscription_arn(aws)),
                [f"{ALERT.address}: create subscription"],
            ),
            "other subscriber": Tampering(
                lambda aws: costs(aws).update_anomaly_subscription(
                    SubscriptionArn=subscription_arn(aws), Subscribers=[{"Type": "SNS", "Address": OTHER}]
                ),
                [f"{ALERT.address}: update subscription"],
                [f"{ALERT.address}: update subscription"],
            ),
            "untagged": Tampering(
                lambda aws: costs(aws).untag_resource(ResourceArn=subscription_arn(aws), ResourceTagKeys=["a"]),
                [f"{ALERT.address}: update tags"],
            ),
        },
    ),
    Sample(
        "anomalies with the monitor of AWS",
        [replace(ALERT, frequency="DAILY", subscribers=(("EMAIL", "cfo@acme.example"),))],
        before=lambda aws: costs(aws).create_anomaly_monitor(AnomalyMonitor=SERVICES),
    ),
)
