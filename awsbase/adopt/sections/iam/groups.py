"""Groups as they are: their policies, and whether their members are people who manage their own credentials."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.iam.policies import Names
from awsbase.adopt.seen import Seen
from awsbase.ensure.group import Group
from awsbase.ensure.user import User
from awsbase.facts.authorization import groups as groups_of_account
from awsbase.manifest.iam import IMPLICIT


def draft(seen: Seen, section: Draft, names: Names) -> Mapping[str, bool]:
    """Write each group; return those that the manifest has, each with whether it is one of people."""
    signing_in = frozenset(group for user in seen.of(User) if user.console for group in user.groups)
    facts = seen.facts.read(groups_of_account)
    drafted: dict[str, bool] = {}
    for have in sorted(seen.left(Group), key=lambda each: each.name.casefold()):
        grants = names.all(have.policies)
        people = set(IMPLICIT) <= set(grants)
        value: dict[str, object] = {"policies": [each for each in grants if not (people and each in IMPLICIT)]}
        if have.path not in (None, "/"):
            value["path"] = have.path
        section.put("groups", have.name, value=value, of=have.address)
        if not people and have.name in signing_in:
            section.weaker("groups", have.name, "people", value=False, default="true")
        elif not people:
            section.put("groups", have.name, "people", value=False)
        section.cannot(
            have.address, *(f"inline policy {each!r}" for each in sorted(facts[have.name.casefold()].inline))
        )
        drafted[have.name] = people
    return drafted
