"""`awsbase mfa`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from awsbase.errors import AwsbaseError, UsageError
from awsbase.people import durations, files, terminal
from awsbase.people.session import Held, Person, SessionRequest
from awsbase.people.session import refresh as refreshed
from awsbase.scripts.mfa_commands import More
from awsbase.scripts.options import DEBUG, JSON
from awsbase.scripts.output import err, out, out_json

if TYPE_CHECKING:
    from awsbase.aws import Aws
    from awsbase.people.profiles import Source

Command = TypeVar("Command", bound=Callable[..., Any])

PROFILE = click.option(
    "--profile", metavar="NAME", help="The profile with your long-term access key; default $AWS_PROFILE."
)
DEVICE = click.option("--device", metavar="NAME|ARN", help="The MFA device; default mfa_serial, or the one you have.")


@click.group("mfa", cls=More)
def command() -> None:
    """Look after your MFA devices, and get sessions with them."""


def wanted(function: Command) -> Command:
    """Give a command the options that say which session is wanted."""
    for option in (
        click.option("--region", metavar="REGION", help="The region that the session's profile is to use."),
        click.option("--destination", metavar="NAME", help="The profile to keep the session in; default PROFILE-mfa."),
        click.option("--role", metavar="ARN|NAME", help="Assume this role with the code; kept in PROFILE-ROLE-mfa."),
        DEVICE,
        click.option("--duration", metavar="12h", help="How long it is to last; default 12h, for a role 1h."),
        PROFILE,
    ):
        function = option(function)
    return function


@command.command()
@wanted
@click.option("--force", is_flag=True, help="Get a new session even if there is a live one.")
@click.option("--console", is_flag=True, help="Open the console in a browser, as the role; print the link without one.")
@click.option("--link", is_flag=True, help="Print the sign-in link instead of opening it. It is a secret for 15 min.")
@JSON
@DEBUG
def refresh(
    profile: str | None,
    duration: str | None,
    device: str | None,
    role: str | None,
    destination: str | None,
    region: str | None,
    force: bool,
    console: bool,
    link: bool,
    json: bool,
    debug: bool,
) -> None:
    """Get a session with one MFA code, and keep it for all AWS tools in the profile PROFILE-mfa.

    A live session is used again. Then: export AWS_PROFILE=PROFILE-mfa
    """
    lasting = durations.seconds(duration) if duration else None
    console = console or link
    # For a link the duration is that of the console's session, whatever the role's own credentials last.
    if console and lasting is not None:
        durations.check(lasting, role=True)
    request = SessionRequest(
        profile, None if console else lasting, device, role, destination, region, force, direct=console
    )
    me = person(err, debugging=debug)
    if console:
        _refuse_link_without_role(me, request)
    held = refreshed(request, me)
    url = None
    if console:
        from awsbase.people import signin

        url = signin.link(
            held.session, region=region or region_of(me, held), duration=lasting, environ=os.environ, tell=err
        )
    if json:
        out_json(document(held, me) | ({"console": url.reveal()} if url else {}))
        return
    if url is None:
        out(sentence(held, me))
        if not held.reused:
            err(f"use it: export AWS_PROFILE={held.profile}\n")
        return
    err(sentence(held, me))
    if not link and browser() and _opened(url):
        err("the console is open in your browser\n")
    else:
        out(f"{url.reveal()}\n")


@command.command()
@wanted
@DEBUG
def credentials(
    profile: str | None,
    duration: str | None,
    device: str | None,
    role: str | None,
    destination: str | None,
    region: str | None,
    debug: bool,
) -> int:
    """Answer as a credential_process, so that AWS tools get the session by themselves.

    \b
    [profile work]
    credential_process = awsbase mfa credentials --profile PROFILE
    """
    try:
        lasting = durations.seconds(duration) if duration else None
        held = refreshed(
            SessionRequest(profile, lasting, device, role, destination, region), person(terminal.say, debugging=debug)
        )
    except AwsbaseError as error:
        # The tools show what stands on stderr in the middle of an error of their own: so it is one line.
        err(f"awsbase: {' '.join(error.message.split())}" + (f"; {error.hint}" if error.hint else "") + "\n")
        return error.exit_code
    session = held.session
    out_json(
        {
            "Version": 1,
            "AccessKeyId": session.key_id,
            "SecretAccessKey": session.secret_key.reveal(),
            "SessionToken": session.token.reveal(),
            "Expiration": session.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
    return 0


def person(tell: Callable[[str], None], *, debugging: bool = False) -> Person:
    """Return whoever sits at this terminal."""
    return Person(
        files=files.find(os.environ, Path.home()),
        environ=os.environ,
        ask=terminal.hidden,
        select=select,
        tell=tell,
        now=lambda: datetime.now(UTC),
        connect=partial(connect, debugging=debugging),
    )


def select(question: str, choices: Sequence[str]) -> int:
    """Let the person choose one of several."""
    return terminal.chosen(question, choices)


def connect(source: Source, region: str, *, debugging: bool = False) -> Aws:
    """Open the way to AWS, loading boto3 only now that it is needed."""
    from awsbase.people.connect import connect
    from awsbase.scripts.connect import name_calls

    return connect(source, region, [name_calls] if debugging else [])


def sentence(held: Held, me: Person) -> str:
    """Say what session there is, and what is left of it."""
    left = durations.words(held.session.left(me.now()))
    role = f" as {held.session.role}" if held.session.role else ""
    again = "; --force gets a new one" if held.reused else ""
    return f"{held.profile}: {'live' if held.reused else 'new'} session{role}, {left} left{again}\n"


def document(held: Held, me: Person) -> dict[str, Any]:
    """Return what session there is, without its keys."""
    session = held.session
    return {
        "schema": 1,
        "profile": held.profile,
        "source": session.source,
        "role": session.role,
        "device": session.serial,
        "expires": session.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds_left": int(session.left(me.now())),
        "reused": held.reused,
    }


def region_of(me: Person, held: Held) -> str | None:
    """Return the region that the session's profile uses."""
    return files.read_config(me.files).get(held.profile, {}).get("region")


def browser() -> bool:
    """Tell whether a window can be opened: a browser in the terminal would show the link to everybody."""
    import sys

    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _opened(url: Any) -> bool:
    import webbrowser

    from awsbase.people import signin

    return signin.open_in_browser(url, webbrowser.open)


def _refuse_link_without_role(me: Person, request: SessionRequest) -> None:
    from awsbase.people import profiles, signin

    if not request.role and not profiles.find(me.files, request.profile, me.environ).role:
        raise UsageError("a sign-in link needs a role", hint=signin.NO_ROLE.rstrip())
