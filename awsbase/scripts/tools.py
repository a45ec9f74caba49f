"""`awsbase tools`: programs of others, pinned for mise and aqua."""

from __future__ import annotations

from pathlib import Path

import click

from awsbase.errors import UsageError
from awsbase.manifest.tools import pins
from awsbase.scripts.loaded import read
from awsbase.scripts.options import MANIFEST, Options, common
from awsbase.scripts.output import out, out_json
from awsbase.toolchain.known import Pin


@click.group("tools")
def command() -> None:
    """Pin the programs that work on the account, and check what is there."""


@command.command("lock", short_help="Write the files of mise and aqua, with checksums.")
@MANIFEST
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Where the files are, or are to be; the manifest's folder unless given.",
)
@click.option("--mirror", default="", metavar="URL", help="Fetch from URL/HOST/… instead of from the projects.")
@common
def lock(options: Options, manifest: Path, into: Path | None, mirror: str) -> None:
    """Write the tools of MANIFEST into the files of mise and aqua, with the checksums that their projects publish.

    These are .mise.toml and mise.lock, aqua.yaml and aqua-checksums.json. What others wrote there stays. awsbase
    installs nothing: `mise install` and `aqua install` do.
    """
    from awsbase.toolchain.locking import lock as write
    from awsbase.toolchain.published import over_https

    folder = into or (Path() if str(manifest) == "-" else manifest.parent)
    done = write(pinned(options, manifest), folder, over_https(mirror))
    if options.json:
        out_json({"changed": list(done.changed), "same": list(done.same), "unpinned": list(done.unpinned)})
        return
    for name in done.changed:
        out(f"wrote {folder / name}\n")
    for name in done.same:
        out(f"{folder / name} is right\n")
    for name in done.unpinned:
        out(f"{name}: nobody publishes checksums of it, so no file pins it; `awsbase tools check` compares it\n")


@command.command("check", short_help="Compare what is on the PATH.")
@MANIFEST
@common
def check(options: Options, manifest: Path) -> int:
    """Compare the tools of MANIFEST with what is on the PATH; exits with 1 when something differs."""
    from awsbase.toolchain.installed import look

    found = look(pinned(options, manifest))
    if options.json:
        out_json(
            [
                {"tool": each.pin.name, "wanted": each.pin.version, "version": each.version, "path": each.path}
                for each in found
            ]
        )
    else:
        for each in found:
            out(f"{each.pin.name} {each.pin.version}: {each.difference or each.path}\n")
    return 0 if all(each.fits for each in found) else 1


def pinned(options: Options, manifest: Path) -> list[Pin]:
    """Return the tools of a manifest. Raises UsageError when it has none."""
    tools = read(manifest, options).manifest.tools
    if not tools:
        raise UsageError(f"{manifest} pins no tools", hint='add a section such as `tools: {opentofu: "1.9.1"}`')
    return list(pins(tools))
