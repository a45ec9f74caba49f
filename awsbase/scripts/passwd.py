"""`awsbase passwd`."""

from __future__ import annotations

import click

from awsbase.engine.clock import SystemClock
from awsbase.errors import Refused, UsageError
from awsbase.people import passwd, terminal
from awsbase.people.secret import Secret
from awsbase.scripts import prompts as at
from awsbase.scripts.output import err, out


@click.command("passwd")
@click.argument("user", required=False)
@click.option("--generate", is_flag=True, help="Let awsbase make the new password, and show it once.")
@click.option("--handover", metavar="COMMAND", help="Give USER's new password to this command, on its stdin.")
@click.option("--permanent", is_flag=True, help="USER need not change it at the next sign-in.")
@click.option("--no-console", is_flag=True, help="Take USER's password away: no more sign-in to the console.")
@at.common
def command(
    user: str | None,
    generate: bool,
    handover: str | None,
    permanent: bool,
    no_console: bool,
    profile: str | None,
    region: str | None,
    debug: bool,
) -> None:
    """Change your own console password; or, as an administrator, reset that of USER.

    \b
    awsbase passwd                                    your own
    awsbase passwd alice                              shows a one-time password, once
    awsbase passwd alice --handover 'age -r KEY -o alice.age'
    """
    if no_console and (generate or handover or permanent):
        raise UsageError("--no-console takes the password away: there is none to make or hand over")
    # Before anything is asked or changed: whoever is to get the password must be there.
    words = passwd.command(handover) if handover else None
    if no_console and not user:
        terminal.check("answer whether your own password is to go")
    elif not words and not no_console:
        terminal.check("password")
    account = at.account_of(profile, region, debugging=debug)
    desk = passwd.Prompts(account, SystemClock(), terminal.hidden, err)
    if no_console:
        _no_console(desk, user)
    elif user is None or (account.user and user.casefold() == account.user.casefold()):
        _own(desk, generate, foreign=bool(words) or permanent)
    else:
        passwd.reset(desk, user, once=not permanent, hand_over=lambda password: _hand_over(words, user, password))
        out(f"the password of {user} is handed over{'' if permanent else ', to be changed at the next sign-in'}\n")


def _own(desk: passwd.Prompts, generate: bool, *, foreign: bool) -> None:
    if foreign:
        raise UsageError("--handover and --permanent are for the password of somebody else", hint="name the user")
    passwd.change(desk, generate=generate, show=_show)
    out(f"the password of {desk.account.user} is changed\n")


def _no_console(desk: passwd.Prompts, user: str | None) -> None:
    named = at.user_of(desk.account, user)
    if user is None and not at.confirm(f"Take your own password away, {named}? You sign in to the console no more."):
        raise Refused("nothing was changed")
    had = passwd.take_away(desk, named)
    out(f"{named} {'has no password for the console any more' if had else 'had no password for the console'}\n")


def _hand_over(words: list[str] | None, user: str, password: Secret) -> None:
    if words:
        passwd.hand_to(words, password)
    else:
        _show(f"the one-time password of {user}", password)


def _show(what: str, password: Secret) -> None:
    """Show a password on the terminal itself: what is redirected or logged does not get it."""
    terminal.say(f"{what}: {password.reveal()}\n")
