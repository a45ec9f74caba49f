"""`awsbase fleet package`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from awsbase.errors import AwsbaseError
from awsbase.scripts.options import DEBUG, JSON
from awsbase.scripts.output import err, out, out_json


@click.command("package", short_help="Write the zip that the functions of a fleet run.")
@click.option(
    "-o", "--output", default="fleet.zip", type=click.Path(path_type=Path), metavar="FILE", help="Default fleet.zip."
)
@click.option(
    "--wheels",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Pack these wheels, not what is installed: they can be for another system than this one.",
)
@JSON
@DEBUG
def command(output: Path, wheels: Path | None, json: bool, debug: bool) -> None:
    """Write the zip that the functions of a fleet run: awsbase and the packages that it needs.

    The same packages give the same bytes. Name the file in the hub's manifest: `fleet: {code: fleet.zip}`. You need
    this only where the installed packages do not run on Lambda, as on macOS. There, fetch wheels for Lambda first.
    \f
    Raises AwsbaseError when the file cannot be written.
    """
    from awsbase import bundle, disk

    zipped = bundle.from_wheels(wheels) if wheels else bundle.own_bundle()
    where, sizes = bundle.platform_of(zipped), bundle.sizes(zipped)
    digest = hashlib.sha256(zipped).hexdigest()
    try:
        disk.replace(output, zipped, private=False)
    except OSError as error:
        raise AwsbaseError(f"cannot write {output}: {error.strerror}", hint="name another file with -o") from None
    if json:
        out_json({"schema": 1, "file": str(output), "sha256": digest, "runtime": where.runtime,
                  "architecture": where.architecture, **sizes})  # fmt: skip
        return
    out(f"{output}: {where.runtime} on {where.architecture}, sha256 {digest}\n")
    err(f"{sizes['packed'] / 1e6:.1f} MB, {sizes['unpacked'] / 1e6:.1f} MB unpacked; Lambda takes 50 and 250\n")
