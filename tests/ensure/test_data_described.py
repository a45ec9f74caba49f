"""What an account has of buckets, keys, secrets and parameters is listed, each thing once, and no value of a secret."""

from __future__ import annotations

from collections import Counter
from typing import Any

from awsbase.adopt.survey import Survey, survey
from awsbase.engine.kind import Kind
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Unread
from awsbase.ensure import access_log, bucket, key, parameter, secret
from awsbase.ensure.access_log import AccessLog
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.key import Key, key_policy
from awsbase.ensure.parameter import Parameter
from awsbase.ensure.secret import Rotation, Secret
from awsbase.facts.keys import KeyFacts
from awsbase.facts.lifecycle import Expiry
from awsbase.manifest.log_buckets import access_log_statements
from awsbase.samples.parameters import SAMPLES as PARAMETERS
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import account, go
from tests.ensure.planned import HOME, KnownFacts
from tests.organizations import policy

LONDON = HOME.at("eu-west-2")
AUDIT, LOGS = Bucket(scope=HOME, name="acme-audit"), "acme-logs"
EXPIRIES = (Expiry("logs", "acme-audit/", objects=400), Expiry("old-versions", old_versions=90, leftover_markers=True))
KEPT = Bucket(scope=HOME, name=LOGS, statements=access_log_statements(HOME, LOGS, AUDIT.name), expiries=EXPIRIES)
LOG = AccessLog(scope=HOME, name=AUDIT.name, bucket=AUDIT.address, to_name=LOGS, to=KEPT.address, prefix="acme-audit/")


def surveyed(sandbox: Sandbox, *kinds: Kind) -> Survey:
    """List what an account has of these kinds, in London and at home."""
    sandbox.calls.clear()
    found = survey(account(sandbox, None), HOME, kinds)
    assert not any(call.writes for call in sandbox.calls)
    assert len({each.name for each in found.things}) == len(found.things)
    return found


def of(found: Survey) -> dict[str, object]:
    """Return what became of each thing, by its name: the resource, the owner, or the fields."""
    said: dict[str, object] = {}
    for each in found.things:
        match each:
            case Described():
                said[each.name] = each.resource
            case LeftAlone():
                said[each.name] = each.owner
            case NotExpressible():
                said[each.name] = each.fields
            case Unread():
                said[each.name] = each.action
    return said


def made(sandbox: Sandbox, name: str, region: str = HOME.region, **tags: str) -> None:
    """Make a bucket by hand."""
    s3 = sandbox.client("s3", region)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})


def test_buckets_are_listed_with_their_regions_and_read_where_a_service_writes_to_them() -> None:
    sandbox = Sandbox(pages=2)
    go(sandbox, "reconcile", [AUDIT, KEPT, LOG])
    made(sandbox, "app-uploads")
    made(sandbox, "app-london", "eu-west-2")
    found = surveyed(sandbox, bucket.KIND, access_log.KIND)
    assert of(found) == {
        "access-log/acme-audit": LOG,
        "bucket/acme-audit": AUDIT,
        "bucket/acme-logs": KEPT,
        "bucket/app-london@eu-west-2": Bucket(scope=LONDON, name="app-london"),
        "bucket/app-uploads": Bucket(scope=HOME, name="app-uploads"),
    }
    calls = Counter(call.params["Bucket"] for call in sandbox.calls if "Bucket" in call.params)
    # Nothing tells the first one from a bucket of the section `buckets`, which has three more settings.
    assert calls == {"acme-audit": 11, "acme-logs": 8, "app-london": 2, "app-uploads": 2}


def test_bucket_that_is_not_told_of_is_counted_with_the_missing_action() -> None:
    sandbox = Sandbox()
    made(sandbox, "app-uploads")
    made(sandbox, "app-closed")
    closed = policy({"Effect": "Deny", "Action": "s3:GetBucketTagging", "Resource": "arn:aws:s3:::app-closed"})
    sandbox.service_control_policies.append(closed)
    assert of(surveyed(sandbox, bucket.KIND)) == {
        "bucket/app-closed": "s3:GetBucketTagging",
        "bucket/app-uploads": Bucket(scope=HOME, name="app-uploads"),
    }


def keys(sandbox: Sandbox) -> dict[str, str]:
    """Make keys of all kinds; return their ids by what is particular about them."""
    kms = sandbox.client("kms", HOME.region)
    made = {
        "no alias": kms.create_key(),
        "two": kms.create_key(Description="Both"),
        "gone": kms.create_key(),
        "signs": kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
        "brought": kms.create_key(Origin="EXTERNAL"),
    }
    ids: dict[str, str] = {name: each["KeyMetadata"]["KeyId"] for name, each in made.items()}
    for alias, name in {"b": "two", "a": "two", "gone": "gone", "signs": "signs", "brought": "brought"}.items():
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=ids[name])
    kms.enable_key_rotation(KeyId=ids["two"], RotationPeriodInDays=180)
    kms.schedule_key_deletion(KeyId=ids["gone"], PendingWindowInDays=7)
    return ids


