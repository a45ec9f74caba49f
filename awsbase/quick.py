"""What is answered before click is imported, which takes longer: a shell prompt, and `awsbase mfa` with a live session.

The same functions decide it as on the command line, which answers the rest: what asks, writes a file, or goes wrong.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsbase.people.live_session import KeptSession

# What chooses a session. A region is written into a file, and a duration is that of a new session.
OPTIONS = ("--profile", "--role", "--destination", "--device")


def answer(arguments: Sequence[str]) -> bool:
    """Answer arguments that need little, and tell whether that was done."""
    if "--prompt" in arguments:
        from awsbase.people import prompt

        return prompt.answer(arguments)
    if arguments[:1] != ["mfa"]:
        return False
    command, options = arguments[1:2], list(arguments[2:])
    json = command == ["refresh"] and options.count("--json") == 1
    if json:
        options.remove("--json")
    given = plain(options)
    if given is None or command not in (["refresh"], ["credentials"]):
        return False
    now = datetime.now(UTC)
    kept = live(given, now)
    if kept:
        show(kept, now, process=command == ["credentials"], json=json)
    return kept is not None


def plain(options: Iterable[str]) -> dict[str, str] | None:
    """Return the values of options that choose a session; None unless all of them do, each given once."""
    given: dict[str, str] = {}
    words = iter(options)
    for word in words:
        option, equals, value = word.partition("=")
        if not equals:
            value = next(words, "-")
        if option not in OPTIONS or option[2:] in given or value.startswith("-"):
            return None
        given[option[2:]] = value
    return given


def live(given: dict[str, str], now: datetime) -> KeptSession | None:
    """Return the live session that options choose; None without one, and where something is wrong."""
    from awsbase.people import files, live_session

    request = live_session.SessionRequest(
        given.get("profile"),
        device=given.get("device"),
        role=given.get("role"),
        destination=given.get("destination"),
    )
    try:
        where = files.find(os.environ, Path.home())
        at = live_session.place(request, where, os.environ)
        session = live_session.live(at, request, where, now)
    except Exception:  # noqa: BLE001, the command line comes to the same, and explains it
        return None
    return live_session.KeptSession(at.profile, session, reused=True) if session else None


def show(kept: KeptSession, now: datetime, *, process: bool, json: bool) -> None:
    """Print a live session as the command does; exits with an error if that fails."""
    from awsbase.errors import AwsbaseError
    from awsbase.people import session_output
    from awsbase.view.stream import as_json, supports_unicode, write, write_result

    ascii_only = not supports_unicode(sys.stdout)
    if process:
        text = as_json(session_output.of_process(kept.session), ascii_only=ascii_only)
    elif json:
        text = as_json(session_output.document(kept, now), ascii_only=ascii_only)
    else:
        text = session_output.sentence(kept, now)
    try:
        write_result(text, sys.stdout)
    except AwsbaseError as error:
        from awsbase.scripts import advice

        write(advice(error), sys.stderr)
        sys.exit(error.exit_code)
    if not process:
        write(session_output.use(kept, os.environ), sys.stderr)
