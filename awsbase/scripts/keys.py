"""`awsbase keys`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import click

from awsbase.engine.account import Account
from awsbase.engine.clock import SystemClock
from awsbase.engine.times import timestamp
from awsbase.errors import Refused
from awsbase.people import durations, key_places, keys, profiles, rotation
from awsbase.people.keychain import open_keychain
from awsbase.people.keys import AccessKey, masked
from awsbase.people.locks import locked
from awsbase.people.profiles import Source
from awsbase.people.session import Person
from awsbase.scripts.connect import home_region
from awsbase.scripts.mfa import PROFILE, person
from awsbase.scripts.options import DEBUG, JSON, region_option
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.prompts import account_of, common, confirm, explaining_refusals, own_profile, user_of


@click.group("keys")
def command() -> None:
    """List, rotate and store your access keys."""


@command.command("list")
@JSON
@common
def list_keys(json: bool, profile: str | None, region: str | None, debug: bool) -> None:
    """List your access keys with age and last use.

    The profiles are those of this machine that use a key.
    """
    profile = own_profile(profile)
    account = account_of(profile, region, debugging=debug)
    user, me = user_of(account, None), person(err, debugging=debug)

    def act(account: Account) -> list[AccessKey]:
        return keys.listed(account, user, me.files)

    if account.long_term:
        listed = keys.with_mfa(account, profiles.find(me.files, profile, me.environ), me, act)
    else:
        listed = act(account)
    if json:
        out_json({"schema": 1, "keys": [document(one) for one in listed]})
    else:
        out(table(listed, datetime.now(UTC)))


@command.command()
@PROFILE
@region_option("The region to ask in.")
@click.option("--grace", metavar="24h", help="How long the old key stays, disabled; default 24h. 0 deletes it at once.")
@click.option("-y", "--yes", is_flag=True, help="Delete a disabled key that is in the way without asking.")
@DEBUG
@explaining_refusals
def rotate(profile: str | None, region: str | None, grace: str | None, yes: bool, debug: bool) -> None:
    """Replace your access key by a new one.

    The new one is made, proven and taken into use. The old one is disabled, and deleted after a grace period.
    Run it again after the grace period to delete the old key, and whenever it was interrupted.

    \f
    Raises Refused when the profile has no long-term key that awsbase can replace.
    """
    seconds = durations.seconds(grace) if grace else None
    me = person(err, debugging=debug)
    with only_one(me):
        source = own_keys(me, profile)
        place = key_places.place_of(me.files, str(source.keys_profile), open_keychain)
        if place is None:
            raise no_key(source)
        account = rotation.open_account(me, source, place, home_region(profile, region))
        work = rotation.Rotation(
            me, account, source, place, SystemClock(), seconds, lambda question: yes or confirm(question)
        )
        out(f"{rotation.rotate(work)}\n")


@command.command()
@PROFILE
@DEBUG
def store(profile: str | None, debug: bool) -> None:
    """Move your access key into the keychain.

    The key leaves the AWS files for the keychain of the operating system.
    The profile gets a credential_process in its place, so all AWS tools go on working.
    """
    me = person(err, debugging=debug)
    with only_one(me):
        source = own_keys(me, profile)
        key_id, names = keys.move(me.files, str(source.keys_profile), open_keychain, program())
    out(f"the access key {masked(key_id)} is in the keychain; profile {', '.join(names)} takes it from there\n")


@command.command()
@click.option("--key", "key_id", required=True, metavar="ID", help="The id of the access key.")
@DEBUG
def credentials(key_id: str, debug: bool) -> None:
    """Work as a credential_process.

    `keys store` writes it into a profile whose key it has moved into the keychain.
    """
    secret = open_keychain().require(key_id)
    out_json({"Version": 1, "AccessKeyId": key_id, "SecretAccessKey": secret.reveal()})


def only_one(me: Person) -> AbstractContextManager[int | None]:
    """Return the lock that lets one process at a time replace or move keys: the next one finds what it has done."""
    return locked(me.files.state / "keys.lock", lambda: err("another awsbase is at work on the keys; waiting for it\n"))


def own_keys(me: Person, profile: str | None) -> Source:
    """Return the profile with the long-term key; raises Refused for keys from the environment."""
    source = profiles.find(me.files, profile, me.environ)
    if source.keys_profile is None:
        raise Refused(
            "your access key comes from the environment, and awsbase cannot replace it there",
            hint="name the profile that holds it with --profile",
        )
    return source


def no_key(source: Source) -> Refused:
    """Return the error for a profile without a key that awsbase can replace."""
    return Refused(
        f"profile {source.keys_profile} holds no long-term access key that awsbase can replace",
        hint="name the profile that has it with --profile",
    )


def program() -> str:
    """Return the path of this program, for a `credential_process`, whose caller may have another PATH.

    Raises Refused when it runs as `python -m awsbase`.
    """
    called = shutil.which(sys.argv[0]) or shutil.which("awsbase")
    if called is None or os.path.basename(called) != "awsbase":
        raise Refused("this awsbase is not installed as a program", hint="install it, so that PATH has `awsbase`")
    return os.path.abspath(called)


def table(listed: Sequence[AccessKey], now: datetime) -> str:
    """Return keys as a table, one line each."""
    rows = [("KEY", "STATUS", "SINCE", "LAST USED", "PROFILES")]
    for key in listed:
        used = f"{dated(key.used, now)} for {key.service}" if key.used else "never"
        status = "active" if key.active else "disabled"
        rows.append((masked(key.id), status, dated(key.created, now), used, ", ".join(key.profiles) or "-"))
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) + "\n"
        for row in rows
    )


def dated(moment: datetime, now: datetime) -> str:
    """Return a date and its age in days."""
    days = (now - moment).days
    return f"{moment:%Y-%m-%d} ({'today' if days < 1 else f'{days} d'})"


def document(key: AccessKey) -> dict[str, Any]:
    """Return a key as a JSON document; its id is no secret."""
    return {
        "key": key.id,
        "status": "active" if key.active else "disabled",
        "created": timestamp(key.created),
        "last_used": timestamp(key.used) if key.used else None,
        "service": key.service,
        "profiles": list(key.profiles),
    }
