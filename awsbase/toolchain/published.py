"""What projects publish of their releases: the checksums of the files for each platform, over HTTPS."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from awsbase.errors import AwsbaseError, UsageError
from awsbase.toolchain.known import PLATFORMS, Asset, Pin

Fetch = Callable[[str], bytes]
PATIENCE = 30
LARGEST = 1024 * 1024
LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](\S+)")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
NOT_WRITTEN = "nothing was written"


class Unpublished(AwsbaseError):
    """A project publishes no such release, or not for this platform."""


class Unreachable(AwsbaseError):
    """The page of a project could not be read."""


def assets(pin: Pin, fetch: Fetch) -> tuple[Asset, ...]:
    """Return the files of a pinned program for its platforms, with the checksums that its project publishes.

    Raises Unpublished or Unreachable.
    """
    folder = pin.tool.folder.format(version=pin.version)
    place = f"{folder}/{pin.tool.sums.format(version=pin.version)}"
    sums = understood(fetch(place), place)
    found = []
    for platform in pin.platforms:
        system, processor = PLATFORMS[platform]
        name = pin.tool.asset.format(version=pin.version, os=system, arch=processor)
        if name not in sums:
            raise Unpublished(
                f"{pin.name} {pin.version} is not published for {platform}: {place} lacks {name}",
                hint=f"leave {platform} out of its platforms in tools; {NOT_WRITTEN}",
            )
        found.append(Asset(platform, f"{folder}/{name}", sums[name].lower()))
    return tuple(found)


def understood(content: bytes, place: str) -> dict[str, str]:
    """Return the checksums of a file by name; raises Unreachable when it holds something else."""
    lines = content.decode("ascii", errors="replace").splitlines()
    sums = [LINE.fullmatch(line) for line in lines if line.strip()]
    if not sums or None in sums:
        raise Unreachable(
            f"{place} is no list of SHA-256 sums", hint=f"look whether a proxy answers for it; {NOT_WRITTEN}"
        )
    return {found[2]: found[1] for found in sums if found}


def over_https(mirror: str = "") -> Fetch:
    """Return what fetches a file from its project, or from a mirror that has it below the name of its host.

    Raises UsageError for a mirror without HTTPS that is on another machine.
    """
    parts = urlsplit(mirror)
    if mirror and parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise UsageError(
            f"--mirror {mirror} is not https",
            hint="write it like https://mirror.acme.example: whoever can change the way can change a checksum",
        )

    def fetch(url: str) -> bytes:
        return read(f"{mirror.rstrip('/')}/{url.removeprefix('https://')}" if mirror else url)

    return fetch


def read(url: str) -> bytes:
    """Read a small file; raises Unpublished when there is none, and Unreachable when nobody answers."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import urlopen

    host = urlsplit(url).netloc
    try:
        with urlopen(url, timeout=PATIENCE) as response:  # noqa: S310 known pages, or a mirror that was checked
            if urlsplit(url).scheme == "https" and urlsplit(response.url).scheme != "https":
                raise Unreachable(f"{host} leads away from https to {response.url}", hint=NOT_WRITTEN)
            content: bytes = response.read(LARGEST + 1)
    except HTTPError as error:
        error.close()
        if error.code in (403, 404):
            raise Unpublished(
                f"{host} has no {urlsplit(url).path}", hint=f"look whether there is such a version; {NOT_WRITTEN}"
            ) from None
        raise Unreachable(f"{host} answers {error.code}", hint=f"run again later; {NOT_WRITTEN}") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error or type(error).__name__
        raise Unreachable(
            f"{host} cannot be reached: {reason}", hint=f"run again when this machine is online; {NOT_WRITTEN}"
        ) from None
    if len(content) > LARGEST:
        raise Unreachable(f"{url} is too long for a list of checksums", hint=NOT_WRITTEN)
    return content
