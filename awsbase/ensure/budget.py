"""Budgets: what a month may cost, and who is told when it does, or when it will."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine import quotas
from awsbase.engine.changes import Drift, compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import visibility
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.ensure.billing_alerts import billing_scope
from awsbase.facts import tags
from awsbase.facts.numbers import decimal
from awsbase.records import record

Subscriber = tuple[str, str]  # SNS and the ARN of a topic, or EMAIL and an address

# Credits and refunds would hide what is being spent until they are used up.
COSTS = {"IncludeCredit": False, "IncludeRefund": False}
NEVER = datetime(2087, 6, 15, tzinfo=UTC)  # what AWS sets where no end is given
QUOTAS = {"SNS": quotas.TOPICS, "EMAIL": quotas.MAILS}
UNTOLD = "nobody is told at this point any more"
UNTOLD_AT_ALL = "nobody is told any more what a month costs"


@record
class Notice:
    """When somebody is told: at so many percent of the budget, spent (ACTUAL) or foreseen (FORECASTED)."""

    kind: str
    percent: float

    def earliest_of(self, others: Iterable[Notice]) -> bool:
        """Tell whether none of the others comes as early."""
        return not any(other.kind == self.kind and other.percent <= self.percent for other in others)

    def __str__(self) -> str:
        return f"{self.kind.lower()} {decimal(self.percent)}%"


@record(kw_only=True)
class Budget(Resource):
    """A monthly budget of all costs; exactly these notices, each told to exactly these subscribers.

    The place is where AWS answers for budgets, which have no region. `made_here` are the addresses of the topics.
    """

    name: str
    amount: float
    currency: str
    notices: tuple[Notice, ...]
    subscribers: tuple[Subscriber, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    made_here: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"budget/{self.name}"

    @property
    def arn(self) -> str:
        return self.scope.global_arn("budgets", f"budget/{self.name}")

    def needs(self) -> Iterator[str]:
        yield from self.made_here


@record
class BudgetFacts:
    """A budget as it is: its settings, and who is told at each notice."""

    settings: Mapping[str, object]
    notices: Mapping[Notice, frozenset[Subscriber]] = field(default_factory=dict)
    others: tuple[Mapping[str, Any], ...] = ()
    period: Mapping[str, datetime] = field(default_factory=dict)

    def ended(self, now: datetime) -> bool:
        """Tell whether the budget's last day is over: it tells nobody any more, and AWS deletes it some day."""
        return "End" in self.period and self.period["End"] <= now


