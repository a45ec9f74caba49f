"""Profiles for accounts and roles of an organization file, and how one of them is found by account and role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from awsbase.errors import UsageError
from awsbase.people import files, resolver, store
from awsbase.people.files import Files
from awsbase.records import record

# The AWS tools ignore keys that they do not know. A comment would not be bound to its profile.
MARK = "x_awsbase"


@record
class Mark:
    """What a profile written by awsbase is for: `acme/prod/Admin`."""

    organization: str
    account: str
    role: str

    def __str__(self) -> str:
        return "/".join((self.organization, self.account, self.role))


def mark_of(settings: Mapping[str, str]) -> Mark | None:
    """Return the mark in the settings of a profile; None for a profile of somebody else."""
    words = settings.get(MARK, "").split("/")
    return Mark(*words) if len(words) == 3 and all(words) else None


def find(where: Files, account: str, role: str | None) -> str:
    """Return the profile that `awsbase profiles write` wrote for an account and a role; without one, for its only role.

    Raises UsageError when there is none, or more than one.
    """
    marks = {
        name: mark
        for header, settings in files.read_sections(where).items()
        if (name := files.profile_of(header)) and (mark := mark_of(settings))
    }
    in_account = {name: mark for name, mark in marks.items() if mark.account == account}
    found = {name: mark for name, mark in in_account.items() if role in (None, mark.role)}
    if len(found) == 1:
        return next(iter(found))
    if found:
        if role is None and len({mark.organization for mark in found.values()}) == 1:
            roles = listed(mark.role for mark in found.values())
            raise UsageError(f"which role in {account}? Your profiles have {roles}", hint="name one with --role")
        raise UsageError(f"{listed(found)} are all for {account}", hint="name one of them with --profile")
    if in_account:
        roles = listed(mark.role for mark in in_account.values())
        raise UsageError(f"no profile for the role {role} in {account}", hint=f"there is {roles}")
    known = listed(dict.fromkeys(mark.account for mark in marks.values()))
    raise UsageError(
        f"no profile for the account {account}",
        hint=f"there are profiles for {known}" if known else "`awsbase profiles write org.yaml` writes them",
    )


def settings_of(environ: Mapping[str, str], home: Path, profile: str | None) -> Mapping[str, str] | None:
    """Return the settings of the profile that AWS tools would use, if it is one of an organization; else None.

    Raises UsageError for a profile that does not exist.
    """
    choice = resolver.resolve(environ, home, profile)
    settings = choice.settings
    return settings if choice.origin in ("role", "sso") and mark_of(settings) else None


def own_profile(settings: Mapping[str, str]) -> str | None:
    """Return the profile of the person's own key that a role's profile of an organization takes its session from."""
    return settings.get(store.SOURCE) if mark_of(settings) else None


def listed(names: Iterable[str]) -> str:
    """Return names in a row."""
    return ", ".join(names)
