"""Reads that begin before the account is known: they connect, and none is sent to a wrong account."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest

from awsbase.aws import Aws
from awsbase.engine.account import NoCredentials, check, identify
from awsbase.engine.early_reads import EarlyReads, NotSent
from awsbase.engine.facts import Facts
from awsbase.engine.wire import Wire
from awsbase.errors import MalformedResponse, Refused
from tests.tls import IAM, Secured

ACCOUNT, STS = "123456789012", "sts.eu-west-1.amazonaws.com"


class Begun:
    """A read whose call is about to be sent."""

    def __init__(self, workers: int = 2) -> None:
        self.early, self.wire, self.ready = EarlyReads(workers), Wire(), threading.Event()
        session = boto3.Session("AKIASANDBOXADMIN0000", "sandbox", region_name="eu-west-1")
        self.aws = Aws(session, "eu-west-1", [self.early.attach, self.wire.attach], attempts=1)
        self.answers = self.early._cache.answers

    def caller_elsewhere(self, facts: Facts) -> Any:
        """Ask in another region; the server answers as if it were asked for the caller."""
        sts = facts.aws.at("us-east-1").sts
        sts.meta.events.register_first("provide-client-params", lambda **_: self.ready.set())
        return sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="alice")

    def begin(self) -> None:
        self.early.begin(self.aws, [(self.caller_elsewhere,)])
        assert self.ready.wait(30)

    def begin_other(self, work: Callable[[], None]) -> None:
        """Begin what is no read, and return when its thread waits."""
        waits = threading.Event()

        class Told(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                waits.set()
                return super().wait(timeout)

        self.early._asked = Told()
        self.early.begin(self.aws, [], work)
        assert waits.wait(30)

    @property
    def answer(self) -> Any:
        return self.answers[(self.caller_elsewhere,)]


def test_reads_are_sent_once_the_account_is_known(hosts: Secured) -> None:
    begun = Begun()
    with begun.early.held():
        check(identify(begun.aws, begun.wire, begun.begin), ACCOUNT)
        assert [host for host, *_ in hosts.asked] == [STS]
    assert isinstance(begun.answer.exception(30), MalformedResponse)
    assert [host for host, *_ in hosts.asked] == [STS, "sts.us-east-1.amazonaws.com"]
    assert sorted(hosts.handshakes) == sorted([STS, "sts.us-east-1.amazonaws.com"])
    assert (begun.wire.reads, begun.wire.writes) == (2, 0)
    cache, later = begun.early.taken(), begun.early.taken()
    assert cache.answers is begun.answers
    assert later.answers == {}
    with cache.readers(1) as first, cache.readers(1) as second:
        assert first is not second


@pytest.mark.parametrize("end", [Refused("another account"), KeyboardInterrupt()], ids=["refused", "Ctrl-C"])
def test_nothing_is_sent_when_the_run_ends_early(end: BaseException, hosts: Secured) -> None:
    begun = Begun()

    def run() -> None:
        with begun.early.held():
            identify(begun.aws, begun.wire, begun.begin)
            raise end

    with pytest.raises(type(end)):
        run()
    assert isinstance(begun.answer.exception(30), NotSent)
    with pytest.raises(NotSent):
        begun.aws.iam.list_account_aliases()
    assert [host for host, *_ in hosts.asked] == [STS]
    assert (begun.wire.reads, begun.wire.writes) == (1, 0)


def test_nothing_is_allowed_once_the_run_has_ended(hosts: Secured) -> None:
    begun = Begun()
    with suppress(Refused), begun.early.held():
        raise Refused("another account")
    begun.early.allow()
    with pytest.raises(NotSent):
        begun.aws.iam.list_account_aliases()


def test_nothing_more_is_sent_when_the_run_ends_after_it_was_allowed(hosts: Secured) -> None:
    begun = Begun()
    begun.early.allow()
    with suppress(Refused), begun.early.held():
        raise Refused("root")
    with pytest.raises(NotSent):
        begun.aws.iam.list_account_aliases()
    assert hosts.asked == []


def test_what_is_allowed_is_sent_before_the_run_begins(hosts: Secured) -> None:
    begun = Begun()
    begun.early.allow()
    with pytest.raises(MalformedResponse):
        begun.aws.iam.list_account_aliases()
    with begun.early.held(), pytest.raises(MalformedResponse):
        begun.aws.iam.list_account_aliases()
    assert [host for host, *_ in hosts.asked] == [IAM, IAM]


def test_what_else_is_to_be_done_begins_when_the_caller_is_asked_for(hosts: Secured) -> None:
    begun, done = Begun(), threading.Event()

    def begin() -> None:
        begun.begin_other(done.set)
        assert not done.is_set()

    with begun.early.held():
        check(identify(begun.aws, begun.wire, begin), ACCOUNT)
        assert done.wait(30)
    begun.early.end()


def test_nothing_waits_for_a_caller_who_is_never_asked_for(hosts: Secured) -> None:
    """Python would wait for the thread, and never end."""
    begun, before = Begun(), set(threading.enumerate())

    def run() -> None:
        with begun.early.held():
            begun.begin_other(threading.Event().set)
            raise Refused("another account")

    with pytest.raises(Refused):
        run()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
        assert not thread.is_alive()


def test_nothing_begins_without_credentials(monkeypatch: pytest.MonkeyPatch, hosts: Secured) -> None:
    begun = Begun()
    monkeypatch.setattr(begun.aws.clients.session, "get_credentials", lambda: None)
    with pytest.raises(NoCredentials), begun.early.held():
        identify(begun.aws, begun.wire, begun.begin)
    assert begun.answers == {}


def test_reads_that_no_run_takes_over_are_not_begun(hosts: Secured) -> None:
    begun, goes_on = Begun(workers=1), threading.Event()

    def first(facts: Facts) -> bool:
        begun.ready.set()
        return goes_on.wait(30)

    def second(facts: Facts) -> None:
        raise AssertionError("begun")

    begun.early.begin(begun.aws, [(first,), (second,)])
    assert begun.ready.wait(30)
    begun.early.end()
    goes_on.set()
    assert begun.answers[(first,)].result(30)
    with begun.early.taken().readers(1):
        pass  # they have ended
    assert begun.answers.keys() == {(first,)}


def test_the_credentials_are_there_before_reads_begin(hosts: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    """To assume a role takes a client of the session, which makes its clients one at a time."""
    begun, order = Begun(), list[str]()
    found = begun.aws.clients.session.get_credentials()
    assert found
    frozen = found.get_frozen_credentials

    def fetched() -> Any:
        order.append("credentials")
        return frozen()

    monkeypatch.setattr(found, "get_frozen_credentials", fetched)
    identify(begun.aws, begun.wire, lambda: order.append("reads"))
    assert order[:2] == ["credentials", "reads"]
