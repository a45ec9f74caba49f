"""Roles as they are: whom they trust, what they may do, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.iam.policies import Names, statement_of
from awsbase.adopt.sections.iam.presets import (
    ONLY_FROM,
    PACKER,
    builds,
    has_own_profile,
    is_plain,
    places_of,
    preset_of,
)
from awsbase.adopt.sections.iam.tags import sayable
from awsbase.adopt.sections.iam.trust import trust_of
from awsbase.adopt.seen import Seen
from awsbase.ensure.role import AN_HOUR, Role
from awsbase.facts.authorization import policies as policies_of_account
from awsbase.manifest.role_presets import BUILD, sessions
from awsbase.manifest.trust import trusted
from awsbase.policies import problems
from awsbase.policies.document import listed


def draft(seen: Seen, section: Draft, names: Names) -> None:
    """Write each role whose trust a manifest can say."""
    roles = sorted(seen.left(Role), key=lambda each: each.name.casefold())
    circular = in_a_circle(roles)
    built = set(builds(seen, roles))
    for have in roles:
        if have.name in built:
            continue
        if reasons := [*untold(have), *circular.get(have.address, ())]:
            section.cannot(have.address, *reasons)
        else:
            put(seen, section, have, names, builder=f"{have.name}{BUILD}" in built)


def untold(have: Role) -> Iterator[str]:
    """Yield what of a trust a manifest has no words for."""
    if mistakes := problems(have.trust, "trust", have.scope.partition):
        yield from (f"trust: {each}" for each in mistakes)
    elif have.address in trusted(have.trust, have.scope):
        yield "trust: names the role itself, which a manifest could not make"


def in_a_circle(roles: Iterable[Role]) -> Mapping[str, tuple[str, ...]]:
    """Return the roles that trust one another, each with this reason: none of them could be made first."""
    graph = {each.address: set(trusted(each.trust, each.scope)) - {each.address} for each in roles}
    found: dict[str, tuple[str, ...]] = {}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = sorted(set(error.args[1]))
            for address in circle:
                found[address] = (f"trust: {', '.join(circle)} trust one another, and a manifest makes one first",)
                graph.pop(address)
            graph = {address: needs - found.keys() for address, needs in graph.items()}
        else:
            return found


def put(seen: Seen, section: Draft, have: Role, names: Names, *, builder: bool) -> None:
    """Write one role; where a manifest refuses an inline policy it says none, and all stay as they are."""
    trust, mfa = trust_of(have.trust, have.scope)
    value: dict[str, object] = {}
    refused = {
        name: mistakes
        for name, document in have.inline.items()
        if (mistakes := problems(document, "inline", have.scope.partition))
    }
    preset, places = (None, []) if refused else (preset_of(seen, have, builder=builder), places_of(have))
    if preset:
        value["preset"] = preset
    if not (preset and is_plain(seen, have)):
        value["trust"] = trust
    given = have.policies - ({sessions(have.scope)} if preset else set())
    if refused:
        for name, mistakes in sorted(refused.items()):
            section.cannot(have.address, *(f"inline policy {name!r}: {each}" for each in mistakes))
    elif given or not preset:
        value["policies"] = names.all(given)
    written = {PACKER if preset == PACKER else "", ONLY_FROM if places else ""}
    if (inline := sorted(have.inline.keys() - written)) and not refused:
        value["inline"] = {
            name: [statement_of(each) for each in listed(have.inline[name].get("Statement"))] for name in inline
        }
    value |= settings(have, names)
    if tags := sayable(seen, section, have.address, have.tags):
        value["tags"] = tags
    if has_own_profile(seen, have) and not preset:
        value["instance_profile"] = True
    if places:
        value["only_from"] = places
    section.put("roles", have.name, value=value, of=have.address)
    if mfa is False:
        section.weaker("roles", have.name, "trust", "mfa", value=False, default="true")
    if have.boundary and lost(seen, have):
        section.remark("roles", have.name, "boundary", text="this policy is no longer there, so that it allows nothing")


def settings(have: Role, names: Names) -> dict[str, object]:
    """Return what else a manifest says of a role, as far as it is no default."""
    said = {
        "description": have.description,
        "max_session": have.max_session if have.max_session != AN_HOUR else None,
        "boundary": names.of(have.boundary) if have.boundary else None,
        "path": have.path if have.path != "/" else None,
    }
    return {key: value for key, value in said.items() if value}


def lost(seen: Seen, have: Role) -> bool:
    """Tell whether the boundary of a role was deleted."""
    own = {each.arn for each in seen.facts.read(policies_of_account).values()}
    return f"::{have.scope.account}:" in str(have.boundary) and have.boundary not in own
