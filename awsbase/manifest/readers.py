"""Groups and roles of the manifest that a section lets read something: a policy for each, called after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from awsbase.manifest.paths import shown
from awsbase.manifest.section import closest
from awsbase.manifest.values import named

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

LONGEST_POLICY = 128
# It denies secrets and objects, so nothing else that a group has can let it read them.
REFUSES = "awsbase:read-only"

ReaderName = Annotated[str, named(r"[A-Za-z0-9_+=,.@-]{1,128}", "name of a group or role: letters, digits and _+=,.@-")]


def mistake(
    reader: str, everybody: Iterable[str], manifest: Manifest, section: str, what: str
) -> tuple[str, str] | None:
    """Say why a group or role cannot read what a section gives it, and what to write instead; None if it can.

    `everybody` are all that the section lets read, and `what` is one of its things.
    """
    iam = manifest.iam
    groups, roles = (iam.groups, iam.roles) if iam else ({}, {})
    if reader not in groups and reader not in roles:
        hint = closest(reader, [*groups, *roles]) or "name one of iam.groups or iam.roles"
        return f"no group or role called {reader!r}", hint
    if (twin := next(each for each in everybody if each.lower() == reader.lower())) != reader:
        message = f"the policy of {shown(reader)} and that of {shown(twin)} are one name to AWS"
        return message, "give one of them another name"
    if len(reader) > (most := LONGEST_POLICY - len(f"{manifest.account.name}-{section}-")):
        message = f"{len(reader)} characters are too many for a policy that is called after its reader"
        return message, f"give {what}s to who has a name of at most {most}"
    if any(REFUSES in each.grants for each in (groups.get(reader), roles.get(reader)) if each):
        return f"{reader} has {REFUSES}, which refuses every {what}", f"give the {what} to a group without it"
    return None


def addresses(reader: str, manifest: Manifest) -> Iterator[str]:
    """Yield the group and the role of this name."""
    iam = manifest.iam
    for kind, names in (("group", iam.groups), ("role", iam.roles)) if iam else ():
        if reader in names:
            yield f"{kind}/{reader}"
