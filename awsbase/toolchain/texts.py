"""What the files of mise and aqua have in common: others write into them too, and lose nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from awsbase.errors import AwsbaseError


class Unwritable(AwsbaseError):
    """A file has a form that awsbase does not write into, for fear of what others wrote there."""


class OtherChecksum(AwsbaseError):
    """A file has another checksum for the same release than its project publishes now."""


def parsed(name: str, text: str, parse: Callable[[str], Any]) -> Any:
    """Return the content of a file as values; raises Unwritable when it has none."""
    try:
        return parse(text)
    except ValueError as error:
        raise Unwritable(f"{name} cannot be read: {error}", hint="correct it, or move it away") from None


def kept(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Make sure that what others wrote is there as before; raises Unwritable."""
    if before != after:
        raise Unwritable(
            f"{name} has a form into which awsbase cannot write without a loss", hint="write the pins there by hand"
        )


def disagrees(name: str, tool: str, where: str, have: str, want: str) -> OtherChecksum:
    """Return the error for a release whose checksum has changed."""
    return OtherChecksum(
        f"{name} has {have[:12]}… for {tool} ({where}), and its project publishes {want[:12]}…",
        hint="one of them was exchanged: find out which before anybody installs it, then delete the entry",
    )
