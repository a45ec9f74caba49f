"""`awsbase mfa create`."""

from __future__ import annotations

import os

import click

from awsbase.errors import UsageError
from awsbase.people import files, profiles, seeds, terminal
from awsbase.people.devices import Device
from awsbase.people.enrol import described, enrol
from awsbase.people.profiles import Source
from awsbase.people.terminal import NoAnswer
from awsbase.scripts import prompts as at
from awsbase.scripts.output import err, out

BACKUP = "backup"


@click.command("create")
@at.USER
@click.option("--device", metavar="NAME", help="What to call it; default as the user.")
@click.option(
    "--backup/--no-backup", default=None, help="A second device to fall back on, without being asked; or not."
)
@click.option("--text", is_flag=True, help="Show the seed and its otpauth address instead of a QR code.")
@click.option("--seed-to", metavar="FILE|secret:NAME", help="Keep the seed there, and compute the codes from it.")
@click.option("--seed-key", metavar="ALIAS|ARN", help="Encrypt the secret with this KMS key.")
@at.common
def create(
    user: str | None,
    device: str | None,
    backup: bool | None,
    text: bool,
    seed_to: str | None,
    seed_key: str | None,
    profile: str | None,
    region: str | None,
    debug: bool,
) -> None:
    """Make a virtual MFA device, show its QR code, and enable it with two codes of your authenticator app.

    \b
    The seed is shown once. It is kept nowhere unless you ask for it:
      --seed-to FILE         in a file of yours
      --seed-to secret:NAME  in Secrets Manager
    """
    if seed_to and backup:
        raise UsageError(
            "--backup makes a second device, and --seed-to keeps the seed of one",
            hint="make them one after the other, each with a --seed-to of its own",
        )
    if seed_key and not seed_to:
        raise UsageError("--seed-key encrypts a kept seed", hint="write --seed-to secret:NAME too")
    if not seed_to:
        terminal.check("codes of the new device")
    account = at.account_of(profile, region, debugging=debug)
    owner = at.user_of(account, user)
    own = owner == account.user
    # Before anything is made: what stands in the AWS files must be readable, and the name must be free.
    beside = own and not profiles.of_environment(profile, os.environ)
    source = profiles.find(at.where(), profile, os.environ) if beside else None
    desk = at.desk_of(account, text=text)
    have = described(desk, owner)
    second = bool(have) and bool(backup)
    name = checked(device) if device else BACKUP if second else owner
    kept = None
    if seed_to:
        kept = seeds.keeper(seed_to, account.aws, address_of(owner, name), seed_key)

    made = enrol(desk, owner, name, kept)
    out(f"{made.serial} is enabled for {owner}\n")
    if kept:
        err(f"its seed is kept in {kept.place}\n")
    if own and not second:
        remember(source, made)
    if not have and not seed_to and (backup or (backup is None and offered(owner))):
        spare = enrol(desk, owner, BACKUP)
        out(f"{spare.serial} is enabled for {owner}, to fall back on\n")
    if own:
        err("next: `awsbase mfa refresh` gets a session, with the code that comes after those\n")


def checked(name: str) -> str:
    """Return a name that AWS takes for a device; raises UsageError for any other."""
    import re

    if not re.fullmatch(r"[\w+=,.@-]{1,226}", name, re.ASCII):
        raise UsageError(f"{name!r} cannot be the name of a device", hint="letters, digits and +=,.@-_ only")
    return name


def address_of(user: str, name: str) -> str:
    """Return what a kept seed is known by: the same as that of a device which reconcile makes."""
    return f"mfa-device/{user}" if name == user else f"mfa-device/{user}/{name}"


def offered(user: str) -> bool:
    """Ask whether there shall be a second device; whoever does not answer has the first one all the same."""
    try:
        return at.confirm(
            f"A lost phone locks {user} out. Make a second device now, in another app or on another phone?"
        )
    except (KeyboardInterrupt, NoAnswer):
        err("\nno second device; `awsbase mfa create --backup` makes one later\n")
        return False


def remember(source: Source | None, made: Device) -> None:
    """Write the device into the profile whose keys it goes with, for every AWS tool to find."""
    if source is None or source.keys_of is None:
        err(f"your keys come from the environment; for a profile: mfa_serial = {made.serial}\n")
        return
    files.write_config(at.where(), source.keys_of, {"mfa_serial": made.serial})
    err(f"profile {source.keys_of}: mfa_serial is set\n")
