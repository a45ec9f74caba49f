"""EC2's instances: what they were launched from, since when they run, and what changes only while they are stopped."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from awsbase.sandbox.rule import Ask, Refusal, Rule

# Stopping and starting again takes EC2 at least so long.
HALT = timedelta(seconds=30)
ONLY_STOPPED = {"InstanceType": "instanceType", "UserData": "userData"}


def only_stopped(ask: Ask) -> None:
    """Refuse another type or other user data for an instance that is not stopped."""
    id = ask.params["InstanceId"]
    asked = [one for one, name in ONLY_STOPPED.items() if one in ask.params or ask.params.get("Attribute") == name]
    if asked and any(instance._state.name != "stopped" for instance in named(ask, [id])):
        raise Refusal("IncorrectInstanceState", f"The instance '{id}' is not in the 'stopped' state.")


def encoded(ask: Ask) -> None:
    """Let moto keep other user data in base64, as it keeps that of a launch."""
    if isinstance(told := ask.params.get("UserData", {}).get("Value"), bytes):
        ask.params["UserData"] = {"Value": base64.b64encode(told)}


def note_template(ask: Ask, said: dict[str, Any]) -> None:
    """Tag what was launched from a template with that and its version, as EC2 does."""
    if not (template := ask.notes.get("template")):
        return
    tags = {f"aws:ec2launchtemplate:{name}": value for name, value in template.items()}
    for told, instance in zip(said["Instances"], named(ask, ids(said["Instances"])), strict=True):
        instance.add_tags(tags)
        told["Tags"] = [*told.get("Tags", []), *({"Key": key, "Value": value} for key, value in tags.items())]


def note_stopped(ask: Ask) -> None:
    """Note which of the instances that are started were stopped."""
    held = named(ask, ask.params["InstanceIds"])
    ask.notes["stopped"] = [instance for instance in held if instance._state.name == "stopped"]


def started(ask: Ask, said: dict[str, Any]) -> None:
    """Let what was stopped have been launched just now; its network interface was attached long ago."""
    now = ask.sandbox.clock().replace(tzinfo=None)
    for instance in ask.notes["stopped"]:
        instance.launch_time = max(now, instance.launch_time + HALT)


def gone_already(ask: Ask) -> dict[str, Any] | None:
    """Let what is gone be terminated again, as often as somebody likes: moto looks for its network interface."""
    held = list(named(ask, ask.params["InstanceIds"]))
    gone = [instance for instance in held if instance._state.name == "terminated"]
    if not gone or len(held) < len(ask.params["InstanceIds"]):
        return None
    states = {"Code": 48, "Name": "terminated"}
    told = [{"InstanceId": one.id, "CurrentState": states, "PreviousState": states} for one in gone]
    if alive := [instance.id for instance in held if instance not in gone]:
        told += ask.moto("ec2:TerminateInstances", InstanceIds=alive)["TerminatingInstances"]
    return {"TerminatingInstances": told}


def ids(told: list[dict[str, Any]]) -> list[str]:
    """Return the ids of instances that are told of."""
    return [each["InstanceId"] for each in told]


def named(ask: Ask, wanted: list[str]) -> Iterator[Any]:
    """Yield moto's own instances of some ids."""
    held = ask.backend("ec2").reservations.values()
    found = {instance.id: instance for reservation in held for instance in reservation.instances}
    yield from (found[id] for id in wanted if id in found)


RULES = (
    Rule("ec2:ModifyInstanceAttribute", before=only_stopped),
    Rule("ec2:ModifyInstanceAttribute", before=encoded, strict=False),
    Rule("ec2:RunInstances", after=note_template, strict=False),
    Rule("ec2:TerminateInstances", before=gone_already, strict=False),
    Rule("ec2:StartInstances", before=note_stopped, after=started, strict=False),
)
