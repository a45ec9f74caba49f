"""`awsbase schema`."""

from __future__ import annotations

import click

from awsbase.errors import UsageError
from awsbase.manifest.schema import json_schema
from awsbase.scripts.options import DEBUG, EXTRAS, plugins
from awsbase.scripts.output import out_json

ORGANIZATION = "urn:awsbase:organization:1"


@click.command("schema")
@click.option("--organization", is_flag=True, help="That of the organization file, with the accounts.")
@EXTRAS
@DEBUG
def command(organization: bool, extras: tuple[str, ...], debug: bool) -> None:
    """Print the JSON Schema of the manifest, for completion and checks in editors.

    \b
    awsbase schema > awsbase.schema.json
    then write in the first line of the manifest:
    # yaml-language-server: $schema=awsbase.schema.json
    \f
    Raises UsageError for plug-ins of an organization file.
    """
    if organization:
        if extras:
            raise UsageError(
                "an organization file has no keys of plug-ins: those stand in the manifests", hint="leave --extras out"
            )
        from awsbase.organization.file import OrganizationFile

        out_json(json_schema(OrganizationFile, title="awsbase organization", identity=ORGANIZATION))
        return
    loaded = plugins(extras)
    if not loaded:
        out_json(json_schema())
        return
    from awsbase.manifest.plugins import manifest_with

    out_json(json_schema(manifest_with(loaded)))
