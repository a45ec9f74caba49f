"""Samples of the IAM kinds."""

from awsbase.ensure.group import Group
from tests.contract.sample import HOME, Sample, Tampering

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"

OPS = Group(place=HOME, name="Ops", path="/people/", policies=frozenset({READ}))

SAMPLES = (
    Sample(
        "group",
        [OPS],
        tamperings={
            "deleted": Tampering(
                lambda aws: (
                    aws.client("iam").detach_group_policy(GroupName="Ops", PolicyArn=READ),
                    aws.client("iam").delete_group(GroupName="Ops"),
                ),
                ["group/Ops: create group", f"group/Ops: create attachment {READ}"],
            ),
            "other path": Tampering(
                lambda aws: aws.client("iam").update_group(GroupName="Ops", NewPath="/elsewhere/"),
                ["group/Ops: update path"],
            ),
            "detached": Tampering(
                lambda aws: aws.client("iam").detach_group_policy(GroupName="Ops", PolicyArn=READ),
                [f"group/Ops: create attachment {READ}"],
            ),
            "more attached": Tampering(
                lambda aws: aws.client("iam").attach_group_policy(GroupName="Ops", PolicyArn=BILLING),
                [f"group/Ops: delete attachment {BILLING}"],
            ),
        },
    ),
)
