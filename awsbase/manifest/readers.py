"""Groups and roles of the manifest that a section lets read what the policy `awsbase:read-only` refuses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from awsbase.manifest import holders
from awsbase.manifest.values import named

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

# It denies secrets and objects, so nothing else that a group has can let it read them.
REFUSES = "awsbase:read-only"

ReaderName = Annotated[str, named(r"[A-Za-z0-9_+=,.@-]{1,128}", "name of a group or role: letters, digits and _+=,.@-")]


def mistake(
    reader: str, everybody: Iterable[str], manifest: Manifest, section: str, what: str
) -> tuple[str, str] | None:
    """Say why a group or role cannot read what a section gives it, and what to write instead; None if it can.

    `everybody` are all that the section lets read, and `what` is one of its things.
    """
    if wrong := holders.mistake(reader, everybody, manifest, section):
        return wrong
    iam = manifest.iam
    both = (iam.groups.get(reader), iam.roles.get(reader)) if iam else ()
    if any(REFUSES in each.grants for each in both if each):
        return f"{reader} has {REFUSES}, which refuses every {what}", f"give the {what} to a group without it"
    return None
