"""`awsbase mfa list`, `resync`, `remove` and `prune`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from awsbase.engine.times import timestamp
from awsbase.errors import Refused
from awsbase.people import device_maintenance, mfa_serial, terminal
from awsbase.people.device_maintenance import ListedDevice
from awsbase.people.devices import Device
from awsbase.people.enrol import devices_of
from awsbase.scripts import completions
from awsbase.scripts.options import JSON, device_option
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.prompts import (
    USER,
    account_of,
    aws_files,
    common,
    confirm,
    own_profile,
    prompts_of,
    select,
    user_of,
)
from awsbase.view.plurals import counted

YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@click.command("list")
@USER
@click.option("--all", "everybody", is_flag=True, help="List the virtual devices of all users, and leftovers.")
@JSON
@common
def list_devices(
    user: str | None, everybody: bool, json: bool, profile: str | None, region: str | None, debug: bool
) -> None:
    """List your MFA devices, or those of the whole account, with owner and age.

    If you are not an IAM user, all virtual devices are listed.
    """
    profile = profile if everybody or user else own_profile(profile)
    account = account_of(profile, region, debugging=debug)
    prompts = prompts_of(account)
    listed = (
        device_maintenance.devices_of_account(prompts)
        if everybody or not (user or account.user)
        else device_maintenance.devices_of_user(prompts, user_of(account, user))
    )
    if json:
        out_json({"schema": 1, "devices": [document(one) for one in listed]})
        return
    if not listed:
        err("no MFA device; `awsbase mfa create` creates one\n")
        return
    out(table(listed, datetime.now(UTC)))
    if any(one.owner is None for one in listed):
        err("leftovers have no owner and no seed: `awsbase mfa prune` deletes them\n")


@click.command()
@USER
@device_option("The device, if there are several.")
@common
def resync(user: str | None, device: str | None, profile: str | None, region: str | None, debug: bool) -> None:
    """Resynchronize a device whose codes AWS refuses, with two consecutive codes."""
    terminal.require("codes of the device")
    profile = profile if user else own_profile(profile)
    account = account_of(profile, region, debugging=debug)
    synchronized = device_maintenance.resync(prompts_of(account), user_of(account, user), device, select)
    out(f"{synchronized.serial} is synchronized with AWS again\n")


@click.command()
@click.argument("devices", metavar="[DEVICE]...", nargs=-1, shell_complete=completions.devices)
@USER
@click.option("--force", is_flag=True, help="Remove even an administrator's last device, without a question.")
@YES
@common
def remove(
    devices: Sequence[str],
    user: str | None,
    force: bool,
    yes: bool,
    profile: str | None,
    region: str | None,
    debug: bool,
) -> None:
    """Remove MFA devices from their user, and delete them. You need not name an only device."""
    profile = profile if user else own_profile(profile)
    account = account_of(profile, region, debugging=debug)
    owner = user_of(account, user)
    prompts = prompts_of(account)

    def report(device: Device) -> None:
        out(f"{device.serial} is removed from {owner}\n")

    agreed: Callable[[str], bool] = lambda question: yes or confirm(question)  # noqa: E731
    removed = device_maintenance.remove(prompts, owner, devices, force=force, confirm=agreed, removed=report)

    def left() -> list[str]:
        return [device.serial for device in devices_of(prompts, owner) if device.gives_codes]

    for line in mfa_serial.correct(aws_files(), [device.serial for device in removed], left):
        err(f"{line}\n")


@click.command()
@click.option("--all", "everybody", is_flag=True, help="Delete those of all users, not only those named after you.")
@YES
@common
def prune(everybody: bool, yes: bool, profile: str | None, region: str | None, debug: bool) -> None:
    """Delete virtual devices without an owner, which unfinished enrolments left behind.

    If you are not an IAM user, those of the whole account are deleted.

    \f
    Raises Refused when the person declines.
    """
    account = account_of(profile, region, debugging=debug)
    prompts = prompts_of(account)
    found = device_maintenance.leftovers(prompts, None if everybody else account.user)
    if not found:
        err("no device is left over\n")
        return
    listed = "".join(f"  {one.device.serial}\n" for one in found)
    if not yes and not confirm(f"{listed}Delete these? Someone may be enrolling one of them right now."):
        raise Refused("nothing was deleted")
    deleted = device_maintenance.prune(prompts, found)
    out(f"deleted {counted(deleted, 'device')} without an owner\n")


def table(listed: Sequence[ListedDevice], now: datetime) -> str:
    """Return devices as a table, one line each."""
    rows = [("DEVICE", "KIND", "OWNER", "SINCE", "ARN")]
    rows += [(one.device.name, one.kind, one.owner or "(leftover)", age(one, now), one.device.serial) for one in listed]
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) + "\n"
        for row in rows
    )


def age(one: ListedDevice, now: datetime) -> str:
    """Return the date since which a device is in use, and its age in days."""
    if one.device.since is None:
        return "-"
    days = (now - one.device.since).days
    return f"{one.device.since:%Y-%m-%d} ({'today' if days < 1 else f'{days} d'})"


def document(one: ListedDevice) -> dict[str, Any]:
    """Return a device as a JSON document."""
    since = one.device.since
    return {
        "device": one.device.name,
        "kind": one.kind,
        "owner": one.owner,
        "since": timestamp(since) if since else None,
        "arn": one.device.serial,
    }
