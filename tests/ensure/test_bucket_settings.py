"""What of a bucket is kept only when it is asked for: pages, locks, copies, and classes; with what is risky of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.changes import Mode, Report
from awsbase.engine.execution import execute
from awsbase.engine.wire import Wire
from awsbase.ensure import KINDS
from awsbase.ensure.bucket import ALL_BLOCKED, KIND, Bucket, with_ours
from awsbase.facts import tags
from awsbase.facts.bucket_cors import Cors, cors_of
from awsbase.facts.bucket_lock import LockFacts, lock_of
from awsbase.facts.bucket_replication import ReplicatedByOthers, Replication, replication_of
from awsbase.facts.buckets import BucketFacts, Found, bucket, bucket_tags, found
from awsbase.facts.lifecycle import Expiry, Transition
from awsbase.manifest.load import load_text
from awsbase.manifest.manifest import resources
from awsbase.sandbox import Sandbox
from awsbase.sandbox.world import World
from awsbase.testing.sample import problems
from tests.ensure.planned import HOME, planned

NAME = "acme-uploads"
PAGES = Cors(("https://acme.example",), ("GET",), ("*",))
BACK = "222222222222"
COPIES = Replication("role/copier", HOME.global_arn("iam", "role/copier"), BACK, "back-copies")
WANT = Bucket(scope=HOME, name=NAME, expiries=(Expiry("old-versions", old_versions=90, at_least=5),))
OURS = {"awsbase:address": WANT.address, tags.CREATED_BY: HOME.name}
PUT = replace(PAGES, methods=("PUT",))


def risks(want: Bucket, have: Mapping[Any, Any], *, there: bool = True, rules: Any = None) -> dict[str, str]:
    """Return what a plan does to the bucket, with the kind of risk of each change."""
    settings = BucketFacts(
        versioning="Enabled",
        encryption={"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        block=ALL_BLOCKED,
        ownership="BucketOwnerEnforced",
        policy=with_ours(want, BucketFacts(), []),
        rules=[each.rule() for each in want.expiries] if rules is None else rules,
    )
    known = {
        found: Found(ours=True, region=HOME.region) if there else None,
        bucket: settings if there else None,
        tags.indexed: {want.arn: OURS},
        bucket_tags: OURS,
        **have,
    }
    run = planned(want, known, {"role/copier": None})
    return {change.what: change.risk.kind if change.risk else "" for change in run.changes}


@pytest.mark.parametrize(
    ("want", "have", "expected"),
    [
        (PAGES, (PAGES,), {}),
        (PAGES, (), {"CORS": ""}),
        (PAGES, (replace(PAGES, max_age=60),), {"CORS": ""}),
        (PAGES, (replace(PAGES, origins=("https://old.example",)),), {"CORS": "outage"}),
        (replace(PUT, origins=("*",)), (), {"CORS": "access"}),
        (replace(PUT, origins=("*",)), (PUT,), {"CORS": "access"}),
        (replace(PAGES, origins=("*",)), (PAGES,), {"CORS": ""}),
        (PAGES, (PAGES, PUT), {"CORS": "outage"}),
    ],
    ids=[
        *("converged", "none", "remembered", "other pages", "any page, where none was", "any page"),
        *("any page may read", "one rule of two"),
    ],
)
def test_pages_are_let_in_exactly(want: Cors, have: Any, expected: dict[str, str]) -> None:
    assert risks(replace(WANT, cors=want), {cors_of: have}) == expected


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        (LockFacts(True, "GOVERNANCE", 30), {}),
        (LockFacts(), {"Object Lock": "outage"}),
        (LockFacts(True), {"Object Lock": ""}),
        (LockFacts(True, "GOVERNANCE", 7), {"Object Lock": ""}),
        (LockFacts(True, "GOVERNANCE", 31), {"Object Lock": "deletion"}),
        (LockFacts(True, "COMPLIANCE", 30), {"Object Lock": "deletion"}),
    ],
    ids=["converged", "off", "without a default", "shorter", "longer", "binding even root"],
)
def test_versions_are_locked_for_as_long_as_it_is_said(have: LockFacts, expected: dict[str, str]) -> None:
    assert risks(replace(WANT, lock_days=30), {lock_of: have}) == expected


def copying(**rule: Any) -> dict[str, Any]:
    """Return a replication that S3 tells of."""
    return {"Role": COPIES.role_arn, "Rules": [{**COPIES.rule(HOME), **rule}]}


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        (copying(), {}),
        (copying(Filter={}), {}),
        ({}, {"replication": "access"}),
        (copying(Status="Disabled"), {"replication": ""}),
        ({**copying(), "Role": "arn:aws:iam::123456789012:role/old"}, {"replication": ""}),
        (copying(Destination={"Bucket": "arn:aws:s3:::elsewhere"}), {"replication": "access"}),
    ],
    ids=["converged", "no filter", "none", "off", "other role", "elsewhere"],
)
def test_copies_go_where_it_is_said(have: dict[str, Any], expected: dict[str, str]) -> None:
    assert risks(replace(WANT, replication=COPIES), {replication_of: have}) == expected


def test_copies_of_others_stop_the_bucket_before_any_change() -> None:
    with pytest.raises(ReplicatedByOthers, match="by rules of others: theirs"):
        risks(replace(WANT, replication=COPIES), {replication_of: copying(ID="theirs")})


def test_a_new_bucket_has_all_of_it_without_a_question() -> None:
    want = replace(WANT, cors=replace(PUT, origins=("*",)), lock_days=30, replication=COPIES)
    have = {cors_of: (), lock_of: LockFacts(), replication_of: {}}
    assert set(risks(want, have, there=False).values()) == {""}
    assert list(risks(want, have, there=False))[-4:] == ["versioning", "CORS", "Object Lock", "replication"]


@pytest.mark.parametrize(
    ("expiry", "kind"),
    [
        (Expiry("old-versions", old_versions=90, at_least=4), "deletion"),
        (Expiry("old-versions", old_versions=90), "deletion"),
        (Expiry("old-versions", old_versions=90, at_least=6), ""),
        (Expiry("old-versions", old_versions=90, at_least=5, old_transitions=(Transition(30, "GLACIER"),)), ""),
        (Expiry("old-versions", old_versions=90, at_least=5, transitions=(Transition(1, "GLACIER"),)), "outage"),
        (Expiry("old-versions", old_versions=90, at_least=5, transitions=(Transition(1, "GLACIER_IR"),)), ""),
    ],
    ids=["fewer kept", "none kept", "more kept", "old ones archived", "archived", "cold, and read at once"],
)
def test_what_goes_sooner_or_into_an_archive_needs_approval(expiry: Expiry, kind: str) -> None:
    have = [each.rule() for each in WANT.expiries]
    assert risks(replace(WANT, expiries=(expiry,)), {}, rules=have) == {"lifecycle": kind}


def test_nothing_is_read_that_is_not_asked_for() -> None:
    assert [read[0] for read in KIND.reads(WANT)] == [bucket, tags.indexed]
    asked = replace(WANT, cors=PAGES, lock_days=30, replication=COPIES)
    assert [read[0] for read in KIND.reads(asked)][2:] == [cors_of, lock_of, replication_of]


SOURCE = f"""\
version: 1
account: {{id: "{HOME.account}", name: acme, region: eu-west-1}}
buckets:
  uploads: {{key: own, lock: {{}}, replicate: {{account: "{BACK}", bucket: back-copies, key: KEY}}}}
