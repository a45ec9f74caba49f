"""EC2's instances: the template that they were launched from, and what changes only while they are stopped."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

# Stopping and starting again takes EC2 at least so long.
HALT = timedelta(seconds=30)
ONLY_STOPPED = {"InstanceType": "instanceType", "UserData": "userData"}


def only_stopped(request: Request) -> None:
    """Refuse another type or other user data for an instance that is not stopped.

    Raises Refusal with IncorrectInstanceState.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
    """
    id = request.params["InstanceId"]
    asked = [
        one for one, name in ONLY_STOPPED.items() if one in request.params or request.params.get("Attribute") == name
    ]
    if asked and any(instance._state.name != "stopped" for instance in named(request, [id])):
        raise Refusal("IncorrectInstanceState", f"The instance '{id}' is not in the 'stopped' state.")


def encoded(request: Request) -> None:
    """Let moto keep other user data in base64, as it keeps that of a launch and DescribeInstanceAttribute tells it.

    Recorded: cloud-custodian, ec2.DescribeInstanceAttribute.
    """
    if isinstance(data := request.params.get("UserData", {}).get("Value"), bytes):
        request.params["UserData"] = {"Value": base64.b64encode(data)}


def no_user_data(request: Request, response: dict[str, Any]) -> None:
    """Leave the value out for an instance without user data, as EC2 does; Terraform takes an empty one for drift.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ec2_instance.go (UserData.Value)
    """
    if not response.get("UserData", {}).get("Value", True):
        response["UserData"] = {}


def note_template(request: Request, response: dict[str, Any]) -> None:
    """Tag what was launched from a template with that and its version.

    EC2 does so by itself (user guide, "Launch instances from a launch template": aws:ec2launchtemplate:id, :version).

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html
    """
    if not (template := request.notes.get("template")):
        return
    tags = {f"aws:ec2launchtemplate:{name}": value for name, value in template.items()}
    for launched, instance in zip(response["Instances"], named(request, ids(response["Instances"])), strict=True):
        instance.add_tags(tags)
        launched["Tags"] = [*launched.get("Tags", []), *({"Key": key, "Value": value} for key, value in tags.items())]


def note_stopped(request: Request) -> None:
    """Note which of the instances that are started were stopped.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """
    held = named(request, request.params["InstanceIds"])
    request.notes["stopped"] = [instance for instance in held if instance._state.name == "stopped"]


def started(request: Request, response: dict[str, Any]) -> None:
    """Let what was stopped have been launched just now; its network interface was attached long ago.

    API reference, Instance: LaunchTime is that of the last start; moto keeps the first.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
    """
    now = request.sandbox.clock().replace(tzinfo=None)
    for instance in request.notes["stopped"]:
        instance.launch_time = max(now, instance.launch_time + HALT)


def note_pending(request: Request, response: dict[str, Any]) -> None:
    """Note what was just started: for a while it is pending.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
    """
    now = request.sandbox.clock.time()
    for id in ids(response.get("Instances") or response["StartingInstances"]):
        request.memory(Propagation).note_created(id, now)


def attachable(request: Request) -> None:
    """Refuse an address for an instance that is still pending.

    Raises Refusal with InvalidInstanceID (bevacqua/grunt-ec2#15), or for an interface with IncorrectInstanceState
    (hashicorp/terraform-provider-aws#6189, PaloAltoNetworks/terraform-aws-vmseries-modules#97).

    https://github.com/bevacqua/grunt-ec2/issues/15, https://github.com/hashicorp/terraform-provider-aws/issues/6189
    """
    interface = request.params.get("NetworkInterfaceId")
    held = request.backend("ec2").enis.get(interface) if interface else None
    id = held.instance.id if held and held.instance else request.params.get("InstanceId")
    if id is None or not request.memory(Propagation).unknown(id, request):
        return
    if interface:
        raise Refusal(
            "IncorrectInstanceState",
            f"The pending-instance-creation instance to which '{interface}' is attached is not in a valid state for "
            "this operation",
        )
    raise Refusal("InvalidInstanceID", f"The pending instance '{id}' is not in a valid state for this operation.")


def gone_already(request: Request) -> dict[str, Any] | None:
    """Let what is gone be terminated again, as often as somebody likes: moto looks for its network interface.

    API reference, TerminateInstances: the operation is idempotent.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html
    """
    held = list(named(request, request.params["InstanceIds"]))
    gone = [instance for instance in held if instance._state.name == "terminated"]
    if not gone or len(held) < len(request.params["InstanceIds"]):
        return None
    states = {"Code": 48, "Name": "terminated"}
    ended = [{"InstanceId": one.id, "CurrentState": states, "PreviousState": states} for one in gone]
    if alive := [instance.id for instance in held if instance not in gone]:
        ended += request.call_moto("ec2:TerminateInstances", InstanceIds=alive)["TerminatingInstances"]
    return {"TerminatingInstances": ended}


def unprotected(request: Request) -> None:
    """Refuse to terminate an instance that is protected from being stopped: moto looks at the other attribute alone.

    Raises Refusal with OperationNotPermitted.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html
    """
    for instance in named(request, request.params["InstanceIds"]):
        if instance.disable_api_stop is True and instance._state.name != "terminated":
            raise Refusal(
                "OperationNotPermitted",
                f"The instance '{instance.id}' may not be terminated. Modify its 'disableApiStop' instance attribute "
                "and try again.",
            )


def ids(instances: list[dict[str, Any]]) -> list[str]:
    """Return the ids of instances in a response."""
    return [each["InstanceId"] for each in instances]


def named(request: Request, wanted: list[str]) -> Iterator[Any]:
    """Yield moto's own instances of some ids."""
    held = request.backend("ec2").reservations.values()
    found = {instance.id: instance for reservation in held for instance in reservation.instances}
    yield from (found[id] for id in wanted if id in found)


RULES = (
    Rule("ec2:ModifyInstanceAttribute", before=only_stopped),
    Rule("ec2:ModifyInstanceAttribute", before=encoded, strict=False),
    Rule("ec2:DescribeInstanceAttribute", after=no_user_data, strict=False),
    Rule("ec2:RunInstances", after=note_template, strict=False),
    Rule("ec2:RunInstances ec2:StartInstances", after=note_pending),
    Rule("ec2:AssociateAddress", before=attachable),
    Rule("ec2:TerminateInstances", before=unprotected),
    Rule("ec2:TerminateInstances", before=gone_already, strict=False),
    Rule("ec2:StartInstances", before=note_stopped, after=started, strict=False),
)
