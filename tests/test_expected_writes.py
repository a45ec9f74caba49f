"""A first run connects for its lock when it plans a change, and for its first writes while it takes the lock."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ProxyConnectionError

from awsbase.approach import Target
from awsbase.aws import Aws
from awsbase.engine.account import Account
from awsbase.engine.changes import Report
from awsbase.engine.clock import SystemClock
from awsbase.engine.early_reads import EarlyReads
from awsbase.engine.execution import WORKERS
from awsbase.engine.wire import Wire
from awsbase.manifest.loaded import LoadedManifest
from awsbase.records import record
from awsbase.sandbox import Sandbox
from awsbase.scripts.connect import reach
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.session import AccountSession, reconcile
from benchmarks.manifests import PEERS, people
from tests.tls import IAM, Secured

Calls = Mapping[tuple[str, str], int]


def counted(loaded: LoadedManifest, sandbox: Sandbox) -> tuple[list[Calls], Report]:
    """Reconcile, and return for how many calls connections were to be opened, one opening after the other."""
    opened: list[Calls] = []

    @record
    class Counting(Target):
        def connect(self, calls: Calls) -> None:
            opened.append(dict(calls))

    target = Counting(reach(sandbox.session(), loaded.region, sandbox.clock), sandbox.clock)
    report, _ = reconcile(AccountSession(loaded, loaded.resources, target), ask=None)
    return opened, report


def test_a_run_connects_for_its_lock_and_its_first_writes_and_a_converged_one_for_nothing(tmp_path: Path) -> None:
    loaded = read(people(3, tmp_path), Options())
    sandbox = Sandbox(account=loaded.account)
    opened, report = counted(loaded, sandbox)
    assert not report.failed
    # The users wait for the groups.
    assert opened == [{("ssm", "eu-west-1"): 1}, {("iam", ""): 20}]
    assert counted(loaded, sandbox)[0] == []


def test_no_more_connections_are_opened_than_calls_begin_at_once() -> None:
    loaded = read(PEERS, Options())
    (lock, writes), report = counted(loaded, Sandbox(account=loaded.account))
    assert not report.failed
    assert list(lock) == [("ssm", loaded.region)]
    assert sum(writes.values()) <= WORKERS
    assert writes["iam", ""] > 1
    made = {change.api.partition(":")[0] for _, change in report.changes}
    assert {service for service, _ in writes} <= made - {"billing", "s3", "s3control"}


def opening(target: Target, calls: Calls) -> None:
    """Open connections, and wait for them."""
    target.connect(calls)
    for thread in threading.enumerate():
        if thread.name == "connect":
            thread.join()


def reached() -> Target:
    """Return an account whose caller is known."""
    early, wire = EarlyReads(), Wire()
    with early.held():
        aws = Aws(boto3.Session(region_name="eu-west-1"), "eu-west-1", [early.attach, wire.attach], attempts=1)
    return Target(Account(aws, wire, "123456789012", "arn:aws:iam::123456789012:user/alice"), SystemClock(), early)


def test_a_connection_that_is_free_is_not_opened_again(hosts: Secured) -> None:
    target = reached()
    for calls in (1, 2, 2):
        opening(target, {("iam", "eu-west-1"): calls, ("sts", "us-east-1"): 1})
    opened = [IAM, IAM, "sts.us-east-1.amazonaws.com"]
    assert (sorted(hosts.handshakes), hosts.asked) == (opened, [])
    for _ in range(2):
        target.account.aws.at("us-east-1").sts.get_caller_identity()
    opening(target, {("sts", "us-east-1"): 1})
    assert sorted(hosts.handshakes) == opened


def test_what_cannot_be_connected_to_is_left_to_the_call(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    target = reached()
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    opening(target, {("nosuch", "eu-west-1"): 1, ("sts", "eu-west-1"): 1})
    opening(target, {("sts", "eu-west-1"): 1})
    with pytest.raises(ProxyConnectionError):
        target.account.aws.sts.get_caller_identity()
    assert hosts.handshakes == []
