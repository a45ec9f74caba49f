"""`awsbase whoami`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from awsbase.aws import Aws
from awsbase.engine.times import timestamp
from awsbase.people import durations, files
from awsbase.people import prompt as shell_prompt
from awsbase.people.profile_session import session_of
from awsbase.people.whoami import Identity, whoami
from awsbase.scripts.connect import home_region, name_calls, show_connecting
from awsbase.scripts.options import DEBUG, JSON, profile_option, region_option
from awsbase.scripts.output import out, out_json

KINDS = {
    "root": "root of the account",
    "long-term": "long-term access key of an IAM user",
    "session": "session of an IAM user",
    "role": "session of a role",
    "sso": "session of IAM Identity Center (SSO)",
    "federated": "session of a federated user",
}


@click.command("whoami")
@profile_option()
@region_option("The region to ask in.")
@click.option("--prompt", is_flag=True, help="Show what is left of the session, for a shell prompt; asks nobody.")
@JSON
@DEBUG
def command(profile: str | None, region: str | None, prompt: bool, json: bool, debug: bool) -> None:
    """Show who you are to AWS: account, principal, kind of credentials, MFA, and when they end."""
    if prompt:
        shell_prompt.show(os.environ, str(Path.home()), datetime.now(UTC), profile)
        return
    where = files.find(os.environ, Path.home())
    session = session_of(profile)
    home = home_region(profile, region)
    show_connecting(session)
    identity = whoami(Aws(session, home, attach=[name_calls] if debug else []), where)
    if json:
        out_json(document(identity))
    else:
        out(text(identity, datetime.now(UTC)))


def text(identity: Identity, now: datetime) -> str:
    """Return an identity as text, one line for each property."""
    alias = {None: " (alias unknown)", "": ""}.get(identity.alias, f" ({identity.alias})")
    lines = {
        "account": identity.account + alias,
        "principal": identity.arn,
        "credentials": f"{KINDS[identity.kind]}, key …{identity.key}"
        + (f", kept in profile {identity.profile}" if identity.profile else ""),
        "mfa": _mfa(identity) + (f", {identity.serial}" if identity.serial else ""),
        "expires": _expiry(identity, now),
    }
    return "".join(f"{name:<12} {value}\n" for name, value in lines.items())


def _mfa(identity: Identity) -> str:
    """Return what is known about MFA; for a role, that of the person who assumed it."""
    if identity.mfa and identity.kind == "role":
        return "obtained with MFA"
    return {True: "yes", False: "no", None: "unknown"}[identity.mfa]


def document(identity: Identity) -> dict[str, Any]:
    """Return an identity as a JSON document; null is unknown."""
    expires = identity.expires
    return {
        "schema": 1,
        "account": identity.account,
        "alias": identity.alias,
        "principal": identity.arn,
        "kind": identity.kind,
        "key": identity.key,
        "mfa": identity.mfa,
        "device": identity.serial,
        "expires": timestamp(expires) if expires else None,
        "profile": identity.profile,
    }


def _expiry(identity: Identity, now: datetime) -> str:
    if identity.kind == "long-term":
        return "never"
    if identity.expires is None:
        return "unknown"
    left = (identity.expires - now).total_seconds()
    return f"in {durations.words(left)}" if left > 0 else "expired"
