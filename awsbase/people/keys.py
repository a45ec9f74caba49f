"""A person's own access keys: listed, and moved into the keychain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from awsbase.engine.account import Account
from awsbase.errors import Refused
from awsbase.people import file_writing, files, key_places, store
from awsbase.people.files import Files
from awsbase.people.key_places import CONFIG, CREDENTIALS, PROCESS
from awsbase.people.keychain import Keychain
from awsbase.people.live_session import SessionRequest
from awsbase.people.profiles import Source, stored_key
from awsbase.people.resolver import Keys
from awsbase.people.session import Person, refresh
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from awsbase.aws import Aws

Answer = TypeVar("Answer")

# The limit of AWS for a user, which nobody can raise.
MAX_KEYS = 2
DENIED = ("AccessDenied", "AccessDeniedException")

# With these a profile does not use its `credential_process`, or not in the way that it used its key.
CONFLICTS = ("role_arn", "sso_session", "sso_start_url", "web_identity_token_file", "login_session")


@record
class AccessKey:
    """One access key of a user."""

    id: str
    active: bool
    created: datetime
    used: datetime | None
    service: str | None
    """The service that it was last used for."""
    profiles: tuple[str, ...] = ()
    """The profiles on this machine that use it."""


def listed(account: Account, user: str, where: Files) -> list[AccessKey]:
    """Return the access keys of a user, the oldest first."""
    found = [
        AccessKey(
            key["AccessKeyId"],
            key["Status"] == "Active",
            key["CreateDate"],
            used.get("LastUsedDate"),
            used["ServiceName"] if "LastUsedDate" in used else None,
            tuple(profiles_of(where, key["AccessKeyId"])),
        )
        for key in of_user(account.aws, user)
        for used in [last_use(account.aws, key["AccessKeyId"])]
    ]
    return sorted(found, key=lambda key: key.created)


def of_user(aws: Aws, user: str | None = None) -> list[Mapping[str, Any]]:
    """Return the access keys of a user, or of the caller, as AWS lists them."""
    named: Any = {"UserName": user} if user else {}
    pages = aws.iam.get_paginator("list_access_keys").paginate(**named)
    return [key for page in pages for key in page["AccessKeyMetadata"]]


def last_use(aws: Aws, key_id: str) -> Mapping[str, Any]:
    """Return when, where and for which service a key was last used, as AWS reports it, some hours late."""
    used: Mapping[str, Any] = aws.iam.get_access_key_last_used(AccessKeyId=key_id).get("AccessKeyLastUsed", {})
    return used


def masked(key_id: str) -> str:
    """Return the last four characters of a key's id."""
    return f"…{key_id[-4:]}"


def profiles_of(where: Files, key_id: str) -> list[str]:
    """Return the profiles that use a key, in the files or from the keychain."""
    held = [*key_places.holders(CREDENTIALS, where, key_id), *key_places.holders(CONFIG, where, key_id)]
    config = files.read_config(where).items()
    from_keychain = [name for name, options in config if stored_key(options.get(PROCESS, "")) == key_id]
    return sorted({*held, *from_keychain})


def move(where: Files, profile: str, keychain: Callable[[], Keychain], program: str) -> tuple[str, list[str]]:
    """Move the long-term key of a profile into the keychain; return its id, and the profiles that used it.

    Raises Refused when the profile has no such key, or could not use it from there.
    """
    place = key_places.place_of(where, profile, keychain)
    if isinstance(place, key_places.InKeychain):
        raise Refused(f"the key of profile {profile} is in the keychain already")
    if place is None:
        raise Refused(
            f"profile {profile} has no long-term access key in the AWS files",
            hint="name the profile that has it with --profile",
        )
    keys = place.keys
    names = profiles_of(where, keys.key_id)
    check_movable(where, names)
    file_writing.check_writable(where)
    keychain().put(keys.key_id, keys.secret_key)
    # All AWS tools prefer a key in the credentials file, so each profile has one of both at any time.
    for name in names:
        file_writing.write_config(where, name, {PROCESS: key_places.process_of(program, keys.key_id)})
    for file in (CREDENTIALS, CONFIG):
        for name in key_places.holders(file, where, keys.key_id):
            file.write(where, name, {store.ID: None, store.SECRET: None})
    return keys.key_id, names


def check_movable(where: Files, names: Sequence[str]) -> None:
    """Raise Refused for a profile that would not use a `credential_process`, or has another one."""
    for name in names:
        settings = files.read_config(where).get(name, {}) | files.read_credentials(where).get(name, {})
        conflict = next((key for key in CONFLICTS if settings.get(key)), None)
        if conflict or (PROCESS in settings and not stored_key(settings[PROCESS])):
            raise Refused(
                f"profile {name} has {conflict or PROCESS} beside the key, and AWS tools use one of the two",
                hint="give the key a profile of its own first; a role's profile names it as source_profile",
            )


# The connection.


def with_mfa(account: Account, source: Source, person: Person, act: Callable[[Account], Answer]) -> Answer:
    """Act as a user with their key; if a policy denies that without MFA, act again with a session."""
    from botocore.exceptions import ClientError

    try:
        return act(account)
    except ClientError as error:
        if code_of(error) not in DENIED or not account.long_term:
            raise
    session = refresh(SessionRequest(source.keys_profile), person).session
    live = Keys(session.key_id, session.secret_key, session.token)
    return act(replace(account, aws=person.connect(replace(source, keys=live), account.aws.region)))


def is_allowed(aws: Aws, user: str) -> bool:
    """Tell whether IAM lets a user list their access keys; raises ClientError when IAM does not know the key."""
    from botocore.exceptions import ClientError

    try:
        aws.iam.list_access_keys(UserName=user)
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        return False
    return True


def code_of(error: ClientError) -> str:
    """Return the code of an error of AWS."""
    return error.response["Error"]["Code"]
