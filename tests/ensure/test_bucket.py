"""A bucket is private, versioned and encrypted; other settings stay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from awsbase.access.bucket_policy import Obstructed, PublicBucket, only_under
from awsbase.aws import Aws
from awsbase.engine.changes import Unknown
from awsbase.engine.facts import Facts, ReadCache
from awsbase.engine.scope import Scope
from awsbase.ensure.bucket import ALL_BLOCKED, Bucket, BucketTaken
from awsbase.ensure.key import Key, key_policy
from awsbase.facts import tags
from awsbase.facts.buckets import BucketFacts, Found, bucket, bucket_tags, found
from awsbase.facts.lifecycle import Expiry
from awsbase.sandbox import Sandbox
from tests.contract.sample import go, problems
from tests.ensure.planned import HOME, described, planned
from tests.organizations import policy
from tests.policies.evaluate import AccessRequest, allowed
from tests.sandbox.refused import refused

KEY = Key(scope=HOME, name="acme-state", policy=key_policy(HOME))
ARN = HOME.arn("kms", "key/1234")
WANT = Bucket(
    scope=HOME,
    name="acme-state",
    key=KEY.address,
    statements=only_under(KEY.address, HOME, "acme-state"),
    expiries=(Expiry("unfinished-uploads", unfinished_uploads=7), Expiry("old-versions", old_versions=90)),
    named_at="state.bucket",
)
TAGS = {"awsbase:address": "bucket/acme-state"}
HERE = Found(ours=True, region="eu-west-1")
THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": HOME.global_arn("iam", "root")},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::acme-state/*",
}
THEIR_RULE = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}


def good(**other: Any) -> BucketFacts:
    """Return a bucket that matches the manifest, except for these arguments."""
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ARN}
    policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": STATEMENTS}
    facts = BucketFacts(
        versioning="Enabled",
        encryption={"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True},
        block=ALL_BLOCKED,
        ownership="BucketOwnerEnforced",
        policy=policy,
        rules=[expiry.rule() for expiry in WANT.expiries],
    )
    return replace(facts, **other)


def written() -> list[Any]:
    """Return the statements that awsbase writes for the bucket with the key of these tests."""
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", [KEY, WANT])) == []
    key = sandbox.client("kms", HOME.region).describe_key(KeyId="alias/acme-state")["KeyMetadata"]["Arn"]
    text = sandbox.client("s3", HOME.region).get_bucket_policy(Bucket="acme-state")["Policy"]
    statements: list[Any] = json.loads(text.replace(key, ARN))["Statement"]
    return statements


STATEMENTS = written()


def facts(have: BucketFacts | None, *, indexed: Any = TAGS, real: Any = TAGS, at: Found | None = HERE) -> Any:
    return {found: have and at, bucket: have, tags.indexed: {WANT.arn: indexed}, bucket_tags: real}


@pytest.mark.parametrize(
    ("have", "changes"),
    [
        (
            facts(None),
            [
                "create bucket",
                "update public access block",
                "update encryption",
                "create policy",
                "update lifecycle",
                "update versioning",
            ],
        ),
        (facts(good()), []),
        (facts(good(block={**ALL_BLOCKED, "BlockPublicPolicy": False})), ["update public access block"]),
        (facts(good(versioning="Suspended")), ["update versioning"]),
        (facts(good(ownership="")), ["update ownership"]),
        (facts(good(encryption={})), ["update encryption"]),
        (facts(good(encryption={**good().encryption, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}})), []),
        (facts(good(encryption={**good().encryption, "BucketKeyEnabled": False})), ["update encryption"]),
        (facts(good(policy={})), ["create policy"]),
        (facts(good(policy={"Version": "2012-10-17", "Statement": [*STATEMENTS[::-1], THEIRS]})), []),
        (facts(good(policy={"Version": "2012-10-17", "Statement": THEIRS})), ["update policy"]),
        (facts(good(rules=[THEIR_RULE, *good().rules])), []),
        (facts(good(rules=[THEIR_RULE])), ["update lifecycle"]),
        (facts(good(rules=[{**good().rules[0], "Status": "Disabled"}, good().rules[1]])), ["update lifecycle"]),
        (facts(good(rules=[*good().rules, {**good().rules[0], "ID": "Awsbase-more"}])), ["update lifecycle"]),
        (facts(good(), indexed={}), []),
        (facts(good(), indexed={}, real={"team": "web"}), ["update tags"]),
    ],
    ids=[
        "missing",
        "converged",
        "public policies possible",
        "versioning suspended",
        "ownership never set",
        "not encrypted by the key",
        "what AWS adds to the encryption",
        "no bucket key",
        "no policy",
        "policy in another order, with a statement of theirs",
        "only a policy of theirs",
        "a rule of theirs beside ours",
        "only a rule of theirs",
        "our rule disabled",
        "a rule that we do not want any more",
        "tagged, but the index lags",
        "adopted",
    ],
)
def test_bucket_is_created_or_corrected(have: Any, changes: list[str]) -> None:
    assert described(planned(WANT, have, {KEY.address: ARN})) == changes


def test_keys_that_callers_bring_stay_allowed_where_somebody_allowed_them() -> None:
    def sent(**blocked: Any) -> str:
        (change,) = planned(WANT, facts(good(encryption=blocked)), {KEY.address: ARN}).changes
        return change.digest

    by_default = sent(BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]})
    assert sent() == by_default != sent(BlockedEncryptionTypes={"EncryptionType": ["NONE"]})


def test_bucket_can_be_planned_with_a_planned_key() -> None:
    run = planned(WANT, facts(None), {KEY.address: Unknown("key")})
    unknown = {change.what: change.unknown for change in run.changes if change.unknown}
    assert unknown.keys() == {"encryption", "policy"}


def test_settings_of_others_stay() -> None:
    sandbox = Sandbox()
    s3 = sandbox.client("s3", HOME.region)
    s3.create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": HOME.region})
    s3.put_bucket_tagging(Bucket="acme-state", Tagging={"TagSet": [{"Key": "team", "Value": "web"}]})
    s3.put_bucket_policy(Bucket="acme-state", Policy=json.dumps({"Version": "2012-10-17", "Statement": THEIRS}))
    s3.put_bucket_lifecycle_configuration(Bucket="acme-state", LifecycleConfiguration={"Rules": [THEIR_RULE]})

    assert problems(go(sandbox, "reconcile", [KEY, WANT])) == []

    found = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket="acme-state")["TagSet"]}
    assert found == {"team": "web", **TAGS}
    assert THEIRS in json.loads(s3.get_bucket_policy(Bucket="acme-state")["Policy"])["Statement"]
    assert THEIR_RULE in s3.get_bucket_lifecycle_configuration(Bucket="acme-state")["Rules"]


@pytest.mark.parametrize(
    ("at", "words", "advice"),
    [
        (Found(ours=False, region=""), "belongs to another account", "choose another name in state.bucket"),
        (Found(ours=True, region="us-west-2"), "is in us-west-2", "choose another name in state.bucket"),
    ],
    ids=["somebody else's", "in another region"],
)
def test_taken_name_is_reported(at: Found, words: str, advice: str) -> None:
    with pytest.raises(BucketTaken) as refused:
        planned(WANT, {found: at, bucket: None}, {KEY.address: ARN})
    assert words in refused.value.message
    assert advice in (refused.value.hint or "")


def test_bucket_of_another_account_is_not_touched() -> None:
    sandbox = Sandbox()
    sandbox.foreign_bucket("acme-state")
    key, state = go(sandbox, "plan", [KEY, WANT]).outcomes
    assert (key.status, state.status) == ("planned", "failed")
    assert state.error is not None
    assert state.error.code == "BucketTaken"


def refusing(action: str) -> Sandbox:
    """Return an account with a bucket, whose organization refuses an action and the index of tags."""
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", [KEY, WANT])) == []
    sandbox.service_control_policies.append(policy({"Effect": "Deny", "Action": [action, "tag:GetResources"]}))
    return sandbox


def test_bucket_that_may_not_be_looked_at_with_head_is_found_to_be_ours_all_the_same() -> None:
    assert [outcome.status for outcome in go(refusing("s3:ListBucket"), "plan", [KEY, WANT]).outcomes] == [
        "unchanged"
    ] * 2


def test_bucket_that_nothing_is_told_of_is_not_said_to_be_somebody_elses() -> None:
    error = go(refusing("s3:*"), "plan", [KEY, WANT]).outcomes[1].error
    assert error is not None
    assert error.code == "AccessDenied"
    assert "a service control policy of your organization refuses s3:GetBucketVersioning" in (error.hint or "")


def test_bucket_of_another_region_is_found() -> None:
    sandbox = Sandbox()
    oregon = {"LocationConstraint": "us-west-2"}
    sandbox.client("s3", "us-west-2").create_bucket(Bucket="acme-state", CreateBucketConfiguration=oregon)
    state = go(sandbox, "plan", [KEY, WANT]).outcomes[1]
    assert state.error is not None
    assert "is in us-west-2" in state.error.message


@pytest.mark.parametrize(
    ("region", "named"), [("us-east-1", None), ("eu-west-1", "eu-west-1")], ids=["where S3 began", "elsewhere"]
)
def test_location_is_sent_except_in_us_east_1(region: str, named: str | None) -> None:
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", [Bucket(scope=HOME.at(region), name="acme-plain")])) == []
    (created,) = (call for call in sandbox.calls if call.name == "s3:CreateBucket")
    assert created.params.get("CreateBucketConfiguration", {}).get("LocationConstraint") == named


HEADER = "s3:x-amz-server-side-encryption"
NAMED = {HEADER: "aws:kms", f"{HEADER}-aws-kms-key-id": ARN}


@pytest.mark.parametrize(
    ("action", "context", "passes"),
    [
        ("s3:PutObject", {}, True),
        ("s3:PutObject", NAMED, True),
        ("s3:PutObject", {**NAMED, f"{HEADER}-aws-kms-key-id": ARN.replace("1234", "9")}, False),
        ("s3:PutObject", {HEADER: "aws:kms"}, False),
        ("s3:PutObject", {HEADER: "AES256"}, False),
        ("s3:PutObject", {f"{HEADER}-customer-algorithm": "AES256"}, False),
        ("s3:GetObject", {}, True),
        ("s3:GetObject", {"aws:SecureTransport": "false"}, False),
        ("s3:PutObject", {**NAMED, "aws:SecureTransport": "false"}, False),
    ],
    ids=[
        "no encryption in the request: the bucket's own key",
        "names the key",
        "another key",
        "the key aws/s3",
        "S3's encryption",
        "a key that the caller brings",
        "reading",
        "reading without TLS",
        "writing without TLS",
    ],
)
def test_bucket_policy_requires_the_key_and_tls(action: str, context: dict[str, str], passes: bool) -> None:
    anything = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    request = AccessRequest(
        action, "arn:aws:s3:::acme-state/terraform.tfstate", {"aws:SecureTransport": "true", **context}
    )
    assert allowed([anything, {"Statement": STATEMENTS}], request) is passes


def test_every_deny_has_a_condition() -> None:
    assert all(statement["Condition"] for statement in STATEMENTS if statement["Effect"] == "Deny")


def test_objects_can_be_written_and_read_in_the_sandbox() -> None:
    sandbox = Sandbox()
    go(sandbox, "reconcile", [KEY, WANT])
    s3 = sandbox.client("s3", HOME.region)
    s3.put_object(Bucket="acme-state", Key="terraform.tfstate", Body=b"{}")
    assert s3.get_object(Bucket="acme-state", Key="terraform.tfstate")["Body"].read() == b"{}"


def test_bucket_in_china_has_an_arn_of_china() -> None:
    china = Bucket(scope=Scope("123456789012", "cn-north-1", "cn-north-1"), name="acme-state")
    run = planned(china, {found: None, bucket: None})
    assert china.arn == "arn:aws-cn:s3:::acme-state"
    assert "create policy" in described(run)


def test_public_bucket_is_refused_before_any_change() -> None:
    everybody = {"Sid": "Site", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    have = good(policy={"Version": "2012-10-17", "Statement": [everybody]})
    with pytest.raises(PublicBucket, match="Site"):
        planned(WANT, facts(have), {KEY.address: ARN})

    inside = {**everybody, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
    have = good(policy={"Version": "2012-10-17", "Statement": [inside, *STATEMENTS]})
    assert described(planned(WANT, facts(have), {KEY.address: ARN})) == []


def test_acl_that_lets_others_in_is_taken_back_first_with_approval() -> None:
    have = facts(good(ownership="ObjectWriter", acl={"LogDelivery": ("READ_ACP", "WRITE")}))
    run = planned(WANT, have, {KEY.address: ARN})
    assert described(run) == ["update ACL", "update ownership"]
    assert [bool(change.risk) for change in run.changes] == [True, False]
    assert "LogDelivery: READ_ACP, WRITE" in str(run.changes[0].risk)


def test_acl_that_lets_everybody_in_is_refused_unless_it_is_ignored() -> None:
    acl: dict[str, tuple[str, ...]] = {"AllUsers": ("READ",)}
    with pytest.raises(PublicBucket, match="AllUsers: READ"):
        planned(WANT, facts(good(ownership="ObjectWriter", block={}, acl=acl)), {KEY.address: ARN})
    ignored = planned(WANT, facts(good(ownership="ObjectWriter", acl=acl)), {KEY.address: ARN})
    assert described(ignored) == ["update ACL", "update ownership"]


def test_foreign_statement_that_refuses_every_upload_is_named_before_any_change() -> None:
    header = "s3:x-amz-server-side-encryption"
    wrong = {"Sid": "Wrong", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{WANT.arn}/*"}
    wrong["Condition"] = {"StringNotEquals": {header: "AES256"}}  # type: ignore[assignment]
    have = good(policy={"Version": "2012-10-17", "Statement": [wrong]})
    with pytest.raises(Obstructed, match="statement Wrong refuses"):
        planned(replace(WANT, people=True), facts(have), {KEY.address: Unknown("key")})


def test_rule_in_the_old_format_is_written_in_the_new_one() -> None:
    sandbox = Sandbox()
    s3 = sandbox.client("s3", HOME.region)
    s3.create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": HOME.region})
    old = {"ID": "old", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle(Bucket="acme-state", LifecycleConfiguration={"Rules": [old]})
    assert problems(go(sandbox, "reconcile", [KEY, WANT])) == []
    sent = [c.params for c in sandbox.calls if c.name == "s3:PutBucketLifecycleConfiguration"][-1]
    rules = {rule["ID"]: rule for rule in sent["LifecycleConfiguration"]["Rules"]}
    assert rules["old"]["Filter"] == {"Prefix": "tmp/"}
    assert "Prefix" not in rules["old"]


def test_deleted_bucket_is_missing_although_the_index_lists_it() -> None:
    indexed: Future[Mapping[str, Mapping[str, str]]] = Future()
    indexed.set_result({WANT.arn: TAGS})
    cache = ReadCache()
    cache.answers[tags.indexed, HOME.region] = indexed
    with ThreadPoolExecutor(4) as pool:
        facts = Facts(Aws(Sandbox().session(), HOME.region), pool, cache)
        assert facts.read(found, HOME, WANT.name) == HERE
        assert facts.read(bucket, HOME, WANT.name) is None


def test_a_bucket_whose_tags_decide_about_access_gets_its_tags_beside_those_of_others() -> None:
    sandbox = Sandbox()
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="acme-abac")
    s3.put_bucket_tagging(Bucket="acme-abac", Tagging={"TagSet": [{"Key": "team", "Value": "web"}]})
    s3.put_bucket_abac(Bucket="acme-abac", AbacStatus={"Status": "Enabled"})
    assert refused(s3.put_bucket_tagging, Bucket="acme-abac", Tagging={"TagSet": []}) == "InvalidRequest"
    assert refused(s3.delete_bucket_tagging, Bucket="acme-abac") == "InvalidRequest"

    want = Bucket(scope=HOME.at("us-east-1"), name="acme-abac", tags={"owner": "ops"})
    assert problems(go(sandbox, "reconcile", [want])) == []
    held = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket="acme-abac")["TagSet"]}
    assert held == {"team": "web", "owner": "ops", "awsbase:address": want.address}
