"""`awsbase fleet`: work on many accounts beyond one machine."""

from __future__ import annotations

import click

from awsbase.scripts.fleet_work import command as work


@click.group("fleet")
def command() -> None:
    """Work on many accounts, on one machine or on an engine that runs many."""


command.add_command(work)
