"""`awsbase graph`."""

from __future__ import annotations

from pathlib import Path

import click

from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, ONLY, Options, common
from awsbase.scripts.output import out_document, out_json
from awsbase.view.graph import draw, needs_of
from awsbase.view.stream import escaped


@click.command("graph")
@MANIFEST
@click.option(
    "--format", "style", type=click.Choice(["text", "mermaid", "dot", "svg"]), default="text", help="How to draw it."
)
@ONLY
@common
def command(options: Options, manifest: Path, style: str, only: tuple[str, ...]) -> None:
    """Show the resources of MANIFEST and their dependencies; makes no calls."""
    loaded = read(manifest, options)
    needs = needs_of(loaded.only(only))
    if options.json:
        out_json(needs)
    elif style == "svg":
        from awsbase.report.graph import svg

        out_document(svg(needs, loaded.section_of, alone=True) + "\n")
    else:
        out_document(escaped(draw(needs, style)))
