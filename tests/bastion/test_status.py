"""The status of a bastion, and the wait for a new host."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsbase.bastion.doctor import agent
from awsbase.bastion.host import Host, host
from awsbase.bastion.settings import Bastion
from awsbase.bastion.status import Status, document, lines
from awsbase.bastion.wait import reachable
from awsbase.engine.facts import Facts
from awsbase.ensure.schedule import ScheduleFacts
from awsbase.errors import AwsbaseError
from awsbase.userdata import Mode
from tests.bastion.test_connection import HOST
from tests.ensure.planned import KnownFacts
from tests.ensure.test_ephemeral import INSTANCE

NOW = datetime(2026, 1, 1, 3, 10, tzinfo=UTC)


def bastion(mode: Mode) -> Bastion:
    return Bastion(INSTANCE, mode, nat=False, on_demand=True)


def test_the_status_is_shown_line_by_line() -> None:
    found = Status(
        bastion("ssh"),
        HOST,
        ends=NOW + timedelta(hours=2),
        agent="Online",
        accounts=("alice", "bob"),
        outdated=("removes the account bob",),
    )
    assert list(lines(found, NOW)) == [
        "bastion: running",
        "  instance  i-0123456789abcdef0, t4g.nano in eu-west-1a, for 3 h 10 min",
        "  mode      ssh",
        "  address   203.0.113.9, inside 10.0.0.9",
        "  agent     Online",
        "  ends      2026-01-01 05:10 UTC, in 2 h",
        "  accounts  alice, bob",
        "  outdated  the manifest removes the account bob: `awsbase bastion up` replaces it",
    ]
    assert document(found)["ends"] == "2026-01-01T05:10:00Z"


def test_a_missing_bastion_is_one_line() -> None:
    assert list(lines(Status(bastion("ssm"), None), NOW)) == ["bastion: not there; `awsbase bastion up` starts one"]


@pytest.mark.parametrize(
    ("when", "read"),
    [("at(2026-01-01T05:10:00)", datetime(2026, 1, 1, 5, 10, tzinfo=UTC)), ("rate(1 hour)", None)],
)
def test_the_end_is_read_from_the_schedule(when: str, read: datetime | None) -> None:
    assert ScheduleFacts(when, "", {}, "").at == read


class Watched(KnownFacts):
    """Facts that differ from look to look: each look takes the next answer, and the last one stays."""

    def __init__(self, looks: Sequence[tuple[Host | None, dict[str, Any] | None]]) -> None:
        self.looks = list(looks)
        super().__init__({})

    def uncached(self) -> Facts:
        found, registration = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return KnownFacts({host: found, agent: registration})


class Ticking:
    """A clock that jumps when somebody sleeps."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float, stop: threading.Event) -> None:
        self.time += timedelta(seconds=seconds)


YOUNG = replace(HOST, launched=NOW - timedelta(seconds=20))
ONLINE = {"PingStatus": "Online"}


def test_waiting_for_a_new_host_is_announced_once() -> None:
    looks = [(replace(YOUNG, state="pending"), None), (YOUNG, None), (YOUNG, None), (YOUNG, ONLINE)]
    messages: list[str] = []
    clock = Ticking(NOW)
    assert reachable(Watched(looks), bastion("ssm"), clock, messages.append) == YOUNG
    assert messages == ["i-0123456789abcdef0: starts; a new host takes a minute or two\n"]
    assert clock.now() == NOW + timedelta(seconds=15)


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([(None, None)], "there is no bastion"),
        ([(replace(HOST, state="stopped"), None)], "is stopped"),
        ([(HOST, None)], "its agent has not called Systems Manager"),
        ([(HOST, {"PingStatus": "ConnectionLost"})], "has not called Systems Manager for a while"),
        ([(YOUNG, None)], "its agent has not called Systems Manager"),
    ],
    ids=["none", "stopped", "old and silent", "lost", "young and silent for too long"],
)
def test_a_host_that_stays_unreachable_is_reported_with_a_hint(looks: Any, expected: str) -> None:
    with pytest.raises(AwsbaseError) as caught:
        reachable(Watched(looks), bastion("ssm"), Ticking(NOW), lambda line: None)
    assert expected in caught.value.message
    assert caught.value.hint


def test_other_modes_do_not_wait_for_the_agent() -> None:
    assert reachable(Watched([(HOST, None)]), bastion("ssh"), Ticking(NOW), lambda line: None) == HOST
