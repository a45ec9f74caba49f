"""The file that a command was given, a manifest or an organization file: read, turned into resources, and checked."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from awsbase.errors import UsageError
from awsbase.manifest.load import checked
from awsbase.manifest.loaded import LoadedManifest, loaded_manifest
from awsbase.manifest.source import Source, is_organization
from awsbase.manifest.source import read as read_source
from awsbase.scripts.options import Options
from awsbase.scripts.several import Several

if TYPE_CHECKING:
    from awsbase.organization import Organization


def read(path: Path, options: Options) -> LoadedManifest:
    """Read a manifest and find every mistake that can be found without AWS.

    Raises ManifestError with every mistake, and UsageError for a contradicting region, a dependency cycle, or a file
    of several accounts.
    """
    source = read_source(path)
    if is_organization(source):
        raise UsageError(
            f"{path} is about several accounts",
            hint=f"write the manifest of one with `awsbase accounts show {shlex.quote(str(path))} NAME -o NAME.yaml`, "
            "and name that file",
        )
    return _loaded(source, path, options)


def read_either(path: Path, options: Options, several: Several, *, live: bool = True) -> LoadedManifest | Organization:
    """Read a manifest or an organization file, as `either` does."""
    return either(read_source(path), path, options, several, live=live)


def either(
    source: Source, path: Path, options: Options, several: Several, *, live: bool = True
) -> LoadedManifest | Organization:
    """Find every mistake in a manifest or an organization file that can be found without AWS, and return it.

    Only `live` asks AWS for accounts, and only if the file says so. Raises ManifestError with every mistake, and
    UsageError for options that do not go with the file.
    """
    if not is_organization(source):
        several.refuse_for(str(path))
        return _loaded(source, path, options)
    from awsbase.organization.load import organization
    from awsbase.scripts.organization import listing_with

    if options.region:
        raise UsageError(f"{path} says itself where each account has its home", hint="leave --region out")
    found = organization(source, listing_with(options.profile) if live and not options.sandbox else None)
    several.chosen(found)
    return found


def _loaded(source: Source, path: Path, options: Options) -> LoadedManifest:
    manifest = checked(source, path)
    region = manifest.account.region
    if options.region not in (None, region):
        raise UsageError(
            f"--region {options.region} contradicts {path}, whose home region is {region}",
            hint="leave --region out: the manifest sets the regions",
        )
    return loaded_manifest(str(path), manifest)
