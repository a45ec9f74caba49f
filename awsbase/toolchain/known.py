"""The programs that a manifest can pin: where their projects publish checksums, and what mise and aqua call them."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.records import record

# By the names of mise: the operating system and the processor as Go writes them, as these projects and aqua do.
PLATFORMS = {
    "linux-x64": ("linux", "amd64"),
    "linux-arm64": ("linux", "arm64"),
    "macos-x64": ("darwin", "amd64"),
    "macos-arm64": ("darwin", "arm64"),
    "windows-x64": ("windows", "amd64"),
}


@record(kw_only=True)
class Tool:
    """One program: its command, what prints its version, and the package of aqua, which mise uses too.

    `folder` is where a release is published, `sums` the file with its SHA-256 sums, and `asset` the file of a platform.
    All stand for the version with `{version}`. Without `sums` nobody publishes checksums, and no file can pin it.
    `since` is the first release that is published so.
    """

    command: str
    version_arguments: tuple[str, ...] = ("--version",)
    package: str = ""
    folder: str = ""
    sums: str = ""
    asset: str = ""
    since: tuple[int, ...] = (0,)
    released_by: str = ""
    """What aqua calls the way of release in its checksums: `github_release`, or `http` for a plain page."""

    def checksum_id(self, version: str, url: str) -> str:
        """Return what `aqua-checksums.json` calls a file."""
        if self.released_by == "http":
            return f"http/{url.removeprefix('https://')}"
        return f"github_release/github.com/{self.package}/v{version}/{url.rpartition('/')[2]}"


def of_hashicorp(name: str, since: tuple[int, ...]) -> Tool:
    """Return a program of HashiCorp, which publishes all of them alike."""
    return Tool(
        command=name,
        version_arguments=("version",),
        package=f"hashicorp/{name}",
        folder=f"https://releases.hashicorp.com/{name}/{{version}}",
        sums=f"{name}_{{version}}_SHA256SUMS",
        asset=f"{name}_{{version}}_{{os}}_{{arch}}.zip",
        since=since,
        released_by="http",
    )


TOOLS: Mapping[str, Tool] = {
    "opentofu": Tool(
        command="tofu",
        package="opentofu/opentofu",
        folder="https://github.com/opentofu/opentofu/releases/download/v{version}",
        sums="tofu_{version}_SHA256SUMS",
        asset="tofu_{version}_{os}_{arch}.tar.gz",
        since=(1, 6, 3),
        released_by="github_release",
    ),
    "terraform": of_hashicorp("terraform", (1, 0, 2)),
    "packer": of_hashicorp("packer", (1, 7, 7)),
    # AWS signs it, and publishes no checksums:
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html
    "session-manager-plugin": Tool(command="session-manager-plugin"),
}


@record
class Pin:
    """A program in one version, for some platforms."""

    name: str
    version: str
    platforms: tuple[str, ...]

    @property
    def tool(self) -> Tool:
        """Return what is known of the program."""
        return TOOLS[self.name]


@record
class Asset:
    """The published file of a program for one platform, with its SHA-256."""

    platform: str
    url: str
    sha256: str
