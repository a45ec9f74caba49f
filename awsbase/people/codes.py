"""MFA codes: parsed from what people type, and never sent twice."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from awsbase.errors import AwsbaseError
from awsbase.people.locks import locked
from awsbase.people.secret import Secret

STEP = 30
# In steps of 30 s. AWS accepts a code some steps late; an older one need not be remembered.
REMEMBERED = 4


class BadCode(AwsbaseError):
    """The text that was typed is not a code."""


class SpentCode(AwsbaseError):
    """The code was sent before: AWS accepts each code once."""


def read(typed: Secret) -> Secret:
    """Return the six digits of a typed code without blanks; raises BadCode for anything else."""
    digits = "".join(typed.reveal().split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        raise BadCode("a code is six digits", hint="type what the device shows now")
    return Secret(digits)


def step(now: datetime) -> int:
    """Return the TOTP time step of a moment: the number of 30 s periods since 1970."""
    return int(now.timestamp()) // STEP


def until_next(now: datetime) -> int:
    """Return the seconds until devices show the next code."""
    return STEP - int(now.timestamp()) % STEP


def claim(folder: Path, serial: str, code: Secret, now: datetime) -> None:
    """Record that a code of a device is about to be sent; raises SpentCode when any awsbase run sent it before.

    The record holds the step and two bytes of a salted hash: enough to recognize a code, too few to reveal it.
    """
    # hashlib loads OpenSSL, which runs with a live session do not need.
    import hashlib

    device = hashlib.sha256(serial.encode()).hexdigest()[:16]
    with locked(folder / f"codes-{device}") as descriptor:
        if descriptor is None:
            return
        recorded = _read_record(descriptor)
        salt = recorded.get("salt") or os.urandom(16).hex()
        digest = hashlib.sha256(f"{salt}{code.reveal()}".encode()).hexdigest()[:4]
        present = step(now)
        sent = [(at, other) for at, other in recorded.get("sent", []) if abs(present - at) < REMEMBERED]
        if any(other == digest for _, other in sent):
            raise SpentCode(
                "that code was sent before, and AWS accepts each code once",
                hint=f"wait {until_next(now)} s for the next one",
            )
        content = json.dumps({"salt": salt, "sent": [*sent, (present, digest)]}).encode()
        # Without a record AWS itself refuses a used code.
        with suppress(OSError):
            os.pwrite(descriptor, content, 0)
            os.ftruncate(descriptor, len(content))


def _read_record(descriptor: int) -> dict[str, Any]:
    try:
        recorded = json.loads(os.pread(descriptor, 1 << 16, 0) or b"{}")
        salt, sent = recorded.get("salt", ""), [(int(at), str(digest)) for at, digest in recorded.get("sent", [])]
    except (OSError, ValueError, TypeError, AttributeError):
        # A killed process wrote half of the record. AWS itself refuses a used code.
        return {}
    return {"salt": str(salt), "sent": sent}
