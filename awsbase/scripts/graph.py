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
@click.option(
    "--critical",
    "run",
    type=click.Path(path_type=Path),
    metavar="RUN.json",
    help="Show what a run waited for: the chain to what was done last, with the seconds of each step.",
)
@ONLY
@common
def command(options: Options, manifest: Path, style: str, run: Path | None, only: tuple[str, ...]) -> None:
    """Show the resources of MANIFEST and their dependencies; makes no calls."""
    loaded = read(manifest, options)
    needs = needs_of(loaded.only(only))
    if run is not None:
        from awsbase.view.critical import chain, drawn, times_of

        times = times_of(run)
        steps = chain(needs, times)
        if options.json:
            out_json([vars(step) for step in steps])
        else:
            out_document(escaped("".join(f"{line}\n" for line in drawn(steps, times))))
    elif options.json:
        out_json(needs)
    elif style == "svg":
        from awsbase.report.graph import svg

        out_document(svg(needs, loaded.section_of, alone=True) + "\n")
    else:
        out_document(escaped(draw(needs, style)))
