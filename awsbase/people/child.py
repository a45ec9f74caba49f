"""A command that runs with a session: its environment, and the program that takes the place of this one."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from typing import NoReturn

from awsbase import busy
from awsbase.engine.times import timestamp
from awsbase.errors import AwsbaseError, Refused
from awsbase.people import files
from awsbase.people.files import Files
from awsbase.people.store import Session

# The profile of the session that a command runs with; its presence refuses a second `exec` within the first.
MARK = "AWSBASE_EXEC"
EXPIRES = "AWS_CREDENTIAL_EXPIRATION"
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
# What makes an AWS tool use, or prefer, other credentials than the three variables of a session.
OTHER_CREDENTIALS = (
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_CREDENTIAL_FILE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_BEARER_TOKEN_BEDROCK",
)
# The command has no profile, so the connection settings of the session's profile go into the environment.
SETTINGS = {
    "endpoint_url": "AWS_ENDPOINT_URL",
    "ca_bundle": "AWS_CA_BUNDLE",
    "use_fips_endpoint": "AWS_USE_FIPS_ENDPOINT",
    "use_dualstack_endpoint": "AWS_USE_DUALSTACK_ENDPOINT",
    "ignore_configured_endpoint_urls": "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "output": "AWS_DEFAULT_OUTPUT",
}
SHELL = "/bin/sh"


class NotFound(AwsbaseError):
    """There is no such command."""

    exit_code = 127


class NotExecutable(AwsbaseError):
    """The command is there, and cannot be executed."""

    exit_code = 126


def refuse_nested(environ: Mapping[str, str]) -> None:
    """Raise Refused inside a command that runs with a session already."""
    if profile := environ.get(MARK):
        raise Refused(
            f"this is a command of `awsbase exec` already, with the session {profile}",
            hint=f"leave it first with `exit`, or run `unset {MARK}`",
        )


def find(command: str, environ: Mapping[str, str]) -> str:
    """Return the path of a command; raises NotFound or NotExecutable, as a shell would with 127 and 126."""
    found = shutil.which(command, path=environ.get("PATH", os.defpath))
    if found:
        return found
    there = command if os.sep in command else shutil.which(command, os.F_OK, environ.get("PATH", os.defpath))
    if there and os.path.exists(there):
        why = "it is a folder" if os.path.isdir(there) else f"you may not execute {there}"
        raise NotExecutable(f"cannot run {command}: {why}", hint="chmod +x, or name another command")
    raise NotFound(f"there is no command {command}", hint="write its path, or look at $PATH")


def settings_of(where: Files, profile: str) -> dict[str, str]:
    """Return the settings of a profile for the connection, as variables."""
    settings = files.read_config(where).get(profile, {})
    endpoints = files.read_endpoints(where, settings["services"]) if "services" in settings else {}
    found = {SETTINGS[key]: value for key, value in settings.items() if key in SETTINGS}
    found |= {f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in endpoints.items()}
    return found | ({REGIONS[0]: settings["region"]} if "region" in settings else {})


def environment(
    session: Session, profile: str, settings: Mapping[str, str], environ: Mapping[str, str], region: str | None = None
) -> dict[str, str]:
    """Return the environment of a command: the session, and no other credentials or profile.

    `settings` are those of the session's profile. A variable of `environ` takes precedence over them, as in every AWS
    tool; a `region` takes precedence over both.
    """
    kept = {name: value for name, value in environ.items() if name not in OTHER_CREDENTIALS}
    given = dict(settings)
    regions = [region, *(environ.get(name) for name in REGIONS), settings.get(REGIONS[0])]
    if home := next(filter(None, regions), None):
        # boto3 reads the one, and most other SDKs the other.
        given |= dict.fromkeys(REGIONS, home)
    if region:
        kept |= dict.fromkeys(REGIONS, region)
    return {
        **given,
        **{name: value for name, value in kept.items() if value or name not in given},
        "AWS_ACCESS_KEY_ID": session.key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_key.reveal(),
        "AWS_SESSION_TOKEN": session.token.reveal(),
        EXPIRES: timestamp(session.expires),
        MARK: profile,
    }


def run(path: str, command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Replace this process by a command, so that signals and the exit code need nobody to pass them on.

    Raises NotFound or NotExecutable.
    """
    busy.clear()
    # Python ignores these, and a new program would inherit that.
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        try:
            os.execve(path, list(command), environ)  # noqa: S606 a shell would read the arguments again
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script without `#!`: a shell runs it by itself.
            os.execve(SHELL, [SHELL, path, *command[1:]], environ)  # noqa: S606
    except OSError as error:
        problem = NotFound if error.errno == errno.ENOENT else NotExecutable
        raise problem(
            f"cannot run {command[0]}: {error.strerror}", hint="look at its first line, and at its mode"
        ) from None
