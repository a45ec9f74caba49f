"""Who made what differs from the manifest: asked of CloudTrail's event history, which every account has for 90 days."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

from awsbase.engine.account import Account
from awsbase.engine.changes import PROGRAM, Author, Change, Outcome, Report, Subject, is_whole_resource
from awsbase.engine.clock import Clock
from awsbase.engine.event_names import (
    event_name,
    makes_whole,
    mentions,
    noun,
    overwrites,
    same_thing,
    texts,
    variants,
    whole_thing,
)
from awsbase.engine.scope import FIRST_REGIONS, partition
from awsbase.engine.wire import is_read
from awsbase.records import record

# AWS takes two lookups a second in each region:
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
PAUSE = 0.5
# How many lookups a plan makes at most, how many more for what is missing, and how many pages of 50 events each.
MOST, FOR_MISSING, PAGES = 120, 20, 6
# By how many names of events something is looked up that the history has no names of.
EVENTS = 4


class Exhausted(Exception):
    """The plan has made as many lookups as it may."""


def with_authors(report: Report, account: Account, clock: Clock, stop: threading.Event) -> Report:
    """Return a plan whose changes say who made what differs, and why it is not known of the others.

    What differs is asked about first, and then what is missing: in a new account nobody ever made it.
    """
    history = History(account, clock, stop)
    found: dict[int, Author] = {}
    chosen = [(outcome, change) for outcome in report.outcomes for change in asked_about(outcome)]
    for _, change in sorted(chosen, key=lambda each: each[1].action == "create"):
        if author := history.author(change):
            found[id(change)] = author
    outcomes = tuple(
        replace(outcome, changes=tuple(replace(each, changed_by=found.get(id(each))) for each in outcome.changes))
        for outcome in report.outcomes
    )
    wire = account.wire
    return replace(
        report, outcomes=outcomes, reads=wire.reads, writes=wire.writes, authors_missing=tuple(history.missing())
    )


def asked_about(outcome: Outcome) -> list[Change]:
    """Return the changes of a resource of which it is asked: of one that is missing, that it is made again."""
    changes = [each for each in outcome.changes if each.subject is not None]
    whole = [each for each in changes if each.action == "create" and is_whole_resource(outcome.address, each)]
    return whole or changes


@dataclass
class Lookup:
    """The events that one lookup has found so far, and where the next page begins."""

    events: list[Mapping[str, Any]] = field(default_factory=list)
    token: str | None = None
    pages: int = 0


class History:
    """The event history of an account, at the pace that AWS allows; a region that refuses is asked no more."""

    def __init__(self, account: Account, clock: Clock, stop: threading.Event) -> None:
        self._account = account
        self._clock = clock
        self._stop = stop
        self._lookups: dict[tuple[str, str, str], Lookup] = {}
        self._next: dict[str, float] = {}
        self._made = Counter[bool]()
        self._unasked = 0
        self._refused: dict[str, str] = {}

    def author(self, change: Change) -> Author | None:
        """Return who made what a change corrects; None when the history does not tell."""
        if change.subject is None or self._stop.is_set():
            return None
        try:
            return self._author(change, change.subject)
        except Exhausted:
            self._unasked += 1
            return None

    def missing(self) -> Iterator[str]:
        """Yield why some changes have no author."""
        regions: dict[str, list[str]] = {}
        for region, why in self._refused.items():
            regions.setdefault(why, []).append(region)
        for why, where in regions.items():
            yield f"CloudTrail does not tell who, in {', '.join(sorted(where))}: {why}"
        if self._unasked:
            most = f"{MOST} lookups at most, and {FOR_MISSING} for what is missing"
            yield f"CloudTrail was not asked about {self._unasked} of the changes: a plan makes {most}"

    def _author(self, change: Change, subject: Subject) -> Author | None:
        cause = Cause.of(change, subject)
        region, service = self._region(subject.region), change.api.partition(":")[0]
        place = f"arn:{partition(region)}:{{service}}:{region}:{self._account.id}:{{path}}"
        for name in variants(subject.names[0], service, place) if subject.names else ():
            for event in self._events(region, "ResourceName", name, cause.missing):
                if cause.explained_by(event, by_name=True):
                    return author(event)
        # Of what is made without a name nothing says that it is the one that is gone.
        if makes_whole(cause.operation) and not subject.names and "Account" not in noun(cause.operation):
            return None
        return self._by_event(service, region, cause)

    def _by_event(self, service: str, region: str, cause: Cause) -> Author | None:
        """Look for events on what the history cannot be asked for by name: whole accounts, and some services."""
        model = self._account.aws.clients.get(service, region).meta.service_model
        names = [event_name(f"{service}:{each}") for each in model.operation_names if not is_read(service, each)]
        alike = [each for each in names if same_thing(each, cause.operation) and cause.can_be(each)]
        found = []
        for name in sorted(alike, key=lambda each: each != cause.operation)[:EVENTS]:
            events = self._events(region, "EventName", name, cause.missing)
            found += [author(event) for event in [next(filter(cause.explained_by, events), None)] if event]
        return max(found, key=lambda each: each.at, default=None)

    def _events(self, region: str, key: str, value: str, missing: bool) -> Iterator[Mapping[str, Any]]:
        """Yield the events with an attribute, newest first, page by page; raises Exhausted after too many lookups."""
        lookup = self._lookups.setdefault((region, key, value), Lookup())
        yield from lookup.events
        while region not in self._refused and lookup.pages < PAGES and (lookup.token or not lookup.pages):
            before = len(lookup.events)
            self._page(region, key, value, lookup, missing)
            yield from lookup.events[before:]

    def _page(self, region: str, key: str, value: str, lookup: Lookup, missing: bool) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if self._stop.is_set() or self._made[missing] >= (FOR_MISSING if missing else MOST):
            raise Exhausted
        self._made[missing] += 1
        if (wait := self._next.get(region, 0) - self._clock.now().timestamp()) > 0:
            self._clock.sleep(wait, self._stop)
        more = {"NextToken": lookup.token} if lookup.token else {}
        attributes = [{"AttributeKey": key, "AttributeValue": value}]
        client: Any = self._account.aws.at(region).cloudtrail
        try:
            answer = client.lookup_events(LookupAttributes=attributes, **more)
        except ClientError as error:
            refusal = error.response.get("Error", {})
            self._refused[region] = f"{refusal.get('Code')}: {refusal.get('Message')}"
            return
        except BotoCoreError as error:
            self._refused[region] = str(error)
            return
        self._next[region] = self._clock.now().timestamp() + PAUSE
        lookup.events += answer["Events"]
        lookup.token, lookup.pages = answer.get("NextToken"), lookup.pages + 1

    def _region(self, region: str) -> str:
        """Return where the events of a region are; those of services without regions are in the first one."""
        home = self._account.aws.region
        return region or FIRST_REGIONS.get(partition(home), home)


@record
class Cause:
    """What an event must be to explain a change: about the same thing, at the same service, with the same names.

    `undone` is the event of the change itself, where that makes or ends something.
    """

    operation: str
    source: str
    names: tuple[str, ...]
    missing: bool
    undone: str

    @classmethod
    def of(cls, change: Change, subject: Subject) -> Cause:
        """Return what explains a change."""
        operation = event_name(change.api)
        undone = operation if change.action in ("create", "delete") else ""
        return cls(operation, subject.source, subject.names, change.action == "create", undone)

    def can_be(self, event: str) -> bool:
        """Tell whether an event of this name can make what differs: what attaches again does not detach."""
        return event != self.undone or overwrites(event)

    def explained_by(self, event: Mapping[str, Any], *, by_name: bool = False) -> bool:
        """Tell whether an event explains the change; `by_name` says that the history found it by the first name."""
        name = event.get("EventName", "")
        if event.get("ReadOnly") != "false" or event.get("EventSource") != self.source:
            return False
        if not self.can_be(name):
            return False
        if not same_thing(name, self.operation) and not whole_thing(name, self.operation):
            return False
        told = details(event)
        whole = makes_whole(name)
        # What awsbase made, it made as it is wanted.
        made = whole or name == self.undone
        if "errorCode" in told or (made and str(told.get("userAgent")).startswith(PROGRAM)):
            return False
        # What makes or ends a whole thing says nothing of its parts.
        held = list(values(told.get("requestParameters")))
        return all(mentions(held, each) for each in self.names[by_name : 1 if whole else None])


def details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the record of an event; empty when it is none."""
    try:
        record = json.loads(event.get("CloudTrailEvent", ""))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def values(held: object) -> Iterator[str]:
    """Yield the texts in the parameters of a call, at any depth."""
    if isinstance(held, Mapping):
        for each in held.values():
            yield from values(each)
    elif isinstance(held, list):
        for each in held:
            yield from values(each)
    else:
        yield from texts(held)


def author(event: Mapping[str, Any]) -> Author:
    """Return who made an event."""
    record = details(event)
    identity = record.get("userIdentity") or {}
    who = identity.get("arn") or identity.get("invokedBy") or event.get("Username") or "somebody"
    return Author(
        arn=str(who),
        at=event["EventTime"].astimezone(UTC),
        address=str(record.get("sourceIPAddress") or "an unknown address"),
        event=event["EventName"],
        event_id=event["EventId"],
        program=str(record.get("userAgent") or ""),
    )
