"""`awsbase state`: the Terraform and OpenTofu backend in the state bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from awsbase.ensure.bucket import Bucket
from awsbase.ensure.key import Key
from awsbase.errors import AwsbaseError, UsageError
from awsbase.facts.keys import aliases
from awsbase.manifest.loaded import LoadedManifest
from awsbase.scripts.connect import connect, looking
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import out_document
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
    """Print the backend block for the state bucket of MANIFEST, with the key for uploads.
    \f
    Raises AwsbaseError when the account has no key yet.
    """
    loaded = read(manifest, options)
    bucket, encryption_key = state_bucket(loaded)
    account = connect(options, loaded).account
    with looking(account) as facts:
        key = facts.read(aliases, encryption_key.scope.region).get(encryption_key.alias)
    if key is None:
        raise AwsbaseError(
            f"account {account.id} has no key {encryption_key.alias} yet",
            hint="run `awsbase reconcile` first",
        )
    text = backend.render(
        "json" if options.json else style,
        bucket=bucket.name,
        region=bucket.scope.region,
        key=path,
        kms_key_id=encryption_key.scope.arn("kms", f"key/{key}"),
    )
    out_document(text)


def state_bucket(loaded: LoadedManifest) -> tuple[Bucket, Key]:
    """Return a manifest's state bucket and its encryption key; raises UsageError when it has no state section."""
    resources = loaded.sections.get("state")
    if resources is None:
        raise UsageError(f"{loaded.file} has no state section", hint="add one: `state: {}`")
    bucket = next(resource for resource in resources if isinstance(resource, Bucket))
    return bucket, next(resource for resource in resources if isinstance(resource, Key))
