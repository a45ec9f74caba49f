"""What `awsbase permissions` prints reaches the things of the manifest, and nothing beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from awsbase.engine.resource import Resource
from awsbase.samples import SAMPLES, iam, notify, secrets, state
from awsbase.samples.bastion import Bastion
from awsbase.samples.network import Network
from awsbase.sandbox.authorization.decision import AccessRequest, Policies, Principal, decide
from awsbase.sandbox.authorization.matching import Context
from tests.contract.sample import ACCOUNT, HOME
from tests.permissions.worker import granted

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
KIM = Principal(ACCOUNT, {HOME.global_arn("iam", "user/kim"): "direct"})
BASTION, VPC = Bastion(HOME), Network(HOME).vpc
TRAIL = next(sample for sample in SAMPLES if sample.name == "audit").resources
LOGS_ROLE = HOME.global_arn("iam", "role/acme-cloudtrail-logs")
KEY, INSTANCE, VOLUME = (HOME.arn(*of) for of in (("kms", "key/1"), ("ec2", "instance/i-1"), ("ec2", "volume/*")))
TAG, LABEL = "aws:resourcetag/awsbase:address", "aws:requesttag/awsbase:address"


def allowed(resources: Sequence[Resource], action: str, on: str, context: Context) -> bool:
    return bool(decide(AccessRequest(action, on, context), KIM, Policies(identity=granted(resources))))


@pytest.mark.parametrize(
    ("resources", "action", "here", "elsewhere"),
    [
        (
            [iam.OPS],
            "iam:AttachGroupPolicy",
            (HOME.global_arn("iam", "group/people/Ops"), {"iam:policyarn": iam.READ}),
            [
                (HOME.global_arn("iam", "group/people/Ops"), {"iam:policyarn": ADMINISTRATOR}),
                (HOME.global_arn("iam", "group/people/DevOps"), {"iam:policyarn": iam.READ}),
            ],
        ),
        (
            TRAIL,
            "iam:PassRole",
            (LOGS_ROLE, {"iam:passedtoservice": "cloudtrail.amazonaws.com"}),
            [
                (LOGS_ROLE, {"iam:passedtoservice": "ec2.amazonaws.com"}),
                (HOME.global_arn("iam", "role/admin"), {"iam:passedtoservice": "cloudtrail.amazonaws.com"}),
            ],
        ),
        (
            [state.KEY],
            "kms:EnableKeyRotation",
            (KEY, {"kms:resourcealiases": ["alias/acme-state"]}),
            [(KEY, {"kms:resourcealiases": ["alias/other"]}), (HOME.at("us-east-1").arn("kms", "key/1"), {})],
        ),
        (
            [state.KEY],
            "kms:CreateAlias",
            (KEY, {TAG: state.KEY.address}),
            [(KEY, {}), (KEY, {TAG: "key/other"}), (HOME.arn("kms", "alias/other"), {})],
        ),
        ([state.KEY], "kms:CreateKey", ("*", {LABEL: state.KEY.address}), [("*", {}), ("*", {LABEL: "key/other"})]),
        (
            [state.BUCKET],
            "s3:PutBucketPolicy",
            ("arn:aws:s3:::acme-state", {}),
            [("arn:aws:s3:::acme-statement", {}), ("arn:aws:s3:::acme-state/terraform.tfstate", {})],
        ),
        (
            [*BASTION.ready, BASTION.host],
            "ec2:TerminateInstances",
            (INSTANCE, {TAG: BASTION.host.address}),
            [(INSTANCE, {}), (INSTANCE, {TAG: "instance/web"})],
        ),
        (
            [*BASTION.ready, BASTION.host],
            "ec2:RunInstances",
            (VOLUME, {LABEL: BASTION.host.address}),
            [(VOLUME, {}), (HOME.arn("ec2", "network-interface/*"), {LABEL: "instance/web"})],
        ),
        (
            [VPC],
            "ec2:CreateTags",
            (HOME.arn("ec2", "vpc/*"), {"ec2:createaction": "CreateVpc"}),
            [(HOME.arn("ec2", "vpc/vpc-1"), {LABEL: VPC.address})],
        ),
        (
            [notify.OPS],
            "sns:SetTopicAttributes",
            (notify.OPS.arn, {}),
            [(f"{notify.OPS.arn}-2", {}), (notify.OPS.arn.replace("eu-west-1", "us-east-1"), {})],
        ),
        (
            [secrets.KEY, secrets.DATABASE],
            "kms:Decrypt",
            (KEY, {"kms:viaservice": "secretsmanager.eu-west-1.amazonaws.com"}),
            [(KEY, {}), (KEY, {"kms:viaservice": "s3.eu-west-1.amazonaws.com"})],
        ),
        (
            [secrets.DATABASE],
            "secretsmanager:PutSecretValue",
            (HOME.arn("secretsmanager", "secret:acme/database-4f2a9c"), {}),
            [(HOME.arn("secretsmanager", "secret:acme/database-old-4f2a9c"), {})],
        ),
    ],
    ids=[
        "a group gets its own policies",
        "a role goes to its own service",
        "a key is known by its alias",
        "a new key is known by its tag",
        "a key is made with its tag",
        "a bucket, and not what is in it",
        "an instance is known by its tag",
        "an instance is made with its tag",
        "somebody else's VPC stays untagged",
        "a topic of this name and region",
        "keys by way of Secrets Manager",
        "a secret of this name",
    ],
)
def test_it_reaches_what_the_manifest_names(
    resources: Sequence[Resource],
    action: str,
    here: tuple[str, Context],
    elsewhere: list[tuple[str, Context]],
) -> None:
    assert allowed(resources, action, *here)
    assert [other for other in elsewhere if allowed(resources, action, *other)] == []


@pytest.mark.parametrize(
    ("action", "on"),
    [
        ("s3:GetObject", "arn:aws:s3:::acme-state/terraform.tfstate"),
        ("secretsmanager:GetSecretValue", HOME.arn("secretsmanager", "secret:acme/database-4f2a9c")),
        ("iam:CreateAccessKey", HOME.global_arn("iam", "user/people/alice")),
        ("kms:Decrypt", KEY),
    ],
)
def test_it_shows_nobody_what_is_kept(action: str, on: str) -> None:
    everything = [want for sample in SAMPLES for want in sample.resources]
    assert not allowed(everything, action, on, {TAG: state.KEY.address, "kms:resourcealiases": ["alias/acme-state"]})
