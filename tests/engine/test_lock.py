"""The lock allows one writer at a time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from awsbase.aws import Aws
from awsbase.engine.clock import Clock
from awsbase.engine.lock import (
    CLOCK_SKEW,
    LEASE,
    READ_LAG,
    Lock,
    Locked,
    LockLost,
    parse_generation,
    this_process,
)
from awsbase.engine.run import Interrupted
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError
from awsbase.sandbox import Fault, Sandbox

KIM, LEE = "arn:aws:iam::123456789012:user/kim", "arn:aws:iam::123456789012:user/lee"
HERE = this_process()
SOON = timedelta(minutes=1)


def lock(sandbox: Sandbox, owner: str = KIM, *, attempts: int = 1) -> Lock:
    wire = Wire()
    aws = Aws(sandbox.session(), "eu-west-1", attach=[wire.attach], attempts=attempts)
    return Lock(aws.ssm, wire, owner, sandbox.clock)


def parameters(sandbox: Sandbox) -> list[str]:
    ssm = sandbox.client("ssm", "eu-west-1")
    return [one["Name"] for one in ssm.get_parameters_by_path(Path="/locks/awsbase")["Parameters"]]


def now(sandbox: Sandbox) -> datetime:
    """Return a moment that is well after all that has happened in a sandbox so far."""
    pass_by(sandbox, 2 * (CLOCK_SKEW + READ_LAG))
    return sandbox.clock.now()


def pass_by(sandbox: Sandbox, time: timedelta) -> None:
    sandbox.clock.sleep(time.total_seconds(), threading.Event())


def test_the_lock_is_released_and_its_last_generation_stays() -> None:
    sandbox = Sandbox()
    for generation in ("00000001", "00000002"):
        kim = lock(sandbox)
        with kim.held(now(sandbox)) as unchanged:
            assert unchanged
            held = kim.look()
            assert held is not None
            assert (held.owner, held.process, held.released) == (KIM, HERE, False)
        assert parameters(sandbox) == [f"/locks/awsbase/{generation}"]
        assert kim.look() == replace(held, released=True)


def test_a_second_run_learns_who_holds_the_lock_and_since_when() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    with kim.held(None), pytest.raises(Locked) as caught, lee.held(None):
        pass
    held = lee.look()
    assert held is not None
    since = f"{held.since:%Y-%m-%d %H:%M:%S} UTC"
    assert caught.value.message == f"the account is locked by {KIM} on {HERE.host} since {since}"
    assert "unlock" in str(caught.value.hint)
    with lee.held(now(sandbox)) as unchanged:
        assert unchanged


def test_a_second_run_waits_up_to_its_timeout() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    messages: list[str] = []
    with kim.held(None):
        before = sandbox.clock.now()
        with pytest.raises(Locked), lee.held(None, patience=SOON, say=messages.append):
            pass
        assert SOON <= sandbox.clock.now() - before < 2 * SOON
    assert messages == [f"waiting: the account is locked by {kim.look()}"]


def test_a_waiting_run_gets_the_released_lock_and_must_read_again() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    with ExitStack() as kims:
        kims.enter_context(kim.held(None))
        with lee.held(now(sandbox), patience=SOON, say=lambda _: kims.close()) as unchanged:
            assert not unchanged


def test_a_write_by_another_run_meanwhile_is_noticed() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    began = now(sandbox)
    for _ in range(2):
        with kim.held(now(sandbox)):
            pass
    with lee.held(began) as unchanged:
        assert not unchanged
        with pytest.raises(Locked), kim.held(now(sandbox)):
            pass
    assert len(parameters(sandbox)) == 1


def test_a_run_without_a_start_time_assumes_that_others_wrote() -> None:
    sandbox = Sandbox()
    with lock(sandbox).held(None) as unchanged:
        assert unchanged  # nobody has ever written here
    now(sandbox)
    with lock(sandbox, LEE).held(None) as unchanged:
        assert not unchanged


def test_a_skew_of_seconds_between_clocks_of_aws_is_tolerated() -> None:
    sandbox = Sandbox()
    with lock(sandbox).held(None):
        pass
    with lock(sandbox, LEE).held(sandbox.clock.now() + CLOCK_SKEW / 2) as unchanged:
        assert not unchanged


def test_a_lock_ended_from_outside_counts_as_written_under() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    with kim.held(None):
        began = now(sandbox)
        pass_by(sandbox, LEASE)
        with lee.held(began) as unchanged:
            assert not unchanged


def test_an_expired_lease_can_be_taken_and_its_run_stops_writing() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    with kim.held(None):
        kim.check_and_renew()
        pass_by(sandbox, LEASE)
        with lee.held(now(sandbox)):
            for _ in range(2):
                with pytest.raises(LockLost):
                    kim.check_and_renew()
            lee.check_and_renew()
    released = lee.look()
    assert released is not None
    assert (released.owner, released.released) == (LEE, True)


def test_a_long_run_renews_its_lease() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    with kim.held(None):
        for _ in range(40):
            pass_by(sandbox, SOON)
            kim.check_and_renew()
            with pytest.raises(Locked), lee.held(now(sandbox)):
                pass


def test_a_dead_process_of_this_machine_holds_no_lock() -> None:
    sandbox = Sandbox()
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    gone = replace(HERE, pid=int(child.stdout))
    killed = []  # none of these could release its lock
    for process, free in [(gone, True), (replace(gone, space="another"), False), (replace(HERE, pid=1), False)]:
        kim, lee = lock(sandbox), lock(sandbox, LEE)
        kim.process = process
        killed.append(kim.held(now(sandbox)))
        killed[-1].__enter__()
        if free:
            with lee.held(now(sandbox)) as unchanged:
                assert not unchanged
        else:
            with pytest.raises(Locked), lee.held(now(sandbox)):
                pass
            assert lee.force_release(held := lee.look())  # type: ignore[arg-type]
            assert not lee.force_release(held)  # type: ignore[arg-type]


def test_unlock_stops_a_live_run() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    with kim.held(None):
        assert lee.force_release(lee.look())  # type: ignore[arg-type]
        pass_by(sandbox, SOON)
        with pytest.raises(LockLost):
            kim.check_and_renew()
    with lee.held(now(sandbox)) as unchanged:
        assert unchanged


def test_a_lost_reply_while_locking_is_no_other_holder() -> None:
    sandbox = Sandbox()
    sandbox.faults.add(Fault("reset after", on="ssm:PutParameter"))
    kim = lock(sandbox, attempts=2)
    with kim.held(None) as unchanged:
        assert unchanged
    assert len(parameters(sandbox)) == 1


def test_a_failed_release_is_reported_and_hides_no_other_error() -> None:
    sandbox = Sandbox()
    kim = lock(sandbox)
    messages: list[str] = []
    with pytest.raises(ZeroDivisionError), kim.held(None, say=messages.append):  # noqa: PT012
        sandbox.faults.add(Fault("access denied", on="ssm:PutParameter"))
        raise ZeroDivisionError
    assert len(messages) == 1
    assert "could not be released" in messages[0]


def test_waiting_for_the_lock_ends_once_stopped() -> None:
    sandbox = Sandbox()
    kim, lee, stop = lock(sandbox), lock(sandbox, LEE), threading.Event()
    stop.set()
    with kim.held(None), pytest.raises(Interrupted), lee.held(None, patience=SOON, stop=stop):
        pass


def test_a_foreign_parameter_under_the_lock_path_is_named() -> None:
    sandbox = Sandbox()
    sandbox.client("ssm", "eu-west-1").put_parameter(Name="/locks/awsbase/x", Value="{}", Type="String")
    with pytest.raises(AwsbaseError, match="/locks/awsbase/x is not a lock"):
        lock(sandbox).look()


GOOD = {
    "generation": 1,
    "run": "a",
    "owner": KIM,
    "process": {"host": "h", "space": "s", "pid": 1},
    "since": "2026-01-01T00:00:00+00:00",
    "until": "2026-01-01T00:15:00+00:00",
}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "[]",
        "7",
        "[" * 100_000,
        json.dumps({**GOOD, "since": "2026-01-01T00:00:00"}),
        json.dumps({**GOOD, "generation": "1"}),
        json.dumps({**GOOD, "generation": 2}),
        json.dumps({**GOOD, "process": []}),
        json.dumps({**GOOD, "process": {"host": "h", "space": "s", "pid": "1"}}),
        json.dumps({**GOOD, "until": 5}),
        json.dumps({**GOOD, "released": "no"}),
    ],
    ids=[
        "nothing",
        "null",
        "a list",
        "a number",
        "deep",
        "a time without a zone",
        "a number as text",
        "another number",
        "no process",
        "a process as text",
        "a time as a number",
        "a word for yes or no",
    ],
)
def test_a_lock_that_nobody_can_read_is_told_with_its_way_out(value: str) -> None:
    with pytest.raises(AwsbaseError) as caught:
        parse_generation({"Name": "/locks/awsbase/00000001", "Value": value})
    assert "/locks/awsbase/00000001 is not a lock that awsbase wrote" in caught.value.message
    assert "aws ssm delete-parameter --name /locks/awsbase/00000001" in str(caught.value.hint)


def test_a_lock_of_a_newer_version_is_read() -> None:
    read = parse_generation({"Name": "/locks/awsbase/00000001", "Value": json.dumps({**GOOD, "mood": "good"})})
    assert read.owner == KIM


@dataclass
class Wrong:
    """A clock that is wrong by a fixed time."""

    right: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.right.now() + self.by

    def sleep(self, seconds: float, stop: threading.Event) -> None:
        self.right.sleep(seconds, stop)


@pytest.mark.parametrize("hours", [-30, 30], ids=["behind", "ahead"])
@pytest.mark.parametrize("whose", ["holder", "other"])
def test_a_wrong_clock_takes_no_lock_and_keeps_none(hours: int, whose: str) -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    wrong = kim if whose == "holder" else lee
    wrong.clock = Wrong(sandbox.clock, timedelta(hours=hours))
    with kim.held(None):
        with pytest.raises(Locked), lee.held(None):
            pass
        pass_by(sandbox, LEASE - timedelta(minutes=2))
        with pytest.raises(Locked), lee.held(None):
            pass
        pass_by(sandbox, timedelta(minutes=3))
        with lee.held(None), pytest.raises(LockLost, match="taken over"):
            kim.check_and_renew()


def test_a_run_whose_lock_was_deleted_stops_soon() -> None:
    sandbox = Sandbox()
    kim = lock(sandbox)
    with kim.held(None):
        sandbox.client("ssm", "eu-west-1").delete_parameter(Name="/locks/awsbase/00000001")
        pass_by(sandbox, SOON)
        began = sandbox.clock.now()
        with pytest.raises(LockLost, match="was deleted"):
            kim.check_and_renew()
        assert sandbox.clock.now() - began < 3 * READ_LAG


def test_a_machine_that_wakes_up_with_the_time_it_fell_asleep_at_learns_the_time_from_aws() -> None:
    sandbox = Sandbox()
    kim, lee = lock(sandbox), lock(sandbox, LEE)
    asleep = Wrong(sandbox.clock, timedelta())
    kim.clock = asleep
    with kim.held(None):
        pass_by(sandbox, twenty := timedelta(minutes=20))
        asleep.by = -twenty
        with lee.held(None):
            # What was under way when the machine fell asleep is answered now.
            kim.ssm.get_parameters_by_path(Path="/")
            with pytest.raises(LockLost, match="taken over"):
                kim.check_and_renew()


def test_a_lock_that_aws_shows_late_is_held_and_released() -> None:
    sandbox = Sandbox()
    with lock(sandbox).held(None):
        pass
    sandbox.faults.add(Fault("stale", on="ssm:PutParameter"))
    with lock(sandbox, LEE).held(now(sandbox)) as unchanged:
        assert unchanged
    assert parameters(sandbox) == ["/locks/awsbase/00000002"]


def test_a_lock_whose_reply_was_lost_and_that_aws_shows_late_is_ours() -> None:
    sandbox = Sandbox()
    for fault in ("stale", "reset after"):
        sandbox.faults.add(Fault(fault, on="ssm:PutParameter"))
    with lock(sandbox, attempts=2).held(None) as unchanged:
        assert unchanged


def test_a_late_read_of_a_held_lock_loses_nothing() -> None:
    sandbox = Sandbox()
    kim = lock(sandbox)
    with kim.held(None):
        sandbox.faults.add(Fault("stale", on="ssm:*", times=99))
        for _ in range(20):
            pass_by(sandbox, SOON)
            kim.check_and_renew()


def test_the_next_run_waits_until_reads_show_what_the_last_one_wrote() -> None:
    sandbox = Sandbox()
    with lock(sandbox).held(None):
        pass
    began, messages = sandbox.clock.now(), list[str]()
    with lock(sandbox, LEE).held(began, say=messages.append) as unchanged:
        assert not unchanged
    assert sandbox.clock.now() - began >= READ_LAG - SOON / 60
    assert messages == ["waiting 10 seconds: another run wrote to this account a moment ago"]
