"""`awsbase accounts`: the accounts of an organization file, and the manifest that each gets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsbase.errors import UsageError
from awsbase.scripts.options import DEBUG, JSON, profile_option
from awsbase.scripts.organization import LIVE, ORGANIZATION, read_organization
from awsbase.scripts.output import err, is_stdout, out, out_document, out_json

if TYPE_CHECKING:
    from awsbase.organization import Member, Organization

PROFILE = profile_option("With --live: the profile that lists the accounts, if the file names none.")


@click.group("accounts")
def command() -> None:
    """Show the accounts of an organization file, and the manifest that each gets."""


@command.command("show", short_help="Print the manifest that an account gets.")
@ORGANIZATION
@click.argument("account")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a file.")
@LIVE
@PROFILE
@DEBUG
def show(organization: Path, account: str, output: Path | None, live: bool, profile: str | None, debug: bool) -> None:
    """Print the ordinary manifest that ACCOUNT gets. Every command that takes a manifest works on it.
    \f
    Raises UsageError for an unknown account.
    """
    (member,) = read_organization(organization, live=live, profile=profile).chosen([account])
    from awsbase.organization.saving import MARK, manifest_text

    if output is None or is_stdout(output):
        out_document(manifest_text(member, organization, member.source.folder))
        return
    from awsbase.view import document

    document.check(output)
    refuse_to_replace(output, MARK)
    document.save(manifest_text(member, organization, output.parent), output)
    err(f"{output} written; it may be written again\n")


@command.command("list", short_help="List the accounts, and how each is reached.")
@ORGANIZATION
@LIVE
@PROFILE
@JSON
@DEBUG
def list_accounts(organization: Path, live: bool, profile: str | None, json: bool, debug: bool) -> None:
    """List the accounts of ORG.YAML with their ids, manifests and units, and how each is reached."""
    from awsbase.view.stream import columns, is_terminal

    found = read_organization(organization, live=live, profile=profile)
    if json:
        out_json({"schema": 1, "organization": found.model.organization.name, "accounts": documents(found)})
        return
    rows = [("ACCOUNT", "ID", "MANIFEST", "UNIT", "IS", "REACHED BY")]
    for each in found.members.values():
        unit, special = each.entry.unit or "-", remarks(each) or "-"
        rows.append((each.name, each.entry.id, manifest_of(each), unit, special, way_of(each)))
    out(table(rows, columns(sys.stdout) if is_terminal(sys.stdout) else None))


def table(rows: Sequence[Sequence[str]], columns: int | None) -> str:
    """Return accounts as a table, or below one another where the terminal is too narrow for it."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if columns and sum(widths) + 2 * (len(widths) - 1) > columns:
        return "".join(map(narrow, rows[1:]))
    lines = ("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def narrow(row: Sequence[str]) -> str:
    """Return an account as lines, for a terminal that the table does not fit."""
    name, identifier, manifest, *rest, way = row
    about = [f"{identifier}  {manifest}", *(word for word in rest if word != "-"), way]
    return f"{name}\n" + "".join(f"  {line}\n" for line in about)


def documents(organization: Organization) -> list[dict[str, Any]]:
    """Return the accounts as JSON documents."""
    from awsbase.organization.reach import route

    ways = {name: route(organization, each) for name, each in organization.members.items()}
    return [
        {
            "name": each.name,
            "id": each.entry.id,
            "region": each.manifest.account.region,
            "manifest": manifest_of(each),
            "unit": each.entry.unit,
            "profile": ways[each.name].profile,
            "roles": list(ways[each.name].roles),
            "identity": each.entry.identity,
            "management": each.entry.management,
            "protected": each.entry.protected,
        }
        for each in organization.members.values()
    ]


def manifest_of(member: Member) -> str:
    """Return the name of the template that an account gets its manifest from."""
    return Path(member.source.file).name


def way_of(member: Member) -> str:
    """Say how an account is reached, in one step from the account or the profile before it."""
    way = member.way
    first = f"profile {way.profile}" if way.profile else "the environment"
    return f"{way.role} from {way.via or first}" if way.role else first


def remarks(member: Member) -> str:
    """Return what is special about an account, in words."""
    entry = member.entry
    special = {"identity": entry.identity, "management": entry.management, "protected": entry.protected}
    return ", ".join(word for word, applies in special.items() if applies)


def refuse_to_replace(path: Path, mark: str) -> None:
    """Raise UsageError when a file exists that this command did not write."""
    from awsbase import disk

    if not disk.is_regular(path) or not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        if not file.readline().startswith(mark):
            raise UsageError(f"{path} exists already, and stays unchanged", hint="name another file")
