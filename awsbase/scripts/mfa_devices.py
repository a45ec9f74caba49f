"""`awsbase mfa list`, `resync`, `remove` and `prune`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from awsbase.errors import Refused
from awsbase.people import device_maintenance, files, profiles, terminal
from awsbase.people.device_maintenance import Listed
from awsbase.people.devices import Device
from awsbase.people.enrol import Prompts, described
from awsbase.scripts import prompts as at
from awsbase.scripts.options import JSON
from awsbase.scripts.output import err, out, out_json

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@click.command("list")
@at.USER
@click.option("--all", "everybody", is_flag=True, help="The virtual devices of all users, and those without one.")
@JSON
@at.common
def list_devices(
    user: str | None, everybody: bool, json: bool, profile: str | None, region: str | None, debug: bool
) -> None:
    """List your MFA devices, or those of the whole account, with owner and age.

    Whoever is no IAM user sees those of all.
    """
    account = at.account_of(profile, region, debugging=debug)
    desk = at.desk_of(account)
    found = (
        device_maintenance.everybodys(desk)
        if everybody or not (user or account.user)
        else device_maintenance.of(desk, at.user_of(account, user))
    )
    if json:
        out_json({"schema": 1, "devices": [document(one) for one in found]})
        return
    if not found:
        err("no MFA device; `awsbase mfa create` makes one\n")
        return
    out(table(found, datetime.now(UTC)))
    if any(one.owner is None for one in found):
        err("leftovers have no owner and no seed: `awsbase mfa prune` deletes them\n")


@click.command()
@at.USER
@click.option("--device", metavar="NAME|ARN", help="Which device, where there are several.")
@at.common
def resync(user: str | None, device: str | None, profile: str | None, region: str | None, debug: bool) -> None:
    """Bring a device whose codes AWS refuses back in step, by two codes that follow each other."""
    terminal.check("codes of the device")
    account = at.account_of(profile, region, debugging=debug)
    done = device_maintenance.resync(at.desk_of(account), at.user_of(account, user), device, at.select)
    out(f"{done.serial} is in step with AWS again\n")


@click.command()
@click.argument("devices", metavar="[DEVICE]...", nargs=-1)
@at.USER
@click.option("--force", is_flag=True, help="Even an administrator's last device, and without asking.")
@at.common
def remove(
    devices: Sequence[str], user: str | None, force: bool, profile: str | None, region: str | None, debug: bool
) -> None:
    """Take MFA devices off their user, and delete them. One that is the only one need not be named."""
    account = at.account_of(profile, region, debugging=debug)
    owner = at.user_of(account, user)
    desk = at.desk_of(account)

    def tell(device: Device) -> None:
        out(f"{device.serial} is removed from {owner}\n")

    gone = device_maintenance.remove(desk, owner, devices, force=force, confirm=at.confirm, gone=tell)
    if owner == account.user:
        forget(desk, owner, profile, gone)


@click.command()
@click.option("--all", "everybody", is_flag=True, help="Those of all users, not only those called as yourself.")
@YES
@at.common
def prune(everybody: bool, yes: bool, profile: str | None, region: str | None, debug: bool) -> None:
    """Delete virtual devices without an owner: what is left of enrolments that were not finished.

    Whoever is no IAM user clears the whole account.
    """
    account = at.account_of(profile, region, debugging=debug)
    desk = at.desk_of(account)
    going = device_maintenance.leftovers(desk, None if everybody else account.user)
    if not going:
        err("nothing is left over\n")
        return
    listed = "".join(f"  {one.device.serial}\n" for one in going)
    if not yes and not at.confirm(f"{listed}Delete these? One may be that of somebody who is just enrolling."):
        raise Refused("nothing was deleted")
    deleted = device_maintenance.prune(desk, going)
    out(f"deleted {deleted} {'device' if deleted == 1 else 'devices'} without an owner\n")


def table(listed: Sequence[Listed], now: datetime) -> str:
    """Show devices as lines."""
    rows = [("DEVICE", "KIND", "OWNER", "SINCE", "ARN")]
    rows += [(one.device.name, one.kind, one.owner or "(leftover)", age(one, now), one.device.serial) for one in listed]
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) + "\n"
        for row in rows
    )


def age(one: Listed, now: datetime) -> str:
    """Say since when a device is in use."""
    if one.device.since is None:
        return "-"
    days = (now - one.device.since).days
    return f"{one.device.since:%Y-%m-%d} ({'today' if days < 1 else f'{days} d'})"


def document(one: Listed) -> dict[str, Any]:
    """Return a device as a document."""
    since = one.device.since
    return {
        "device": one.device.name,
        "kind": one.kind,
        "owner": one.owner,
        "since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if since else None,
        "arn": one.device.serial,
    }


def forget(desk: Prompts, user: str, profile: str | None, gone: Sequence[Device]) -> None:
    """Take a removed device out of the profile; one that is left takes its place."""
    if profiles.of_environment(profile, os.environ):
        return
    source = profiles.find(at.where(), profile, os.environ)
    if source.keys_of is None or source.serial not in [device.serial for device in gone]:
        return
    left = [device.serial for device in described(desk, user) if device.gives_codes]
    files.write_config(at.where(), source.keys_of, {"mfa_serial": left[0] if left else None})
    err(f"profile {source.keys_of}: mfa_serial is {left[0] if left else 'gone'}\n")
