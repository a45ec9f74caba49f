"""Instances as EC2 tells them: what they are, who made them from what, and what protects them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from awsbase.engine.facts import Facts
from awsbase.facts import ec2, tags
from awsbase.records import record

GONE = ("terminated", "shutting-down")
# How far apart EC2 may tell two things of one launch; to stop an instance and start it again takes longer.
ONE_MOMENT = timedelta(seconds=5)
TOKEN = re.compile("[0-9a-f]{64}")


@record
class InstanceFacts:
    """An instance as it is."""

    id: Any
    state: str = "running"
    type: str = ""
    image: str = ""
    subnet: str = ""
    profile: str | None = None
    key_pair: str | None = None
    groups: frozenset[str] = frozenset()
    interface: Any = None
    router: bool = False
    tokens: str = "required"
    launched: datetime | None = None
    told_by: tuple[str, str] | None = None
    """The launch template and its version that said its user data, unless that may be other by now."""
    lasting: tuple[str, ...] = ()
    """The volumes that stay when it is terminated."""
    tags: Mapping[str, str] = field(default_factory=dict)


def instances(facts: Facts, region: str) -> tuple[InstanceFacts, ...]:
    """Read the instances of a region that were made for an address, those that are gone included."""
    pages = (
        facts.aws.at(region)
        .ec2.get_paginator("describe_instances")
        .paginate(Filters=[{"Name": "tag-key", "Values": [tags.ADDRESS]}])
    )
    listed = (each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"])
    return tuple(ec2.understood(listed, _understood))


def _understood(instance: Mapping[str, Any]) -> InstanceFacts:
    interfaces = instance.get("NetworkInterfaces", [])
    return InstanceFacts(
        id=instance["InstanceId"],
        state=instance["State"]["Name"],
        type=instance["InstanceType"],
        image=instance["ImageId"],
        subnet=instance.get("SubnetId", ""),
        profile=instance.get("IamInstanceProfile", {}).get("Arn"),
        key_pair=instance.get("KeyName"),
        groups=frozenset(group["GroupId"] for group in instance.get("SecurityGroups", [])),
        interface=interfaces[0]["NetworkInterfaceId"] if interfaces else None,
        router=not instance.get("SourceDestCheck", True),
        tokens=instance.get("MetadataOptions", {}).get("HttpTokens", "optional"),
        launched=instance.get("LaunchTime"),
        lasting=tuple(
            each["Ebs"]["VolumeId"]
            for each in instance.get("BlockDeviceMappings", [])
            if not each.get("Ebs", {}).get("DeleteOnTermination", True)
        ),
        told_by=_template(instance) if _launched_here(instance) and _never_stopped(instance) else None,
        tags=ec2.tags_in(instance),
    )


def _template(instance: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the launch template and the version that an instance was made from, by the tags that EC2 gives it."""
    held = {tag.get("Key"): tag.get("Value") for tag in instance.get("Tags", [])}
    id, version = (held.get(f"aws:ec2launchtemplate:{name}") for name in ("id", "version"))
    return (id, version) if id and version else None


def _launched_here(instance: Mapping[str, Any]) -> bool:
    """Tell whether `launch` made an instance; who makes one by hand may tell it other than the template says."""
    return TOKEN.fullmatch(instance.get("ClientToken", "")) is not None


def _never_stopped(instance: Mapping[str, Any]) -> bool:
    """Tell whether an instance has run since it was made, so that nobody can have changed its user data."""
    interfaces = [each.get("Attachment", {}) for each in instance.get("NetworkInterfaces", [])]
    attached = next((each.get("AttachTime") for each in interfaces if each.get("DeviceIndex") == 0), None)
    launched = instance.get("LaunchTime")
    # A launch time moves with each start; the first network interface stays attached for life.
    at_once = bool(launched and attached and abs(launched - attached) <= ONE_MOMENT)
    return at_once and instance["State"]["Name"] in ("pending", "running")


def user_data(facts: Facts, region: str, id: str) -> str:
    """Read what an instance was told at its first boot, in base64."""
    answer = facts.aws.at(region).ec2.describe_instance_attribute(InstanceId=id, Attribute="userData")
    return str(answer.get("UserData", {}).get("Value", ""))


def protection(facts: Facts, region: str, id: str) -> str:
    """Return the attribute of an instance that keeps it from being terminated; empty when none does."""
    client = facts.aws.at(region).ec2
    stop = client.describe_instance_attribute(InstanceId=id, Attribute="disableApiStop")
    if stop.get("DisableApiStop", {}).get("Value"):
        return "disable-api-stop"
    end = client.describe_instance_attribute(InstanceId=id, Attribute="disableApiTermination")
    return "disable-api-termination" if end.get("DisableApiTermination", {}).get("Value") else ""


@record
class Listed:
    """An instance in the list of all: what it is, without its user data, and all tags that it has, those of AWS too."""

    facts: InstanceFacts
    tags: Mapping[str, str]


def listed(facts: Facts, region: str) -> tuple[Listed, ...]:
    """Read all instances of a region that are not gone, the newest first."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_instances").paginate()
    every = (each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"])
    known = ec2.understood((each for each in every if each["State"]["Name"] not in GONE), _listed)
    return tuple(sorted(known, key=lambda each: str(each.facts.launched), reverse=True))


def _listed(instance: Mapping[str, Any]) -> Listed:
    return Listed(_understood(instance), {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])})
