"""Roles that are what a preset would make: they are written as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from awsbase.adopt.seen import Seen
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.role import Role
from awsbase.manifest.grants import whole
from awsbase.manifest.only_from import Place, from_here, on_hosts_here
from awsbase.manifest.role_presets import BUILD, build_policy, for_hosts, service, sessions
from awsbase.manifest.trust import Trust, principals
from awsbase.policies import Document, same
from awsbase.policies.document import listed

PLACE: TypeAdapter[str] = TypeAdapter(Place)
PACKER, ONLY_FROM = "packer", "only-from"


def has_own_profile(seen: Seen, have: Role) -> bool:
    """Tell whether instances take a role by an instance profile of its name, which the role then has."""
    own = (have.name, have.name, have.path)
    profiles = ((each.name, each.role, each.path) for each in seen.left(InstanceProfile))
    return own in profiles and for_hosts(principals(have.trust))


def builds(seen: Seen, roles: Iterable[Role]) -> Iterator[str]:
    """Yield the names of roles that stand beside one of preset packer, which makes them itself."""
    named = {each.name: each for each in roles}
    for have in named.values():
        build = named.get(f"{have.name}{BUILD}")
        if build and is_builder(have) and is_plain(seen, build) and not build.inline and len(build.policies) == 1:
            yield build.name


def is_builder(have: Role) -> bool:
    """Tell whether a role has the rights of preset packer."""
    return PACKER in have.inline and same(have.inline[PACKER], build_policy(have.name, have.path, have.scope))


def is_plain(seen: Seen, have: Role) -> bool:
    """Tell whether a role is for instances alone, which Session Manager reaches."""
    trust = Trust(services=(service(have.scope),)).document(have.scope)
    return same(have.trust, trust) and sessions(have.scope) in have.policies and has_own_profile(seen, have)


def preset_of(seen: Seen, have: Role, *, builder: bool) -> str | None:
    """Return the preset that makes a role; `builder` tells that the role of its builds is there."""
    if is_plain(seen, have):
        return PACKER if builder else "instance"
    reached = sessions(have.scope) in have.policies or for_hosts(principals(have.trust))
    return PACKER if builder and not reached else None


def places_of(have: Role) -> list[str]:
    """Return what `only_from` says in an inline policy of a role; empty where that would write it otherwise."""
    document: Document = have.inline.get(ONLY_FROM, {}) if for_hosts(principals(have.trust)) else {}
    first = next(iter(listed(document.get("Statement"))), None)
    tests = first.get("Condition", {}) if isinstance(first, Mapping) else {}
    vpcs, addresses = (
        listed(tests.get(operator, {}).get(key))
        for operator, key in (("StringNotEquals", "aws:SourceVpc"), ("NotIpAddress", "aws:SourceIp"))
    )
    if not vpcs or not same(document, whole([from_here(vpcs, addresses), on_hosts_here(vpcs)])):
        return []
    try:
        return [PLACE.validate_python(each) for each in (*vpcs, *addresses)]
    except ValidationError:
        return []
