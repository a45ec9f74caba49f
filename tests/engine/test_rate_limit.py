"""Calls run as fast as AWS accepts them, and never fail because too many run at once."""

from __future__ import annotations

from threading import Event

import pytest
from botocore.exceptions import ClientError

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.changes import Report
from awsbase.engine.clock import Clock
from awsbase.engine.execution import execute
from awsbase.engine.rate_limit import TRIES, Pace, RateLimiter
from awsbase.engine.scope import Scope
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.sandbox import Fault, Sandbox
from awsbase.sandbox.rates import DOCUMENTED, Rate
from tests.still import START, Still

HOME = Scope("123456789012", home="us-east-1", region="us-east-1")


def throttling(*rates: Rate) -> Sandbox:
    sandbox = Sandbox(strict=False, rates=rates)
    sandbox.clock = Still()
    return sandbox


def paced(sandbox: Sandbox, clock: Clock) -> tuple[Aws, Wire]:
    wire = Wire()
    return Aws(sandbox.session(), "us-east-1", [wire.attach, RateLimiter(clock).attach]), wire


def people(sandbox: Sandbox, count: int, *, workers: int) -> Report:
    aws, wire = paced(sandbox, sandbox.clock)
    team = Group(scope=HOME, name="team")
    users = [
        User(scope=HOME, name=f"user-{n}", groups=frozenset({"team"}), made_here=(team.address,)) for n in range(count)
    ]
    return execute("reconcile", [team, *users], KINDS, identify(aws, wire), clock=sandbox.clock, workers=workers)


def refusals(sandbox: Sandbox) -> int:
    return sum(call.error == "Throttling" for call in sandbox.calls)


def test_a_first_run_nearly_reaches_the_allowed_rate_with_few_refusals() -> None:
    (rate,) = (rate for rate in DOCUMENTED if rate.on == "iam:*")
    sandbox = throttling(rate)
    report = people(sandbox, 500, workers=1)
    assert report.totals()["changed"] == 501
    allowed = (report.writes - refusals(sandbox) - rate.per_second) / rate.per_second
    assert allowed <= (sandbox.clock() - START).total_seconds() <= 1.3 * allowed
    assert refusals(sandbox) < 10


def test_many_parallel_calls_finish_although_most_are_refused_first() -> None:
    sandbox = throttling(Rate("iam:*", 2, only=True))
    report = people(sandbox, 30, workers=16)
    assert report.totals()["changed"] == 31
    assert refusals(sandbox) > 0


def test_a_client_that_is_never_throttled_never_waits() -> None:
    sandbox = throttling()
    people(sandbox, 10, workers=1)
    assert sandbox.clock() == START


def test_throttling_of_one_service_delays_no_other() -> None:
    sandbox = throttling(Rate("iam:*", 1))
    aws, _ = paced(sandbox, sandbox.clock)
    for _ in range(3):
        aws.iam.list_groups()
    waited = sandbox.clock()
    assert waited > START
    for _ in range(30):
        aws.kms.list_keys()
    assert sandbox.clock() == waited


def test_a_call_that_is_always_throttled_is_given_up() -> None:
    sandbox = throttling()
    sandbox.faults.add(Fault("throttle", on="iam:ListGroups", times=1000))
    aws, _ = paced(sandbox, sandbox.clock)
    with pytest.raises(ClientError, match="Throttling"):
        aws.iam.list_groups()
    assert refusals(sandbox) == TRIES


@pytest.mark.parametrize(
    ("calls", "gaps"),
    [
        ("", [0, 0, 0]),
        ("accepted accepted accepted", [0, 0, 0]),
        ("accepted accepted accepted throttled", [0.4, 0.8, 1.2]),
        ("accepted accepted accepted throttled throttled throttled", [0.4, 0.8, 1.2]),
        ("throttled", [2.4, 4.7, 7.1]),
        ("accepted accepted accepted accepted throttled accepted accepted accepted", [0.3, 0.6, 0.9]),
    ],
    ids=["new", "never throttled", "throttled", "all at once throttled", "throttled at once", "faster again"],
)
def test_calls_are_spaced_by_the_observed_rate(calls: str, gaps: list[float]) -> None:
    pace = Pace()
    for each in calls.split():
        getattr(pace, each)(0.0)
    assert [round(pace.turn(0.0), 1) for _ in range(3)] == gaps


def test_the_system_clock_is_used_to_sleep() -> None:
    slept: list[float] = []

    class Listening(Still):
        def sleep(self, seconds: float, stop: Event | None = None) -> None:
            slept.append(seconds)
            super().sleep(seconds, stop)

    sandbox = Sandbox()
    sandbox.faults.add(Fault("throttle", on="iam:ListGroups"))
    aws, _ = paced(sandbox, Listening())
    aws.iam.list_groups()
    assert len(slept) == 1
