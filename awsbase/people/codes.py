"""MFA codes: read from what people type, and never sent twice."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from awsbase.errors import AwsbaseError
from awsbase.people.locks import locked
from awsbase.people.secret import Secret

STEP = 30
# AWS lets a code be some steps late; one that is older cannot be mistaken for a new one any more.
REMEMBERED = 4


class BadCode(AwsbaseError):
    """Something was typed that is no code."""


class SpentCode(AwsbaseError):
    """A code was typed that has been sent already: AWS takes each once."""


def read(typed: Secret) -> Secret:
    """Return the six digits that somebody typed, with or without blanks between them."""
    digits = "".join(typed.reveal().split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        raise BadCode("a code is six digits", hint="type what the device shows now")
    return Secret(digits)


def step(now: datetime) -> int:
    """Return the number of the 30 seconds that a moment lies in."""
    return int(now.timestamp()) // STEP


def until_next(now: datetime) -> int:
    """Return the seconds until devices show another code."""
    return STEP - int(now.timestamp()) % STEP


def claim(folder: Path, serial: str, code: Secret, now: datetime) -> None:
    """Note that a code of a device is about to be sent; raise SpentCode when any awsbase has sent it before.

    What is noted is the step and two bytes of a salted hash: enough to know a code again, too few to tell it.
    """
    # Loads OpenSSL, which the many runs that find a live session do without.
    import hashlib

    device = hashlib.sha256(serial.encode()).hexdigest()[:16]
    with locked(folder / f"codes-{device}") as held:
        noted = _noted(held)
        salt = noted.get("salt") or os.urandom(16).hex()
        mark = hashlib.sha256(f"{salt}{code.reveal()}".encode()).hexdigest()[:4]
        present = step(now)
        sent = [(at, one) for at, one in noted.get("sent", []) if abs(present - at) < REMEMBERED]
        if any(one == mark for _, one in sent):
            raise SpentCode(
                "that code was sent before, and AWS takes each code once",
                hint=f"wait {until_next(now)} s for the next one",
            )
        content = json.dumps({"salt": salt, "sent": [*sent, (present, mark)]}).encode()
        os.pwrite(held, content, 0)
        os.ftruncate(held, len(content))


def _noted(held: int) -> dict[str, Any]:
    try:
        noted = json.loads(os.pread(held, 1 << 16, 0) or b"{}")
        salt, sent = noted.get("salt", ""), [(int(at), str(mark)) for at, mark in noted.get("sent", [])]
    except (ValueError, TypeError, AttributeError):
        # Written halfway by a process that was killed: what it knew is lost, and AWS itself refuses what is spent.
        return {}
    return {"salt": str(salt), "sent": sent}
