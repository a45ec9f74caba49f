"""What the AWS files say about a profile: whose long-term keys, which device, which role, where the session goes."""

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
Lack = Literal["session", "sso", "process", "itself", "nothing"]
FORBIDDEN = frozenset("[]\r\n\t\"'\\#;")
# What stands for the name of a profile where the keys are those of the environment.
ENVIRONMENT = "environment"


@record
class Keys:
    """Long-term keys of an IAM user; with a token those of a session that was had with them."""

    key_id: str
    secret_key: Secret
    token: Secret | None = None


@record
class Source:
    """A profile that a session can be had for."""

    profile: str
    keys: Keys | None
    """None where there are none in the files; `lack` says why."""
    keys_of: str | None
    """The profile that has the keys; None for keys in the environment."""
    config: Mapping[str, str]
    """The profile's settings, without anything secret."""
    lack: Lack = "nothing"
    serial: str | None = None
    role: str | None = None
    held: str | None = None
    """The profile of the session to be had again, when it was that which was named."""


def find(where: Files, profile: str | None, environ: Mapping[str, str]) -> Source:
    """Return what there is to a profile; without a name the environment's keys, AWS_PROFILE's, or `default`."""
    credentials, config = files.read_credentials(where), files.read_config(where)
    name = profile or environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    # As for every AWS tool, keys in the environment count for more than AWS_PROFILE, and less than a profile named.
    if not profile and (keys := _from_environment(environ)):
        # Whose they are is not known: the device and the role of a profile may be those of somebody else.
        return Source(ENVIRONMENT, keys, None, _settings(config.get(name, {})))

    # Whoever works in a session has its profile in AWS_PROFILE: to refresh it means to refresh what it came from.
    session = store.load(credentials.get(name, {}))
    held = name if session and session.source in {*credentials, *config} else None
    if session and held:
        name = session.source
    if name not in credentials and name not in config:
        raise _unknown(name, [*credentials, *config])

    own = config.get(name, {}) | credentials.get(name, {})
    role = own.get("role_arn")
    keys_of = own.get("source_profile", name) if role else name
    if keys_of not in credentials and keys_of not in config:
        raise UsageError(f"profile {name} has source_profile {keys_of}, which does not exist")
    theirs = config.get(keys_of, {}) | credentials.get(keys_of, {})
    serial = own.get("mfa_serial") or theirs.get("mfa_serial")
    if session and held:
        role = session.role or role
    return Source(name, _keys(theirs), keys_of, _settings(own), _lack(theirs), serial, role, held)


def of_environment(profile: str | None, environ: Mapping[str, str]) -> bool:
    """Tell whether AWS tools take keys from the environment, long-term or not: a profile is then nobody's."""
    return not profile and bool(environ.get(store.ID.upper()))


def destination(where: Files, source: Source, role: str | None, wanted: str | None) -> str:
    """Return the profile that a session is kept in: `P-mfa`, or `P-ROLE-mfa` for a role asked for by name.

    The number of the account comes into the name of a role that is another account's.
    """
    if wanted is not None:
        if wanted == source.profile or wanted == source.keys_of:
            raise UsageError(
                f"the session cannot take the place of the keys that it is made with, in profile {wanted}",
                hint=f"choose another --destination, such as {wanted}-mfa",
            )
        if not wanted.strip() or wanted != wanted.strip() or FORBIDDEN & set(wanted) or not wanted.isprintable():
            raise UsageError(f"{wanted!r} cannot be the name of a profile")
        return wanted
    if role is None:
        return source.held or f"{source.profile}-mfa"
    name = role.rpartition("/")[2]
    plain = f"{source.profile}-{name}-mfa"
    return f"{source.profile}-{role.split(':')[4]}-{name}-mfa" if _foreign(where, source, role, plain) else plain


def _foreign(where: Files, source: Source, role: str, plain: str) -> bool:
    """Tell whether a role may be another account's, without asking AWS."""
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


def _lack(options: Mapping[str, str]) -> Lack:
    """Say what a profile has instead of long-term keys."""
    if options.get(store.TOKEN) or options.get(store.OLD_TOKEN):
        return "session"
    if "sso_session" in options or "sso_start_url" in options:
        return "sso"
    if process := options.get("credential_process"):
        # Asked for keys, we would ask ourselves, and wait for our own lock.
        return "itself" if re.search(r"\bmfa\s+credentials\b", process) else "process"
    return "nothing"


def _settings(options: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in options.items() if key not in (store.ID, *SECRETS)}


def _from_environment(environ: Mapping[str, str]) -> Keys | None:
    return _keys({key: environ.get(key.upper(), "") for key in (store.ID, store.SECRET, store.TOKEN, store.OLD_TOKEN)})


def _unknown(name: str, there: list[str]) -> UsageError:
    known = sorted(set(there))
    near = get_close_matches(name, known, n=1)
    if near:
        hint = f"did you mean {near[0]}?"
    elif known:
        hint = f"there are {', '.join(known)}" if len(known) > 1 else f"there is {known[0]}"
    else:
        hint = "there are none: `aws configure` makes one from an access key"
    return UsageError(f"no profile called {name} in the AWS files", hint=hint)
