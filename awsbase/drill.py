"""The drill: ring every alarm, see in its history whether the message left, and whether anybody would have got it.

The commonest failure of an alarm is silence: a key or a topic that CloudWatch may not use, a mail address that nobody
confirmed. None of it shows before the day on which the alarm is needed, so it is shown here.
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
from awsbase.ensure import topic as topic_facts
from awsbase.ensure.alarm import Alarm, family
from awsbase.records import record
from awsbase.webhooks import masked

Verdict = Literal[
    "delivered",
    "unconfirmed",
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

REASON = "A drill of awsbase: nothing has happened. The alarm goes back to its state by itself."
PATIENCE = timedelta(seconds=90)
AT_ONCE = 8

HINTS: Mapping[Verdict, str] = {
    "unconfirmed": "follow the link in the mail 'AWS Notification - Subscription Confirmation'",
    "nobody": "name somebody under this channel in the notify section",
    "key-refused": "the topic's key does not let cloudwatch.amazonaws.com use it: reconcile puts that right",
    "topic-refused": "the topic's policy does not let cloudwatch.amazonaws.com publish: reconcile puts that right",
    "no-topic": "the topic is gone: reconcile makes it anew",
    "wrong-region": "an alarm can only speak on a topic of its own region: reconcile puts that right",
    "no-action": "the alarm tells nobody, or its actions are disabled: reconcile puts that right",
    "missing": "there is no such alarm: reconcile makes it",
    "silent": "CloudWatch reported no result: run the drill again",
}


@record
class Proof:
    """What became of one alarm's message: the verdict, who got it, who did not yet, and what CloudWatch said."""

    alarm: str
    region: str
    verdict: Verdict
    told: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    said: str = ""

    @property
    def delivered(self) -> bool:
        return self.verdict == "delivered"

    @property
    def hint(self) -> str | None:
        """What to do about it."""
        return HINTS.get(self.verdict)


def drill(
    account: Account,
    alarms: Sequence[Alarm],
    facts: Facts,
    *,
    clock: Clock,
    stop: threading.Event | None = None,
    rang: Callable[[Proof], None] = lambda proof: None,
) -> list[Proof]:
    """Ring alarms, side by side, and return what became of each, in order; those after a stop are left out.

    Each alarm is put back into the state that it had, whatever happens.
    """
    stop = stop or threading.Event()

    def prove(want: Alarm) -> Proof | None:
        if stop.is_set():
            return None
        proof = tried(account, want, facts, clock, stop)
        rang(proof)
        return proof

    with ThreadPoolExecutor(AT_ONCE, "drill") as ringers:
        return [proof for proof in ringers.map(prove, alarms) if proof]


def tried(account: Account, want: Alarm, facts: Facts, clock: Clock, stop: threading.Event) -> Proof:
    """Ring one alarm, and say what became of it; what AWS refuses on the way keeps no other alarm from being told."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return proved(account, want, facts, clock, stop)
    except (BotoCoreError, ClientError) as error:
        return Proof(want.name, want.scope.region, "failed", said=str(error))


def proved(account: Account, want: Alarm, facts: Facts, clock: Clock, stop: threading.Event) -> Proof:
    """Ring one alarm unless it could tell nobody anyhow, and say what became of it."""
    region = want.scope.region
    have = facts.read(alarm_facts.alarms, region, family(want.name)).get(want.name)
    if have is None:
        return Proof(want.name, region, "missing")
    actions = have.get("AlarmActions", [])
    if not actions or not have.get("ActionsEnabled"):
        return Proof(want.name, region, "no-action")
    results = ring(account, want, str(have["StateValue"]), frozenset(actions), clock, stop)
    proofs = [judge(want, action, results.get(action), facts) for action in sorted(actions)]
    # Of several actions the one that went wrong is worth telling.
    return next((proof for proof in proofs if not proof.delivered), proofs[0])


def ring(
    account: Account, want: Alarm, state: str, actions: frozenset[str], clock: Clock, stop: threading.Event
) -> dict[str, Mapping[str, Any]]:
    """Set an alarm off, wait for the results of its actions, and put it back; returns the results by action."""
    cloudwatch = account.aws.at(want.scope.region).cloudwatch
    # Not by the time: the clock of this machine may be another one than that of AWS.
    before = {item["HistoryData"] for item in results_of(cloudwatch, want.name)}
    try:
        if state == "ALARM":
            # Actions follow a change of state only.
            set_state(account, cloudwatch, want.name, "OK")
        set_state(account, cloudwatch, want.name, "ALARM")
        found: dict[str, Mapping[str, Any]] = {}
        until, pause = clock.now() + PATIENCE, 1.0
        while not found.keys() >= actions and clock.now() < until and not stop.is_set():
            clock.sleep(pause, stop)
            pause = min(pause * 1.5, 5)
            for item in results_of(cloudwatch, want.name):
                if item["HistoryData"] not in before:
                    told = json.loads(item["HistoryData"])
                    found.setdefault(told.get("notificationResource", ""), {**told, "summary": item["HistorySummary"]})
    finally:
        if state != "ALARM":
            set_state(account, cloudwatch, want.name, state)
    return found


def set_state(account: Account, cloudwatch: Any, name: str, state: str) -> None:
    """Set an alarm's state: the one write of a drill, and so the one place that opens the wire for it."""
    with account.wire.open():
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=REASON)


def results_of(cloudwatch: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the newest results of an alarm's actions."""
    yield from cloudwatch.describe_alarm_history(
        AlarmName=name,
        AlarmTypes=["MetricAlarm"],
        HistoryItemType="Action",
        ScanBy="TimestampDescending",
        MaxRecords=20,
    )["AlarmHistoryItems"]


def judge(want: Alarm, action: str, result: Mapping[str, Any] | None, facts: Facts) -> Proof:
    """Say what became of one action, and who was listening."""
    region = want.scope.region
    elsewhere = action.split(":")[3] not in ("", region)
    if result is None:
        return Proof(want.name, region, "wrong-region" if elsewhere else "silent", said=action if elsewhere else "")
    if result.get("actionState") != "Succeeded":
        said = str(result.get("error") or result["summary"])
        return Proof(want.name, region, "wrong-region" if elsewhere else refusal(said), said=said)
    if action.split(":")[2] != "sns":
        return Proof(want.name, region, "delivered", told=(action,))
    listening = facts.read(topic_facts.subscriptions, region, action)
    told = tuple(sorted(masked(one.endpoint) for one in listening if not one.pending))
    waiting = tuple(sorted(masked(one.endpoint) for one in listening if one.pending))
    return Proof(want.name, region, "delivered" if told else "unconfirmed" if waiting else "nobody", told, waiting)


def refusal(said: str) -> Verdict:
    """Return what CloudWatch means by the words of a failed action."""
    if "encryption key" in said or "KMS" in said:
        return "key-refused"
    if "nvalid region" in said:
        return "wrong-region"
    if "no longer exists" in said or "does not exist" in said:
        return "no-topic"
    return "topic-refused" if "not authorized" in said else "failed"
