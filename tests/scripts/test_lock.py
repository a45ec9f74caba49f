"""Two operators work on one account."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from awsbase.approach import Target
from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.lock import Lock
from awsbase.engine.wire import Wire, is_read
from awsbase.sandbox import Fault, Message, Reply, Sandbox, wire
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session
from awsbase.session import AccountSession, lock_of, reconcile
from tests.scripts.conftest import ACCOUNT, AWSBASE, EMPTY, FULL, Served, written

pytestmark = pytest.mark.slow

HOLDER = f"arn:aws:iam::{ACCOUNT}:user/lee"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.yaml", FULL)


@pytest.fixture
def one_by_one(tmp_path: Path) -> Path:
    """Return a manifest whose writes depend on one another, so that never two are under way."""
    return written(tmp_path / "chain.yaml", EMPTY + "state: {}\n")


def someones(sandbox: Sandbox) -> Lock:
    wire = Wire()
    return Lock(Aws(sandbox.session(), "eu-west-1", attach=[wire.attach]).ssm, wire, HOLDER, sandbox.clock)


def awsbase(served: Served, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AWSBASE, *words], env=served.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def test_a_second_run_writes_nothing_and_names_the_holder_of_the_lock(served: Served, manifest: Path) -> None:
    lock = someones(served.sandbox)
    with lock.held(None):
        served.sandbox.calls.clear()
        run = awsbase(served, "reconcile", str(manifest), "--yes")
        assert served.writes == []
        assert run.returncode == 1
        assert f"awsbase: the account is locked by {lock.look()}\n  → let it finish" in run.stderr
        assert f"`awsbase unlock {manifest}`" in run.stderr
    assert awsbase(served, "reconcile", str(manifest), "--yes").returncode == 0


def test_unlock_ends_the_lock_of_a_killed_run(served: Served, manifest: Path) -> None:
    lock = someones(served.sandbox)
    killed = lock.held(None)
    killed.__enter__()
    holder = lock.look()

    run = awsbase(served, "unlock", str(manifest))
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"locked by {holder}\nawsbase: no terminal to ask on: --yes\n  → nothing was changed\n"

    run = awsbase(served, "unlock", str(manifest), "--yes")
    assert (run.returncode, run.stdout) == (0, f"ended the lock of {holder}\n")
    run = awsbase(served, "unlock", str(manifest), "--json")
    assert (run.returncode, json.loads(run.stdout)) == (0, {"schema": 1, "ended": None})
    assert awsbase(served, "reconcile", str(manifest), "--yes").returncode == 0


def test_a_converged_run_takes_no_lock(served: Served, manifest: Path) -> None:
    assert awsbase(served, "reconcile", str(manifest), "--yes").returncode == 0
    served.sandbox.calls.clear()
    with someones(served.sandbox).held(None):
        served.sandbox.calls.clear()
        run = awsbase(served, "reconcile", str(manifest), "--yes")
        assert run.returncode == 0
        assert "nothing to do" in run.stdout
        assert served.writes == []


def test_a_caller_without_permission_to_lock_gets_a_hint(served: Served, manifest: Path) -> None:
    for denied in ("ssm:GetParametersByPath", "ssm:PutParameter"):
        served.sandbox.faults.clear()
        served.sandbox.faults.add(Fault("access denied", on=denied, times=100))
        run = awsbase(served, "reconcile", str(manifest), "--yes")
        assert run.returncode == 1
        assert f"awsbase: cannot lock account {ACCOUNT}: AccessDenied" in run.stderr
        assert {name for name in served.writes if name != "ssm:PutParameter"} == set()


def session(
    sandbox: Sandbox, manifest: Path, attach: Any = lambda client: None, *, allow_risky: bool = False
) -> Session:
    options = Options()
    loaded = read(manifest, options)
    wire = Wire()
    aws = Aws(sandbox.session(region="eu-west-1"), "eu-west-1", attach=[wire.attach, attach])
    account: Account = identify(aws, wire)
    return Session(loaded, loaded.resources, Target(account, sandbox.clock), options, allow_risky=allow_risky)


def test_a_run_that_planned_during_another_plans_again_before_its_first_write(manifest: Path) -> None:
    sandbox = Sandbox(account=ACCOUNT)
    others: list[bool] = []

    def before_locking(client: Any) -> None:
        def another_run(**_: Any) -> None:
            if not others:
                others.append(True)
                assert not reconcile(session(sandbox, manifest), ask=None)[0].failed
                sandbox.calls.clear()

        if client.meta.service_model.service_name == "ssm":
            client.meta.events.register("before-call.ssm.PutParameter", another_run)

    report, _ = reconcile(session(sandbox, manifest, before_locking), ask=None)
    assert others
    assert report.changes == []
    assert report.totals()["unchanged"] == len(report.outcomes)
    assert {call.service for call in sandbox.calls if call.writes} == {"ssm"}


def test_writes_of_two_runs_never_interleave(manifest: Path) -> None:
    sandbox = Sandbox(account=ACCOUNT)
    refused: list[str] = []

    def midway(client: Any) -> None:
        def another_run(**_: Any) -> None:
            if not refused:
                with pytest.raises(Exception, match="locked by") as caught:
                    reconcile(session(sandbox, manifest), ask=None)
                refused.append(str(caught.value))

        client.meta.events.register("before-call.sns.Subscribe", another_run)

    report, _ = reconcile(session(sandbox, manifest, midway), ask=None)
    assert refused
    assert not report.failed
    assert lock_of(Target(session(sandbox, manifest).target.account, sandbox.clock)).look().released  # type: ignore[union-attr]


class Slow:
    """Lets all writes wait that arrive before `others`, until they may go on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.arrived, self.others, self.go_on = threading.Event(), threading.Event(), threading.Event()
        self.held = 0
        answer = sandbox.answer

        def waiting(message: Message) -> Reply:
            if not self.others.is_set() and writes(message):
                self.held += 1
                self.arrived.set()
                self.go_on.wait(60)
            return answer(message)

        sandbox.answer = waiting  # type: ignore[method-assign]


