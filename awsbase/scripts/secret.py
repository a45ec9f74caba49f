"""`awsbase secret`."""

from __future__ import annotations

import sys

import click

from awsbase.people import terminal, values
from awsbase.scripts import prompts as at
from awsbase.scripts.output import err, out
from awsbase.view.stream import is_terminal


@click.group("secret")
def command() -> None:
    """Put values where the manifest's secrets keep them."""


@command.command("put")
@click.argument("name")
@at.common
def put(name: str, profile: str | None, region: str | None, debug: bool) -> None:
    """Give the secret NAME a value: typed unseen, or read from a pipe.

    \b
    awsbase secret put acme/partner             asks twice
    awsbase secret put acme/partner < token     without the line break at its end
    """
    account = at.account_of(profile, region, debugging=debug)
    value = values.typed(name, terminal.hidden, err) if is_terminal(sys.stdin) else values.piped(sys.stdin.buffer)
    values.put(account, name, value)
    out(f"{name} has a new value\n")
