"""`awsbase schema`."""

from __future__ import annotations

import click

from awsbase.manifest.schema import json_schema
from awsbase.scripts.options import DEBUG
from awsbase.scripts.output import out_json


@click.command("schema")
@DEBUG
def command(debug: bool) -> None:
    """Print the JSON Schema of the manifest, for completion and checks in editors.

    \b
    awsbase schema > awsbase.schema.json
    then write in the first line of the manifest:
    # yaml-language-server: $schema=awsbase.schema.json
    """
    out_json(json_schema())
