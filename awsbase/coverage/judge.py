"""The verdict on each control, derived from a plan and checks of the account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from awsbase.coverage.answers import ANSWERS, LABELS, ByCheck, ByPerson, ByResources, Part, step
from awsbase.coverage.standards import Control
from awsbase.engine.changes import Change, Outcome, Report, is_whole_resource
from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.regions import regions
from awsbase.ensure.subscription import Subscription
from awsbase.facts.credential_report import report_rows
from awsbase.facts.topics import subscriptions
from awsbase.records import record

Status = Literal["met", "needs you", "not yet", "not managed"]
STATUSES: tuple[Status, ...] = ("met", "needs you", "not yet", "not managed")


@record
class Row:
    """The verdict on one control; `key` is the manifest key that covers it, `price` what that costs."""

    control: Control
    status: Status
    why: tuple[str, ...] = ()
    key: str = ""
    price: str = ""


def judge(
    controls: Iterable[Control], resources: Sequence[Resource], plan: Report, facts: Facts, now: datetime
) -> list[Row]:
    """Return a verdict on each control, from the plan of the resources and the account."""
    outcomes = {outcome.address: outcome for outcome in plan.outcomes}
    return [verdict(control, resources, outcomes, plan, facts, now) for control in controls]


def verdict(
    control: Control,
    resources: Sequence[Resource],
    outcomes: dict[str, Outcome],
    plan: Report,
    facts: Facts,
    now: datetime,
) -> Row:
    """Return the verdict on one control."""
    match ANSWERS[control.answer]:
        case ByPerson(task):
            return Row(control, "needs you", (task,))
        case ByCheck(check, key, report, parts):
            if report and not facts.read(report_rows):
                return Row(control, "not yet", ("AWS is generating the credential report: run again in a minute",), key)
            if late := unfinished(matched(parts, resources), resources, outcomes):
                return Row(control, "not yet", late, key)
            found = tuple(check(facts, resources, now))
            return Row(control, "needs you" if found else "met", found, key)
        case ByResources() as answer:
            return by_resources(control, answer, resources, outcomes, plan, facts, now)


def by_resources(
    control: Control,
    answer: ByResources,
    resources: Sequence[Resource],
    outcomes: dict[str, Outcome],
    plan: Report,
    facts: Facts,
    now: datetime,
) -> Row:
    """Return the verdict on a control that resources answer."""
    found = matched(answer.parts, resources)
    if {part for part, _ in found} != set(answer.parts):
        return Row(control, "not managed", (), answer.key, answer.price)
    ours = [each for _, each in found]
    if late := unfinished(found, resources, outcomes):
        return Row(control, "not yet", late, answer.key)
    addresses = {each.address for each in ours}
    left = [
        action.title
        for action in plan.manual_actions
        if action.address in addresses and any(word in action.title for word in answer.about)
    ]
    left += without_subscribers([each for each in ours if isinstance(each, Alarm)], resources, plan, facts)
    left += left_out(ours, facts)
    left += answer.check(facts, resources, now) if answer.check else ()
    return Row(control, "needs you" if left else "met", tuple(dict.fromkeys(left)), answer.key)


def matched(parts: Sequence[Part], resources: Sequence[Resource]) -> list[tuple[Part, Resource]]:
    """Return each part with each of the resources that it is about."""
    return [(part, each) for part in parts for each in resources if part.matches(each)]


def unfinished(
    ours: Sequence[tuple[Part, Resource]], resources: Sequence[Resource], outcomes: dict[str, Outcome]
) -> tuple[str, ...]:
    """Return which resources have a change that concerns a control; if none has, which of their dependencies have."""
    known = {each.address: each for each in resources}
    own = [each.address for part, each in ours if waits(outcomes[each.address], part.concerns)]
    # An alarm without its metric filter never fires, even when it is itself converged.
    needed = [each.address for _, each in ours]
    for address in needed:
        needed += [need for need in known[address].needs() if need in known and need not in needed]
    late = own or [address for address in needed[len(ours) :] if waits(outcomes[address], breaks_dependents)]
    return tuple(f"{address} is not as the manifest says" for address in dict.fromkeys(late))


def waits(outcome: Outcome, concerns: Callable[[str, Change], bool]) -> bool:
    """Tell whether a resource could not be planned, or has a change that concerns a control."""
    if outcome.status in ("failed", "blocked", "skipped"):
        return True
    return any(concerns(outcome.address, change) for change in outcome.changes)


# Steps of a resource that those depending on it do not notice.
INCIDENTAL = LABELS | {"lifecycle", "ownership", "public access block", "retention", "rotation", "versioning"}


def breaks_dependents(address: str, change: Change) -> bool:
    """Tell whether what depends on a resource may not work before a change is made."""
    return is_whole_resource(address, change) or step(change) not in INCIDENTAL


def left_out(ours: Sequence[Resource], facts: Facts) -> Iterator[str]:
    """Yield the regions that the manifest leaves out: a standard covers all enabled ones."""
    only = {name for each in ours for name in getattr(each, "only", None) or ()}
    if only and (rest := [name for name in facts.read(regions).on if name not in only]):
        yield f"protect.regions leaves out {', '.join(rest)}: check that nobody can use them, or cover them too"


def without_subscribers(
    alarms: Sequence[Alarm], resources: Sequence[Resource], plan: Report, facts: Facts
) -> Iterator[str]:
    """Yield the missing subscriptions of these alarms: an alarm without subscribers answers no control."""
    waiting = {action.address: action.title for action in plan.manual_actions}
    subscribers = [each for each in resources if isinstance(each, Subscription)]
    for alarm in alarms:
        for topic in alarm.actions:
            mine = [each.address for each in subscribers if each.topic_arn == topic]
            if mine and all(address in waiting for address in mine):
                yield from (waiting[address] for address in mine)
            elif not mine and all(one.pending for one in facts.read(subscriptions, alarm.scope.region, topic)):
                yield f"{topic.rpartition(':')[2]} has no subscribers"
