"""The status of a bastion: whether it runs, since when and until when, and its accounts."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from awsbase.bastion.doctor import agent
from awsbase.bastion.host import Host, host
from awsbase.bastion.settings import Bastion
from awsbase.engine.facts import Facts
from awsbase.engine.times import timestamp
from awsbase.ensure.schedule import schedule
from awsbase.facts.instances import user_data
from awsbase.people.durations import words
from awsbase.records import record
from awsbase.userdata import people_in, reasons


@record
class Status:
    """The state of a bastion, and how it differs from the manifest."""

    bastion: Bastion
    host: Host | None
    ends: datetime | None = None
    agent: str | None = None
    accounts: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


def status(facts: Facts, bastion: Bastion) -> Status:
    """Return the status of a bastion."""
    region = bastion.region
    found, planned = facts.read_all((host, region, bastion.instance.address), (schedule, region, bastion.instance.name))
    if found is None:
        return Status(bastion, None)
    encoded, registration = facts.read_all((user_data, region, found.id), (agent, region, found.id))
    text, template = base64.b64decode(encoded).decode(errors="replace"), bastion.instance.template
    other_type = [f"wants a {template.type}"] if found.type != template.type else []
    return Status(
        bastion,
        found,
        ends=planned.at if planned and found.id in planned.input.get("InstanceIds", ()) else None,
        agent=registration["PingStatus"] if registration else None,
        accounts=tuple(sorted(people_in(text))),
        outdated=(*other_type, *reasons(text, template.user_data)),
    )


def lines(found: Status, now: datetime) -> Iterator[str]:
    """Yield the status as lines of text."""
    name, instance = found.bastion.instance.name, found.host
    if instance is None:
        yield f"{name}: not there; `awsbase bastion up` starts one"
        return
    yield f"{name}: {instance.state}"
    age = words((now - instance.launched).total_seconds())
    yield f"  instance  {instance.id}, {instance.type} in {instance.zone}, for {age}"
    yield f"  mode      {found.bastion.mode}" + (", and the private subnets go out by it" if found.bastion.nat else "")
    yield f"  address   {instance.public_ip or 'none that is public'}, inside {instance.private_ip or 'none yet'}"
    yield f"  agent     {found.agent or 'not registered yet'}"
    if found.ends:
        left = (found.ends - now).total_seconds()
        yield f"  ends      {found.ends:%Y-%m-%d %H:%M} UTC, in {words(max(left, 0))}"
    else:
        yield "  ends      when you end it: `awsbase bastion down`"
    if found.bastion.mode == "ssh":
        yield f"  accounts  {', '.join(found.accounts) or 'nobody'}"
    for reason in found.outdated:
        yield f"  outdated  the manifest {reason}: `awsbase bastion up` replaces it"


def document(found: Status) -> dict[str, Any]:
    """Return the status as a JSON document."""
    instance = found.host
    return {
        "schema": 1,
        "bastion": found.bastion.instance.name,
        "mode": found.bastion.mode,
        "nat": found.bastion.nat,
        "instance": instance
        and {
            "id": instance.id,
            "state": instance.state,
            "type": instance.type,
            "image": instance.image,
            "zone": instance.zone,
            "launched": stamp(instance.launched),
            "public_ip": instance.public_ip,
            "private_ip": instance.private_ip,
        },
        "ends": stamp(found.ends),
        "agent": found.agent,
        "accounts": list(found.accounts),
        "outdated": list(found.outdated),
    }


def stamp(when: datetime | None) -> str | None:
    """Return a time in UTC in ISO 8601, to the second."""
    return timestamp(when) if when else None
