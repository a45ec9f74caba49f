"""What commands for people share: options, the caller's account, the AWS files and the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from awsbase import busy
from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.clock import SystemClock
from awsbase.engine.failures import failure
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import account_profiles, files, qr, seeds, terminal
from awsbase.people.enrol import Prompts
from awsbase.people.profile_session import session_of
from awsbase.people.secret import Secret
from awsbase.scripts.ask import accepts, no_terminal
from awsbase.scripts.connect import home_region, name_calls, show_connecting
from awsbase.scripts.options import DEBUG, profile_option, region_option
from awsbase.scripts.output import err
from awsbase.view.stream import supports_unicode

Command = TypeVar("Command", bound=Callable[..., Any])

CLEAR = "\x1b[2J\x1b[H"
SCAN = "Scan this with an authenticator app:\n"
TYPE = """Add an account to an authenticator app by hand (time-based, 6 digits):
  {spelled}
or with this address:
  {uri}
"""


def common(command: Command) -> Command:
    """Add the options for profile, region and debugging to a command, and explain refusals of AWS."""
    command = explaining_refusals(command)
    for option in (
        DEBUG,
        region_option("The region; default that of the profile."),
        profile_option(),
    ):
        command = option(command)
    return command


def explaining_refusals(command: Command) -> Command:
    """Return a command that raises AwsbaseError with advice for any other error of AWS."""

    @wraps(command)
    def explained(**options: Any) -> Any:
        busy.show(busy.CONNECTING)
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return command(**options)
        except (BotoCoreError, ClientError) as error:
            refusal = failure(error, "who `awsbase whoami` shows")
            raise AwsbaseError(f"AWS refuses: {refusal.code}: {refusal.message}", hint=refusal.hint) from error

    return explained  # type: ignore[return-value]


USER = click.option("--user", metavar="NAME", help="The IAM user; default you.")


def account_of(profile: str | None, region: str | None, *, debugging: bool) -> Account:
    """Return the account and the caller; raises Refused for root, which manages its credentials in the console."""
    profile = session_profile(profile, debugging=debugging)
    session = session_of(profile)
    home = home_region(profile, region)
    attach = [refuse_resends, name_calls] if debugging else [refuse_resends]
    show_connecting(session)
    account = identify(Aws(session, home, attach=attach), Wire())
    if account.is_root:
        raise Refused(
            "these are root's access keys, and no policy limits root",
            hint="delete them; manage root's password and MFA in the console",
        )
    return account


def own_profile(profile: str | None) -> str | None:
    """Return the profile of one's own IAM user, in place of one for a role that `awsbase profiles write` wrote."""
    settings = account_profiles.settings_of(os.environ, Path.home(), profile)
    own = account_profiles.own_profile(settings) if settings else None
    return own or profile


def session_profile(profile: str | None, *, debugging: bool) -> str | None:
    """Return the profile with a live session, in place of one for a role that `awsbase profiles write` wrote.

    botocore would ask for a code for each role; one code serves all of them here.
    """
    settings = account_profiles.settings_of(os.environ, Path.home(), profile)
    if not settings or not account_profiles.own_profile(settings):
        return profile
    from awsbase.people.live_session import SessionRequest
    from awsbase.people.session import refresh
    from awsbase.scripts.mfa import person

    return refresh(SessionRequest(profile), person(err, debugging=debugging)).profile


def user_of(account: Account, named: str | None) -> str:
    """Return the named user, or else the caller; raises UsageError when the caller is not an IAM user."""
    if named or account.user:
        return named or str(account.user)
    raise UsageError(f"which user? You are {account.caller}, not an IAM user", hint="name one with --user")


def prompts_of(account: Account, *, text: bool = False) -> Prompts:
    """Return the prompts of this terminal; with `text`, seeds are shown as text instead of a QR code."""
    return Prompts(
        account=account,
        clock=SystemClock(),
        ask=terminal.ask_hidden,
        tell=err,
        show=show_text if text else show_qr_code,
        spell=show_text,
        private_screen=terminal.alternate_screen,
        state=aws_files().state,
    )


def aws_files() -> files.Files:
    """Return the AWS files of this person."""
    return files.find(os.environ, Path.home())


def show_qr_code(uri: Secret, seed: Secret) -> None:
    """Show a seed as a QR code, or as text if the terminal is too small or too simple."""
    code = qr.modules(uri)
    ascii_only = not supports_unicode(sys.stderr)
    size = terminal.size()
    # Two more lines are needed: one for a problem, and one for the answer.
    room = size.lines - qr.height(code, ascii_only=ascii_only) - 2
    if os.environ.get("TERM", "dumb") == "dumb" or qr.width(code, ascii_only=ascii_only) > size.columns or room < 0:
        show_text(uri, seed)
        return
    terminal.say(CLEAR + (SCAN if room else "") + qr.drawn(code, ascii_only=ascii_only))


def show_text(uri: Secret, seed: Secret) -> None:
    """Show a seed as text."""
    terminal.say(TYPE.format(spelled=seeds.spelled(seed), uri=uri.reveal()))


def ask(question: str, *accepted: str) -> bool:
    """Tell whether the person answers with one of the accepted answers, or with yes if none is given."""
    return accepts(terminal.ask(question), accepted)


def confirm(question: str) -> bool:
    """Ask a yes-or-no question on the terminal; any answer but yes means no.

    Raises UsageError when there is no terminal.
    """
    try:
        return ask(f"{question} [y/N] ")
    except terminal.NoTerminal:
        raise no_terminal() from None


def select(question: str, choices: Sequence[str]) -> int:
    """Ask the person to choose one of several; return its index."""
    return terminal.choose(question, choices)
