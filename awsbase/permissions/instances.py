"""What instances take, and what starts and ends them."""

from __future__ import annotations

from awsbase.engine.place import Place
from awsbase.ensure.ending import SCHEDULER, Ending
from awsbase.ensure.instance import Instance
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.on_demand import Ended, OnDemand
from awsbase.permissions.allow import TAG_INDEX, Allow, Allows, Passes, allow, labelled, made_for
from awsbase.permissions.network import adopting, tagging, things

MADE_WITH_IT = ("instance", "network-interface", "volume")


def image_reads(place: Place, image: str) -> Allows:
    yield allow("ec2", "DescribeImages", "DescribeInstanceTypes")
    if image.startswith("/"):
        yield allow("ssm", "GetParameter", on=(parameters(place),))


def parameters(place: Place) -> str:
    """Return the ARN of the parameters that AWS keeps for everybody, which belong to no account."""
    return f"arn:{place.partition}:ssm:{place.region}::parameter/aws/service/*"


def launch_template_reads(want: LaunchTemplate) -> Allows:
    yield TAG_INDEX
    yield from image_reads(want.place, want.image)
    yield allow("ec2", "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions")


def launch_template_writes(want: LaunchTemplate) -> Allows:
    yield from tagging(want, "launch-template", "CreateLaunchTemplate")
    yield from adopting(want, "launch-template")
    yield allow(
        "ec2",
        *("CreateLaunchTemplate", "CreateLaunchTemplateVersion", "ModifyLaunchTemplate"),
        on=things(want.place, "launch-template"),
    )


def instance_reads(want: Instance) -> Allows:
    yield from launch_template_reads(want.template)
    yield from there(want)


def there(want: Instance) -> Allows:
    """Yield what it takes to see the instances of an address, and what they were told at their first boot."""
    yield allow("ec2", "DescribeInstances")
    yield allow("ec2", "DescribeInstanceAttribute", on=things(want.place, "instance"), when=made_for(want.address))


def instance_writes(want: Instance) -> Allows:
    place, mine = want.place, made_for(want.address)
    image = f"arn:{place.partition}:ec2:{place.region}::image/*"
    used = things(place, "launch-template", "security-group", "subnet")
    pairs = (place.arn("ec2", f"key-pair/{want.template.key_pair}"),) if want.template.key_pair else ()
    yield allow("ec2", "RunInstances", on=(image, *used, *pairs))
    yield allow("ec2", "RunInstances", on=things(place, *MADE_WITH_IT), when=labelled(want.address))
    for kind in MADE_WITH_IT:
        yield from tagging(want, kind, "RunInstances")
    if want.template.image.startswith("/"):
        # EC2 looks the image up as whoever launches.
        yield allow("ssm", "GetParameters", on=(parameters(place),))

    changes = ("ModifyInstanceAttribute", "ModifyInstanceMetadataOptions", "StartInstances", "TerminateInstances")
    yield allow("ec2", *changes, on=things(place, "instance"), when=mine)
    yield allow("ec2", "ModifyInstanceAttribute", on=things(place, "security-group"))


def on_demand_reads(want: OnDemand) -> Allows:
    yield from there(want.instance)


def ended_reads(want: Ended) -> Allows:
    yield allow("ec2", "DescribeInstances")
    yield schedules(want.place, want.schedule, "GetSchedule")


def ended_writes(want: Ended) -> Allows:
    yield allow("ec2", "TerminateInstances", on=things(want.place, "instance"), when=made_for(want.address))
    yield schedules(want.place, want.schedule, "DeleteSchedule")


def schedules(place: Place, name: str, *actions: str) -> Allow:
    """Allow actions on one schedule of the default group."""
    return allow("scheduler", *actions, on=(place.arn("scheduler", f"schedule/default/{name}"),))


def ending_reads(want: Ending) -> Allows:
    yield schedules(want.place, want.name, "GetSchedule")


def ending_writes(want: Ending) -> Allows:
    yield schedules(want.place, want.name, "CreateSchedule", "UpdateSchedule")


def ending_passes(want: Ending) -> Passes:
    yield f"role/{want.role}", SCHEDULER
