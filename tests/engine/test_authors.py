"""Who made what differs: a foreign change on a converged account, and what CloudTrail's event history says of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from awsbase.engine.authors import FOR_MISSING, with_authors
from awsbase.engine.changes import Author, Report
from awsbase.engine.resource import Resource
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.group import Group
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.samples import SAMPLES
from awsbase.sandbox import Sandbox
from awsbase.sandbox.faults import Fault
from awsbase.sandbox.rates import DOCUMENTED
from awsbase.testing.contract import A_DAY_AND_MORE
from awsbase.testing.sample import HOME, Sample, Tampering, account, go
from tests.still import Still

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OPS = Group(scope=HOME, name="Ops", policies=frozenset({READ}))
FOREIGN = "203.0.113.7"
MALLORY = "arn:aws:iam::123456789012:user/mallory"

Spoil = Callable[[Sandbox], object]


def tampered(spoil: Spoil, *resources: Resource, sandbox: Sandbox | None = None) -> Sandbox:
    """Return an account that was converged, and that somebody else changed from their address."""
    sandbox = sandbox or Sandbox()
    sandbox.client("iam").create_user(UserName="mallory")
    go(sandbox, "reconcile", resources)
    foreign(sandbox, spoil)
    return sandbox


def foreign(sandbox: Sandbox, spoil: Spoil) -> None:
    home, sandbox.address = sandbox.address, FOREIGN
    spoil(sandbox)
    sandbox.address = home


def asked(sandbox: Sandbox, *resources: Resource, caller: str | None = None) -> Report:
    """Return a plan with its authors."""
    plan = go(sandbox, "plan", resources, caller=caller)
    return with_authors(plan, account(sandbox, caller), sandbox.clock, threading.Event())


def authors(report: Report) -> list[Author | None]:
    return [change.changed_by for _, change in report.changes]


def detach(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam", caller="user/mallory")
    iam.detach_group_policy(GroupName="Ops", PolicyArn=READ)


def delete(sandbox: Sandbox) -> None:
    sandbox.client("iam").delete_group(GroupName="Ops")


def test_the_plan_names_caller_time_address_and_event() -> None:
    sandbox = tampered(detach, OPS)
    (author,) = authors(asked(sandbox, OPS))
    assert author is not None
    assert (author.arn, author.address, author.event) == (MALLORY, FOREIGN, "DetachGroupPolicy")
    assert timedelta() <= sandbox.clock() - author.at < timedelta(minutes=1)
    assert not author.with_awsbase


@pytest.mark.parametrize(
    ("want", "spoil", "event"),
    [
        (
            LogGroup(scope=HOME, name="audit", retention=365),
            lambda sandbox: sandbox.client("logs", HOME.region).put_retention_policy(
                logGroupName="audit", retentionInDays=1
            ),
            "PutRetentionPolicy",
        ),
        (
            PasswordPolicy(scope=HOME),
            lambda sandbox: sandbox.client("iam").delete_account_password_policy(),
            "DeleteAccountPasswordPolicy",
        ),
        (
            OPS,
            lambda sandbox: [spoil(sandbox) for spoil in (detach, delete)],
            "DeleteGroup",
        ),
    ],
    ids=["no such type of resource in the history", "a setting of the account", "deleted"],
)
def test_what_the_history_has_no_name_of_is_found_by_its_event(want: Resource, spoil: Spoil, event: str) -> None:
    report = asked(tampered(spoil, want), want)
    found = [author.event for author in authors(report) if author]
    assert found[:1] == [event]


def test_another_group_of_the_same_change_is_not_to_blame() -> None:
    sandbox = tampered(detach, OPS)

    def elsewhere(sandbox: Sandbox) -> None:
        iam = sandbox.client("iam")
        iam.create_group(GroupName="Dev")
        iam.attach_group_policy(GroupName="Dev", PolicyArn=READ)
        iam.detach_group_policy(GroupName="Dev", PolicyArn=READ)

    elsewhere(sandbox)
    (author,) = authors(asked(sandbox, OPS))
    assert author is not None
    assert author.arn == MALLORY


def test_a_refused_change_is_not_to_blame() -> None:
    sandbox = tampered(detach, OPS)
    with pytest.raises(sandbox.client("iam").exceptions.NoSuchEntityException):
        sandbox.client("iam").detach_group_policy(GroupName="Ops", PolicyArn=READ)
    (author,) = authors(asked(sandbox, OPS))
    assert author is not None
    assert author.arn == MALLORY


def test_what_awsbase_made_is_not_blamed_on_it_while_the_event_is_late() -> None:
    sandbox = Sandbox()
    sandbox.history_lag = timedelta(minutes=5)
    go(sandbox, "reconcile", [OPS])
    sandbox.clock.advance(3600)
    sandbox.client("iam").create_user(UserName="mallory")
    detach(sandbox)
    assert authors(asked(sandbox, OPS)) == [None]
    sandbox.clock.advance(301)
    (author,) = authors(asked(sandbox, OPS))
    assert author is not None


def test_reads_in_between_are_paged_over() -> None:
    bucket = Bucket(scope=HOME, name="acme-logs")

    def suspend(sandbox: Sandbox) -> None:
        s3 = sandbox.client("s3", HOME.region, "user/mallory")
        s3.put_bucket_versioning(Bucket="acme-logs", VersioningConfiguration={"Status": "Suspended"})
        for _ in range(60):
            s3.get_bucket_location(Bucket="acme-logs")

    sandbox = tampered(suspend, bucket)
    (author,) = authors(asked(sandbox, bucket))
    assert author is not None
    assert (author.arn, author.event) == (MALLORY, "PutBucketVersioning")


def test_no_more_than_two_lookups_are_made_a_second() -> None:
    sandbox = Sandbox(rates=DOCUMENTED)
    sandbox.clock = Still()
    others = [Group(scope=HOME, name=f"team-{number}") for number in range(5)]

    def delete_all(sandbox: Sandbox) -> None:
        sandbox.clock.advance(60)
        for other in others:
            sandbox.client("iam").delete_group(GroupName=other.name)

    sandbox.rates.rates = ()
    tampered(delete_all, *others, sandbox=sandbox)
    sandbox.rates.rates = DOCUMENTED
    report = asked(sandbox, *others)
    assert [author and author.event for author in authors(report)] == ["DeleteGroup"] * 5
    lookups = [call for call in sandbox.calls if call.operation == "LookupEvents"]
    assert [call.error for call in lookups] == [None] * 5


def test_a_new_account_is_asked_about_twenty_times_and_no_more() -> None:
    sandbox = Sandbox()
    report = asked(sandbox, *(Group(scope=HOME, name=f"team-{number}") for number in range(30)))
    assert [call.operation for call in sandbox.calls].count("LookupEvents") == FOR_MISSING == 20
    (why,) = report.authors_missing or ()
    assert why.startswith("CloudTrail was not asked about ")


def test_an_interruption_is_the_reason_why_nobody_is_named() -> None:
    sandbox, stop = tampered(detach, OPS), threading.Event()
    plan = go(sandbox, "plan", (OPS,))
    sandbox.calls.clear()
    stop.set()
    report = with_authors(plan, account(sandbox, None), sandbox.clock, stop)
    assert authors(report) == [None]
    assert report.authors_missing == ("CloudTrail was not asked about 1 of the changes: interrupted",)
    assert "cloudtrail:LookupEvents" not in [call.name for call in sandbox.calls]


@pytest.mark.parametrize("kind", ["access denied", "throttle"])
def test_a_refusal_leaves_the_plan_and_says_why(kind: str) -> None:
    sandbox = tampered(detach, OPS)
    sandbox.faults.add(Fault(kind, on="cloudtrail:LookupEvents", times=99))  # type: ignore[arg-type]
    report = asked(sandbox, OPS)
    assert authors(report) == [None]
    (why,) = report.authors_missing or ()
    assert why.startswith("CloudTrail does not tell who, in us-east-1: ")
    assert ("AccessDenied" if kind == "access denied" else "Throttling") in why


def test_a_plan_without_changes_asks_nobody() -> None:
    sandbox = tampered(lambda sandbox: None, OPS)
    sandbox.calls.clear()
    assert asked(sandbox, OPS).authors_missing == ()
    assert "cloudtrail:LookupEvents" not in [call.name for call in sandbox.calls]


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("sample", "tampering"),
    [
        pytest.param(sample, tampering, id=f"{sample.name}: {name}")
        for sample in SAMPLES
        for name, tampering in sample.tamperings.items()
    ],
)
def test_nobody_is_blamed_but_who_tampered(sample: Sample, tampering: Tampering) -> None:
    sandbox = Sandbox()
    sample.before(sandbox)
    go(sandbox, "reconcile", sample.resources)
    sandbox.clock.advance(A_DAY_AND_MORE)
    foreign(sandbox, tampering.spoil)
    report = asked(sandbox, *sample.resources)
    assert {author.address for author in authors(report) if author} <= {FOREIGN}
    assert report.authors_missing == ()
