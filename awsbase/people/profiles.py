"""Profiles of the AWS files: long-term keys, MFA device, role, and the profile that stores the session."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from awsbase.errors import Refused, UsageError
from awsbase.people import account_profiles, files, resolver, store
from awsbase.people.files import Files
from awsbase.people.resolver import Keys, Profiles
from awsbase.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from awsbase.people.resolver import Origin

    WhyNoKeys = Literal[
        "session", "half", "sso", "login", "process", "itself", "web identity", "machine", "environment", "nothing"
    ]
# What `awsbase keys store` writes as credential_process, whatever the path of the program is.
STORED = re.compile(r"\bkeys credentials --key (?P<id>\w+)$")
FORBIDDEN = frozenset("[]\r\n\t\"'\\#;")
# The profile name that is used for keys from the environment.
ENVIRONMENT = "environment"


@record
class Source:
    """A profile that can get a session."""

    profile: str
    keys: Keys | None
    """None if the files have none; `why_no_keys` has the reason."""
    keys_profile: str | None
    """The profile with the keys; None for keys from the environment."""
    config: Mapping[str, str]
    """The profile's settings, without secrets."""
    why_no_keys: WhyNoKeys = "nothing"
    serial: str | None = None
    role: str | None = None
    session_profile: str | None = None
    """The session's own profile, if that was the one named."""
    chained: bool = False
    """Whether `keys_profile` is a role itself, which has to be assumed first."""
    key_id: str | None = None
    """The id of the long-term key, if the files name it: that of a key in the keychain, too."""


def find(where: Files, profile: str | None, environ: Mapping[str, str]) -> Source:
    """Return the profile that botocore uses, or else the environment's keys; its session gets its source profile.

    Raises UsageError when there is no such profile, or when botocore cannot use it, and Refused when the environment
    holds a session and no profile is named.
    """
    choice = resolver.choose(where, environ, profile)
    if choice.origin == "environment" and choice.keys:
        if not choice.keys.token:
            # The keys may belong to someone else, so the profile's device and role are not used.
            keys = choice.keys if choice.keys.long_term else None
            key_id = keys.key_id if keys else None
            return Source(ENVIRONMENT, keys, None, _without_role(choice.settings), "half", key_id=key_id)
        # AWS gives no session for a session: the profile is refreshed, which those keys hide from the AWS tools.
        if choice.profile not in choice.profiles.names:
            raise Refused(
                "the keys in the environment are those of a session, and AWS gives no session for those",
                hint="name the profile of your long-term access key with --profile",
            )
        choice = resolver.choose(where, environ, choice.profile)
    elif choice.profile not in choice.profiles.names and choice.origin == "nothing":
        raise resolver.unknown_profile(choice.profile, where, choice.profiles)
    return _of_profile(choice.profiles, choice.profile, choice.origin, environ)


def _of_profile(profiles: Profiles, name: str, origin: Origin, environ: Mapping[str, str]) -> Source:
    # Someone who works in a session has its profile in AWS_PROFILE: refreshing it means refreshing its source profile.
    session = store.load(profiles.credentials.get(name, {}))
    session_profile = name if session and session.source in profiles.names else None
    if session and session_profile:
        name = session.source
        origin = resolver.origin_of(profiles, name, {})

    settings = profiles.settings(name)
    keys_profile, keys_origin = _source_of_role(profiles, name) if origin == "role" else (name, origin)
    in_environment = keys_origin == "environment"
    keys = resolver.environment_keys(environ) if in_environment else None
    if keys_origin == "keys":
        keys = profiles.keys(keys_profile)
    role = settings.get("role_arn") if origin == "role" else None
    if session and session_profile:
        role = session.role or role
    long_term = keys if keys and keys.long_term else None
    return Source(
        name,
        long_term,
        None if in_environment else keys_profile,
        resolver.without_secrets(settings),
        _why_no_keys(keys_origin, keys, profiles.settings(keys_profile)),
        settings.get("mfa_serial") or profiles.settings(keys_profile).get("mfa_serial"),
        role,
        session_profile,
        chained=keys_origin == "role",
        key_id=long_term.key_id
        if long_term
        else stored_key(profiles.settings(keys_profile).get("credential_process", "")),
    )


def _source_of_role(profiles: Profiles, name: str) -> tuple[str, Origin]:
    """Return the profile that a role is assumed with; for one of an organization that with the person's own key."""
    own = account_profiles.own_profile(profiles.settings(name))
    if own is None:
        return resolver.source_of_role(profiles, name)
    if own not in profiles.names:
        raise UsageError(
            f"profile {name} takes its session from profile {own}, which does not exist",
            hint=f"`aws configure --profile {shlex.quote(own)}` makes it from your access key",
        )
    return own, resolver.origin_of(profiles, own, {}, source=True)


def stored_key(process: str) -> str | None:
    """Return the id of the key that a `credential_process` takes from the keychain, or None for any other process."""
    found = STORED.search(process)
    return found["id"] if found else None


def of_environment(profile: str | None, environ: Mapping[str, str]) -> bool:
    """Tell whether AWS tools use keys from the environment instead of a profile."""
    return not profile and resolver.environment_keys(environ) is not None


def destination(where: Files, source: Source, role: str | None, requested: str | None) -> str:
    """Return the profile that stores a session: `P-mfa`, or `P-ROLE-mfa` for a role.

    For a role in another account the name includes the account id. Raises UsageError when the requested name cannot be
    used.
    """
    if requested is not None:
        if requested == source.profile or requested == source.keys_profile:
            raise UsageError(
                f"the session cannot replace the keys that create it, in profile {requested}",
                hint=f"choose another --destination, such as {requested}-mfa",
            )
        if (
            not requested.strip()
            or requested != requested.strip()
            or FORBIDDEN & set(requested)
            or not requested.isprintable()
        ):
            raise UsageError(f"{requested!r} cannot be the name of a profile")
        return requested
    if role is None:
        return source.session_profile or f"{source.profile}-mfa"
    name = role.rpartition("/")[2]
    plain = f"{source.profile}-{name}-mfa"
    return (
        f"{source.profile}-{role.split(':')[4]}-{name}-mfa" if _in_other_account(where, source, role, plain) else plain
    )


def _in_other_account(where: Files, source: Source, role: str, plain: str) -> bool:
    """Tell, without asking AWS, whether a role may belong to another account."""
    if role.count(":") < 5:
        return False
    if source.serial and source.serial.startswith("arn:"):
        return source.serial.split(":")[4] != role.split(":")[4]
    session = store.load(files.read_credentials(where).get(plain, {}))
    return session is None or session.role != role


def _why_no_keys(origin: Origin, keys: Keys | None, settings: Mapping[str, str]) -> WhyNoKeys:
    """Return what a profile has instead of long-term keys."""
    if keys or origin == "keys":
        return "session" if keys and keys.token else "half"
    if origin == "process":
        # That process would call awsbase again, which would wait for the lock that this run holds.
        own = re.search(r"\bmfa\s+credentials\b", settings.get("credential_process", ""))
        return "itself" if own else "process"
    return "nothing" if origin == "role" else origin


def _without_role(settings: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in settings.items() if key not in ("role_arn", "mfa_serial", "external_id")}
