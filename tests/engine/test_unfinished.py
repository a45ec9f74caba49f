"""The lock tells since when runs of a manifest have not come to their end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.engine.lock import Lock, unfinished
from awsbase.engine.wire import Wire
from awsbase.sandbox import Fault, Sandbox
from tests.engine.test_lock import HERE, KIM

AN_HOUR = timedelta(hours=1).total_seconds()
MINE, THEIRS = "my manifest", "their manifest"


def held(sandbox: Sandbox, manifest: str = MINE, *, finishes: bool | None = None, whole: bool = True) -> datetime:
    """Hold the lock for a run that ends as it is told; return when it took the lock, by AWS's clock."""
    wire = Wire()
    aws = Aws(sandbox.session(), "eu-west-1", attach=[wire.attach], attempts=1)
    one = Lock(aws.ssm, wire, KIM, sandbox.clock, HERE, manifest)
    sandbox.clock.advance(AN_HOUR)
    with one.held(None):
        began = wire.reached
        if finishes:
            one.finish(whole=whole)
    assert began
    return began


def since(sandbox: Sandbox, manifest: str = MINE) -> datetime | None:
    with ThreadPoolExecutor(1) as pool:
        return Facts(Aws(sandbox.session(), "eu-west-1", attempts=1), pool).read(unfinished, manifest)


def test_a_run_that_came_to_its_end_leaves_nothing() -> None:
    sandbox = Sandbox()
    assert since(sandbox) is None
    held(sandbox, finishes=True)
    assert since(sandbox) is None


def test_a_run_that_did_not_is_known_with_its_beginning_until_one_does() -> None:
    sandbox = Sandbox()
    began = held(sandbox)
    known = since(sandbox)
    assert known is not None
    assert began - timedelta(seconds=2) <= known <= began
    held(sandbox)
    assert since(sandbox) == known
    held(sandbox, finishes=True)
    assert since(sandbox) is None


def test_of_another_manifest_nothing_is_left() -> None:
    sandbox = Sandbox()
    began = held(sandbox)
    assert since(sandbox, THEIRS) is None
    held(sandbox, THEIRS)
    assert since(sandbox) is None
    theirs = since(sandbox, THEIRS)
    assert theirs is not None
    assert theirs > began


@pytest.mark.parametrize(("interrupted", "left"), [(True, True), (False, False)])
def test_a_run_of_a_part_does_not_end_what_was_begun(interrupted: bool, left: bool) -> None:
    sandbox = Sandbox()
    if interrupted:
        held(sandbox)
    held(sandbox, finishes=True, whole=False)
    assert (since(sandbox) is not None) == left


def test_a_lock_that_was_released_by_force_keeps_what_was_begun() -> None:
    sandbox = Sandbox()
    held(sandbox)
    known = since(sandbox)
    wire = Wire()
    aws = Aws(sandbox.session(), "eu-west-1", attach=[wire.attach], attempts=1)
    other = Lock(aws.ssm, wire, KIM, sandbox.clock, HERE)
    last = other.look()
    assert last
    assert other.force_release(last)
    assert since(sandbox) == known


class Ahead:
    """The clock of a machine that is a year ahead of AWS's."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.clock = sandbox.clock

    def now(self) -> datetime:
        return self.clock.now() + timedelta(days=365)

    def sleep(self, seconds: float, stop: threading.Event) -> None:
        self.clock.sleep(seconds, stop)


def test_the_clock_of_the_machine_decides_nothing() -> None:
    sandbox = Sandbox()
    wire = Wire()
    aws = Aws(sandbox.session(), "eu-west-1", attach=[wire.attach], attempts=1)
    with Lock(aws.ssm, wire, KIM, Ahead(sandbox), HERE, MINE).held(None):
        known = since(sandbox)
    assert known is not None
    assert known <= sandbox.clock.now()


def test_a_lock_that_may_not_be_looked_at_proves_nothing() -> None:
    sandbox = Sandbox()
    held(sandbox)
    sandbox.faults.add(Fault("access denied", on="ssm:GetParametersByPath"))
    assert since(sandbox) is None


def test_what_is_no_lock_proves_nothing() -> None:
    sandbox = Sandbox()
    sandbox.client("ssm", "eu-west-1").put_parameter(Name="/locks/awsbase/00000001", Value="{}", Type="String")
    assert since(sandbox) is None
