"""Users as they are: in which groups, how they sign in, and since when nobody has used them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.bastion import people
from awsbase.adopt.sections.iam.tags import sayable
from awsbase.adopt.seen import Seen
from awsbase.engine.refusals import understood
from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.user import User
from awsbase.facts.authorization import UserFacts
from awsbase.facts.authorization import users as users_of_account
from awsbase.facts.credential_report import report_rows, yes
from awsbase.manifest.mfa import IN_SECRETS, Provision
from awsbase.userdata import login

CREDENTIALS = ("password_enabled", "access_key_1_active", "access_key_2_active")
USES = (
    *("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"),
    "user_creation_time",
)
NO_REPORT = "AWS showed no credential report: who signs in, and who is unused, is not told here"


def draft(seen: Seen, section: Draft, groups: Mapping[str, bool]) -> None:
    """Write each user who is in groups of the manifest; policies of a user alone are not expressible."""
    facts, rows = seen.facts.read(users_of_account), rows_of(seen, section)
    devices = {each.user.casefold(): each for each in seen.of(MfaDevice)}
    accounts = people(seen)
    for have in sorted(seen.left(User), key=lambda each: each.name.casefold()):
        key = have.name.casefold()
        section.cannot(have.address, *own_rights(facts[key]))
        device = devices.get(key)
        if why := homeless(have, groups):
            section.cannot(have.address, why)
            if device:
                section.cannot(device.address, "its user is not in the manifest")
            continue
        person = any(groups[each] for each in have.groups)
        put(seen, section, have, person=person)
        if account := accounts.get(login(have.name)):
            section.put("users", have.name, "ssh_keys", value=list(account.keys))
        if device or (person and rows):
            sign_in(section, have, device)
        if (row := rows.get(key)) and (since := unused_since(row)):
            section.remark("users", have.name, text=f"unused since {since}")
    if not rows and section.value and "users" in section.value:
        section.remark("users", text=NO_REPORT)


def rows_of(seen: Seen, section: Draft) -> Mapping[str, Mapping[str, str]]:
    """Return the rows of the credential report; nothing where it may not be read."""
    from botocore.exceptions import ClientError

    try:
        return seen.facts.read(report_rows)
    except ClientError as error:
        if not (refusal := understood(error)):
            raise
        section.refused("credential report", refusal)
        return {}


def own_rights(have: UserFacts) -> Iterator[str]:
    """Yield what a user has apart from his groups."""
    yield from (f"inline policy {each!r}" for each in sorted(have.inline))
    yield from (f"attachment {each}" for each in sorted(have.policies))
    if have.boundary:
        yield f"boundary {have.boundary}"


def homeless(have: User, groups: Mapping[str, bool]) -> str:
    """Say why a user cannot be in the manifest; nothing when he can."""
    if not have.groups:
        return "is in no group, and a manifest has users in groups only"
    missing = sorted(have.groups - groups.keys())
    return f"is in {', '.join(missing)}, which the manifest does not describe" if missing else ""


def put(seen: Seen, section: Draft, have: User, *, person: bool) -> None:
    """Write one user with groups, path and tags."""
    value: dict[str, object] = {"groups": sorted(have.groups)}
    if person and have.console:
        value["console"] = True
    if have.path not in (None, "/"):
        value["path"] = have.path
    if tags := sayable(seen, section, have.address, have.tags):
        value["tags"] = tags
    section.put("users", have.name, value=value, of=have.address)


def sign_in(section: Draft, have: User, device: MfaDevice | None) -> None:
    """Write how the second factor of a person is kept, if it is not as every person's should be."""
    if device:
        value: dict[str, object] = {"provision": True}
        if device.secret != Provision(provision=True).secret(have.name):
            value["seed_to"] = f"{IN_SECRETS}{device.secret}"
        if device.key:
            value["key"] = device.key
        section.put("users", have.name, "mfa", value=value, of=device.address)
    elif not have.mfa:
        section.weaker("users", have.name, "mfa", value="optional", default="required")


def unused_since(row: Mapping[str, str]) -> str:
    """Return the day since which nobody can have used a user, by the credential report; empty if somebody can."""
    if any(yes(row.get(each, "")) for each in CREDENTIALS):
        return ""
    days = [row[each][:10] for each in USES if row.get(each, "")[:4].isdigit()]
    return max(days, default="")
