"""From a plan and a look at the account to a verdict on each control."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from awsbase.coverage.answers import ANSWERS, Looked, Made, Yours
from awsbase.coverage.standards import Control
from awsbase.engine.changes import Outcome, Report
from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.regions import regions
from awsbase.ensure.subscription import Subscription
from awsbase.ensure.topic import subscriptions
from awsbase.facts.credential_report import report_rows
from awsbase.records import record

Status = Literal["met", "needs you", "not yet", "not managed"]
STATUSES: tuple[Status, ...] = ("met", "needs you", "not yet", "not managed")


@record
class Row:
    """What is to be said of one control; `key` is where the manifest would ask for it, `price` what it costs."""

    control: Control
    status: Status
    why: tuple[str, ...] = ()
    key: str = ""
    price: str = ""


def judge(
    controls: Iterable[Control], resources: Sequence[Resource], plan: Report, facts: Facts, now: datetime
) -> list[Row]:
    """Return a verdict on each control, from what the plan says of the resources and what the account shows."""
    outcomes = {outcome.address: outcome for outcome in plan.outcomes}
    return [one(control, resources, outcomes, plan, facts, now) for control in controls]


def one(
    control: Control,
    resources: Sequence[Resource],
    outcomes: dict[str, Outcome],
    plan: Report,
    facts: Facts,
    now: datetime,
) -> Row:
    """Return the verdict on one control."""
    match ANSWERS[control.answer]:
        case Yours(step):
            return Row(control, "needs you", (step,))
        case Looked(look, key, report, parts):
            if report and not facts.read(report_rows):
                return Row(control, "not yet", ("AWS is making the credential report: look again in a minute",), key)
            if late := behind([each for part in parts for each in resources if part(each)], resources, outcomes):
                return Row(control, "not yet", late, key)
            found = tuple(look(facts, resources, now))
            return Row(control, "needs you" if found else "met", found, key)
        case Made() as answer:
            return answered(control, answer, resources, outcomes, plan, facts)


def answered(
    control: Control,
    answer: Made,
    resources: Sequence[Resource],
    outcomes: dict[str, Outcome],
    plan: Report,
    facts: Facts,
) -> Row:
    """Return the verdict on a control that resources answer."""
    by_part = [[each for each in resources if part(each)] for part in answer.parts]
    if not all(by_part):
        return Row(control, "not managed", (), answer.key, answer.price)
    ours = [each for found in by_part for each in found]
    if late := behind(ours, resources, outcomes):
        return Row(control, "not yet", late, answer.key)
    addresses = {each.address for each in ours}
    asked = [
        ask.title
        for ask in plan.manual_actions
        if ask.address in addresses and any(word in ask.title for word in answer.about)
    ]
    asked += unheard([each for each in ours if isinstance(each, Alarm)], resources, plan, facts)
    asked += left_out(ours, facts)
    return Row(control, "needs you" if asked else "met", tuple(dict.fromkeys(asked)), answer.key)


def behind(ours: Sequence[Resource], resources: Sequence[Resource], outcomes: dict[str, Outcome]) -> tuple[str, ...]:
    """Say which of these are not as the manifest says; when all are, then which of those that they lean on."""
    known = {each.address: each for each in resources}
    below = [each.address for each in ours]
    for address in below:
        # An alarm without its filter never rings, whatever it looks like itself.
        below += [need for need in known[address].needs() if need in known and need not in below]
    late = [address for address in below if outcomes[address].status != "unchanged"]
    own = [address for address in late if address in {each.address for each in ours}]
    return tuple(f"{address} is not as the manifest says" for address in own or late)


def left_out(ours: Sequence[Resource], facts: Facts) -> Iterator[str]:
    """Yield which regions the manifest leaves out: a standard means all that are on."""
    only = {name for each in ours for name in getattr(each, "only", None) or ()}
    if only and (rest := [name for name in facts.read(regions).on if name not in only]):
        yield f"protect.regions leaves out {', '.join(rest)}: see that nobody can use them, or cover them too"


def unheard(alarms: Sequence[Alarm], resources: Sequence[Resource], plan: Report, facts: Facts) -> Iterator[str]:
    """Yield what is left to do until somebody hears these alarms: one that nobody hears answers no control."""
    waiting = {ask.address: ask.title for ask in plan.manual_actions}
    listeners = [each for each in resources if isinstance(each, Subscription)]
    for alarm in alarms:
        for topic in alarm.actions:
            mine = [each.address for each in listeners if each.topic_arn == topic]
            if mine and all(address in waiting for address in mine):
                yield from (waiting[address] for address in mine)
            elif not mine and all(one.pending for one in facts.read(subscriptions, alarm.scope.region, topic)):
                yield f"nobody listens on {topic.rpartition(':')[2]}"
