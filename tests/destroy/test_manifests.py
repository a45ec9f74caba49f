"""The manifests that people start from, made and destroyed: what is left is named here, and nothing else is."""

from __future__ import annotations

import re
from functools import cache, partial

import pytest

from awsbase.engine.changes import Report
from awsbase.engine.execution import execute
from awsbase.engine.resource import Resource
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.default_security_group import ClosedDefaultGroup
from awsbase.ensure.secret import Secret
from awsbase.manifest.loaded import LoadedManifest
from awsbase.sandbox import Sandbox
from awsbase.scripts.destroy import Named, leaving
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.testing.removal import shown, without_empty
from awsbase.testing.sample import account, go, problems, said
from tests.faults.subject import MANIFESTS

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "ec2.amazonaws.com"}}]}'
)
NAMES = ("baseline", "bastion", "cis", "secrets", "startup")
# What nobody deletes in passing. What it uses stays as well, such as the policies of a group.
EXEMPT = {"account-alias", "access-log", "bucket", "config-recorders", "detectors", "group", "key", "log-group"} | {
    "mfa-device",
    "secret",
    "security-hubs",
    "smtp-password",
    "user",
    "zone",
}
# What is never reverted, or was never made.
HELD = {"admin-ports", "billing-alerts", "contact", "default-groups", "default-security-group", "ebs-encryption"} | {
    *("existing-subnet", "existing-vpc", "image-block", "metadata-defaults", "password-policy", "public-access-block"),
    *("backup-settings", "log-retention", "mail-limits", "registry-scanning", "regions", "root", "service-linked-role"),
    "snapshot-block",
}


@cache
def loaded(name: str) -> LoadedManifest:
    return read(MANIFESTS / f"{name}.yaml", Options())


def made(name: str) -> Sandbox:
    """Return an account with what a manifest makes."""
    sandbox = Sandbox()
    assert problems(go(sandbox, "reconcile", loaded(name).resources)) == []
    sandbox.calls.clear()
    return sandbox


def destroy(sandbox: Sandbox, name: str, named: Named | None = None) -> Report:
    """Destroy a manifest as the command does once it has consent."""
    manifest, reached = loaded(name), account(sandbox, None)
    removal = leaving(manifest, named or Named(), reached).removal
    step = partial(
        execute,
        resources=manifest.resources,
        kinds=manifest.kinds,
        account=reached,
        clock=sandbox.clock,
        removal=removal,
    )
    plan, done = step("plan"), step("reconcile")
    assert problems(done) == []
    # S3 logs the calls of the run itself into a bucket that goes last.
    assert [uncounted(each) for each in (done, plan)] == [uncounted(done)] * 2
    return done


def uncounted(report: Report) -> list[str]:
    """List what a report changes, without the numbers of versions."""
    return sorted({re.sub(r"versions \d+ to \d+ of \d+", "versions", line) for line in said(report)})


def everything(name: str) -> Named:
    """Name all that is exempt, and empty each bucket."""
    resources, kinds = loaded(name).resources, loaded(name).kinds
    buckets = tuple(each.address for each in resources if isinstance(each, Bucket))
    exempt = [each.address for each in resources if (absent := kinds[type(each)].absent) and absent.exempt]
    return Named(also=tuple(each for each in exempt if each not in buckets), empty=buckets)


@pytest.mark.slow
@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_left_is_what_nobody_deletes_in_passing(name: str) -> None:
    sandbox = made(name)
    done = destroy(sandbox, name)
    left = {each.address for each in done.outcomes if each.stays}
    used = {each.address for each in done.outcomes if each.stays and "it is used by" in " ".join(each.notes)}
    assert {address.partition("/")[0] for address in left - used} <= EXEMPT | HELD
    assert {address.partition("/")[0] for address in used} <= {"policy", "role", "vpc"} | EXEMPT

    # The account is as if nothing but that had ever been made.
    alone = Sandbox()
    only = [each for each in loaded(name).resources if each.address in left]
    known = {each.address for each in only}
    assert problems(go(alone, "reconcile", [each for each in only if known.issuperset(each.needs())])) == []
    wanted = shown(alone.snapshot(), only, loaded(name).kinds)
    assert shown(sandbox.snapshot(), only, loaded(name).kinds) == wanted

    sandbox.calls.clear()
    assert said(destroy(sandbox, name)) == []
    assert [call.name for call in sandbox.calls if call.writes] == []


