"""`awsbase mfa`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from awsbase import busy
from awsbase.errors import AwsbaseError, UsageError
from awsbase.people import durations, files, resolver, terminal
from awsbase.people.files import FileError
from awsbase.people.live_session import KeptSession, SessionRequest
from awsbase.people.session import Person
from awsbase.people.session import refresh as get_session
from awsbase.people.session_output import document, of_process, sentence, use
from awsbase.scripts import completions
from awsbase.scripts.mfa_commands import LazyGroup
from awsbase.scripts.options import DEBUG, JSON, device_option, profile_option, region_option, role_option
from awsbase.scripts.output import err, out, out_json

if TYPE_CHECKING:
    from awsbase.aws import Aws
    from awsbase.people.profiles import Source

Command = TypeVar("Command", bound=Callable[..., Any])

PROFILE = profile_option("The profile with your long-term access key; default $AWS_PROFILE.")
DEVICE = device_option("The MFA device; default mfa_serial, or your only one.")


@click.group("mfa", cls=LazyGroup)
def command() -> None:
    """Manage your MFA devices, and get sessions with them."""


def session_options(function: Command) -> Command:
    """Add the options that describe a session to a command."""
    for option in (
        region_option("The region of the session's profile."),
        click.option(
            "--destination",
            metavar="NAME",
            help="The profile that stores the session; default PROFILE-mfa.",
            shell_complete=completions.profiles,
        ),
        role_option("Assume this role with the code; stored in PROFILE-ROLE-mfa."),
        DEVICE,
        click.option("--duration", metavar="12h", help="The duration of the session; default 12h, for a role 1h."),
        PROFILE,
    ):
        function = option(function)
    return function


@command.command()
@session_options
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
    """Get a session with one MFA code, and store it for all AWS tools in the profile PROFILE-mfa.

    A live session is reused. Then: export AWS_PROFILE=PROFILE-mfa

    \f
    Raises FileError when the session cannot be stored.
    """
    seconds = durations.seconds(duration) if duration else None
    console = console or link
    # For a link, --duration is that of the console session, not that of the role's credentials.
    if console and seconds is not None:
        durations.check(seconds, role=True)
    request = SessionRequest(
        profile, None if console else seconds, device, role, destination, region, force, direct=console
    )
    me = person(err, debugging=debug)
    if console:
        _refuse_link_without_role(me, request)
    kept = get_session(request, me)
    if kept.lost and not console:
        raise unsaved(kept.lost)
    url = None
    if console:
        from awsbase.people import signin

        url = signin.link(
            kept.session, region=region or region_of(me, kept), duration=seconds, environ=os.environ, tell=err
        )
    if json:
        out_json(document(kept, me.now()) | ({"console": url.reveal()} if url else {}))
        if resolver.winning_variables(me.environ):
            err(use(kept, me.environ))
        return
    if url is None:
        out(sentence(kept, me.now()))
        err(use(kept, me.environ))
        return
    err(sentence(kept, me.now()))
    if not link and browser() and _opened(url):
        err("the console is open in your browser\n")
    else:
        out(f"{url.reveal()}\n")


@command.command()
@session_options
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
    """Work as a credential_process, so that AWS tools get the session by themselves.

    \b
    [profile work]
    credential_process = awsbase mfa credentials --profile PROFILE
    """
    try:
        seconds = durations.seconds(duration) if duration else None
        kept = get_session(
            SessionRequest(profile, seconds, device, role, destination, region),
            person(terminal.say, debugging=debug, quiet=True),
        )
    except AwsbaseError as error:
        # The tools quote stderr within their own error message, so it must be one line.
        hint = f"; {error.hint}" if error.hint else ""
        err(f"awsbase: {' '.join(error.message.split())}{hint}\n")
        return error.exit_code
    if kept.lost:
        terminal.say(f"{unsaved(kept.lost).message}, so the next command asks for a code again\n")
    out_json(of_process(kept.session))
    return 0


def unsaved(problem: FileError) -> FileError:
    """Return the error for a session that AWS gave and that could not be stored."""
    return FileError(f"the session could not be stored: {problem.message}", hint=problem.hint)


def person(tell: Callable[[str], None], *, debugging: bool = False, quiet: bool = False) -> Person:
    """Return the person at this terminal; `quiet` where the terminal is another program's, which called this one."""
    return Person(
        files=files.find(os.environ, Path.home()),
        environ=os.environ,
        ask=terminal.ask_hidden,
        select=select,
        tell=tell,
        now=lambda: datetime.now(UTC),
        connect=partial(connect, debugging=debugging, quiet=quiet),
    )


def select(question: str, choices: Sequence[str]) -> int:
    """Ask the person to choose one of several; return its index."""
    return terminal.choose(question, choices)


def connect(source: Source, region: str, *, debugging: bool = False, quiet: bool = False) -> Aws:
    """Return a connection to AWS; botocore is imported only now."""
    if not quiet:
        busy.show(busy.CONNECTING)
    from awsbase.people.connect import connect
    from awsbase.scripts.connect import name_calls

    return connect(source, region, [name_calls] if debugging else [])


def region_of(me: Person, kept: KeptSession) -> str | None:
    """Return the region of the session's profile, or None."""
    return files.read_config(me.files).get(kept.profile, {}).get("region")


def browser() -> bool:
    """Tell whether a browser window can be opened; a browser in the terminal would show the link."""
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
