"""Samples of the root user and the support role."""

from awsbase.ensure.role import Role
from awsbase.ensure.root import Root
from awsbase.samples.sample import HOME, Sample, Tampering

SUPPORT = "arn:aws:iam::aws:policy/AWSSupportAccess"
ROLE = Role(
    scope=HOME,
    name="acme-support",
    trust={
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": HOME.global_arn("iam", "root")},
                "Action": "sts:AssumeRole",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            }
        ],
    },
    policies=frozenset({SUPPORT}),
    tags={"owner": "platform"},
)

SAMPLES = (
    Sample(
        "root and support",
        [ROLE, Root(scope=HOME, support=ROLE.address)],
        tamperings={
            "support policy detached": Tampering(
                lambda aws: aws.client("iam").detach_role_policy(RoleName=ROLE.name, PolicyArn=SUPPORT),
                [f"{ROLE.address}: create attachment {SUPPORT}"],
                risky=[f"{ROLE.address}: create attachment {SUPPORT}"],
            ),
        },
    ),
)
