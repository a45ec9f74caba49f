"""A bastion at a glance: whether it is there, since when and until when, and who has an account on it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from awsbase.bastion.doctor import agent
from awsbase.bastion.host import Host, host
from awsbase.bastion.settings import Bastion
from awsbase.engine.facts import Facts
from awsbase.ensure.instance import user_data
from awsbase.ensure.schedule import schedule
from awsbase.people.durations import words
from awsbase.records import record
from awsbase.userdata import people_in, reasons


@record
class Status:
    """What there is of a bastion, and how it differs from what the manifest would start."""

    bastion: Bastion
    host: Host | None
    ends: datetime | None = None
    agent: str | None = None
    accounts: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


def status(facts: Facts, bastion: Bastion) -> Status:
    """Look at a bastion."""
    region = bastion.region
    found, planned = facts.read_all((host, region, bastion.instance.address), (schedule, region, bastion.instance.name))
    if found is None:
        return Status(bastion, None)
    told, heard = facts.read_all((user_data, region, found.id), (agent, region, found.id))
    text, template = base64.b64decode(told).decode(errors="replace"), bastion.instance.template
    other_type = [f"wants a {template.type}"] if found.type != template.type else []
    return Status(
        bastion,
        found,
        ends=planned.at if planned and found.id in planned.input.get("InstanceIds", ()) else None,
        agent=heard["PingStatus"] if heard else None,
        accounts=tuple(sorted(people_in(text))),
        outdated=(*other_type, *reasons(text, template.user_data)),
    )


def lines(found: Status, now: datetime) -> Iterator[str]:
    """Say what there is, a line each."""
    name, there = found.bastion.instance.name, found.host
    if there is None:
        yield f"{name}: not there; `awsbase bastion up` starts one"
        return
    yield f"{name}: {there.state}"
    yield f"  instance  {there.id}, {there.type} in {there.zone}, for {words((now - there.launched).total_seconds())}"
    yield f"  mode      {found.bastion.mode}" + (", and the private subnets go out by it" if found.bastion.nat else "")
    yield f"  address   {there.public_ip or 'none that is public'}, inside {there.private_ip or 'none yet'}"
    yield f"  agent     {found.agent or 'not heard of yet'}"
    if found.ends:
        left = (found.ends - now).total_seconds()
        yield f"  ends      {found.ends:%Y-%m-%d %H:%M} UTC, in {words(max(left, 0))}"
    else:
        yield "  ends      when you end it: `awsbase bastion down`"
    if found.bastion.mode == "ssh":
        yield f"  accounts  {', '.join(found.accounts) or 'nobody'}"
    for reason in found.outdated:
        yield f"  outdated  the manifest {reason}: `awsbase bastion up` makes it anew"


def document(found: Status) -> dict[str, Any]:
    """Return what there is as a document."""
    there = found.host
    return {
        "schema": 1,
        "bastion": found.bastion.instance.name,
        "mode": found.bastion.mode,
        "nat": found.bastion.nat,
        "instance": there
        and {
            "id": there.id,
            "state": there.state,
            "type": there.type,
            "image": there.image,
            "zone": there.zone,
            "launched": stamp(there.launched),
            "public_ip": there.public_ip,
            "private_ip": there.private_ip,
        },
        "ends": stamp(found.ends),
        "agent": found.agent,
        "accounts": list(found.accounts),
        "outdated": list(found.outdated),
    }


def stamp(when: datetime | None) -> str | None:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None
