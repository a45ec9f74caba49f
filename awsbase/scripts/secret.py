"""`awsbase secret`."""

from __future__ import annotations

import sys

import click

from awsbase.people import terminal, values
from awsbase.scripts.output import err, out
from awsbase.scripts.prompts import account_of, common
from awsbase.view.stream import is_terminal


@click.group("secret")
def command() -> None:
    """Store values in the manifest's secrets."""


@command.command("put")
@click.argument("name")
@common
def put(name: str, profile: str | None, region: str | None, debug: bool) -> None:
    """Store a value in the secret NAME. It is typed without echo, or read from a pipe.

    \b
    awsbase secret put acme/partner             asks twice
    awsbase secret put acme/partner < token     without the last line break
    """
    account = account_of(profile, region, debugging=debug)
    value = (
        values.read_typed(name, terminal.ask_hidden, err)
        if is_terminal(sys.stdin)
        else values.read_piped(sys.stdin.buffer)
    )
    values.put(account, name, value)
    out(f"{name} has a new value\n")
