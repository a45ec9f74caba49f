"""AWS Budgets, of which moto lacks updates, subscribers and tags: budgets, notifications and subscribers."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from awsbase.sandbox.authorization.permissions import act, arn, given, own, param, table
from awsbase.sandbox.service import Codes, Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal

NOTIFICATIONS, MAILS = 5, 10
# The end is the one that AWS documents; its start is that of the month in which a budget was made.
BEGAN, NEVER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2087, 6, 15, tzinfo=UTC)
COST_TYPES = (
    *("Tax", "Subscription", "Refund", "Credit", "Upfront", "Recurring", "OtherSubscription", "Support", "Discount"),
)
KEYS = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")


@dataclass
class Held:
    """One budget: as it was put, its notifications with their subscribers, its tags."""

    budget: dict[str, Any]
    notifications: dict[tuple[Any, ...], list[dict[str, str]]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Budgets:
    """The budgets of the account, by name."""

    STATE = "budgets"

    of: dict[str, Held] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Return what counts as the account's state."""
        return {
            name: {
                "budget": held.budget,
                "notifications": {
                    " ".join(map(str, key)): sorted(f"{one['SubscriptionType']} {one['Address']}" for one in listed)
                    for key, listed in held.notifications.items()
                },
                "tags": held.tags,
            }
            for name, held in self.of.items()
        }


def own_account(request: Request) -> None:
    """Refuse the budgets of others; raises Refusal with AccessDeniedException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeBudgets.html
    """
    if request.params.get("AccountId", request.account) != request.account:
        raise Refusal("AccessDeniedException", "Account is not the caller's")


def create(request: Request) -> dict[str, Any]:
    """Create a budget with its notifications and tags, or nothing.

    Raises Refusal with InvalidParameterException or DuplicateRecordException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
    """
    name, held = request.params["Budget"]["BudgetName"], request.memory(Budgets).of
    # The model has a pattern for it, which is no pattern in Python.
    if {":", "\\"} & set(name):
        raise Refusal("InvalidParameterException", f"{name} has a : or a \\ in it")
    if name in held:
        raise Refusal("DuplicateRecordException", f"Error creating budget: {name} - the budget already exists.")
    made = Held(completed(request.params["Budget"], {}))
    for each in request.params.get("NotificationsWithSubscribers", []):
        add(made, each["Notification"], each["Subscribers"])
    made.tags = {tag["Key"]: tag["Value"] for tag in request.params.get("ResourceTags", [])}
    held[name] = made
    return {}


def update(request: Request) -> dict[str, Any]:
    """Replace a budget; its notifications stay.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html
    """
    held = find(request, request.params["NewBudget"]["BudgetName"])
    held.budget = completed(request.params["NewBudget"], held.budget["TimePeriod"])
    return {}


def delete(request: Request) -> dict[str, Any]:
    """Delete a budget with its notifications and tags.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DeleteBudget.html
    """
    find(request)
    del request.memory(Budgets).of[request.params["BudgetName"]]
    return {}


def describe(request: Request) -> dict[str, Any]:
    """Describe one budget.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeBudget.html
    """
    return {"Budget": with_spending(find(request).budget)}


def describe_all(request: Request) -> dict[str, Any]:
    """Describe all budgets.

    Recorded: cloud-custodian, budgets.DescribeBudgets.
    """
    return {"Budgets": [with_spending(held.budget) for held in request.memory(Budgets).of.values()]}


def describe_notifications(request: Request) -> dict[str, Any]:
    """List the notifications of a budget, with the state that each is in.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeNotificationsForBudget.html
    """
    return {
        "Notifications": [
            {**dict(zip(KEYS, key, strict=True)), "NotificationState": "OK"} for key in find(request).notifications
        ]
    }


def describe_subscribers(request: Request) -> dict[str, Any]:
    """List the subscribers of a notification.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeSubscribersForNotification.html
    """
    return {"Subscribers": deepcopy(subscribers(request))}


def create_notification(request: Request) -> dict[str, Any]:
    """Add a notification.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateNotification.html
    """
    add(find(request), request.params["Notification"], request.params["Subscribers"])
    return {}


def delete_notification(request: Request) -> dict[str, Any]:
    """Remove a notification with its subscribers.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DeleteNotification.html
    """
    subscribers(request)
    del find(request).notifications[key_of(request.params["Notification"])]
    return {}