def budget(facts: Facts, region: str, account: str, name: str) -> BudgetFacts | None:
    """Read one budget with its notices, and who is told at each."""
    from botocore.exceptions import ClientError

    budgets = facts.aws.at(region).budgets
    named = {"AccountId": account, "BudgetName": name}
    try:
        have = budgets.describe_budget(**named)["Budget"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    pages = budgets.get_paginator("describe_notifications_for_budget").paginate(**named)
    told = [notification for page in pages for notification in page.get("Notifications", ())]
    ours, others = {}, []
    for notification in told:
        if (notice := understood(notification)) is None:
            others.append(bare(notification))
            continue
        answers = budgets.get_paginator("describe_subscribers_for_notification").paginate(
            **named, Notification=bare(notification)
        )
        found = [one for page in answers for one in page.get("Subscribers", ())]
        ours[notice] = frozenset((one["SubscriptionType"], one["Address"]) for one in found)
    return BudgetFacts(settings_of(have), ours, tuple(others), have.get("TimePeriod", {}))


def names(facts: Facts, region: str, account: str) -> Mapping[str, Mapping[str, object]]:
    """Read the settings of all budgets of the account, by name."""
    pages = facts.aws.at(region).budgets.get_paginator("describe_budgets").paginate(AccountId=account)
    return {each["BudgetName"]: settings_of(each) for page in pages for each in page.get("Budgets", ())}


def budget_things(facts: Facts, scope: Scope) -> Things:
    """Yield the budgets; who is told is read of that one alone which is called as a manifest calls its own."""
    if (there := billing_scope(scope)) is None:
        return
    region, account = there.region, there.account
    own = monthly(scope.name)
    for name, settings in facts.read(names, region, account).items():
        have = facts.read(budget, region, account, name) if name == own else None
        if have is None:
            what = f"{settings['amount']} {settings['currency']}, {settings['period']}, {settings['type']}".lower()
            yield NotExpressible(f"budget/{name}", (f"a manifest has one budget, called {own}; this one is of {what}",))
            continue
        told = set(have.notices.values())
        found = Budget(
            scope=there,
            name=name,
            amount=float(str(settings["amount"] or 0)),
            currency=str(settings["currency"] or ""),
            notices=tuple(sorted(have.notices, key=lambda each: (each.kind, each.percent))),
            subscribers=tuple(sorted(max(told, key=sorted, default=frozenset()), reverse=True)),
        )
        yield Described(found, tags=facts.read(budget_tags, region, found.arn))


def monthly(name: str) -> str:
    """Return what the manifest of an account calls its budget."""
    return f"{name}-monthly"


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list budgets, and who is told."""
    any_budget = scope.global_arn("budgets", "budget/*")
    yield allow("budgets", "ListTagsForResource", "ViewBudget", on=(any_budget,))
    yield allow("billing", "GetBillingViewData", on=(scope.global_arn("billing", "billingview/primary"),))


def settings_of(have: Mapping[str, Any]) -> Mapping[str, object]:
    """Return what a budget says, without what AWS adds: its period, its spend, its dates."""
    limit, costs = have.get("BudgetLimit", {}), have.get("CostTypes", {})
    return {
        "amount": float(limit["Amount"]) if limit else None,
        "currency": limit.get("Unit"),
        "period": have["TimeUnit"],
        "type": have["BudgetType"],
        "filters": have.get("CostFilters") or None,
        **{name: costs.get(name, True) for name in COSTS},
    }


def understood(notification: Mapping[str, Any]) -> Notice | None:
    """Return a notification as one of ours; None for one that compares otherwise."""
    percent = notification.get("ThresholdType", "PERCENTAGE") == "PERCENTAGE"
    if not percent or notification["ComparisonOperator"] != "GREATER_THAN":
        return None
    return Notice(notification["NotificationType"], float(notification["Threshold"]))


def bare(notification: Mapping[str, Any]) -> dict[str, Any]:
    """Return what names a notification: all of it but the state that it happens to be in."""
    return {name: value for name, value in notification.items() if name != "NotificationState"}


def budget_tags(facts: Facts, region: str, arn: str) -> Mapping[str, str]:
    """Read the tags of one budget."""
    answer = facts.aws.at(region).budgets.list_tags_for_resource(ResourceARN=arn)
    return {tag["Key"]: tag["Value"] for tag in answer.get("ResourceTags", ())}


def budget_reads(want: Budget) -> Iterator[Read]:
    """Yield what the recipe will ask for."""
    yield budget, want.scope.region, want.scope.account, want.name


def ensure_budget(run: Run, want: Budget) -> None:
    """Bring one budget to the manifest: its amount, its notices, who is told; tags that others set stay."""
    region, budgets = want.scope.region, run.aws.budgets
    named: dict[str, Any] = {"AccountId": want.scope.account, "BudgetName": want.name}
    have = run.read(budget, region, want.scope.account, want.name)
    tagged = run.read(budget_tags, region, want.arn) if have else tags.wanted(want)
    leave_room(run, want)

    if have is None:
        run.create(
            "budget",
            budgets.create_budget,
            AccountId=want.scope.account,
            Budget=sent(want),
            NotificationsWithSubscribers=[
                {"Notification": notification(notice), "Subscribers": [subscriber(one) for one in want.subscribers]}
                for notice in want.notices
            ],
            ResourceTags=tags.pairs(tags.with_origin(want)),
        )
        have = BudgetFacts(settings_of(sent(want)), {notice: frozenset(want.subscribers) for notice in want.notices})

    if drift := [*compare(have.settings, settings_of(sent(want))), *prolonged(have, run.now())]:
        why, account, new = told_later(have, want), want.scope.account, sent(want)
        if have.ended(run.now()):
            new["TimePeriod"] = {**have.period, "End": NEVER}
        run.update("budget", drift, budgets.update_budget, risk=visibility(why), AccountId=account, NewBudget=new)

    # First those that go: AWS counts to five.
    for notice in sorted(set(have.notices) - set(want.notices), key=str):
        what, why = f"notice {notice}", UNTOLD if notice.earliest_of(want.notices) and have.notices[notice] else ""
        run.delete(what, budgets.delete_notification, risk=visibility(why), **named, Notification=notification(notice))
    for other in have.others:
        what = f"notice {words(other)}"
        run.delete(what, budgets.delete_notification, risk=visibility(UNTOLD), **named, Notification=other)
    for notice in want.notices:
        tell(run, want, notice, have.notices.get(notice))

    add_tags(run, want, tagged, budgets.tag_resource, under="ResourceTags", ResourceARN=want.arn)


def leave_room(run: Run, want: Budget) -> None:
    """Make sure that AWS takes as many notices and subscribers; raises QuotaExceeded."""
    where = f"budget {want.name}"
    quotas.fits(run, quotas.NOTICES, where, len(want.notices), "leave some percentages out")
    for kind, quota in QUOTAS.items():
        quotas.fits(run, quota, where, len(of_kind(kind, want.subscribers)), "let one topic tell several")


def prolonged(have: BudgetFacts, now: datetime) -> Iterator[Drift]:
    """Yield that a budget has ended, if so, and is to go on."""
    if have.ended(now):
        yield Drift("end", f"{have.period['End']:%Y-%m-%d}", f"{NEVER:%Y-%m-%d}")


def told_later(have: BudgetFacts, want: Budget) -> str:
    """Say so when more has to be spent before anybody is told, as far as the two amounts can be compared."""
    before = have.settings["amount"]
    more = isinstance(before, float) and have.settings["currency"] == want.currency and want.amount > before
    return "it takes more to be told" if more else ""


def tell(run: Run, want: Budget, notice: Notice, told: frozenset[Subscriber] | None) -> None:
    """Have exactly the wanted subscribers told at one notice."""
    budgets = run.aws.budgets
    at: dict[str, Any] = {
        "AccountId": want.scope.account,
        "BudgetName": want.name,
        "Notification": notification(notice),
    }
    if told is None:
        everybody = [subscriber(one) for one in want.subscribers]
        run.create(f"notice {notice}", budgets.create_notification, **at, Subscribers=everybody)
        return
    coming, going = [], []
    for kind, quota in QUOTAS.items():
        held, wanted = of_kind(kind, told), of_kind(kind, want.subscribers)
        step = quotas.exchange(run, quota, f"notice {notice}", have=held, want=wanted, exact=True, remedy="")
        # Where there is no room, one takes the place of another: without any, a notice is refused.
        for old, new in zip(step.first, step.coming, strict=False):
            pair: dict[str, Any] = {"OldSubscriber": subscriber((kind, old)), "NewSubscriber": subscriber((kind, new))}
            what, drift = f"subscriber {old} at {notice}", [Drift("address", old, new)]
            run.update(what, drift, budgets.update_subscriber, **at, **pair)
        coming += [(kind, address) for address in step.coming[len(step.first) :]]
        going += [(kind, address) for address in step.last]
    # Added before removed: a notice that tells nobody is refused.
    for one in sorted(coming):
        run.create(f"subscriber {one[1]} at {notice}", budgets.create_subscriber, **at, Subscriber=subscriber(one))
    for one in sorted(going):
        what, why = f"subscriber {one[1]} at {notice}", f"{one[1]} hears nothing of it any more"
        run.delete(what, budgets.delete_subscriber, risk=visibility(why), **at, Subscriber=subscriber(one))


def remove_budget(run: Run, want: Budget) -> None:
    """Delete a budget that this manifest made, together with its notices."""
    named = {"AccountId": want.scope.account, "BudgetName": want.name}
    if run.read(budget, want.scope.region, want.scope.account, want.name) is None:
        return
    if tags.made_here(run, want, run.read(budget_tags, want.scope.region, want.arn)):
        run.delete("budget", run.aws.budgets.delete_budget, risk=visibility(UNTOLD_AT_ALL), **named)


def of_kind(kind: str, subscribers: Iterable[Subscriber]) -> frozenset[str]:
    """Return the addresses of the subscribers of one kind."""
    return frozenset(address for each, address in subscribers if each == kind)


def sent(want: Budget) -> dict[str, Any]:
    """Return a budget as CreateBudget and UpdateBudget take it: whole, for it forgets what it is not told."""
    return {
        "BudgetName": want.name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": decimal(want.amount), "Unit": want.currency},
        "CostTypes": dict(COSTS),
    }


def notification(notice: Notice) -> dict[str, Any]:
    """Return a notice as AWS takes it."""
    return {
        "NotificationType": notice.kind,
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": notice.percent,
        "ThresholdType": "PERCENTAGE",
    }


def subscriber(one: Subscriber) -> dict[str, str]:
    """Return a subscriber as AWS takes it."""
    return {"SubscriptionType": one[0], "Address": one[1]}


def words(other: Mapping[str, Any]) -> str:
    """Name a notification that is none of ours."""
    return " ".join(str(value).lower().replace("_", " ") for _, value in sorted(other.items()))


def read_permissions(want: Budget) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("budgets", "ListTagsForResource", "ViewBudget", on=(want.arn,))
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
    yield allow("billing", "GetBillingViewData", on=(want.scope.global_arn("billing", "billingview/primary"),))


def write_permissions(want: Budget) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("budgets", "ModifyBudget", "TagResource", on=(want.arn,))


def removal_permissions(want: Budget) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("budgets", "ModifyBudget", on=(want.arn,))


KIND = Kind(
    ensure_budget,
    budget_reads,
    resource=Budget,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A monthly sum, with a message when it is spent or when AWS forecasts that it will be.",
        why="Alarms tell what was spent; a forecast tells it while something can be done.",
        undo=(TAKE_OUT, "aws budgets delete-budget --account-id ACCOUNT --budget-name NAME"),
        cost="nothing: budgets that only tell are free",
    ),
    word="budget",
    found_by="name",
    owns="amount, percentages, subscribers",
    quotas=(quotas.NOTICES, quotas.MAILS, quotas.TOPICS),
    describe=Describe(budget_things, describe_permissions),
    absent=Absent(remove_budget, turn="first", permissions=removal_permissions),
)
