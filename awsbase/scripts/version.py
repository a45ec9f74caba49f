"""`awsbase version`."""

from __future__ import annotations

import click

from awsbase import __version__
from awsbase.scripts.output import out


@click.command("version")
def command() -> None:
    """Show the version, as `awsbase --version` does."""
    out(f"awsbase {__version__}\n")
