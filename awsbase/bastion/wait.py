"""Waiting until a new host is reachable; for an older one there is no waiting."""

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

MAX_AGE = timedelta(minutes=5)
PAUSE = 5.0  # seconds
DOCTOR = "`awsbase bastion doctor` looks for the reason"


def reachable(facts: Facts, bastion: Bastion, clock: Clock, say: Callable[[str], None]) -> Host:
    """Return the host once it is reachable; raises AwsbaseError when there is none or it stays unreachable."""
    address, waiting = bastion.instance.address, False
    while True:
        fresh = facts.uncached()
        found = fresh.read(host, bastion.region, address)
        if found is None:
            raise AwsbaseError(f"there is no {bastion.instance.name}", hint="`awsbase bastion up` starts one")
        if found.state not in ("pending", "running"):
            raise AwsbaseError(f"{found.id} is {found.state}", hint="`awsbase bastion up` starts it")
        missing = lacks(fresh, bastion, found)
        if missing is None:
            return found
        if clock.now() - found.launched > MAX_AGE:
            raise AwsbaseError(f"{found.id}: {missing}", hint=DOCTOR)
        if not waiting:
            say(f"{found.id}: {missing}; a new host takes a minute or two\n")
            waiting = True
        clock.sleep(PAUSE, threading.Event())


def lacks(facts: Facts, bastion: Bastion, found: Host) -> str | None:
    """Return why a host is not reachable in its mode; None when it is."""
    if found.state == "pending":
        return "starts"
    if bastion.mode == "ssm":
        known = facts.read(agent, bastion.region, found.id)
        if known is None or known["PingStatus"] != "Online":
            return "its agent has not called Systems Manager" + ("" if known is None else " for a while")
    return None
