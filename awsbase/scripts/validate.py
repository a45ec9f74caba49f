"""`awsbase validate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from awsbase.errors import ManifestError
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import out, out_json
from awsbase.view.plurals import counted


@click.command("validate")
@MANIFEST
@common
def command(options: Options, manifest: Path) -> int:
    """Check MANIFEST without calling AWS; reports every mistake with its line."""
    try:
        loaded = read(manifest, options)
    except ManifestError as error:
        if not options.json:
            raise
        out_json([asdict(mistake) for mistake in error.mistakes])
        return error.exit_code

    if options.json:
        out_json([])
        return 0
    out(f"{manifest}: {counted(len(loaded.resources), 'resource')}, fine\n")
    by_section = {name: resources for name, resources in loaded.sections.items() if resources}
    width = max(map(len, by_section), default=0)
    for name, resources in by_section.items():
        out(f"  {name:<{width}}  {len(resources)}\n")
        if options.verbose:
            out("".join(f"    {resource.address}\n" for resource in resources))
    for each in loaded.manifest.plugins:
        out(f"  {each.name} {each.version} was loaded, and gives {', '.join(sorted(each.plugin.sections))}\n")
    return 0
