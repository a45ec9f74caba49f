"""What instances take, and what starts and ends them."""

from __future__ import annotations

from awsbase.engine.scope import Scope
from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.instance import Instance
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.schedule import SCHEDULER, TerminationSchedule
from awsbase.ensure.terminated import Terminated
from awsbase.permissions.allow import TAG_INDEX, Allow, Allows, Passes, allow, labelled, made_for
from awsbase.permissions.network import adopting, tagging, things

MADE_WITH_IT = ("instance", "network-interface", "volume")


def image_reads(scope: Scope, image: str) -> Allows:
    yield allow("ec2", "DescribeImages", "DescribeInstanceTypes")
    if image.startswith("/"):
        yield allow("ssm", "GetParameter", on=(parameters(scope),))


def parameters(scope: Scope) -> str:
    """Return the ARN of the parameters that AWS keeps for everybody, which belong to no account."""
    return f"arn:{scope.partition}:ssm:{scope.region}::parameter/aws/service/*"


def launch_template_reads(want: LaunchTemplate) -> Allows:
    yield TAG_INDEX
    yield from image_reads(want.scope, want.image)
    yield allow("ec2", "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions")


def launch_template_writes(want: LaunchTemplate) -> Allows:
    yield from tagging(want, "launch-template", "CreateLaunchTemplate")
    yield from adopting(want, "launch-template")
    yield allow(
        "ec2",
        *("CreateLaunchTemplate", "CreateLaunchTemplateVersion", "ModifyLaunchTemplate"),
        on=things(want.scope, "launch-template"),
    )


def instance_reads(want: Instance) -> Allows:
    yield from launch_template_reads(want.template)
    yield from there(want)


def there(want: Instance) -> Allows:
    """Yield what it takes to see the instances of an address, and what they were told at their first boot."""
    yield allow("ec2", "DescribeInstances")
    yield allow("ec2", "DescribeInstanceAttribute", on=things(want.scope, "instance"), when=made_for(want.address))


def instance_writes(want: Instance) -> Allows:
    scope, mine = want.scope, made_for(want.address)
    image = f"arn:{scope.partition}:ec2:{scope.region}::image/*"
    used = things(scope, "launch-template", "security-group", "subnet")
    pairs = (scope.arn("ec2", f"key-pair/{want.template.key_pair}"),) if want.template.key_pair else ()
    yield allow("ec2", "RunInstances", on=(image, *used, *pairs))
    yield allow("ec2", "RunInstances", on=things(scope, *MADE_WITH_IT), when=labelled(want.address))
    for kind in MADE_WITH_IT:
        yield from tagging(want, kind, "RunInstances")
    if want.template.image.startswith("/"):
        # EC2 looks the image up as whoever launches.
        yield allow("ssm", "GetParameters", on=(parameters(scope),))

    changes = ("ModifyInstanceAttribute", "ModifyInstanceMetadataOptions", "StartInstances", "TerminateInstances")
    yield allow("ec2", *changes, on=things(scope, "instance"), when=mine)
    yield allow("ec2", "ModifyInstanceAttribute", on=things(scope, "security-group"))


def ephemeral_reads(want: Ephemeral) -> Allows:
    yield from there(want.instance)


def terminated_reads(want: Terminated) -> Allows:
    yield allow("ec2", "DescribeInstances")
    yield schedules(want.scope, want.schedule, "GetSchedule")


def terminated_writes(want: Terminated) -> Allows:
    yield allow("ec2", "TerminateInstances", on=things(want.scope, "instance"), when=made_for(want.address))
    yield schedules(want.scope, want.schedule, "DeleteSchedule")


def schedules(scope: Scope, name: str, *actions: str) -> Allow:
    """Allow actions on one schedule of the default group."""
    return allow("scheduler", *actions, on=(scope.arn("scheduler", f"schedule/default/{name}"),))


def schedule_reads(want: TerminationSchedule) -> Allows:
    yield schedules(want.scope, want.name, "GetSchedule")


def schedule_writes(want: TerminationSchedule) -> Allows:
    yield schedules(want.scope, want.name, "CreateSchedule", "UpdateSchedule")


def schedule_passes(want: TerminationSchedule) -> Passes:
    yield f"role/{want.role}", SCHEDULER
