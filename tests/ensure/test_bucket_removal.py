"""A bucket is deleted when it is ours and empty; what it holds goes only where somebody says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Mode, Report
from awsbase.engine.run import approval
from awsbase.ensure import bucket as buckets
from awsbase.ensure.bucket import Bucket, remove_bucket_and_contents
from awsbase.facts import bucket_contents
from awsbase.facts.buckets import versioning_answer
from awsbase.sandbox import Rule, Sandbox
from awsbase.testing.removal import Leaving
from awsbase.testing.sample import go, person, problems, said
from awsbase.testing.trial import trial
from tests.ensure import removal
from tests.ensure.planned import HOME, KnownFacts
from tests.ensure.removal import notes

LOGS = Bucket(scope=HOME, name="acme-logs")
THERE = {"LocationConstraint": HOME.region}


def s3(sandbox: Sandbox) -> Any:
    return sandbox.client("s3", HOME.region)


def made(**other: Any) -> Sandbox:
    """Return an account whose bucket awsbase made."""
    sandbox = Sandbox(pages=2, **other)
    go(sandbox, "reconcile", [LOGS])
    return sandbox


def filled(count: int = 2, **other: Any) -> Sandbox:
    """Return the same with objects, an old version, a delete marker and an unfinished upload in the bucket."""
    sandbox = made(**other)
    fill(s3(sandbox), count)
    return sandbox


def fill(client: Any, count: int) -> None:
    """Put objects into the bucket, with an old version, a delete marker and an unfinished upload."""
    for number in range(count):
        client.put_object(Bucket=LOGS.name, Key=f"log-{number}", Body=b"old")
    client.put_object(Bucket=LOGS.name, Key="log-0", Body=b"new")
    client.delete_object(Bucket=LOGS.name, Key="log-1")
    client.create_multipart_upload(Bucket=LOGS.name, Key="log-x")


def remove(sandbox: Sandbox, mode: Mode, *, emptied: bool = False, **other: Any) -> Report:
    """Plan or carry out that the bucket goes; `emptied` as with `--empty`."""
    recipe = remove_bucket_and_contents if emptied else None
    return removal.remove(sandbox, mode, [LOGS], LOGS.address, recipe, **other)


def test_empty_bucket_of_ours_is_deleted_once() -> None:
    sandbox = made()
    report = remove(sandbox, "reconcile")
    assert said(report) == ["bucket/acme-logs: delete bucket"]
    assert s3(sandbox).list_buckets()["Buckets"] == []
    assert said(remove(sandbox, "reconcile")) == []


def test_bucket_that_was_there_before_is_kept_with_a_note() -> None:
    sandbox = Sandbox()
    s3(sandbox).create_bucket(Bucket=LOGS.name, CreateBucketConfiguration=THERE)
    go(sandbox, "reconcile", [LOGS])
    report = remove(sandbox, "reconcile")
    assert said(report) == []
    assert notes(report)[0].startswith("kept: it has no tag awsbase:created-by")


def deleted(client: Any) -> None:
    """Leave nothing of an object but the mark that it was deleted."""
    version = client.put_object(Bucket=LOGS.name, Key="a", Body=b"a")["VersionId"]
    client.delete_object(Bucket=LOGS.name, Key="a")
    client.delete_object(Bucket=LOGS.name, Key="a", VersionId=version)


@pytest.mark.parametrize(
    "fill",
    [
        lambda client: client.put_object(Bucket=LOGS.name, Key="a", Body=b"a"),
        deleted,
        lambda client: client.create_multipart_upload(Bucket=LOGS.name, Key="a"),
    ],
    ids=["object", "delete marker", "unfinished upload"],
)
def test_bucket_with_anything_in_it_is_kept_with_a_note(fill: Any) -> None:
    sandbox = made()
    fill(s3(sandbox))
    report = remove(sandbox, "reconcile")
    assert said(report) == []
    assert notes(report) == ["kept: it is not empty; `--empty bucket/acme-logs` deletes all that is in it, for good"]


def test_bucket_to_be_emptied_goes_with_every_version_marker_and_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_contents, "BATCH", 3)
    sandbox = filled()
    planned = remove(sandbox, "plan", emptied=True)
    upload, *others = said(planned)
    assert upload.startswith("bucket/acme-logs: delete unfinished upload ")
    assert others == [
        "bucket/acme-logs: delete versions 1 to 3 of 4",
        "bucket/acme-logs: delete versions 4 to 4 of 4",
        "bucket/acme-logs: delete bucket",
    ]
    assert problems(remove(sandbox, "reconcile", emptied=True)) == []
    assert s3(sandbox).list_buckets()["Buckets"] == []


def test_what_arrives_after_the_plan_goes_too() -> None:
    sandbox = filled()
    plan = remove(sandbox, "plan", emptied=True)
    s3(sandbox).put_object(Bucket=LOGS.name, Key="late", Body=b"late")
    report = remove(sandbox, "reconcile", emptied=True, approved=approval(plan.changes))
    assert problems(report) == []
    assert s3(sandbox).list_buckets()["Buckets"] == []


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_bucket_with_object_lock_is_kept_whatever_is_asked(mode: str) -> None:
    sandbox = made()
    rule = {"DefaultRetention": {"Mode": mode, "Days": 30}}
    s3(sandbox).put_object_lock_configuration(
        Bucket=LOGS.name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    s3(sandbox).put_object(Bucket=LOGS.name, Key="kept", Body=b"kept")
    report = remove(sandbox, "reconcile", emptied=True)
    assert said(report) == []
    (note,) = notes(report)
    assert note.startswith(f"kept: Object Lock is on, in {mode.lower()} mode")


def test_versions_that_take_an_mfa_code_are_kept() -> None:
    fact = {(versioning_answer, HOME, "x"): {"Status": "Enabled", "MFADelete": "Enabled"}}
    why = bucket_contents.keeps_its_versions(KnownFacts(fact), HOME, "x")
    assert why.startswith("MFA delete is on")


def test_version_that_s3_keeps_is_told() -> None:
    answer = {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "no"}]}
    with pytest.raises(bucket_contents.NotEmptied, match="S3 kept 1 versions in the bucket x: AccessDenied no"):
        bucket_contents.all_deleted("x", answer)


def test_emptying_needs_no_more_than_it_declares() -> None:
    sandbox = filled(enforce=True)
    allows = [*buckets.read_permissions(LOGS), *buckets.removal_permissions(LOGS), *buckets.emptying_permissions(LOGS)]
    statements = [
        {"Effect": "Allow", "Action": list(each.actions), "Resource": list(each.resources)} for each in allows
    ]
    worker = person(sandbox, {"Version": "2012-10-17", "Statement": statements})
    assert problems(remove(sandbox, "reconcile", emptied=True, caller=worker)) == []
    assert s3(sandbox).list_buckets()["Buckets"] == []


def test_name_that_belongs_to_another_account_is_told() -> None:
    sandbox = Sandbox()
    sandbox.foreign_bucket(LOGS.name)
    (outcome,) = remove(sandbox, "plan").outcomes
    assert outcome.error is not None
    assert outcome.error.code == "BucketTaken"


class Full(Leaving):
    """A bucket that holds something and has to go with it."""

    def ready(self, of: type[Sandbox] = Sandbox, rules: tuple[Rule, ...] = ()) -> Sandbox:
        sandbox = super().ready(of, rules)
        fill(s3(sandbox), 2)
        sandbox.calls.clear()
        return sandbox


@pytest.mark.parametrize("fault", ["reset after", "killed"])
def test_emptying_survives_a_fault_at_any_write(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_contents, "BATCH", 3)
    absent = buckets.KIND.absent
    assert absent
    kinds: Any = {Bucket: replace(buckets.KIND, absent=replace(absent, remove=remove_bucket_and_contents))}
    subject = Full("emptied", [LOGS], kinds=kinds)
    assert subject.undisturbed.points("write") == 4
    assert [line for n in range(1, 5) for line in trial(subject, "write", n, fault)] == []
