"""What `awsbase mfa refresh` and `mfa credentials` print about a session."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime

from awsbase.engine.times import timestamp, words
from awsbase.people import resolver
from awsbase.people.live_session import KeptSession
from awsbase.people.store import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def sentence(kept: KeptSession, now: datetime) -> str:
    """Return a sentence about a session and the time left."""
    left = words(kept.session.seconds_left(now))
    role = f" as {kept.session.role}" if kept.session.role else ""
    again = "; --force gets a new one" if kept.reused else ""
    return f"{kept.profile}: {'live' if kept.reused else 'new'} session{role}, {left} left{again}\n"


def use(kept: KeptSession, environ: Mapping[str, str]) -> str:
    """Return the line that makes a shell use a session, with what it has to unset; nothing if it does so already."""
    unset = resolver.winning_variables(environ)
    if not unset and kept.reused:
        return ""
    why = f"{unset[0]} is set, and wins over AWS_PROFILE\n" if unset else ""
    command = [*(["unset", *unset, "&&"] if unset else []), "export", f"AWS_PROFILE={shlex.quote(kept.profile)}"]
    return f"{why}use it: {' '.join(command)}\n"


def document(kept: KeptSession, now: datetime) -> dict[str, Any]:
    """Return a session as a JSON document, without its keys."""
    session = kept.session
    return {
        "schema": 1,
        "profile": kept.profile,
        "source": session.source,
        "role": session.role,
        "device": session.serial,
        "expires": timestamp(session.expires),
        "seconds_left": int(session.seconds_left(now)),
        "reused": kept.reused,
    }


def of_process(session: Session) -> dict[str, Any]:
    """Return a session as AWS tools expect it from a `credential_process`: with its keys."""
    return {
        "Version": 1,
        "AccessKeyId": session.key_id,
        "SecretAccessKey": session.secret_key.reveal(),
        "SessionToken": session.token.reveal(),
        "Expiration": timestamp(session.expires),
    }
