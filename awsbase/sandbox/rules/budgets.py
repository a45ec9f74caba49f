"""AWS Budgets, of which moto lacks updates, subscribers and tags: budgets, their notifications, who is told."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

NOTIFICATIONS, MAILS = 5, 10
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
                    " ".join(map(str, key)): sorted(f"{one['SubscriptionType']} {one['Address']}" for one in told)
                    for key, told in held.notifications.items()
                },
                "tags": held.tags,
            }
            for name, held in self.of.items()
        }


def own_account(ask: Ask) -> None:
    """Refuse the budgets of others."""
    if ask.params.get("AccountId", ask.account) != ask.account:
        raise Refusal("AccessDeniedException", "Account is not the caller's")


def create(ask: Ask) -> dict[str, Any]:
    """Make a budget with all that hangs on it, or nothing."""
    name, held = ask.params["Budget"]["BudgetName"], ask.memory(Budgets).of
    # The model has a pattern for it, which is no pattern in Python.
    if {":", "\\"} & set(name):
        raise Refusal("InvalidParameterException", f"{name} has a : or a \\ in it")
    if name in held:
        raise Refusal("DuplicateRecordException", f"Error creating budget: {name} - the budget already exists.")
    made = Held(completed(ask.params["Budget"]))
    for each in ask.params.get("NotificationsWithSubscribers", []):
        add(made, each["Notification"], each["Subscribers"])
    made.tags = {tag["Key"]: tag["Value"] for tag in ask.params.get("ResourceTags", [])}
    held[name] = made
    return {}


def update(ask: Ask) -> dict[str, Any]:
    """Replace a budget; its notifications stay."""
    there(ask, ask.params["NewBudget"]["BudgetName"]).budget = completed(ask.params["NewBudget"])
    return {}


def delete(ask: Ask) -> dict[str, Any]:
    """Delete a budget with all that hangs on it."""
    there(ask)
    del ask.memory(Budgets).of[ask.params["BudgetName"]]
    return {}


def tell(ask: Ask) -> dict[str, Any]:
    """Describe one budget."""
    return {"Budget": told(there(ask).budget)}


def tell_all(ask: Ask) -> dict[str, Any]:
    """Describe all budgets."""
    return {"Budgets": [told(held.budget) for held in ask.memory(Budgets).of.values()]}


def tell_notifications(ask: Ask) -> dict[str, Any]:
    """List the notifications of a budget, with the state that each is in."""
    return {
        "Notifications": [
            {**dict(zip(KEYS, key, strict=True)), "NotificationState": "OK"} for key in there(ask).notifications
        ]
    }


def tell_subscribers(ask: Ask) -> dict[str, Any]:
    """List who is told at a notification."""
    return {"Subscribers": deepcopy(subscribers(ask))}


def create_notification(ask: Ask) -> dict[str, Any]:
    """Add a notification."""
    add(there(ask), ask.params["Notification"], ask.params["Subscribers"])
    return {}


def delete_notification(ask: Ask) -> dict[str, Any]:
    """Remove a notification with its subscribers."""
    subscribers(ask)
    del there(ask).notifications[key_of(ask.params["Notification"])]
    return {}


def create_subscriber(ask: Ask) -> dict[str, Any]:
    """Have one more told."""
    listed = subscribers(ask)
    if ask.params["Subscriber"] in listed:
        raise Refusal("DuplicateRecordException", "Error creating subscriber - the subscriber already exists.")
    judge([*listed, ask.params["Subscriber"]])
    listed.append(ask.params["Subscriber"])
    return {}


def delete_subscriber(ask: Ask) -> dict[str, Any]:
    """Have one less told; the last one goes with his notification only."""
    listed = subscribers(ask)
    if ask.params["Subscriber"] not in listed:
        raise Refusal("NotFoundException", "Unable to delete subscriber - the subscriber doesn't exist.")
    judge([one for one in listed if one != ask.params["Subscriber"]])
    listed.remove(ask.params["Subscriber"])
    return {}


def tag(ask: Ask) -> dict[str, Any]:
    """Tag a budget."""
    by_arn(ask).tags.update({tag["Key"]: tag["Value"] for tag in ask.params["ResourceTags"]})
    return {}


def untag(ask: Ask) -> dict[str, Any]:
    """Take tags off a budget."""
    for key in ask.params["ResourceTagKeys"]:
        by_arn(ask).tags.pop(key, None)
    return {}


def tell_tags(ask: Ask) -> dict[str, Any]:
    """List the tags of a budget."""
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in by_arn(ask).tags.items()]}


def completed(budget: dict[str, Any]) -> dict[str, Any]:
    """Return a budget with what AWS fills in; refuse one without a limit."""
    whole = deepcopy(budget)
    if "BudgetLimit" not in whole and "PlannedBudgetLimits" not in whole:
        raise Refusal("InvalidParameterException", "Unable to create/update budget - please provide a BudgetLimit.")
    if float(whole["BudgetLimit"]["Amount"]) <= 0:
        raise Refusal("InvalidParameterException", "The amount of a budget must be greater than 0.")
    filled = {f"Include{name}": True for name in COST_TYPES} | {"UseAmortized": False, "UseBlended": False}
    whole["CostTypes"] = filled | whole.get("CostTypes", {})
    return whole


def told(budget: dict[str, Any]) -> dict[str, Any]:
    """Return a budget with what has been spent of it."""
    nothing = {"ActualSpend": {"Amount": "0.0", "Unit": budget["BudgetLimit"]["Unit"]}}
    limit = {**budget["BudgetLimit"], "Amount": str(float(budget["BudgetLimit"]["Amount"]))}
    return {**deepcopy(budget), "BudgetLimit": limit, "CostFilters": {}, "CalculatedSpend": nothing}


def add(held: Held, notification: dict[str, Any], listed: list[dict[str, str]]) -> None:
    """Add a notification to a budget."""
    key = key_of(notification)
    if key in held.notifications:
        raise Refusal("DuplicateRecordException", "Error creating notification - the notification already exists.")
    if len(held.notifications) >= NOTIFICATIONS:
        raise Refusal("CreationLimitExceededException", f"At most {NOTIFICATIONS} notifications per budget.")
    judge(listed)
    held.notifications[key] = deepcopy(listed)


def judge(listed: list[dict[str, str]]) -> None:
    """Refuse nobody, too many, and topics that are none."""
    kinds = [one["SubscriptionType"] for one in listed]
    if not listed or kinds.count("SNS") > 1 or kinds.count("EMAIL") > MAILS:
        raise Refusal("InvalidParameterException", "One topic and ten mail addresses at most, and one subscriber.")
    for one in listed:
        if one["SubscriptionType"] == "SNS" and not one["Address"].startswith("arn:"):
            raise Refusal("InvalidParameterException", f"{one['Address']} is no topic.")


def key_of(notification: dict[str, Any]) -> tuple[Any, ...]:
    whole = {"ThresholdType": "PERCENTAGE", **notification}
    return tuple(float(whole[name]) if name == "Threshold" else whole[name] for name in KEYS)


def there(ask: Ask, name: str | None = None) -> Held:
    wanted = name or ask.params["BudgetName"]
    held = ask.memory(Budgets).of.get(wanted)
    if held is None:
        raise Refusal("NotFoundException", f"Unable to get budget: {wanted} - the budget doesn't exist.")
    return held


def subscribers(ask: Ask) -> list[dict[str, str]]:
    found = there(ask).notifications.get(key_of(ask.params["Notification"]))
    if found is None:
        raise Refusal("NotFoundException", "Unable to find the notification - it doesn't exist.")
    return found


def by_arn(ask: Ask) -> Held:
    return there(ask, ask.params["ResourceARN"].rpartition("/")[2])


ANSWERS = {
    "CreateBudget": create,
    "UpdateBudget": update,
    "DeleteBudget": delete,
    "DescribeBudget": tell,
    "DescribeBudgets": tell_all,
    "DescribeNotificationsForBudget": tell_notifications,
    "DescribeSubscribersForNotification": tell_subscribers,
    "CreateNotification": create_notification,
    "DeleteNotification": delete_notification,
    "CreateSubscriber": create_subscriber,
    "DeleteSubscriber": delete_subscriber,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": tell_tags,
}

RULES = (
    Rule("budgets:*", before=own_account),
    *(Rule(f"budgets:{name}", before=answer, strict=False) for name, answer in ANSWERS.items()),
)
