"""`awsbase passwd`."""

from __future__ import annotations

import click

from awsbase.engine.clock import SystemClock
from awsbase.errors import Refused, UsageError
from awsbase.people import passwd, terminal
from awsbase.people.secret import Secret
from awsbase.scripts.output import err, out
from awsbase.scripts.prompts import account_of, common, confirm, own_profile, user_of


@click.command("passwd")
@click.argument("user", required=False)
@click.option("--generate", is_flag=True, help="Generate the new password, and show it once.")
@click.option("--handover", metavar="COMMAND", help="Send USER's new password to this command, on its stdin.")
@click.option("--permanent", is_flag=True, help="Do not require USER to change it at the next sign-in.")
@click.option("--no-console", is_flag=True, help="Delete USER's password, so that they cannot sign in to the console.")
@click.option("-y", "--yes", is_flag=True, help="Delete your own password without asking.")
@common
def command(
    user: str | None,
    generate: bool,
    handover: str | None,
    permanent: bool,
    no_console: bool,
    yes: bool,
    profile: str | None,
    region: str | None,
    debug: bool,
) -> None:
    """Change your own console password, or, as an administrator, reset that of USER.

    \b
    awsbase passwd                                    your own
    awsbase passwd alice                              shows a one-time password, once
    awsbase passwd alice --handover 'age -r KEY -o alice.age'

    \f
    Raises UsageError when the options contradict each other.
    """
    if no_console and (generate or handover or permanent):
        raise UsageError("--no-console deletes the password, so there is none to create or hand over")
    # Check the recipient of the password before the first question or change.
    words = passwd.handover_command(handover) if handover else None
    if not words and not no_console:
        terminal.require("password")
    profile = profile if user else own_profile(profile)
    account = account_of(profile, region, debugging=debug)
    prompts = passwd.Prompts(account, SystemClock(), terminal.ask_hidden, err)
    if no_console:
        _no_console(prompts, user, yes=yes)
    elif user is None or (account.user and user.casefold() == account.user.casefold()):
        _own(prompts, generate, foreign=bool(words) or permanent)
    else:
        passwd.reset(prompts, user, once=not permanent, hand_over=lambda password: _hand_over(words, user, password))
        out(f"the password of {user} is handed over{'' if permanent else ', to be changed at the next sign-in'}\n")


def _own(prompts: passwd.Prompts, generate: bool, *, foreign: bool) -> None:
    if foreign:
        raise UsageError("--handover and --permanent work for other users only", hint="name the user")
    passwd.change(prompts, generate=generate, show=_show)
    out(f"the password of {prompts.account.user} is changed\n")


def _no_console(prompts: passwd.Prompts, user: str | None, *, yes: bool) -> None:
    named = user_of(prompts.account, user)
    question = f"Delete your own password, {named}? You will no longer be able to sign in to the console."
    own = prompts.account.user is not None and named.casefold() == prompts.account.user.casefold()
    if own and not yes and not confirm(question):
        raise Refused("nothing was changed")
    had = passwd.remove_password(prompts, named)
    out(f"{named} {'has no password for the console any more' if had else 'had no password for the console'}\n")


def _hand_over(words: list[str] | None, user: str, password: Secret) -> None:
    if words:
        passwd.run_handover(words, password)
    else:
        _show(f"the one-time password of {user}", password)


def _show(what: str, password: Secret) -> None:
    """Show a password on the terminal device, so that no redirection or log gets it."""
    terminal.say(f"{what}: {password.reveal()}\n")
