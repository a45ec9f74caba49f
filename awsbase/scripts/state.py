"""`awsbase state`: what Terraform and OpenTofu need to keep their state in the state bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from awsbase.ensure.bucket import Bucket
from awsbase.ensure.key import Key, aliases
from awsbase.errors import AwsbaseError, UsageError
from awsbase.scripts.connect import connect, looking
from awsbase.scripts.loaded import LoadedManifest, read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import out
from awsbase.view import backend

Format = Literal["hcl", "json", "env"]


@click.group("state")
def command() -> None:
    """Use the state bucket with Terraform or OpenTofu."""


@command.command("backend", short_help="Print the backend block for the state bucket.")
@MANIFEST
@click.option(
    "--format",
    "style",
    type=click.Choice(["hcl", "json", "env"]),
    default="hcl",
    help="A block, a .tf.json, an export.",
)
@click.option(
    "--key",
    "path",
    default="terraform.tfstate",
    show_default=True,
    metavar="PATH",
    help="The state's path in the bucket.",
)
@common
def print_backend(options: Options, manifest: Path, style: Format, path: str) -> None:
    """Print the backend block for the state bucket of MANIFEST, which names the key that uploads must use."""
    wanted = read(manifest, options)
    bucket, sealed_by = kept_in(wanted)
    account = connect(options, wanted).account
    with looking(account) as facts:
        key = facts.read(aliases, sealed_by.scope.region).get(sealed_by.alias)
    if key is None:
        raise AwsbaseError(
            f"account {account.id} has no key {sealed_by.alias} yet",
            hint=f"run `awsbase reconcile {manifest}` first",
        )
    text = backend.render(
        "json" if options.json else style,
        bucket=bucket.name,
        region=bucket.scope.region,
        key=path,
        kms_key_id=sealed_by.scope.arn("kms", f"key/{key}"),
    )
    out(text)


def kept_in(wanted: LoadedManifest) -> tuple[Bucket, Key]:
    """Return the state bucket of a manifest and the key that seals it."""
    resources = wanted.sections.get("state")
    if resources is None:
        raise UsageError(f"{wanted.file} has no state section", hint="add one: `state: {}`")
    bucket = next(resource for resource in resources if isinstance(resource, Bucket))
    return bucket, next(resource for resource in resources if isinstance(resource, Key))
