"""The drill: trigger every alarm, read from its history whether the message was sent, and who received it.

Alarms usually fail silently: CloudWatch is not allowed to use the key or the topic, or nobody confirmed the mail
address. That stays hidden until the alarm is needed, so the drill shows it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Literal

from awsbase.engine.account import Account
from awsbase.engine.clock import Clock
from awsbase.engine.facts import Facts
from awsbase.ensure import alarm as alarm_facts
from awsbase.ensure.alarm import Alarm, family
from awsbase.facts import topics as topic_facts
from awsbase.records import record
from awsbase.webhooks import masked

Verdict = Literal[
    "delivered",
    "unconfirmed",
    "filtered",
    "nobody",
    "key-refused",
    "topic-refused",
    "no-topic",
    "wrong-region",
    "no-action",
    "missing",
    "silent",
    "failed",
]

REASON = "A drill of awsbase: nothing has happened. The alarm returns to its state by itself."
TIMEOUT = timedelta(seconds=90)
PARALLEL = 8

HINTS: Mapping[Verdict, str] = {
    "unconfirmed": "follow the link in the mail 'AWS Notification - Subscription Confirmation'",
    "nobody": "add a subscriber to this channel in the notify section",
    "filtered": "the filter policy of each subscription keeps alarms out: `awsbase plan` says how to take it off",
    "key-refused": "the topic's key does not allow cloudwatch.amazonaws.com to use it: write `encrypted: true` to its "
    "channel in the notify section and reconcile, or let CloudWatch use that key in its policy",
    "topic-refused": "the topic's policy does not allow cloudwatch.amazonaws.com to publish: reconcile corrects that",
    "no-topic": "the topic does not exist: reconcile creates it",
    "wrong-region": "an alarm can publish only to a topic of its own region: reconcile corrects that",
    "no-action": "the alarm has no action, or its actions are disabled: reconcile corrects that",
    "missing": "there is no such alarm: reconcile creates it",
    "silent": "CloudWatch reported no result: run the drill again",
}


@record
class DrillResult:
    """The result for one alarm: the verdict, who received it, who has not confirmed, and CloudWatch's answer."""

    alarm: str
    region: str
    verdict: Verdict
    recipients: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    detail: str = ""
    filtered: tuple[str, ...] = ()

    @property
    def delivered(self) -> bool:
        return self.verdict == "delivered"

    @property
    def hint(self) -> str | None:
        """Return what to do about it; None when nothing."""
        return HINTS.get(self.verdict)


def drill(
    account: Account,
    alarms: Sequence[Alarm],
    facts: Facts,
    *,
    clock: Clock,
    stop: threading.Event | None = None,
    done: Callable[[DrillResult], None] = lambda result: None,
) -> list[DrillResult]:
    """Trigger alarms in parallel and return the results in order, without those after a stop.

    Each alarm returns to its former state, whatever happens.
    """
    stop = stop or threading.Event()

    def run(want: Alarm) -> DrillResult | None:
        if stop.is_set():
            return None
        result = drill_one(account, want, facts, clock, stop)
        done(result)
        return result

    with ThreadPoolExecutor(PARALLEL, "drill") as pool:
        return [result for result in pool.map(run, alarms) if result]


