"""The organization file of a command: read from the disk, and with --live its accounts from AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsbase.errors import UsageError
from awsbase.scripts.options import remembered
from awsbase.scripts.output import err

if TYPE_CHECKING:
    from awsbase.organization import Organization
    from awsbase.organization.load import Listing

ORGANIZATION = click.argument("organization", metavar="ORG.YAML", type=click.Path(path_type=Path), callback=remembered)
LIVE = click.option(
    "--live", is_flag=True, help="Ask AWS Organizations for the accounts, if the file says `from: organization`."
)


def read_organization(path: Path, *, live: bool = False, profile: str | None = None) -> Organization:
    """Return the organization of a file with all its accounts; only `live` calls AWS, and only if the file wants it.

    `profile` lists the accounts if the file names none. Raises ManifestError with every mistake, and UsageError for a
    manifest of one account, or when AWS must list the accounts and is not asked.
    """
    from awsbase.manifest.source import is_organization, read
    from awsbase.organization.load import organization

    source = read(path)
    if not is_organization(source):
        raise UsageError(
            f"{path} has no accounts: it is the manifest of one", hint="name a file with `organization` and `accounts`"
        )
    return organization(source, listing_with(profile) if live else None)


def listing_with(profile: str | None) -> Listing:
    """Return what asks AWS for the accounts, with this profile if the file names none."""
    from awsbase.organization.listing import asking
    from awsbase.people.profile_session import session_of

    return asking(lambda named: session_of(named or profile), err)
