"""`awsbase schema`."""

from __future__ import annotations

import click

from awsbase.manifest.schema import json_schema
from awsbase.scripts.options import DEBUG, EXTRAS, plugins
from awsbase.scripts.output import out_json


@click.command("schema")
@EXTRAS
@DEBUG
def command(extras: tuple[str, ...], debug: bool) -> None:
    """Print the JSON Schema of the manifest, for completion and checks in editors.

    \b
    awsbase schema > awsbase.schema.json
    then write in the first line of the manifest:
    # yaml-language-server: $schema=awsbase.schema.json
    """
    loaded = plugins(extras)
    if not loaded:
        out_json(json_schema())
        return
    from awsbase.manifest.plugins import manifest_with

    out_json(json_schema(manifest_with(loaded)))