@pytest.mark.slow
@pytest.mark.sampled(1)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_named_goes_too_and_nothing_is_left_but_what_is_never_reverted(name: str) -> None:
    sandbox, empty = made(name), Sandbox()
    fill(sandbox, name)
    manifest = loaded(name)
    done = destroy(sandbox, name, everything(name))
    held = [
        each for each in manifest.resources if each.address.partition("/")[0] in HELD and not goes_with_its_vpc(each)
    ]
    assert {each.address for each in done.outcomes if each.stays} == {each.address for each in held}
    known = {each.address for each in held}
    assert problems(go(empty, "reconcile", [each for each in held if known.issuperset(each.needs())])) == []
    wanted = without_empty(empty.snapshot())
    assert shown(sandbox.snapshot(), manifest.resources, manifest.kinds) == wanted


def goes_with_its_vpc(each: Resource) -> bool:
    """Tell whether a resource is the default group of a VPC that is deleted."""
    return isinstance(each, ClosedDefaultGroup) and each.vpc.startswith("vpc/")


def fill(sandbox: Sandbox, name: str) -> None:
    """Put objects into each bucket, one of them overwritten and one deleted."""
    for bucket in (each for each in loaded(name).resources if isinstance(each, Bucket)):
        s3 = sandbox.client("s3", bucket.scope.region)
        for key in ("a", "a", "b"):
            s3.put_object(Bucket=bucket.name, Key=key, Body=b"x")
        s3.delete_object(Bucket=bucket.name, Key="b")
        s3.create_multipart_upload(Bucket=bucket.name, Key="c")


@pytest.mark.slow
def test_what_others_made_beside_stays_as_it_is() -> None:
    def beside(sandbox: Sandbox) -> None:
        tags = [{"Key": "awsbase:address", "Value": "role/theirs"}, {"Key": "awsbase:created-by", "Value": "other"}]
        sandbox.client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=TRUST, Tags=tags)
        sandbox.client("s3", "eu-west-1").create_bucket(
            Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        sandbox.client("s3", "eu-west-1").put_object(Bucket="theirs", Key="a", Body=b"x")
        for service, call, given in (
            ("sns", "create_topic", {"Name": "acme-theirs"}),
            ("secretsmanager", "create_secret", {"Name": "acme/theirs", "SecretString": "x"}),
            ("kms", "create_key", {}),
            ("ec2", "create_vpc", {"CidrBlock": "10.9.0.0/16"}),
        ):
            getattr(sandbox.client(service, "eu-west-1"), call)(**given)

    sandbox, alone = made("secrets"), Sandbox()
    for each in (sandbox, alone):
        beside(each)
    destroy(sandbox, "secrets", everything("secrets"))
    manifest = loaded("secrets")
    assert shown(sandbox.snapshot(), manifest.resources, manifest.kinds) == without_empty(alone.snapshot())


@pytest.mark.slow
def test_what_was_there_before_stays_and_so_does_what_it_uses() -> None:
    """A secret that somebody had made by hand, and that this manifest looks after."""
    sandbox = Sandbox()
    (first, *_) = (each for each in loaded("secrets").resources if isinstance(each, Secret))
    sandbox.client("secretsmanager", first.scope.region).create_secret(Name=first.name, SecretString="x")
    assert problems(go(sandbox, "reconcile", loaded("secrets").resources)) == []
    done = {each.address: each for each in destroy(sandbox, "secrets", everything("secrets")).outcomes}
    assert done[first.address].stays
    assert "has no tag awsbase:created-by" in done[first.address].notes[0]
    (key,) = (done[each] for each in first.needs())
    assert key.notes == (f"kept: it is used by {first.address}, which stays",)