def create_subscriber(request: Request) -> dict[str, Any]:
    """Add a subscriber; raises Refusal with DuplicateRecordException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateSubscriber.html
    """
    listed = subscribers(request)
    if request.params["Subscriber"] in listed:
        raise Refusal("DuplicateRecordException", "Error creating subscriber - the subscriber already exists.")
    check_subscribers([*listed, request.params["Subscriber"]])
    listed.append(request.params["Subscriber"])
    return {}


def update_subscriber(request: Request) -> dict[str, Any]:
    """Put a subscriber in the place of another.

    Raises Refusal with NotFoundException or DuplicateRecordException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateSubscriber.html
    """
    listed, old, new = subscribers(request), request.params["OldSubscriber"], request.params["NewSubscriber"]
    if old not in listed:
        raise Refusal("NotFoundException", "Unable to update subscriber - the subscriber doesn't exist.")
    if new in listed:
        raise Refusal("DuplicateRecordException", "Error updating subscriber - the subscriber already exists.")
    check_subscribers([new if one == old else one for one in listed])
    listed[listed.index(old)] = new
    return {}


def delete_subscriber(request: Request) -> dict[str, Any]:
    """Remove a subscriber; the last one goes with its notification only.

    Raises Refusal with NotFoundException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DeleteSubscriber.html
    """
    listed = subscribers(request)
    if request.params["Subscriber"] not in listed:
        raise Refusal("NotFoundException", "Unable to delete subscriber - the subscriber doesn't exist.")
    check_subscribers([one for one in listed if one != request.params["Subscriber"]])
    listed.remove(request.params["Subscriber"])
    return {}


def tag(request: Request) -> dict[str, Any]:
    """Tag a budget.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_TagResource.html
    """
    by_arn(request).tags.update({tag["Key"]: tag["Value"] for tag in request.params["ResourceTags"]})
    return {}


