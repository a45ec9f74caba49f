"""`awsbase mfa create`."""

from __future__ import annotations

import os

import click

from awsbase.errors import UsageError
from awsbase.people import mfa_serial, profiles, seeds, terminal
from awsbase.people.devices import Device
from awsbase.people.enrol import devices_of, enrol
from awsbase.people.profiles import Source
from awsbase.people.terminal import NoAnswer
from awsbase.scripts.output import err, out
from awsbase.scripts.prompts import USER, account_of, aws_files, common, confirm, own_profile, prompts_of, user_of

BACKUP = "backup"


@click.command("create")
@USER
@click.option("--device", metavar="NAME", help="The name of the device; default the user's name.")
@click.option(
    "--backup/--no-backup", default=None, help="Create a second device as a backup, or not, without a question."
)
@click.option("--text", is_flag=True, help="Show the seed and its otpauth address instead of a QR code.")
@click.option("--seed-to", metavar="FILE|secret:NAME", help="Store the seed there, and compute the codes from it.")
@click.option("--seed-key", metavar="ALIAS|ARN", help="Encrypt the secret with this KMS key.")
@common
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
    """Create a virtual MFA device, show its QR code, and enable it with two codes of your authenticator app.

    \b
    The seed is shown once. It is not stored unless you ask for it:
      --seed-to FILE         in a file
      --seed-to secret:NAME  in Secrets Manager

    \f
    Raises UsageError when the options contradict each other.
    """
    if seed_to and backup:
        raise UsageError(
            "--backup creates a second device, and --seed-to stores the seed of one",
            hint="create them one after the other, each with its own --seed-to",
        )
    if seed_key and not seed_to:
        raise UsageError("--seed-key encrypts a stored seed", hint="write --seed-to secret:NAME too")
    if not seed_to:
        terminal.require("codes of the new device")
    profile = profile if user else own_profile(profile)
    account = account_of(profile, region, debugging=debug)
    owner = user_of(account, user)
    own = owner == account.user
    # Before the first change, check that the AWS files can be parsed and that the name is free.
    has_profile = own and not profiles.of_environment(profile, os.environ)
    source = profiles.find(aws_files(), profile, os.environ) if has_profile else None
    prompts = prompts_of(account, text=text)
    have = devices_of(prompts, owner)
    second = bool(have) and bool(backup)
    name = checked(device) if device else BACKUP if second else owner
    seed_store = None
    if seed_to:
        seed_store = seeds.seed_store(seed_to, account.aws, address_of(owner, name), seed_key)

    created = enrol(prompts, owner, name, seed_store)
    out(f"{created.serial} is enabled for {owner}\n")
    if seed_store:
        err(f"its seed is stored in {seed_store.location}\n")
    if own and not second:
        set_mfa_serial(source, created)
    if not have and not seed_to and (backup or (backup is None and wants_backup(owner))):
        spare = enrol(prompts, owner, BACKUP)
        out(f"{spare.serial} is enabled for {owner}, as a backup\n")
    if own:
        err("next: `awsbase mfa refresh` gets a session, with the next code of the device\n")


def checked(name: str) -> str:
    """Return a name that AWS accepts for a device; raises UsageError for any other."""
    import re

    if not re.fullmatch(r"[\w+=,.@-]{1,226}", name, re.ASCII):
        raise UsageError(f"{name!r} cannot be the name of a device", hint="letters, digits and +=,.@-_ only")
    return name


def address_of(user: str, name: str) -> str:
    """Return the address in the tag of a stored seed, the same as for a device that reconcile creates."""
    return f"mfa-device/{user}" if name == user else f"mfa-device/{user}/{name}"


def wants_backup(user: str) -> bool:
    """Tell whether the person wants a second device; Ctrl-C means no, and the first device stays."""
    try:
        return confirm(
            f"A lost phone locks {user} out. Create a second device now, in another app or on another phone?"
        )
    except (KeyboardInterrupt, NoAnswer):
        err("\nno second device; `awsbase mfa create --backup` creates one later\n")
        return False


def set_mfa_serial(source: Source | None, device: Device) -> None:
    """Set mfa_serial in the profile with the user's keys, where every AWS tool finds it."""
    if source is None or source.keys_profile is None:
        err(f"your keys come from the environment; for a profile: mfa_serial = {device.serial}\n")
        return
    err(f"{mfa_serial.put(aws_files(), source.keys_profile, device.serial)}\n")
