"""`awsbase fleet`: work on many accounts beyond one machine."""

from __future__ import annotations

import click

from awsbase.scripts.fleet_package import command as package
from awsbase.scripts.fleet_retry import command as retry
from awsbase.scripts.fleet_run import command as run
from awsbase.scripts.fleet_slow import command as slow
from awsbase.scripts.fleet_status import command as status
from awsbase.scripts.fleet_work import command as work


@click.group("fleet")
def command() -> None:
    """Work on many accounts, on one machine or on an engine that runs many."""


for each in (run, status, retry, slow, package, work):
    command.add_command(each)
