"""A manifest that a command was given: read, turned into resources, and checked."""

from __future__ import annotations

from pathlib import Path

from awsbase.errors import UsageError
from awsbase.manifest import load
from awsbase.manifest.loaded import LoadedManifest, loaded_manifest
from awsbase.scripts.options import Options


def read(path: Path, options: Options) -> LoadedManifest:
    """Read a manifest and find every mistake that can be found without AWS.

    Raises ManifestError with every mistake, and UsageError for a contradicting region or a dependency cycle.
    """
    manifest = load(path)
    region = manifest.account.region
    if options.region not in (None, region):
        raise UsageError(
            f"--region {options.region} contradicts {path}, whose home region is {region}",
            hint="leave --region out: the manifest sets the regions",
        )
    return loaded_manifest(str(path), manifest)
