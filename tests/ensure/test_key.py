"""A key stands behind its alias, rotates, and is never made twice or given up in silence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsbase.ensure.key import Key, KeyFacts, UnusableKey, key, key_policy, key_tags, lost_key
from awsbase.facts import tags
from awsbase.sandbox import Fault, Sandbox
from tests.contract.sample import go, problems
from tests.contract.sample import said as said_of
from tests.ensure.planned import HOME, planned, said

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
    return {key: behind, lost_key: lost, tags.tags: {ARN: indexed}, key_tags: real}


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
def test_a_key_is_made_or_corrected(have: Any, changes: list[str]) -> None:
    assert said(planned(WANT, have)) == changes


def test_a_new_key_is_made_with_the_tag_that_it_is_found_by() -> None:
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
def test_a_key_about_to_go_is_said_and_not_replaced(have: Any) -> None:
    have = {
        name: replace(fact, goes=datetime(2030, 1, 9, tzinfo=UTC)) if isinstance(fact, KeyFacts) else fact
        for name, fact in have.items()
    }
    with pytest.raises(UnusableKey) as refused:
        planned(WANT, have)
    assert "is to be deleted on 2030-01-09" in refused.value.message
    assert "aws kms cancel-key-deletion --region eu-west-1 --key-id 1234" in (refused.value.hint or "")


def test_a_key_that_cannot_encrypt_is_refused() -> None:
    with pytest.raises(UnusableKey, match="RSA_2048"):
        planned(WANT, facts(replace(GOOD, spec="RSA_2048")))


def test_a_policy_that_locks_the_account_out_cannot_be_wanted() -> None:
    with pytest.raises(ValueError, match="key_policy"):
        Key(scope=HOME, name="acme", policy={"Version": "2012-10-17", "Statement": [CLOUDTRAIL]})


def test_among_the_keys_of_an_address_one_that_stays_is_taken() -> None:
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


def test_a_key_in_china_is_the_account_s_of_china() -> None:
    china = type(HOME)("123456789012", "cn-north-1", "cn-north-1")
    assert key_policy(china)["Statement"][0]["Principal"] == {"AWS": "arn:aws-cn:iam::123456789012:root"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("other", "says"),
    [({"origin": "EXTERNAL"}, "material from EXTERNAL"), ({"replica": True}, "a replica of one in another region")],
    ids=["imported", "replica"],
)
def test_a_key_that_cannot_rotate_is_refused(other: dict[str, Any], says: str) -> None:
    with pytest.raises(UnusableKey, match=says):
        planned(WANT, facts(replace(GOOD, **other)))


def test_a_key_that_keeps_us_out_does_not_keep_us_from_making_ours() -> None:
    sandbox = Sandbox()
    sandbox.client("kms", HOME.region).create_key(Description="somebody else's")
    sandbox.faults.add(Fault("access denied", on="kms:ListResourceTags"))
    report = go(sandbox, "reconcile", [WANT])
    assert [outcome.status for outcome in report.outcomes] == ["changed"]


def test_our_own_key_is_known_by_the_index_when_its_tags_may_not_be_read() -> None:
    sandbox = Sandbox()
    sandbox.client("kms", HOME.region).create_key(Tags=[{"TagKey": "awsbase:address", "TagValue": WANT.address}])
    sandbox.faults.add(Fault("access denied", on="kms:ListResourceTags", times=9))
    go(sandbox, "reconcile", [WANT])
    assert len(sandbox.snapshot()["kms"][HOME.region]) == 1


def asked(sandbox: Sandbox) -> list[str]:
    """Plan the key, and list what KMS is asked."""
    sandbox.calls.clear()
    assert problems(go(sandbox, "plan", [WANT])) == []
    return sorted(call.operation for call in sandbox.calls if call.service == "kms")


def test_a_key_that_was_made_for_its_address_is_asked_for_by_its_alias_alone() -> None:
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


def test_an_alias_that_leads_to_another_key_brings_that_one_to_the_manifest() -> None:
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


@pytest.mark.parametrize("denied", [False, True], ids=["not found", "or not to be seen"])
def test_a_key_whose_alias_is_gone_gets_it_again(denied: bool) -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [WANT])
    sandbox.client("kms", HOME.region).delete_alias(AliasName=WANT.alias)
    if denied:
        sandbox.faults.add(Fault("access denied", on="kms:DescribeKey"))
    assert said_of(go(sandbox, "plan", [WANT])) == [f"{WANT.address}: create alias {WANT.alias}"]
