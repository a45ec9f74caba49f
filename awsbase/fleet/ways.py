"""The ways to many accounts, checked before anything is done: all mistakes in the file come at once."""

from __future__ import annotations

from collections.abc import Iterable

from awsbase.errors import AwsbaseError, UsageError
from awsbase.organization.reach import Route, Sessions, Unreachable, check


def check_ways(routes: Iterable[Route], sessions: Sessions) -> None:
    """Ask each profile once who it is; raises UsageError with all that are not there or reach another account.

    What AWS refuses now is no mistake in the file: the account is not reachable, and the others are worked on. A role
    that is not there is found by the work on its account.
    """
    wrong: dict[str, str | None] = {}
    down: set[str | None] = set()
    for route in routes:
        if route.profile in down:
            continue
        try:
            first = sessions.first(route)
            if not route.roles:
                check(route, first)
        except Unreachable as error:
            if error.__cause__ is None or isinstance(error.__cause__, UsageError):
                wrong[error.message] = error.hint
            else:
                down.add(route.profile)
    if wrong:
        hints = dict.fromkeys(hint for hint in wrong.values() if hint)
        raise UsageError("\n".join(wrong), hint="; ".join(hints) or None)


def asking(routes: Iterable[Route], sessions: Sessions) -> str | None:
    """Return a profile that asks for the code of an MFA device, which several processes cannot; None without one."""
    for route in routes:
        try:
            session = sessions.first(route).aws.clients.session
        except AwsbaseError:
            continue
        if {"role_arn", "mfa_serial"} <= session.get_scoped_config().keys():
            return route.profile or "default"
    return None
