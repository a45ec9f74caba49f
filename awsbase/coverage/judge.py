"""From a plan and a look at the account to a verdict on each control."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from awsbase.coverage.answers import ANSWERS, Looked, Made, Yours
from awsbase.coverage.standards import Control
from awsbase.engine.changes import Outcome, Report
from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.credentials import report_rows
from awsbase.ensure.subscription import Subscription

Status = Literal["met", "needs you", "not yet", "not managed"]
STATUSES: tuple[Status, ...] = ("met", "needs you", "not yet", "not managed")


@dataclass(frozen=True)
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
        case Looked(look, key, report):
            if report and not facts.read(report_rows):
                return Row(control, "not yet", ("AWS is making the credential report: look again in a minute",), key)
            found = tuple(look(facts, resources, now))
            return Row(control, "needs you" if found else "met", found, key)
        case Made() as answer:
            return answered(control, answer, resources, outcomes, plan)


def answered(
    control: Control, answer: Made, resources: Sequence[Resource], outcomes: dict[str, Outcome], plan: Report
) -> Row:
    """Return the verdict on a control that resources answer."""
    by_part = [[each for each in resources if part(each)] for part in answer.parts]
    if not all(by_part):
        return Row(control, "not managed", (), answer.key, answer.price)
    ours = [each for found in by_part for each in found]
    late = [each.address for each in ours if outcomes[each.address].status != "unchanged"]
    if late:
        return Row(control, "not yet", tuple(f"{address} is not as the manifest says" for address in late), answer.key)
    addresses = {each.address for each in ours}
    asked = [
        ask.title
        for ask in plan.needs_you
        if ask.address in addresses and any(word in ask.title for word in answer.about)
    ]
    asked += unheard([each for each in ours if isinstance(each, Alarm)], resources, plan)
    return Row(control, "needs you" if asked else "met", tuple(dict.fromkeys(asked)), answer.key)


def unheard(alarms: Sequence[Alarm], resources: Sequence[Resource], plan: Report) -> Iterator[str]:
    """Yield what is left to do until somebody hears these alarms: one that nobody hears answers no control."""
    waiting = {ask.address: ask.title for ask in plan.needs_you}
    listeners = [each for each in resources if isinstance(each, Subscription)]
    for alarm in alarms:
        for topic in alarm.actions:
            mine = [each.address for each in listeners if each.topic_arn == topic]
            if mine and all(address in waiting for address in mine):
                yield from (waiting[address] for address in mine)
