"""A first run connects for its lock when it plans a change, and for its first writes while it takes the lock."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ProxyConnectionError

from awsbase import connections
from awsbase.approach import Target
from awsbase.aws import Aws
from awsbase.engine.account import Account
from awsbase.engine.changes import Change, Report
from awsbase.engine.clock import SystemClock
from awsbase.engine.early_reads import EarlyReads
from awsbase.engine.facts import WORKERS
from awsbase.engine.removal import Removal
from awsbase.engine.run import SilentObserver
from awsbase.engine.wire import Wire
from awsbase.manifest.loaded import LoadedManifest
from awsbase.records import record
from awsbase.sandbox import Sandbox
from awsbase.scripts.connect import reach
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.session import AccountSession, FirstChange, reconcile
from benchmarks.manifests import PEERS, people
from tests.tls import IAM, STS, Secured

Calls = Mapping[tuple[str, str], int]


def counting(loaded: LoadedManifest, sandbox: Sandbox, opened: list[Calls]) -> Target:
    """Return the account of a sandbox, which lists for how many calls connections were to be opened."""

    @record
    class Counting(Target):
        def connect(self, calls: Calls) -> None:
            opened.append(dict(calls))

    return Counting(reach(sandbox.session(), loaded.region, sandbox.clock), sandbox.clock)


def counted(loaded: LoadedManifest, sandbox: Sandbox) -> tuple[list[Calls], Report]:
    """Reconcile, and return for how many calls connections were to be opened, one opening after the other."""
    opened: list[Calls] = []

    target = counting(loaded, sandbox, opened)
    report, _ = reconcile(AccountSession(loaded, loaded.resources, target), ask=None)
    return opened, report


def test_a_run_connects_for_its_lock_and_its_first_writes_and_a_converged_one_for_nothing(tmp_path: Path) -> None:
    loaded = read(people(3, tmp_path), Options())
    sandbox = Sandbox(account=loaded.account)
    opened, report = counted(loaded, sandbox)
    assert not report.failed
    # The users wait for the groups.
    lock: Calls = {("ssm", "eu-west-1"): 1}
    assert opened == [lock, lock, {("iam", ""): 20}]
    assert counted(loaded, sandbox)[0] == []


def test_no_more_connections_are_opened_than_calls_begin_at_once(tmp_path: Path) -> None:
    manifest = tmp_path / "groups.yaml"
    groups = "".join(f"    team-{number}: {{people: false}}\n" for number in range(2 * WORKERS))
    manifest.write_text(
        f'version: 1\naccount: {{id: "123456789012", name: acme, region: eu-west-1}}\niam:\n  groups:\n{groups}'
    )
    loaded = read(manifest, Options())
    opened, report = counted(loaded, Sandbox(account=loaded.account))
    assert len(report.changes) == 2 * WORKERS
    assert opened[-1] == {("iam", ""): WORKERS}


def test_connections_are_opened_where_the_first_writes_go() -> None:
    loaded = read(PEERS, Options())
    (*_, writes), report = counted(loaded, Sandbox(account=loaded.account))
    assert not report.failed
    assert (writes["iam", ""] > 1, writes["sns", loaded.region]) == (True, 3)
    made = {change.api.partition(":")[0] for _, change in report.changes}
    assert {service for service, _ in writes} <= made - {"billing", "s3", "s3control"}


def test_a_removal_connects_for_no_writes(tmp_path: Path) -> None:
    loaded = read(people(1, tmp_path), Options())
    sandbox = Sandbox(account=loaded.account)
    opened: list[Calls] = []
    target = counting(loaded, sandbox, opened)
    plan = AccountSession(loaded, loaded.resources, target).execute("plan")

    class Removing(AccountSession):
        removal = Removal("destroy")

    Removing(loaded, loaded.resources, target).expect_writes(plan)
    assert (len(plan.changes), opened) == (22, [])


def test_who_observes_a_run_hears_everything() -> None:
    heard: list[str] = []

    class Hearing(SilentObserver):
        def started(self, address: str) -> None:
            heard.append(f"started {address}")

        def wrote(self, address: str, change: Change) -> None:
            heard.append(f"wrote {address}")

        def finished(self, address: str, status: str) -> None:
            heard.append(f"finished {address}")

    observer = FirstChange(Hearing(), lambda: heard.append("first"))
    for address in ("a", "b"):
        observer.started(address)
        observer.wrote(address, Change("create", "group", "iam:CreateGroup"))
        observer.finished(address, "changed")
    assert heard == ["started a", "first", "wrote a", "finished a", "started b", "wrote b", "finished b"]


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


def test_a_connection_that_has_ended_is_opened_again(hosts: Secured) -> None:
    """AWS ends those that wait for long, as for the answer of a person."""
    target = reached()
    opening(target, {("iam", "eu-west-1"): 2})
    iam: Any = target.account.aws.iam
    ahead = iam._endpoint.http_session.pool(f"https://{IAM}/")._ahead
    for _ in range(2):
        one = ahead.get()
        one.sock.shutdown(socket.SHUT_RD)
        ahead.put(one)
    opening(target, {("iam", "eu-west-1"): 2})
    assert hosts.handshakes == [IAM] * 4


def test_a_call_waits_for_the_connection_that_is_opened_for_it(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    target, begun = reached(), threading.Event()
    connect = connections.connect

    def late(client: object, url: str) -> None:
        begun.wait(30)
        connect(client, url)

    monkeypatch.setattr(connections, "connect", late)
    sts = target.account.aws.sts
    sts.meta.events.register_first("before-call.sts", lambda **_: begun.set())
    target.connect({("sts", "eu-west-1"): 1})
    target.connect({("sts", "eu-west-1"): 1})
    sts.get_caller_identity()
    assert hosts.handshakes == [STS]


def test_what_cannot_be_connected_to_is_left_to_the_call(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    target = reached()
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    opening(target, {("nosuch", "eu-west-1"): 1, ("sts", "eu-west-1"): 1})
    opening(target, {("sts", "eu-west-1"): 1})
    with pytest.raises(ProxyConnectionError):
        target.account.aws.sts.get_caller_identity()
    assert hosts.handshakes == []
