"""The tags of users and roles, as far as a manifest takes them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import PydanticCustomError

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.manifest import values


def sayable(seen: Seen, section: Draft, address: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags beyond those of the account; the report names those that a manifest refuses. They stay in AWS."""
    said: dict[str, str] = {}
    for key, value in sorted(tags.items()):
        if seen.base.tags.get(key) == value:
            continue
        try:
            said |= values.tags({key: value})
        except PydanticCustomError:
            section.cannot(address, f"tag {key!r}")
    return said
