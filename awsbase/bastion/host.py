"""The current instance of a bastion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.facts.tags import ADDRESS
from awsbase.records import record

# EC2 lists a terminated instance for an hour more.
ALIVE = ("pending", "running", "stopping", "stopped")


@record
class Host:
    """An instance that runs or is stopped."""

    id: str
    state: str
    type: str
    image: str
    zone: str
    launched: datetime
    subnet: str = ""
    vpc: str = ""
    public_ip: str | None = None
    private_ip: str | None = None
    groups: tuple[str, ...] = ()
    profile: str | None = None
    checks_destination: bool = True


def host(facts: Facts, region: str, address: str) -> Host | None:
    """Return the newest instance that is tagged with an address; None when there is none."""
    filters: list[Any] = [
        {"Name": f"tag:{ADDRESS}", "Values": [address]},
        {"Name": "instance-state-name", "Values": list(ALIVE)},
    ]
    pages = facts.aws.at(region).ec2.get_paginator("describe_instances").paginate(Filters=filters)
    found = [
        parsed(instance)
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    ]
    return max(found, key=lambda each: each.launched, default=None)


def parsed(instance: dict[str, Any]) -> Host:
    """Return an instance of DescribeInstances as a Host."""
    return Host(
        id=instance["InstanceId"],
        state=instance["State"]["Name"],
        type=instance["InstanceType"],
        image=instance["ImageId"],
        zone=instance["Placement"]["AvailabilityZone"],
        launched=instance["LaunchTime"],
        subnet=instance.get("SubnetId", ""),
        vpc=instance.get("VpcId", ""),
        public_ip=instance.get("PublicIpAddress"),
        private_ip=instance.get("PrivateIpAddress"),
        groups=tuple(group["GroupId"] for group in instance.get("SecurityGroups", [])),
        profile=instance.get("IamInstanceProfile", {}).get("Arn"),
        checks_destination=instance.get("SourceDestCheck", True),
    )
