"""Waiting for a young host, and for no other: what has been out of reach for long will not come by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from awsbase.bastion.doctor import agent
from awsbase.bastion.host import Host, host
from awsbase.bastion.settings import Bastion
from awsbase.engine.clock import Clock
from awsbase.engine.facts import Facts
from awsbase.errors import AwsbaseError

YOUTH = timedelta(minutes=5)
PAUSE = 5.0
DOCTOR = "`awsbase bastion doctor` looks for the reason"


def reachable(facts: Facts, bastion: Bastion, clock: Clock, tell: Callable[[str], None]) -> Host:
    """Return the host once it can be reached; raise AwsbaseError when there is none, or it does not come."""
    address, waiting = bastion.instance.address, False
    while True:
        looked = facts.uncached()
        found = looked.read(host, bastion.region, address)
        if found is None:
            raise AwsbaseError(f"there is no {bastion.instance.name}", hint="`awsbase bastion up` starts one")
        if found.state not in ("pending", "running"):
            raise AwsbaseError(f"{found.id} is {found.state}", hint="`awsbase bastion up` starts it")
        missing = lacks(looked, bastion, found)
        if missing is None:
            return found
        if clock.now() - found.launched > YOUTH:
            raise AwsbaseError(f"{found.id}: {missing}", hint=DOCTOR)
        if not waiting:
            tell(f"{found.id}: {missing}; a new host takes a minute or two\n")
            waiting = True
        clock.sleep(PAUSE, threading.Event())


def lacks(facts: Facts, bastion: Bastion, found: Host) -> str | None:
    """Say what a host lacks to be reached in its mode."""
    if found.state == "pending":
        return "starts"
    if bastion.mode == "ssm":
        known = facts.read(agent, bastion.region, found.id)
        if known is None or known["PingStatus"] != "Online":
            return "its agent has not called Systems Manager" + ("" if known is None else " for a while")
    return None
