"""`awsbase profiles`: profiles of ~/.aws/config for the accounts and roles of an organization."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from awsbase.errors import UsageError
from awsbase.scripts.options import DEBUG, JSON, profile_option
from awsbase.scripts.organization import LIVE, ORGANIZATION, read_organization
from awsbase.scripts.output import err, out, out_json
from awsbase.view.plurals import counted

if TYPE_CHECKING:
    from awsbase.organization import Organization
    from awsbase.people.files import Files
    from awsbase.people.profile_writing import AccountRole, ProfileChanges, Settings


@click.group("profiles")
def command() -> None:
    """Write profiles for the accounts and roles of an organization."""


@command.command("write", short_help="Write a profile for each account and role.")
@ORGANIZATION
@click.option("--group", metavar="NAME", help="Only what members of this group of the file are granted.")
@click.option(
    "--source",
    type=click.Choice(["iam", "sso"]),
    default="iam",
    show_default=True,
    help="A role from your IAM user's profile, or a sign-in with IAM Identity Center.",
)
@click.option(
    "--as",
    "template",
    default="{account}-{role}",
    show_default=True,
    metavar="TEMPLATE",
    help="How the profiles are called: {org}, {account}, {role}, {id}.",
)
@click.option("--prune", is_flag=True, help="Remove the profiles of this organization that the file no longer has.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something would change.")
@LIVE
@profile_option("Your profile with the key of your IAM user; default that of the identity account.")
@JSON
@DEBUG
def write_profiles(
    organization: Path,
    group: str | None,
    source: Literal["iam", "sso"],
    template: str,
    prune: bool,
    check: bool,
    live: bool,
    profile: str | None,
    json: bool,
    debug: bool,
) -> int:
    """Write a profile into ~/.aws/config for each account and role that ORG.YAML grants, without calling AWS.

    \b
    awsbase profiles write org.yaml --group Developers
    aws s3 ls --profile prod-Read

    Only profiles that this command wrote are changed or removed.
    """
    from awsbase.people import files, profile_writing

    found = read_organization(organization, live=live)
    where = files.find(os.environ, Path.home())
    roles = profile_writing.named(profile_writing.granted(found, group), template)
    settings, sections = (of_iam if source == "iam" else of_sso)(found, roles, where, profile)
    name = found.model.organization.name
    write = profile_writing.compare if check else profile_writing.write
    changes = write(where, name, settings, sections, prune=prune)
    if json:
        out_json(document(changes, where))
    else:
        out(text(changes, where, check=check))
    for each in changes.unwanted:
        err(f"{each} is no longer in {organization}: --prune removes it\n")
    for each, why in changes.left.items():
        err(f"{each} is left as it is: {why}\n")
    return int(check and bool(changes.edits))


Wanted = tuple[Mapping[str, "Settings"], Mapping[str, "Settings"]]


def of_iam(organization: Organization, roles: Mapping[str, AccountRole], where: Files, profile: str | None) -> Wanted:
    """Return the profiles that assume roles from one's own; raises UsageError when nobody says which that is.

    Where the file reaches the account of the people by a role, one's own profile is called as the account is.
    """
    from awsbase.people import profile_writing, resolver

    identity = organization.identity
    if not (profile or identity):
        raise UsageError(
            f"{organization.file} does not say where people have their IAM users",
            hint="name your profile with --profile, or write identity: true at that account",
        )
    source = profile or (identity and (identity.way.profile or identity.manifest.account.name))
    assert source
    there = resolver.read(where)
    if source not in there.names:
        err(f"there is no profile {source} yet: `aws configure --profile {shlex.quote(source)}` makes it\n")
    return profile_writing.with_iam(roles, there, source), {}


def of_sso(organization: Organization, roles: Mapping[str, AccountRole], where: Files, profile: str | None) -> Wanted:
    """Return the profiles that sign in with IAM Identity Center; raises UsageError when nobody says where."""
    from awsbase.people import files, profile_writing

    if profile:
        raise UsageError("--profile is about --source iam: with sso people sign in", hint="leave it out")
    owner = organization.model.organization
    if not owner.sso and profile_writing.session_header(owner.name) not in files.read_sections(where):
        raise UsageError(
            f"{organization.file} does not say where people sign in",
            hint="write organization.sso: {start_url: https://acme.awsapps.com/start, region: eu-west-1}",
        )
    sections = profile_writing.sign_in(owner.name, owner.sso) if owner.sso else {}
    return profile_writing.with_sso(roles, owner.name), sections


def text(changes: ProfileChanges, where: Files, *, check: bool) -> str:
    """Return what was changed, or would be, as lines."""
    path = tilde(where.config)
    signs = {"+": changes.added, "~": changes.changed, "-": changes.removed}
    lines = "".join(f"{sign} {name}\n" for sign, names in signs.items() for name in names)
    if not changes.edits:
        number = len(changes.unchanged)
        return f"{counted(number, 'profile')} in {path}, as {'it' if number == 1 else 'they'} should be\n"
    return lines + f"{path} {'would be' if check else 'is'} changed\n"


def tilde(path: Path) -> str:
    """Return a path as people write one in their home folder."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


def document(changes: ProfileChanges, where: Files) -> dict[str, object]:
    """Return what was changed, or would be, as a JSON document."""
    return {
        "schema": 1,
        "file": str(where.config),
        "added": list(changes.added),
        "changed": list(changes.changed),
        "removed": list(changes.removed),
        "unchanged": list(changes.unchanged),
        "unwanted": list(changes.unwanted),
        "left": dict(changes.left),
    }
