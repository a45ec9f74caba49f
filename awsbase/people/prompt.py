"""What is left of a session, for a shell prompt: from the environment and the credentials file alone.

A prompt waits for this before each line, so nothing is imported here that takes time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from awsbase.people import ini, variables

EXPIRES, SOURCE = "x_security_token_expires", "x_source_profile"


def answer(arguments: Sequence[str]) -> bool:
    """Print what is left, if this is what the arguments ask for; tell whether it is."""
    if arguments[:1] != ["whoami"] or "--prompt" not in arguments:
        return False
    rest = [each for each in arguments[1:] if each != "--prompt"]
    if rest[:1] == ["--profile"] and len(rest) == 2:
        profile: str | None = rest[1]
    elif len(rest) == 1 and rest[0].startswith("--profile="):
        profile = rest[0].partition("=")[2]
    elif rest:
        return False
    else:
        profile = None
    show(os.environ, os.path.expanduser("~"), datetime.now(UTC), profile)
    return True


def show(environ: Mapping[str, str], home: str, now: datetime, profile: str | None = None) -> None:
    """Print what is left, or nothing. A prompt shows no errors: the next command does."""
    try:
        text = left(environ, home, now, profile)
        if text and sys.stdout is not None:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
    except (OSError, ValueError):
        return


def left(environ: Mapping[str, str], home: str, now: datetime, profile: str | None = None) -> str:
    """Return the session that is in use and what is left of it, such as `work-mfa 7h05m`; empty without one.

    Raises OSError and ValueError for files that cannot be read.
    """
    if not profile and environ.get("AWS_ACCESS_KEY_ID"):
        # These keys win over a profile: those of `awsbase exec`, or of another tool that says when they end.
        expires = environ.get("AWS_CREDENTIAL_EXPIRATION")
        return sentence(environ.get("AWSBASE_EXEC") or "environment", expires, now) if expires else ""
    stored = read(variables.file_of(environ, home, variables.CREDENTIALS))
    name = profile or variables.profile_of(environ)[0]
    if EXPIRES not in stored.get(name, {}):
        name = session_of(name, stored, environ, home)
    return sentence(name, stored.get(name, {}).get(EXPIRES), now)


def session_of(name: str, stored: Mapping[str, Mapping[str, str]], environ: Mapping[str, str], home: str) -> str:
    """Return the profile that holds the session of another profile, by its name or its `credential_process`."""
    config = read(variables.file_of(environ, home, variables.CONFIG))
    settings = config.get(name if name == "default" else f"profile {name}", {})
    # A role of an organization is assumed from this session by all tools.
    if SOURCE in settings and "source_profile" in settings:
        return settings["source_profile"]
    if stored.get(f"{name}-mfa", {}).get(SOURCE) == name:
        return f"{name}-mfa"
    process = settings.get("credential_process", "").replace("=", " ").split()
    if "mfa" not in process or "credentials" not in process:
        return name
    given = dict(zip(process, process[1:], strict=False))  # noqa: RUF007 itertools would be one more import
    role = given.get("--role", "").rpartition("/")[2]
    source = given.get("--profile", "default")
    return given.get("--destination") or "-".join(filter(None, (source, role, "mfa")))


def sentence(name: str, expires: str | None, now: datetime) -> str:
    """Return a session and its time left in a few characters."""
    if not expires:
        return ""
    until = datetime.fromisoformat(expires)
    minutes = int(((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()) // 60
    shown = "".join(letter for letter in name if letter.isprintable())
    if minutes < 0:
        return f"{shown} expired"
    return f"{shown} {minutes // 60}h{minutes % 60:02}m" if minutes >= 60 else f"{shown} {minutes}m"


def read(path: str) -> dict[str, dict[str, str]]:
    """Return the sections of a file, and none of one that is not there."""
    try:
        with open(path, "rb") as file:
            return ini.sections(file.read().decode("utf-8", "surrogateescape"))
    except FileNotFoundError:
        return {}
