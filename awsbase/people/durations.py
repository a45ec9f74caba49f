"""Session durations: parsed from text, checked against the limits of AWS, and formatted for people."""

from __future__ import annotations

import re

from awsbase.engine.times import words as words
from awsbase.errors import UsageError

HOUR = 3600
SHORTEST = 900
SESSION_LONGEST = 129600
ROLE_LONGEST = 43200
SESSION_DEFAULT = 12 * HOUR
# Every role allows one hour. A longer session fails unless the role's MaxSessionDuration allows it, and costs a code.
ROLE_DEFAULT = HOUR

_UNITS = {"h": HOUR, "m": 60, "s": 1}
_FORM = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def seconds(text: str) -> int:
    """Return the seconds in `12h`, `90m`, `1h30m` or `3600`; raises UsageError for anything else."""
    found = _FORM.fullmatch(text.strip().lower().replace(" ", ""))
    if not found or not any(found.groups()):
        raise UsageError(f"{text!r} is not a duration", hint="write it as 12h, 90m, 1h30m or 3600 (seconds)")
    return sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS.values(), strict=True))


def check(duration: int, *, role: bool) -> int:
    """Return a duration in seconds if AWS allows it for this kind of session; raises UsageError otherwise."""
    longest = ROLE_LONGEST if role else SESSION_LONGEST
    if SHORTEST <= duration <= longest:
        return duration
    kind = "a role's session" if role else "a session"
    asked = words(duration) if duration >= 60 else f"{duration} s"
    raise UsageError(
        f"{asked} is not possible for {kind}: AWS allows {words(SHORTEST)} to {words(longest)}",
        hint="each role also has its own limit, 1 h by default" if role else None,
    )
