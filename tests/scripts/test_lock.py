"""Two operators work on one account."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.lock import Lock
from awsbase.engine.wire import Wire
from awsbase.sandbox import Fault, Sandbox
from awsbase.scripts.connect import Target
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session, lock_of, reconcile
from tests.scripts.conftest import ACCOUNT, AWSBASE, FULL, Served, written

pytestmark = pytest.mark.slow

HOLDER = f"arn:aws:iam::{ACCOUNT}:user/lee"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.yaml", FULL)


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
        run = awsbase(served, "reconcile", str(manifest))
        assert served.writes == []
        assert run.returncode == 1
        assert f"awsbase: the account is locked by {lock.look()}\n  → let it finish" in run.stderr
    assert awsbase(served, "reconcile", str(manifest)).returncode == 0


def test_unlock_ends_the_lock_of_a_killed_run(served: Served, manifest: Path) -> None:
    lock = someones(served.sandbox)
    killed = lock.held(None)
    killed.__enter__()
    holder = lock.look()

    run = awsbase(served, "unlock", str(manifest))
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"awsbase: locked by {holder}, and there is no terminal to ask on\n  → add --yes to end it\n"

    run = awsbase(served, "unlock", str(manifest), "--yes")
    assert (run.returncode, run.stdout) == (0, f"ended the lock of {holder}\n")
    run = awsbase(served, "unlock", str(manifest), "--json")
    assert (run.returncode, json.loads(run.stdout)) == (0, {"schema": 1, "ended": None})
    assert awsbase(served, "reconcile", str(manifest)).returncode == 0


def test_a_converged_run_takes_no_lock(served: Served, manifest: Path) -> None:
    assert awsbase(served, "reconcile", str(manifest)).returncode == 0
    served.sandbox.calls.clear()
    with someones(served.sandbox).held(None):
        served.sandbox.calls.clear()
        run = awsbase(served, "reconcile", str(manifest))
        assert run.returncode == 0
        assert "nothing to do" in run.stdout
        assert served.writes == []


def test_a_caller_without_permission_to_lock_gets_a_hint(served: Served, manifest: Path) -> None:
    for denied in ("ssm:GetParametersByPath", "ssm:PutParameter"):
        served.sandbox.faults.clear()
        served.sandbox.faults.add(Fault("access denied", on=denied, times=100))
        run = awsbase(served, "reconcile", str(manifest))
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