def drill_one(account: Account, want: Alarm, facts: Facts, clock: Clock, stop: threading.Event) -> DrillResult:
    """Trigger one alarm and return its result; an error of AWS becomes the verdict `failed`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return triggered(account, want, facts, clock, stop)
    except (BotoCoreError, ClientError) as error:
        return DrillResult(want.name, want.scope.region, "failed", detail=str(error))


def triggered(account: Account, want: Alarm, facts: Facts, clock: Clock, stop: threading.Event) -> DrillResult:
    """Trigger one alarm unless it has no enabled action, and return its result."""
    region = want.scope.region
    have = facts.read(alarm_facts.alarms, region, family(want.name)).get(want.name)
    if have is None:
        return DrillResult(want.name, region, "missing")
    actions = have.get("AlarmActions", [])
    if not actions or not have.get("ActionsEnabled"):
        return DrillResult(want.name, region, "no-action")
    results = trigger(account, want, str(have["StateValue"]), frozenset(actions), clock, stop)
    verdicts = [judge(want, action, results.get(action), facts) for action in sorted(actions)]
    # Of several actions a failed one is reported.
    return next((each for each in verdicts if not each.delivered), verdicts[0])


def trigger(
    account: Account, want: Alarm, state: str, actions: frozenset[str], clock: Clock, stop: threading.Event
) -> dict[str, Mapping[str, Any]]:
    """Trigger an alarm, wait for the results of its actions, and reset it; return the results by action."""
    cloudwatch = account.aws.at(want.scope.region).cloudwatch
    # Compared by content and not by time: this machine's clock can differ from AWS's.
    before = {item["HistoryData"] for item in results_of(cloudwatch, want.name)}
    try:
        if state == "ALARM":
            # Only a change of state triggers actions.
            set_state(account, cloudwatch, want.name, "OK")
        set_state(account, cloudwatch, want.name, "ALARM")
        found: dict[str, Mapping[str, Any]] = {}
        until, pause = clock.now() + TIMEOUT, 1.0
        while not found.keys() >= actions and clock.now() < until and not stop.is_set():
            clock.sleep(pause, stop)
            pause = min(pause * 1.5, 5)
            for item in results_of(cloudwatch, want.name):
                if item["HistoryData"] not in before:
                    data = json.loads(item["HistoryData"])
                    found.setdefault(data.get("notificationResource", ""), {**data, "summary": item["HistorySummary"]})
    finally:
        if state != "ALARM":
            set_state(account, cloudwatch, want.name, state)
    return found


def set_state(account: Account, cloudwatch: Any, name: str, state: str) -> None:
    """Set an alarm's state: the only write of a drill, and the only place that opens the wire."""
    with account.wire.open():
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=REASON)


def results_of(cloudwatch: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the newest 20 results of an alarm's actions."""
    yield from cloudwatch.describe_alarm_history(
        AlarmName=name,
        AlarmTypes=["MetricAlarm"],
        HistoryItemType="Action",
        ScanBy="TimestampDescending",
        MaxRecords=20,
    )["AlarmHistoryItems"]


def judge(want: Alarm, action: str, result: Mapping[str, Any] | None, facts: Facts) -> DrillResult:
    """Return the result of one action, with the subscribers of its topic."""
    region = want.scope.region
    elsewhere = action.split(":")[3] not in ("", region)
    if result is None:
        return DrillResult(
            want.name, region, "wrong-region" if elsewhere else "silent", detail=action if elsewhere else ""
        )
    if result.get("actionState") != "Succeeded":
        detail = str(result.get("error") or result["summary"])
        return DrillResult(want.name, region, "wrong-region" if elsewhere else refusal(detail), detail=detail)
    if action.split(":")[2] != "sns":
        return DrillResult(want.name, region, "delivered", recipients=(action,))
    subscribers = facts.read(topic_facts.subscriptions, region, action)
    deaf = {one for one in subscribers if one.arn and facts.read(topic_facts.filter_policy, region, one.arn).swallows}
    recipients = tuple(sorted(masked(one.endpoint) for one in subscribers if not one.pending and one not in deaf))
    unconfirmed = tuple(sorted(masked(one.endpoint) for one in subscribers if one.pending))
    filtered = tuple(sorted(masked(one.endpoint) for one in deaf))
    verdict: Verdict = (
        "delivered" if recipients else "filtered" if filtered else "unconfirmed" if unconfirmed else "nobody"
    )
    return DrillResult(want.name, region, verdict, recipients, unconfirmed, filtered=filtered)


def refusal(message: str) -> Verdict:
    """Return the verdict that matches CloudWatch's message about a failed action."""
    if "encryption key" in message or "KMS" in message:
        return "key-refused"
    if "nvalid region" in message:
        return "wrong-region"
    if "no longer exists" in message or "does not exist" in message:
        return "no-topic"
    return "topic-refused" if "not authorized" in message else "failed"