def untag(request: Request) -> dict[str, Any]:
    """Take tags off a budget.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UntagResource.html
    """
    for key in request.params["ResourceTagKeys"]:
        by_arn(request).tags.pop(key, None)
    return {}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of a budget.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_ListTagsForResource.html
    """
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in by_arn(request).tags.items()]}


def completed(budget: dict[str, Any], period: dict[str, Any]) -> dict[str, Any]:
    """Return a budget with what AWS fills in, and the period that it has; refuse one without a limit.

    Raises Refusal with InvalidParameterException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CostTypes.html
    """
    whole = deepcopy(budget)
    if "BudgetLimit" not in whole and "PlannedBudgetLimits" not in whole:
        raise Refusal("InvalidParameterException", "Unable to create/update budget - please provide a BudgetLimit.")
    if float(whole["BudgetLimit"]["Amount"]) <= 0:
        raise Refusal("InvalidParameterException", "The amount of a budget must be greater than 0.")
    filled = {f"Include{name}": True for name in COST_TYPES} | {"UseAmortized": False, "UseBlended": False}
    whole["CostTypes"] = filled | whole.get("CostTypes", {})
    whole["TimePeriod"] = {"Start": BEGAN, "End": NEVER} | period | whole.get("TimePeriod", {})
    return whole


def with_spending(budget: dict[str, Any]) -> dict[str, Any]:
    """Return a budget with what has been spent of it.

    Recorded: cloud-custodian, budgets.DescribeBudgets.
    """
    nothing = {"ActualSpend": {"Amount": "0.0", "Unit": budget["BudgetLimit"]["Unit"]}}
    limit = {**budget["BudgetLimit"], "Amount": str(float(budget["BudgetLimit"]["Amount"]))}
    return {**deepcopy(budget), "BudgetLimit": limit, "CostFilters": {}, "CalculatedSpend": nothing}


def add(held: Held, notification: dict[str, Any], listed: list[dict[str, str]]) -> None:
    """Add a notification to a budget.

    Raises Refusal with DuplicateRecordException or CreationLimitExceededException.
    """
    key = key_of(notification)
    if key in held.notifications:
        raise Refusal("DuplicateRecordException", "Error creating notification - the notification already exists.")
    if len(held.notifications) >= NOTIFICATIONS:
        raise Refusal("CreationLimitExceededException", f"At most {NOTIFICATIONS} notifications per budget.")
    check_subscribers(listed)
    held.notifications[key] = deepcopy(listed)


def check_subscribers(listed: list[dict[str, str]]) -> None:
    """Refuse nobody, too many, and topics that are none; raises Refusal with InvalidParameterException."""
    kinds = [one["SubscriptionType"] for one in listed]
    if not listed or kinds.count("SNS") > 1 or kinds.count("EMAIL") > MAILS:
        raise Refusal("InvalidParameterException", "One topic and ten mail addresses at most, and one subscriber.")
    for one in listed:
        if one["SubscriptionType"] == "SNS" and not one["Address"].startswith("arn:"):
            raise Refusal("InvalidParameterException", f"{one['Address']} is no topic.")


def key_of(notification: dict[str, Any]) -> tuple[Any, ...]:
    """Return what tells a notification from the others of its budget."""
    whole = {"ThresholdType": "PERCENTAGE", **notification}
    return tuple(float(whole[name]) if name == "Threshold" else whole[name] for name in KEYS)


def find(request: Request, name: str | None = None) -> Held:
    """Return a budget. Raises NotFoundException when there is none of the name."""
    wanted = name or request.params["BudgetName"]
    held = request.memory(Budgets).of.get(wanted)
    if held is None:
        raise Refusal("NotFoundException", f"Unable to get budget: {wanted} - the budget doesn't exist.")
    return held


def subscribers(request: Request) -> list[dict[str, str]]:
    """Return the subscribers of a notification. Raises NotFoundException when there is none."""
    found = find(request).notifications.get(key_of(request.params["Notification"]))
    if found is None:
        raise Refusal("NotFoundException", "Unable to find the notification - it doesn't exist.")
    return found


def by_arn(request: Request) -> Held:
    """Return the budget of an ARN."""
    return find(request, request.params["ResourceARN"].rpartition("/")[2])


ANSWERS = {
    "CreateBudget": create,
    "UpdateBudget": update,
    "DeleteBudget": delete,
    "DescribeBudget": describe,
    "DescribeBudgets": describe_all,
    "DescribeNotificationsForBudget": describe_notifications,
    "DescribeSubscribersForNotification": describe_subscribers,
    "CreateNotification": create_notification,
    "DeleteNotification": delete_notification,
    "CreateSubscriber": create_subscriber,
    "UpdateSubscriber": update_subscriber,
    "DeleteSubscriber": delete_subscriber,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
}


def bills_closed(request: Request) -> None:
    """Refuse everybody but root as long as root has not let others see the bills.

    Raises Refusal with AccessDeniedException.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeBudgets.html
    """
    if not request.sandbox.bills_shown and request.caller.kind != "root":
        raise Refusal(
            "AccessDeniedException", f"User: {request.caller.arn} is not authorized to perform: {request.name}", 400
        )


def budget(request: Request) -> Iterator[str]:
    """Name the budget, which some requests carry whole; what lists them asks for all."""
    paths = ("BudgetName", "Budget.BudgetName", "NewBudget.BudgetName")
    named = next(filter(None, (param(request, path) for path in paths)), "*")
    yield arn(request, f"budgets::{request.account}:budget/{named}")


def costs(request: Request) -> Iterator[str]:
    """Name the billing view that the costs of a budget are read from: the account's own."""
    yield arn(request, f"billing::{request.account}:billingview/primary")


CALLS = table(
    {
        "DescribeBudget DescribeBudgets DescribeNotificationsForBudget DescribeSubscribersForNotification "
        "DescribeBudgetPerformanceHistory": [
            act("budgets:ViewBudget", budget),
            # ViewBudget depends on it:
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
            act("billing:GetBillingViewData", costs),
        ],
        "CreateBudget": [
            act("budgets:ModifyBudget", budget),
            act("budgets:TagResource", budget, when="ResourceTags"),
        ],
        "UpdateBudget DeleteBudget CreateNotification UpdateNotification DeleteNotification CreateSubscriber "
        "UpdateSubscriber DeleteSubscriber": [act("budgets:ModifyBudget", budget)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceARN"))],
    }
)
RULES = (
    Rule("budgets:*", before=bills_closed, strict=False),
    Rule("budgets:*", before=own_account),
    *(Rule(f"budgets:{name}", before=answer, strict=False) for name, answer in ANSWERS.items()),
)


SERVICE = Service(
    "budgets",
    rules=RULES,
    calls=CALLS,
    tags=lambda request, arn: dict(getattr(request.memory(Budgets).of.get(arn.rpartition("/")[2]), "tags", {})),
    snapshot=remembered(Budgets),
    codes=Codes(tags="InvalidParameterException", too_many_tags="ServiceQuotaExceededException"),
    is_global=True,
    opt_in=False,
    warm_up={"DescribeBudgets": {"AccountId": "123456789012"}},
)