def writes(message: Message) -> bool:
    """Tell whether a request changes something other than the lock."""
    scope = wire.scope(message)
    assert scope
    operation, _ = wire.read(scope.service, message)[:2]
    return scope.service not in ("ssm", "sts") and not is_read(scope.service, operation.name)


@contextmanager
def operator(served: Served, manifest: Path) -> Iterator[tuple[subprocess.Popen[str], Slow]]:
    """Start somebody's reconcile that waits in its first write."""
    slow = Slow(served.sandbox)
    command = [*AWSBASE, "reconcile", str(manifest), "--yes"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    run = subprocess.Popen(command, env=served.environment, text=True, **pipes)  # type: ignore[call-overload]
    try:
        assert slow.arrived.wait(60)
        yield run, slow
    finally:
        slow.go_on.set()
        run.kill()
        run.communicate()


def resumed(run: subprocess.Popen[str], slow: Slow, served: Served) -> str:
    """Let a stopped run go on to its end; return what it says. It fails, and begins no write that was not under way."""
    served.sandbox.calls.clear()
    slow.go_on.set()
    run.send_signal(signal.SIGCONT)
    out, err = run.communicate()
    assert run.returncode == 1
    assert len([name for name in served.writes if not name.startswith("ssm:")]) == slow.held
    return out + err


def test_two_live_operators_never_write_at_once(served: Served, manifest: Path) -> None:
    with operator(served, manifest) as (run, slow):
        refused = awsbase(served, "reconcile", str(manifest), "--yes")
        assert refused.returncode == 1
        assert "the account is locked by" in refused.stderr
        slow.go_on.set()
        run.communicate()
        assert run.returncode == 0


# A run waits ten seconds of the clock after another one wrote.
@pytest.mark.faults
def test_a_live_run_whose_lease_ends_in_a_long_write_begins_no_other_one(served: Served, one_by_one: Path) -> None:
    with operator(served, one_by_one) as (run, slow):
        slow.others.set()
        served.sandbox.clock.advance(20 * 60)
        second = awsbase(served, "reconcile", str(one_by_one), "--yes")
        assert second.returncode == 0, second.stderr
        assert run.poll() is None
        assert "the lock of this account was taken over by" in resumed(run, slow, served)


def test_a_machine_suspended_for_twenty_minutes_in_a_write_begins_no_other_one(
    served: Served, one_by_one: Path
) -> None:
    with operator(served, one_by_one) as (run, slow):
        run.send_signal(signal.SIGSTOP)
        slow.others.set()
        served.sandbox.clock.advance(20 * 60)
        # The other operator is this process: a run would wait for ten seconds.
        with someones(served.sandbox).held(None):
            assert "the lock of this account was taken over by" in resumed(run, slow, served)


def test_a_run_whose_lease_ended_while_nobody_came_renews_it_and_goes_on(served: Served, one_by_one: Path) -> None:
    with operator(served, one_by_one) as (run, slow):
        run.send_signal(signal.SIGSTOP)
        slow.others.set()
        served.sandbox.clock.advance(20 * 60)
        served.sandbox.calls.clear()
        slow.go_on.set()
        run.send_signal(signal.SIGCONT)
        _, err = run.communicate()
        assert run.returncode == 0, err
        written = [name for name in served.writes if name == "ssm:PutParameter"]
        assert len(written) == 2, "the lease is renewed once, and released"
        assert awsbase(served, "plan", "--detailed-exitcode", str(one_by_one)).returncode == 0


@pytest.mark.faults
def test_a_run_whose_lock_was_deleted_midway_begins_no_other_write(served: Served, one_by_one: Path) -> None:
    with operator(served, one_by_one) as (run, slow):
        run.send_signal(signal.SIGSTOP)
        held = someones(served.sandbox).look()
        assert held
        served.sandbox.client("ssm", "eu-west-1").delete_parameter(Name=held.name)
        slow.others.set()
        # AWS's next answer says that a minute has passed, so the run looks at its lock.
        served.sandbox.clock.advance(60)
        assert "the lock of this account was deleted" in resumed(run, slow, served)


@pytest.mark.parametrize("value", ["null", '{"until": 5}', "not JSON"])
def test_a_lock_that_nobody_can_read_is_no_crash(served: Served, manifest: Path, value: str) -> None:
    ssm = served.sandbox.client("ssm", "eu-west-1")
    ssm.put_parameter(Name="/locks/awsbase/00000001", Value=value, Type="String")
    run = awsbase(served, "reconcile", str(manifest), "--yes")
    assert run.returncode == 1
    assert "unforeseen" not in run.stderr
    assert "aws ssm delete-parameter --name /locks/awsbase/00000001" in run.stderr
    ssm.delete_parameter(Name="/locks/awsbase/00000001")
    assert awsbase(served, "reconcile", str(manifest), "--yes").returncode == 0


def test_a_run_that_is_stopped_while_it_plans_says_that_nothing_was_changed(manifest: Path) -> None:
    sandbox = Sandbox(account=ACCOUNT)
    told = session(sandbox, manifest)
    stopped = AccountSession(told.loaded, told.resources, told.target)
    answer = sandbox.answer

    def last(message: Message) -> Reply:
        stopped.stop.set()
        return answer(message)

    sandbox.answer = last  # type: ignore[method-assign]
    report, _ = reconcile(stopped, ask=None)
    assert (report.interrupted, report.changes) == (True, [])
    assert not [call for call in sandbox.calls if call.writes]
    assert {outcome.status for outcome in report.outcomes} <= {"skipped", "unchanged"}
    assert "interrupted; nothing was changed" in told.shown(report, StringIO())
