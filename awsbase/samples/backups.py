"""Samples of scheduled snapshots."""

from typing import Any

from awsbase.manifest.backups import Ebs, ScheduleSpec
from awsbase.manifest.base import Base
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

SCHEDULES = {"daily": ScheduleSpec(), "weekly": ScheduleSpec(days=("sunday",), keep_days=365)}
ROLE, POLICY = Ebs(schedules=SCHEDULES).resources(Base("acme", HOME, {"owner": "platform"}))


def id_of(aws: Reached) -> str:
    """Return the id of the only policy."""
    (one,) = aws.client("dlm", HOME.region).get_lifecycle_policies()["Policies"]
    return str(one["PolicyId"])


def change(aws: Reached, **arguments: Any) -> None:
    """Update the policy by hand."""
    aws.client("dlm", HOME.region).update_lifecycle_policy(PolicyId=id_of(aws), **arguments)


def shorten_retention(aws: Reached) -> None:
    """Keep each snapshot for a day, by hand."""
    dlm = aws.client("dlm", HOME.region)
    details = dlm.get_lifecycle_policy(PolicyId=id_of(aws))["Policy"]["PolicyDetails"]
    details["Schedules"][0]["RetainRule"] = {"Interval": 1, "IntervalUnit": "DAYS"}
    change(aws, PolicyDetails=details)


def untag(aws: Reached) -> None:
    """Remove the tag `owner`."""
    arn = f"arn:aws:dlm:{HOME.region}:{HOME.account}:policy/{id_of(aws)}"
    aws.client("dlm", HOME.region).untag_resource(ResourceArn=arn, TagKeys=["owner"])


SAMPLES = (
    Sample(
        "EBS snapshots",
        [ROLE, POLICY],
        tamperings={
            "deleted": Tampering(
                lambda aws: aws.client("dlm", HOME.region).delete_lifecycle_policy(PolicyId=id_of(aws)),
                [f"{POLICY.address}: create snapshot policy"],
            ),
            "switched off": Tampering(
                lambda aws: change(aws, State="DISABLED"), [f"{POLICY.address}: update snapshot policy"]
            ),
            "shorter retention": Tampering(shorten_retention, [f"{POLICY.address}: update snapshot policy"]),
            "untagged": Tampering(untag, [f"{POLICY.address}: update tags"]),
        },
    ),
)