def test_keys_are_listed_by_alias_and_what_no_manifest_keeps_is_said() -> None:
    sandbox = Sandbox(pages=2)
    ids = keys(sandbox)
    go(sandbox, "reconcile", [Key(scope=HOME, name="acme", policy=key_policy(HOME))])
    said = of(surveyed(sandbox, key.KIND))
    goes = said.pop("key/gone")
    assert str(goes).startswith("('state: it goes on ")
    two = said.pop("key/a")
    assert isinstance(two, Key)
    assert (two.description, two.rotation_days) == ("Both", 180)
    assert said == {
        "key/acme": Key(scope=HOME, name="acme", policy=key_policy(HOME)),
        "key/brought": ("origin: EXTERNAL",),
        f"key/{ids['no alias']}": ("no alias",),
        "key/signs": ("kind: RSA_2048",),
    }
    of_keys = [call for call in sandbox.calls if call.service == "kms" and call.params.get("KeyId")]
    assert len(of_keys) <= 4 * 6


def test_key_whose_policy_shuts_the_account_out_is_not_said_to_be_ours_to_keep() -> None:
    (said,) = key.told(HOME, "x", "key/x", KeyFacts(HOME.arn("kms", "key/1"), {"Statement": []}), {})
    assert said == NotExpressible("key/x", ("policy: IAM policies of the account do not count",))


def test_key_of_aws_is_left_alone_whether_or_not_it_has_an_alias() -> None:
    have = KeyFacts(HOME.arn("kms", "key/1"), {}, manager="AWS")
    assert list(key.told(HOME, "", "key/1", have, {})) == [LeftAlone("key/1", "AWS", "KMS says so")]


def test_secrets_are_listed_without_their_values() -> None:
    sandbox = Sandbox(pages=2)
    secrets = sandbox.client("secretsmanager", HOME.region)
    go(sandbox, "reconcile", [Key(scope=HOME, name="acme", policy=key_policy(HOME))])
    secrets.create_secret(Name="plain", SecretString="token", Description="Token")
    secrets.create_secret(Name="sealed", KmsKeyId="alias/acme")
    secrets.create_secret(
        Name="unnamed", KmsKeyId=sandbox.client("kms", HOME.region).create_key()["KeyMetadata"]["Arn"]
    )
    secrets.create_secret(Name="going")
    secrets.delete_secret(SecretId="going", RecoveryWindowInDays=7)
    secrets.replicate_secret_to_regions(SecretId="plain", AddReplicaRegions=[{"Region": "eu-west-2"}])
    found = surveyed(sandbox, secret.KIND)
    said = of(found)
    assert str(said.pop("secret/unnamed")).endswith(" has no alias',)")
    assert said == {
        "secret/going": ("deletion: it is under way",),
        "secret/plain": Secret(scope=HOME, name="plain", key=None, description="Token"),
        "secret/plain@eu-west-2": ("copy of the secret in eu-west-1",),
        "secret/sealed": Secret(scope=HOME, name="sealed", key="key/acme"),
    }
    (plain,) = (each for each in found.described if each.name == "secret/plain")
    assert plain.remarks == ("its copies in other regions are not written here",)
    assert "secretsmanager:GetSecretValue" not in {call.name for call in sandbox.calls}


def test_secret_of_a_service_is_its_own() -> None:
    have = secret.seen({"Name": "rds!db-1", "OwningService": "rds", "ARN": "arn"})
    facts = KnownFacts({secret.held_secrets: {"rds!db-1": have}})
    (said,) = secret.things(facts, HOME)
    assert isinstance(said, LeftAlone)
    assert said.owner == "rds"


def test_rotation_by_a_schedule_is_remarked() -> None:
    have = secret.HeldSecret(rotation=Rotation(0, None, "arn:aws:lambda:eu-west-1:123456789012:function:rotate"))
    assert list(secret.unsaid(HOME, have)) == ["its rotation has a schedule that is not written here"]


def test_parameters_of_awsbase_are_described_and_of_others_no_value_is_read() -> None:
    sandbox = Sandbox(pages=2)
    resources: Any = PARAMETERS[0].resources
    id = Parameter(scope=HOME, name="/acme/base/account_id", path="/acme/base", values=(HOME.account,))
    go(sandbox, "reconcile", [*resources, id])
    ssm = sandbox.client("ssm", HOME.region)
    ssm.put_parameter(Name="/app/password", Value="secret", Type="SecureString")
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String")
    said = of(surveyed(sandbox, parameter.KIND))
    arn = said.pop("parameter//acme/base/secret_arns/acme/token")
    assert isinstance(arn, Parameter)
    assert said == {
        id.address: id,
        "parameter//acme/base/key_pair_names": resources[2],
        "parameter//app/password": ("parameters of others are not kept",),
        "parameter//cdk-bootstrap/hnb659fds/version": "AWS CDK",
    }
    assert [call.params["Path"] for call in sandbox.calls if call.name == "ssm:GetParametersByPath"] == [
        "/acme/base"
    ] * 2