"""
TARGET = f"""\
version: 1
account: {{id: "{BACK}", name: back, region: eu-west-1}}
buckets:
  copies: {{key: own, lock: {{}}, replicas_from: {{account: "{HOME.account}", role: acme-replicates-uploads}}}}
"""


def run(sandbox: Sandbox, mode: Mode, resources: list[Any]) -> Report:
    """Plan or reconcile in any account."""
    wire = Wire()
    aws = Aws(sandbox.session(), HOME.region, attach=[wire.attach], attempts=1)
    return execute(mode, resources, KINDS, identify(aws, wire), clock=sandbox.clock)


COPIER = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


def made(text: str) -> list[Any]:
    """Return what a manifest makes."""
    return [each for several in resources(load_text(text, Path("m.yaml"), {})).values() for each in several]


def test_a_bucket_is_copied_into_another_account_that_is_reconciled_first() -> None:
    world = World([HOME.account, BACK])
    source, target = world.accounts[HOME.account], world.accounts[BACK]
    too_early = run(source, "reconcile", made(SOURCE.replace("KEY", f"arn:aws:kms:eu-west-1:{BACK}:key/1")))
    (problem,) = problems(too_early)
    assert "Destination bucket must have versioning enabled." in problem

    assert problems(run(target, "reconcile", made(TARGET))) == []
    key = target.client("kms", "eu-west-1").describe_key(KeyId="alias/back-copies")["KeyMetadata"]["Arn"]
    said = made(SOURCE.replace("KEY", key))
    assert problems(run(source, "reconcile", said)) == []
    have = source.client("s3", "eu-west-1").get_bucket_replication(Bucket=NAME)["ReplicationConfiguration"]
    assert have["Rules"][0]["Destination"]["Account"] == BACK
    assert [each for each in run(source, "plan", said).outcomes if each.changes] == []
    assert [each for each in run(target, "plan", made(TARGET)).outcomes if each.changes] == []


def test_a_role_that_was_deleted_and_made_again_goes_on_copying() -> None:
    world = World([HOME.account])
    (account,) = world.accounts.values()
    resources = made(TARGET.replace(BACK, HOME.account))
    assert problems(run(account, "reconcile", resources)) == []
    iam, trust = account.client("iam"), COPIER
    for _ in range(2):
        iam.create_role(RoleName="acme-replicates-uploads", AssumeRolePolicyDocument=json.dumps(trust))
        iam.delete_role(RoleName="acme-replicates-uploads")
    assert [each for each in run(account, "plan", resources).outcomes if each.changes] == []
