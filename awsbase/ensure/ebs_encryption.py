"""Encryption of every new EBS volume and snapshot copy, region by region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from awsbase.engine.changes import Drift
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow, equals
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Things
from awsbase.ensure.regions import ADDRESS, Only, Switch, everywhere, only_there
from awsbase.policies import Document
from awsbase.prices import table as prices
from awsbase.records import record


@record(kw_only=True)
class EbsEncryption(Resource):
    """New volumes are encrypted in every region; `keys` are the addresses of own keys, by region.

    Elsewhere the key stays what it is: AWS's, or one that somebody chose. Volumes that exist stay as they are.
    """

    only: Only = None
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "ebs-encryption/account"

    def needs(self) -> Iterator[str]:
        yield ADDRESS
        yield from self.keys.values()


def encrypted(facts: Facts, region: str) -> bool:
    """Tell whether new volumes are encrypted in a region."""
    return bool(facts.aws.at(region).ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])


def default_key(facts: Facts, region: str) -> str:
    """Read the key of new volumes in a region."""
    return str(facts.aws.at(region).ec2.get_ebs_default_kms_key_id()["KmsKeyId"])


def ensure_ebs_encryption(run: Run, want: EbsEncryption) -> None:
    """Switch encryption on in every region, and let it use the keys that are named."""
    have = run.read(everywhere, encrypted, want.only)
    keys = {region: run.read(default_key, region) for region in sorted(want.keys)}

    def encrypt(run: Run, region: str, on: bool) -> None:
        if not on:
            drift = [Drift("encrypted by default", False, True)]
            run.update(f"encryption in {region}", drift, run.aws.at(region).ec2.enable_ebs_encryption_by_default)

    run.side_by_side(encrypt, have)
    for region, key in keys.items():
        wanted = run.result(want.keys[region])
        if key != wanted:
            drift = [Drift("key", key, wanted)]
            modify = run.aws.at(region).ec2.modify_ebs_default_kms_key_id
            run.update(f"key in {region}", drift, modify, KmsKeyId=wanted)


def ebs_encryption_reads(want: EbsEncryption) -> Iterator[Read]:
    """Yield the facts that the recipe of an ebs encryption reads, to prefetch them."""
    yield everywhere, encrypted, want.only
    for region in sorted(want.keys):
        yield default_key, region


def for_volumes(scope: Scope) -> Document:
    """Return the statement of a key policy that lets whoever works with EC2 in this account use encrypted volumes.

    It says what the policy of AWS's own key says. IAM alone would not do: service-linked roles, such as the one of
    Auto Scaling, cannot be given rights to a key.
    """
    return {
        "Sid": "VolumesOfThisAccount",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:CreateGrant",
            "kms:DescribeKey",
        ],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:CallerAccount": scope.account,
                "kms:ViaService": f"ec2.{scope.region}.amazonaws.com" + (".cn" if scope.partition == "aws-cn" else ""),
            }
        },
    }


def read_permissions(want: EbsEncryption) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("ec2", "GetEbsEncryptionByDefault")
    if want.keys:
        yield allow("ec2", "GetEbsDefaultKmsKeyId")


def write_permissions(want: EbsEncryption) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ec2", "EnableEbsEncryptionByDefault", when=only_there(want))
    if want.keys:
        yield allow("ec2", "ModifyEbsDefaultKmsKeyId", when=equals("aws:RequestedRegion", *want.keys))


SWITCH = Switch(encrypted, bool, "new volumes are encrypted")


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the encryption of new volumes, where every region has it."""
    return SWITCH.things(facts, lambda only: EbsEncryption(scope=scope, only=only))


def listing_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that listing it needs."""
    yield allow("ec2", "GetEbsEncryptionByDefault", "GetEbsDefaultKmsKeyId")


KIND = Kind(
    ensure_ebs_encryption,
    ebs_encryption_reads,
    resource=EbsEncryption,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="New EBS volumes and snapshots are encrypted, whoever makes them, in every region.",
        why="Nobody has to remember it. Volumes that exist stay as they are.",
        undo=(TAKE_OUT, "aws ec2 disable-ebs-encryption-by-default --region REGION"),
        controls=("CIS 2.2.1", "FSBP EC2.7"),
        cost=(
            f"nothing with AWS's key; a key of your own {prices.KMS_KEY} a month and region, "
            "three times as much after two yearly rotations"
        ),
    ),
    word="ebs-encryption",
    found_by="one a region",
    owns="that it is on; its key, if one is wanted",
    keeps="a key that somebody chose",
    describe=Describe(things, listing_permissions),
    absent=Absent(why="who stops using awsbase does not ask for volumes in the clear"),
)
