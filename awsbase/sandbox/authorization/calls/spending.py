"""Budgets, Cost Explorer and Billing, whose actions are fewer than their operations."""

from collections.abc import Iterator

from awsbase.sandbox.authorization.calls.call import act, arn, at, given, own, param, table
from awsbase.sandbox.rule import Ask


def budget(ask: Ask) -> Iterator[str]:
    """Name the budget, which some requests carry whole; what lists them asks for all."""
    paths = ("BudgetName", "Budget.BudgetName", "NewBudget.BudgetName")
    named = next(filter(None, (param(ask, path) for path in paths)), "*")
    yield arn(ask, f"budgets::{ask.account}:budget/{named}")


MONITORS = at("ce::{account}:anomalymonitor/*")
SUBSCRIPTIONS = at("ce::{account}:anomalysubscription/*")

BUDGETS = table(
    {
        "DescribeBudget DescribeBudgets DescribeNotificationsForBudget DescribeSubscribersForNotification "
        "DescribeBudgetPerformanceHistory": [act("budgets:ViewBudget", budget)],
        "CreateBudget": [
            act("budgets:ModifyBudget", budget),
            act("budgets:TagResource", budget, when="ResourceTags"),
        ],
        "UpdateBudget DeleteBudget CreateNotification UpdateNotification DeleteNotification CreateSubscriber "
        "UpdateSubscriber DeleteSubscriber": [act("budgets:ModifyBudget", budget)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceARN"))],
    }
)
COSTS = table(
    {
        "CreateAnomalyMonitor CreateAnomalySubscription GetCostAndUsage": [own()],
        "GetAnomalyMonitors": [own(MONITORS)],
        "GetAnomalySubscriptions": [own(SUBSCRIPTIONS)],
        "UpdateAnomalyMonitor DeleteAnomalyMonitor": [own(given("MonitorArn"))],
        "UpdateAnomalySubscription DeleteAnomalySubscription": [own(given("SubscriptionArn"))],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
BILLING = table({"GetBillingPreferences UpdateBillingPreferences": [own()]})
