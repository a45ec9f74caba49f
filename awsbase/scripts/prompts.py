"""From options to what people's commands work with: their account, their files, the terminal they sit at."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.clock import SystemClock
from awsbase.engine.failures import failure
from awsbase.engine.wire import Wire, refuse_resends
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import files, qr, seeds, terminal
from awsbase.people.enrol import Prompts
from awsbase.people.secret import Secret
from awsbase.scripts.ask import accepts
from awsbase.scripts.connect import name_calls, session_of
from awsbase.scripts.options import DEBUG
from awsbase.scripts.output import err
from awsbase.view.stream import supports_unicode

Command = TypeVar("Command", bound=Callable[..., Any])

CLEAR = "\x1b[2J\x1b[H"
SCAN = "Scan this with an authenticator app:\n"
TYPE = """Add an account to an authenticator app by hand (time-based, 6 digits):
  {spelled}
or by this address:
  {uri}
"""


def common(command: Command) -> Command:
    """Give a command the options that say as whom and where to work, and advice where AWS refuses."""
    command = advised(command)
    for option in (
        DEBUG,
        click.option("--region", metavar="REGION", help="The region; default that of the profile."),
        click.option("--profile", metavar="NAME", help="The profile of ~/.aws to use; default $AWS_PROFILE."),
    ):
        command = option(command)
    return command


def advised(command: Command) -> Command:
    """Turn what AWS refuses, and nothing nearer to it has explained, into advice."""

    @wraps(command)
    def with_advice(**options: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return command(**options)
        except (BotoCoreError, ClientError) as error:
            why = failure(error, "who `awsbase whoami` shows")
            raise AwsbaseError(f"AWS refuses: {why.code}: {why.message}", hint=why.hint) from error

    return with_advice  # type: ignore[return-value]


USER = click.option("--user", metavar="NAME", help="Somebody else's; default your own.")


def account_of(profile: str | None, region: str | None, *, debugging: bool) -> Account:
    """Find out who is calling; root has its devices and its password in the console.

    Raises Refused for root.
    """
    session = session_of(profile)
    where = region or os.environ.get("AWS_REGION") or session.region_name or "us-east-1"
    attach = [refuse_resends, name_calls] if debugging else [refuse_resends]
    account = identify(Aws(session, where, attach=attach), Wire())
    if account.is_root:
        raise Refused(
            "these are root's access keys, which no policy limits",
            hint="delete them; root's own password and MFA are looked after in the console",
        )
    return account


def user_of(account: Account, named: str | None) -> str:
    """Return whose devices are meant: the named user's, or the caller's own.

    Raises UsageError when the caller is no IAM user and nobody is named.
    """
    if named or account.user:
        return named or str(account.user)
    raise UsageError(f"whose? You are {account.caller}, and not an IAM user", hint="name one with --user")


def desk_of(account: Account, *, text: bool = False) -> Prompts:
    """Return the desk of whoever sits at this terminal; with `text` seeds are spelled instead of drawn."""
    return Prompts(
        account=account,
        clock=SystemClock(),
        ask=terminal.hidden,
        tell=err,
        show=spell if text else draw,
        spell=spell,
        aside=terminal.aside,
        state=where().state,
    )


def where() -> files.Files:
    """Return the AWS files of this person."""
    return files.find(os.environ, Path.home())


def draw(uri: Secret, seed: Secret) -> None:
    """Show a seed as a QR code, or spelled where the terminal cannot draw one."""
    code = qr.modules(uri)
    ascii_only = not supports_unicode(sys.stderr)
    size = terminal.size()
    # Below it there is a line of what was wrong, and one to type on.
    room = size.lines - qr.height(code, ascii_only=ascii_only) - 2
    if os.environ.get("TERM", "dumb") == "dumb" or qr.width(code, ascii_only=ascii_only) > size.columns or room < 0:
        spell(uri, seed)
        return
    terminal.say(CLEAR + (SCAN if room else "") + qr.drawn(code, ascii_only=ascii_only))


def spell(uri: Secret, seed: Secret) -> None:
    """Show a seed in letters."""
    terminal.say(TYPE.format(spelled=seeds.spelled(seed), uri=uri.reveal()))


def ask(question: str, *accepted: str) -> bool:
    """Ask a question on the terminal; anything but an accepted answer, or yes when none is named, is no."""
    return accepts(terminal.shown(question), accepted)


def confirm(question: str) -> bool:
    """Ask a yes-or-no question on the terminal; anything but yes is no."""
    return ask(f"{question} [y/N] ")


def select(question: str, choices: Sequence[str]) -> int:
    """Let the person choose one of several."""
    return terminal.chosen(question, choices)
