"""The account section, beside what identifies the account: its alias, and the tags that everything in it has."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic_core import PydanticCustomError

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.things import Described
from awsbase.ensure.account_alias import AccountAlias
from awsbase.facts import tags
from awsbase.facts.ownership import takes_tags
from awsbase.manifest import values
from awsbase.manifest.account import PLAIN_KEY

KINDS = (AccountAlias,)


def draft(seen: Seen, section: Draft) -> None:
    """Write the alias, and the tags."""
    for each in seen.of(AccountAlias):
        section.put("alias", value=each.alias, of=each.address)
    if seen.base.tags:
        section.put("tags", value=dict(seen.base.tags))


def tags_of(described: Iterable[Described]) -> dict[str, str]:
    """Return the tags that everything has that takes tags, and that each service would take of a manifest."""
    everywhere = tags.of_others(tags.common(each.tags for each in described if takes_tags(each.resource)))
    return {key: value for key, value in everywhere.items() if value and PLAIN_KEY.fullmatch(key) and said(key, value)}


def said(key: str, value: str) -> bool:
    """Tell whether a manifest says a tag."""
    try:
        return bool(values.tags({key: value}))
    except PydanticCustomError:
        return False
