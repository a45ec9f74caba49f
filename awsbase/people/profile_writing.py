"""Writes a profile of `~/.aws/config` for each account and role of an organization file, and changes no other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from awsbase.errors import UsageError
from awsbase.manifest.paths import closest
from awsbase.organization import Organization
from awsbase.organization.access import cells, role_arn, roles_in
from awsbase.organization.file import OrganizationFile, SignIn
from awsbase.people import file_writing, files, resolver, store
from awsbase.people.account_profiles import MARK, Mark, mark_of
from awsbase.people.files import Files
from awsbase.people.profiles import FORBIDDEN
from awsbase.people.resolver import Profiles
from awsbase.records import record

PLACEHOLDER = re.compile(r"\{(\w*)\}")
# The keys that awsbase writes. Those of the other source are removed when the source changes.
IAM_KEYS = ("role_arn", "source_profile", store.SOURCE)
# Where a code gets a session: everywhere else the session that is there has MFA, or cannot have it.
WITH_KEYS = ("keys", "process", "nothing")
SSO_KEYS = ("sso_session", "sso_account_id", "sso_role_name")
KEYS = (*IAM_KEYS, *SSO_KEYS, "region", MARK)
SSO_SESSION_KEYS = ("sso_start_url", "sso_region", "sso_registration_scopes", MARK)
# What `aws configure sso` writes too: without it a sign-in cannot be renewed.
SCOPES = "sso:account:access"

Settings = Mapping[str, str]


@record
class AccountRole:
    """A role that somebody has in an account."""

    mark: Mark
    id: str
    region: str
    arn: str


@record
class ProfileChanges:
    """What writing the profiles comes to, by their names.

    `unwanted` are profiles of the organization that its file no longer has; `left` are those that awsbase does not
    touch, each with the reason.
    """

    edits: Mapping[str, Mapping[str, str | None]]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    unwanted: tuple[str, ...]
    left: Mapping[str, str]


def granted(organization: Organization, group: str | None = None) -> list[AccountRole]:
    """Return the roles that the file grants in each account; with a group, those that its members have.

    Raises UsageError when the file grants nothing, or knows no such group.
    """
    model = organization.model
    if model.access is None:
        raise UsageError(f"{organization.file} grants no roles to anybody", hint="write access: {roles: …, grants: …}")
    if group is not None and group not in model.access.grants:
        hint = closest(group, model.access.grants) or f"there are {', '.join(model.access.grants)}"
        raise UsageError(f"{organization.file} has no group {group!r}", hint=hint)
    found: list[AccountRole] = []
    for name, member in organization.members.items():
        roles = roles_in(model, name) if group is None else roles_of(model, name, group)
        found += [
            AccountRole(
                Mark(model.organization.name, name, role),
                member.entry.id,
                member.manifest.account.region,
                role_arn(model, name, role),
            )
            for role in roles
        ]
    return found


def roles_of(model: OrganizationFile, account: str, group: str) -> Sequence[str]:
    """Return the roles that members of a group have in an account."""
    cell = cells(model, account).get(group)
    return cell.roles if cell else ()


def named(roles: Iterable[AccountRole], template: str) -> dict[str, AccountRole]:
    """Return roles by the names of their profiles; raises UsageError for a template that is of no use."""
    found: dict[str, AccountRole] = {}
    for each in roles:
        mark = each.mark
        values = {"org": mark.organization, "account": mark.account, "role": mark.role, "id": each.id}
        for word in PLACEHOLDER.findall(template):
            if word not in values:
                hint = f"there are {', '.join(f'{{{each}}}' for each in values)}"
                raise UsageError(f"--as has {{{word}}}, which stands for nothing", hint=hint)
        name = PLACEHOLDER.sub(lambda word: values[word[1]], template)  # noqa: B023 called at once
        if not name.strip() or name != name.strip() or FORBIDDEN & set(name) or not name.isprintable():
            raise UsageError(f"{name!r} cannot be the name of a profile", hint="write it like {account}-{role}")
        if name in found:
            raise UsageError(
                f"{found[name].mark} and {mark} would both be the profile {name}",
                hint="let --as have both {account} and {role}",
            )
        found[name] = each
    return found


def with_iam(roles: Mapping[str, AccountRole], there: Profiles, own: str) -> dict[str, Settings]:
    """Return the settings of profiles that assume a role, from the session of one's own profile if that has a key.

    A policy such as awsbase:require-mfa lets nobody assume a role with a key, not even with a code: AWS knows of MFA
    only in a session, and one session serves all roles.
    """
    source = {"source_profile": own}
    if own not in there.names or resolver.origin_of(there, own, {}) in WITH_KEYS:
        source = {"source_profile": f"{own}-mfa", store.SOURCE: own}
    return {name: {"role_arn": each.arn, **source, **common(each)} for name, each in roles.items()}


def with_sso(roles: Mapping[str, AccountRole], session: str) -> dict[str, Settings]:
    """Return the settings of profiles that sign in with IAM Identity Center; permission sets are named as roles are."""
    return {
        name: {"sso_session": session, "sso_account_id": each.id, "sso_role_name": each.mark.role, **common(each)}
        for name, each in roles.items()
    }


def common(role: AccountRole) -> dict[str, str]:
    """Return the settings of a profile that do not depend on its source."""
    return {"region": role.region, MARK: str(role.mark)}


def sign_in(name: str, sso: SignIn) -> dict[str, Settings]:
    """Return the section that the profiles of IAM Identity Center share."""
    header = session_header(name)
    return {
        header: {
            "sso_start_url": sso.start_url,
            "sso_region": sso.region,
            "sso_registration_scopes": SCOPES,
            MARK: name,
        }
    }


def session_header(name: str) -> str:
    """Return the header of a sign-in with IAM Identity Center."""
    return f"sso-session {name}"


def write(
    where: Files,
    organization: str,
    wanted: Mapping[str, Settings],
    sections: Mapping[str, Settings],
    *,
    prune: bool,
) -> ProfileChanges:
    """Bring the profiles of an organization in the config file to those that are wanted; return what has changed.

    Raises FileError when the file cannot be read or written.
    """
    done = compare(where, organization, wanted, sections, prune=prune)
    if done.edits:

        def edits(there: Mapping[str, Settings]) -> Mapping[str, Mapping[str, str | None]]:
            nonlocal done
            done = changes(there, credentials, organization, wanted, sections, prune=prune)
            return done.edits

        credentials = files.read_credentials(where)
        file_writing.write_sections(where, edits)
    return done


def compare(
    where: Files,
    organization: str,
    wanted: Mapping[str, Settings],
    sections: Mapping[str, Settings],
    *,
    prune: bool,
) -> ProfileChanges:
    """Return what `write` would change, and change nothing; raises FileError when a file cannot be read."""
    there = files.read_sections(where)
    return changes(there, files.read_credentials(where), organization, wanted, sections, prune=prune)


def changes(
    there: Mapping[str, Settings],
    credentials: Mapping[str, Settings],
    organization: str,
    wanted: Mapping[str, Settings],
    sections: Mapping[str, Settings],
    *,
    prune: bool,
) -> ProfileChanges:
    """Compare the sections of a config file, by their headers, with the profiles and sections that are wanted."""
    headers = {name: header for header in there if (name := files.profile_of(header)) is not None}
    edits: dict[str, Mapping[str, str | None]] = {}
    left: dict[str, str] = {}
    added, changed, unchanged = [], [], []
    for name, settings in wanted.items():
        header = headers.get(name)
        if why := untouchable(there.get(header or ""), credentials.get(name, {}), organization):
            left[name] = why
        elif header is None:
            edits[files.header_of(name)] = settings
            added.append(name)
        elif drift := difference(there[header], settings, KEYS):
            edits[header] = drift
            changed.append(name)
        else:
            unchanged.append(name)
    for header, settings in sections.items():
        own = there.get(header)
        # A sign-in of somebody else is used as it is.
        if own is None:
            edits[header] = settings
        elif own.get(MARK) == organization and (drift := difference(own, settings, SSO_SESSION_KEYS)):
            edits[header] = drift
    unwanted = [name for name, header in headers.items() if name not in wanted and is_of(there[header], organization)]
    removable = [name for name in unwanted if not credentials.get(name)] if prune else []
    for name in removable:
        edits[headers[name]] = dict.fromkeys(there[headers[name]].keys() & {*KEYS})
    used = {settings.get("sso_session") for settings in wanted.values()}
    header = session_header(organization)
    if prune and organization not in used and there.get(header, {}).get(MARK) == organization:
        edits[header] = dict.fromkeys(there[header].keys() & {*SSO_SESSION_KEYS})
    kept = tuple(name for name in unwanted if name not in removable)
    left |= {name: "it has keys in the credentials file" for name in kept if prune}
    return ProfileChanges(
        edits, tuple(added), tuple(changed), tuple(removable), tuple(unchanged), () if prune else kept, left
    )


def untouchable(settings: Settings | None, credentials: Settings, organization: str) -> str | None:
    """Return why awsbase does not touch a profile; None where there is none yet, or one of the organization's."""
    if credentials or store.ID in (settings or {}):
        return "it has keys of its own"
    if settings is None or is_of(settings, organization):
        return None
    mark = mark_of(settings)
    return f"it belongs to the organization {mark.organization}" if mark else "somebody else made it"


def is_of(settings: Settings, organization: str) -> bool:
    """Tell whether awsbase wrote a profile for an organization; one with keys is nobody's but its owner's."""
    mark = mark_of(settings)
    return mark is not None and mark.organization == organization and store.ID not in settings


def difference(have: Settings, want: Settings, keys: Iterable[str]) -> dict[str, str | None]:
    """Return the options to set, and those of ours to remove."""
    drift: dict[str, str | None] = {key: value for key, value in want.items() if have.get(key) != value}
    return drift | {key: None for key in keys if key in have and key not in want}
