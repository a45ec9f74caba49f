"""`awsbase cost`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, ONLY, Options, common
from awsbase.scripts.output import out, out_json
from awsbase.view.cost import document, table
from awsbase.view.text import render


@click.command("cost")
@MANIFEST
@ONLY
@common
def command(options: Options, manifest: Path, only: tuple[str, ...]) -> None:
    """Show what the resources of MANIFEST cost a month, by section; makes no calls.

    What depends on use is shown with the price of its unit. A price that awsbase does not know is named as such.
    """
    loaded = read(manifest, options)
    chosen = {each.address for each in loaded.only(only)}
    sections = {name: [each for each in of if each.address in chosen] for name, of in loaded.sections.items()}
    if options.json:
        out_json(document(sections, account=loaded.account, region=loaded.region))
    else:
        out(render(table(sections, name=loaded.name, account=loaded.account), sys.stdout))
