"""A key is found by its alias, rotates, and is never created twice or replaced silently."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.ensure.key import Key, UnusableKey, key_policy
from awsbase.facts import tags
from awsbase.facts.keys import KeyFacts, key, key_tags, lost_key
from awsbase.sandbox import Fault, Sandbox
from tests.contract.sample import go, problems
from tests.contract.sample import said as said_of
from tests.ensure.planned import HOME, described, planned

WANT = Key(scope=HOME, name="acme-state", policy=key_policy(HOME), description="State")
ARN = HOME.arn("kms", "key/1234")
GOOD = KeyFacts(ARN, key_policy(HOME), description="State", rotation_days=365)
TAGS = {"awsbase:address": "key/acme-state"}
CLOUDTRAIL: dict[str, object] = {
    "Sid": "More",
    "Effect": "Allow",
    "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": "kms:DescribeKey",
    "Resource": "*",
}


def facts(behind: KeyFacts | None, lost: KeyFacts | None = None, indexed: Any = TAGS, real: Any = TAGS) -> Any:
    return {key: behind, lost_key: lost, tags.indexed: {ARN: indexed}, key_tags: real}


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (facts(None), ["create key", "create alias alias/acme-state", "update rotation"]),
        (facts(None, lost=GOOD), ["create alias alias/acme-state"]),
        (facts(GOOD), []),
        (facts(replace(GOOD, state="Disabled")), ["update state"]),
        (facts(replace(GOOD, rotation_days=None)), ["update rotation"]),
        (facts(replace(GOOD, rotation_days=2560)), ["update rotation"]),
        (facts(replace(GOOD, policy=key_policy(HOME, CLOUDTRAIL))), ["update policy"]),
        (facts(replace(GOOD, description="")), ["update description"]),
        (facts(GOOD, indexed={}), []),
        (facts(GOOD, indexed={}, real={"team": "web"}), ["update tags"]),
    ],
    ids=[
        "missing",
        "without its alias",
        "converged",
        "disabled",
        "not rotated",
        "rotated seldom",
        "policy of somebody else",
        "described otherwise",
        "tagged, but the index lags",
        "adopted",
    ],
)
def test_key_is_created_or_corrected(have: Any, changes: list[str]) -> None:
    assert described(planned(WANT, have)) == changes


def test_new_key_is_created_with_its_address_tag() -> None:
    run = planned(WANT, facts(None))
    alias, rotation = run.changes[1:]
    assert (alias.unknown, rotation.unknown) == (("TargetKeyId",), ("KeyId",))

    sandbox = Sandbox()
    go(sandbox, "reconcile", [WANT])
    created = next(call for call in sandbox.calls if call.name == "kms:CreateKey")
    assert {"TagKey": "awsbase:address", "TagValue": "key/acme-state"} in created.params["Tags"]


@pytest.mark.parametrize(
    "have",
    [facts(replace(GOOD, state="PendingDeletion")), facts(None, lost=replace(GOOD, state="PendingDeletion"))],
    ids=["behind the alias", "found by its tag"],
)
def test_key_pending_deletion_is_reported_and_not_replaced(have: Any) -> None:
    have = {
        name: replace(fact, goes=datetime(2030, 1, 9, tzinfo=UTC)) if isinstance(fact, KeyFacts) else fact
        for name, fact in have.items()
    }
    with pytest.raises(UnusableKey) as refused:
        planned(WANT, have)
    assert "is to be deleted on 2030-01-09" in refused.value.message
    assert "aws kms cancel-key-deletion --region eu-west-1 --key-id 1234" in (refused.value.hint or "")


def test_key_that_cannot_encrypt_is_refused() -> None:
    with pytest.raises(UnusableKey, match="RSA_2048"):
        planned(WANT, facts(replace(GOOD, spec="RSA_2048")))


def test_policy_that_locks_out_the_account_is_refused() -> None:
    with pytest.raises(ValueError, match="key_policy"):
        Key(scope=HOME, name="acme", policy={"Version": "2012-10-17", "Statement": [CLOUDTRAIL]})


def test_key_that_is_not_pending_deletion_is_preferred() -> None:
    sandbox = Sandbox(pages=2)
    kms = sandbox.client("kms", HOME.region)
    made = [
        kms.create_key(Tags=[{"TagKey": "awsbase:address", "TagValue": WANT.address}])["KeyMetadata"]["KeyId"]
        for _ in range(2)
    ]
    kms.create_key(Description="somebody else's")
    kms.schedule_key_deletion(KeyId=made[0])

    report = go(sandbox, "reconcile", [WANT])
    assert report.totals()["changed"] == 1
    assert kms.describe_key(KeyId="alias/acme-state")["KeyMetadata"]["KeyId"] == made[1]

    kms.schedule_key_deletion(KeyId=made[1])
    (outcome,) = go(sandbox, "reconcile", [WANT]).outcomes
    assert outcome.error is not None
    assert outcome.error.code == "UnusableKey"
    assert sum(call.name == "kms:CreateKey" for call in sandbox.calls) == 3


def test_key_policy_in_china_names_the_account_of_china() -> None:
    china = type(HOME)("123456789012", "cn-north-1", "cn-north-1")
    assert key_policy(china)["Statement"][0]["Principal"] == {"AWS": "arn:aws-cn:iam::123456789012:root"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("other", "expected"),
    [({"origin": "EXTERNAL"}, "material from EXTERNAL"), ({"replica": True}, "a replica of one in another region")],
    ids=["imported", "replica"],
)
def test_key_that_cannot_rotate_is_refused(other: dict[str, Any], expected: str) -> None:
    with pytest.raises(UnusableKey, match=expected):
        planned(WANT, facts(replace(GOOD, **other)))


def test_key_of_imported_material_behind_the_alias_is_named_before_anything_is_written() -> None:
    sandbox = Sandbox()
    kms = sandbox.client("kms", HOME.region)
    imported = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=WANT.alias, TargetKeyId=imported)

    (outcome,) = go(sandbox, "plan", [WANT]).outcomes
    assert outcome.error is not None
    assert outcome.error.code == "UnusableKey"
    assert "made of material from EXTERNAL" in outcome.error.message


def test_unreadable_foreign_key_does_not_prevent_creation() -> None:
    sandbox = Sandbox()
    sandbox.client("kms", HOME.region).create_key(Description="somebody else's")
    sandbox.faults.add(Fault("access denied", on="kms:ListResourceTags"))
    report = go(sandbox, "reconcile", [WANT])
    assert [outcome.status for outcome in report.outcomes] == ["changed"]


def test_own_key_is_found_by_the_index_when_its_tags_are_not_readable() -> None:
    sandbox = Sandbox()
    sandbox.client("kms", HOME.region).create_key(Tags=[{"TagKey": "awsbase:address", "TagValue": WANT.address}])
    sandbox.faults.add(Fault("access denied", on="kms:ListResourceTags", times=9))
    go(sandbox, "reconcile", [WANT])
    assert len(sandbox.snapshot()["kms"][HOME.region]) == 1


def asked(sandbox: Sandbox) -> list[str]:
    """Plan the key, and list the calls to KMS."""
    sandbox.calls.clear()
    assert problems(go(sandbox, "plan", [WANT])) == []
    return sorted(call.operation for call in sandbox.calls if call.service == "kms")


def test_key_with_an_address_tag_is_read_by_its_alias_only() -> None:
    sandbox = Sandbox(pages=2)
    go(sandbox, "reconcile", [WANT])
    assert asked(sandbox) == ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"]


def test_aliases_are_listed_where_the_index_knows_no_key() -> None:
    sandbox = Sandbox(pages=2)
    kms = sandbox.client("kms", HOME.region)
    kms.create_alias(AliasName=WANT.alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert {"ListAliases", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"} <= set(asked(sandbox))
    report = go(sandbox, "reconcile", [WANT])
    assert [change.what for _, change in report.changes] == ["rotation", "description", "tags"]


def test_key_behind_a_moved_alias_is_corrected() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [WANT])
    kms = sandbox.client("kms", HOME.region)
    policy = json.dumps(key_policy(HOME, CLOUDTRAIL))
    other = kms.create_key(Description="State", Policy=policy)["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=WANT.alias, TargetKeyId=other)

    report = go(sandbox, "reconcile", [WANT])
    assert [change.what for _, change in report.changes] == ["policy", "rotation", "tags"]
    assert kms.get_key_rotation_status(KeyId=other)["KeyRotationEnabled"]
    assert said_of(go(sandbox, "plan", [WANT])) == []


@pytest.mark.parametrize("denied", [False, True], ids=["not found", "not readable"])
def test_key_without_its_alias_gets_it_again(denied: bool) -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [WANT])
    sandbox.client("kms", HOME.region).delete_alias(AliasName=WANT.alias)
    if denied:
        sandbox.faults.add(Fault("access denied", on="kms:DescribeKey"))
    assert said_of(go(sandbox, "plan", [WANT])) == [f"{WANT.address}: create alias {WANT.alias}"]
