"""Profiles of the AWS files: long-term keys, MFA device, role, and the profile that stores the session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Literal

from awsbase.errors import UsageError
from awsbase.people import files, store
from awsbase.people.files import Files
from awsbase.people.secret import Secret
from awsbase.records import record

SECRETS = (store.SECRET, store.TOKEN, store.OLD_TOKEN)
WhyNoKeys = Literal["session", "sso", "process", "itself", "nothing"]
FORBIDDEN = frozenset("[]\r\n\t\"'\\#;")
# The profile name that is used for keys from the environment.
ENVIRONMENT = "environment"


@record
class Keys:
    """Long-term keys of an IAM user; with a token, the keys of a session."""

    key_id: str
    secret_key: Secret
    token: Secret | None = None


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


def find(where: Files, profile: str | None, environ: Mapping[str, str]) -> Source:
    """Return the profile with this name, or else the environment's keys, AWS_PROFILE's profile or `default`.

    Raises UsageError when the profile or its `source_profile` does not exist.
    """
    credentials, config = files.read_credentials(where), files.read_config(where)
    name = profile or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    # As in every AWS tool, a named profile comes first, then keys in the environment, then AWS_PROFILE.
    if not profile and (keys := _from_environment(environ)):
        # The keys may belong to someone else, so the profile's device and role are not used.
        return Source(ENVIRONMENT, keys, None, _settings(config.get(name, {})))

    # Someone who works in a session has its profile in AWS_PROFILE: refreshing it means refreshing its source profile.
    session = store.load(credentials.get(name, {}))
    session_profile = name if session and session.source in {*credentials, *config} else None
    if session and session_profile:
        name = session.source
    if name not in credentials and name not in config:
        raise _unknown(name, [*credentials, *config])

    settings = config.get(name, {}) | credentials.get(name, {})
    role = settings.get("role_arn")
    keys_profile = settings.get("source_profile", name) if role else name
    if keys_profile not in credentials and keys_profile not in config:
        raise UsageError(f"profile {name} has source_profile {keys_profile}, which does not exist")
    key_settings = config.get(keys_profile, {}) | credentials.get(keys_profile, {})
    serial = settings.get("mfa_serial") or key_settings.get("mfa_serial")
    if session and session_profile:
        role = session.role or role
    return Source(
        name,
        _keys(key_settings),
        keys_profile,
        _settings(settings),
        _why_no_keys(key_settings),
        serial,
        role,
        session_profile,
    )


def of_environment(profile: str | None, environ: Mapping[str, str]) -> bool:
    """Tell whether AWS tools use keys from the environment instead of a profile."""
    return not profile and bool(environ.get(store.ID.upper()))


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


def _keys(options: Mapping[str, str]) -> Keys | None:
    key_id, secret = options.get(store.ID), options.get(store.SECRET)
    if not key_id or not secret or options.get(store.TOKEN) or options.get(store.OLD_TOKEN):
        return None
    return Keys(key_id, Secret(secret))


def _why_no_keys(options: Mapping[str, str]) -> WhyNoKeys:
    """Return what a profile has instead of long-term keys."""
    if options.get(store.TOKEN) or options.get(store.OLD_TOKEN):
        return "session"
    if "sso_session" in options or "sso_start_url" in options:
        return "sso"
    if process := options.get("credential_process"):
        # That process would call awsbase again, which would wait for the lock that this run holds.
        return "itself" if re.search(r"\bmfa\s+credentials\b", process) else "process"
    return "nothing"


def _settings(options: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in options.items() if key not in (store.ID, *SECRETS)}


def _from_environment(environ: Mapping[str, str]) -> Keys | None:
    return _keys({key: environ.get(key.upper(), "") for key in (store.ID, store.SECRET, store.TOKEN, store.OLD_TOKEN)})


def _unknown(name: str, names: list[str]) -> UsageError:
    known = sorted(set(names))
    near = get_close_matches(name, known, n=1)
    if near:
        hint = f"did you mean {near[0]}?"
    elif known:
        hint = f"there are {', '.join(known)}" if len(known) > 1 else f"there is {known[0]}"
    else:
        hint = "there are none: `aws configure` creates one from an access key"
    return UsageError(f"no profile called {name} in the AWS files", hint=hint)
