"""The session that a person has: found in the credentials file alone, which is the most frequent case by far.

It is looked for before click is imported, so nothing is imported here that takes time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from awsbase.errors import Refused
from awsbase.people import files, profiles, store
from awsbase.people.files import FileError, Files
from awsbase.people.profiles import Source
from awsbase.people.store import Session
from awsbase.records import record

# In seconds. botocore calls a `credential_process` again when ten minutes are left.
MIN_SECONDS_LEFT = 600


@record
class SessionRequest:
    """The session that a person asks for."""

    profile: str | None = None
    duration: int | None = None
    device: str | None = None
    role: str | None = None
    destination: str | None = None
    region: str | None = None
    force: bool = False
    direct: bool = False
    """Whether to assume the role with long-term keys only, as a long console session requires."""


@record
class KeptSession:
    """A session, the profile that stores it, and whether it existed already."""

    profile: str
    session: Session
    reused: bool
    lost: FileError | None = None
    """Why the session could not be stored, although AWS gave it."""


@record
class Place:
    """Where a request leads: the profile with the keys, the role, and the profile that stores the session."""

    source: Source
    role: str | None
    profile: str


def place(request: SessionRequest, where: Files, environ: Mapping[str, str]) -> Place:
    """Return where a request leads; raises UsageError or Refused if no session can be had there."""
    source = profiles.find(where, request.profile, environ)
    role = request.role or source.role
    if request.duration is not None:
        from awsbase.people import durations

        durations.check(request.duration, role=role is not None)
    return Place(source, role, profiles.destination(where, source, request.role, request.destination))


def live(at: Place, request: SessionRequest, where: Files, now: datetime) -> Session | None:
    """Return the live session of a place if it fits the request; raises Refused if it must not be replaced."""
    options = files.read_credentials(where).get(at.profile, {})
    store.check_free(at.profile, options, files.read_config(where).get(at.profile, {}))
    session = store.load(options)
    if session is None or session.seconds_left(now) <= MIN_SECONDS_LEFT:
        return None
    same = session.source == at.source.profile and _has_role(session, at.role)
    if not same and not request.force:
        whose = f"profile {session.source}" + (f" as {session.role}" if session.role else "")
        raise Refused(
            f"profile {at.profile} holds a live session of {whose}",
            hint="choose another profile for the session with --destination, or replace it with --force",
        )
    # The profile may hold other keys by now. Those of somebody else's credential_process are not known in advance.
    same_keys = at.source.key_id is None or session.source_id == at.source.key_id
    return session if same and has_device(session, request.device) and same_keys else None


def _has_role(session: Session, role: str | None) -> bool:
    if role is None or session.role is None or role.startswith("arn:"):
        return session.role == role
    # A name without ARN is a role in the account of the device.
    account = session.serial.split(":")[4:5]
    return session.role.split(":")[4:] == [*account, f"role/{role}"]


def has_device(session: Session, device: str | None) -> bool:
    """Tell whether a session is one of a device, named by its ARN or its name; any without one."""
    return device is None or device in (session.serial, session.serial.rpartition("/")[2])
