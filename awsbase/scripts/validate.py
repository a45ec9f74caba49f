"""`awsbase validate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsbase.errors import ManifestError
from awsbase.manifest.loaded import LoadedManifest
from awsbase.manifest.paths import dotted
from awsbase.manifest.section import sections_within
from awsbase.scripts.loaded import read_either
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import err, out, out_json
from awsbase.scripts.several import Several, takes_accounts
from awsbase.view.plurals import counted

if TYPE_CHECKING:
    from awsbase.organization import Organization


@click.command("validate")
@MANIFEST
@takes_accounts
@common
def command(options: Options, several: Several, manifest: Path) -> int:
    """Check MANIFEST without calling AWS; reports every mistake with its line.

    Of an organization file it checks the manifests of all accounts.
    """
    try:
        loaded = read_either(manifest, options, several, live=False)
    except ManifestError as error:
        if not options.json:
            raise
        out_json([asdict(mistake) for mistake in error.mistakes])
        return error.exit_code

    if options.json:
        out_json([])
        return 0
    if not isinstance(loaded, LoadedManifest):
        return accounts(loaded, several)
    out(f"{manifest}: {counted(len(loaded.resources), 'resource')}, fine\n")
    for path, section in sections_within(loaded.manifest):
        for warning in section.warnings():
            err(f"{dotted((*path, *warning.path))}: {warning.message}, {warning.hint}\n")
    by_section = {name: resources for name, resources in loaded.sections.items() if resources}
    width = max(map(len, by_section), default=0)
    for name, resources in by_section.items():
        out(f"  {name:<{width}}  {len(resources)}\n")
        if options.verbose:
            out("".join(f"    {resource.address}\n" for resource in resources))
    for each in loaded.manifest.plugins:
        out(f"  {each.name} {each.version} was loaded, and gives {', '.join(sorted(each.plugin.sections))}\n")
    return 0


def accounts(organization: Organization, several: Several) -> int:
    """Print how many resources each account gets."""
    from awsbase.fleet.item import loaded_member

    members = several.chosen(organization)
    out(f"{organization.file}: {counted(len(members), 'account')}, fine\n")
    width = max(len(each.name) for each in members)
    for each in members:
        resources = counted(len(loaded_member(organization, each).resources), "resource")
        out(f"  {each.name:<{width}}  {each.entry.id}  {resources}\n")
    return 0
