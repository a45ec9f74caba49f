"""The security_groups section: the groups of the network with their rules, as far as a manifest has words for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.bastion import understood
from awsbase.adopt.sections.network import is_there
from awsbase.adopt.seen import Seen
from awsbase.engine.references import Reference
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.security_group import SecurityGroup, security_groups
from awsbase.facts.home_network import home_network
from awsbase.facts.security_rules import OPEN_EGRESS, Rule, words
from awsbase.manifest.security_groups import PROTOCOLS, GroupName, RuleSpec, SecurityGroupSpec

KINDS = (SecurityGroup,)
NAME: TypeAdapter[str] = TypeAdapter(GroupName)
SPOKEN = {protocol: word for word, protocol in PROTOCOLS.items()}
USUAL = SecurityGroupSpec.model_fields["description"].default
OF_A_BASTION = "it is the group of a bastion, and only the section of that says it"
NO_NETWORK = "vpc: a manifest cannot have this VPC as its network"


def draft(seen: Seen, section: Draft) -> None:
    """Write each group whose name and rules a manifest can say; groups that it cannot are named by their ids."""
    found = seen.at_home(SecurityGroup)
    wrong = {each.address: list(faults(seen, each)) for each in found}
    for each in found:
        section.cannot(each.address, *wrong[each.address])
    drafted = [each for each in found if not wrong[each.address]]
    ids = ids_by_address(seen)
    names = {each.address: each.name for each in drafted}
    for group in drafted:
        section.put(group.name, value=said(group, names, ids), of=group.address)


def faults(seen: Seen, group: SecurityGroup) -> Iterator[str]:
    """Yield what of a group has no words in a manifest, field by field."""
    if group.name in of_bastions(seen):
        yield OF_A_BASTION
    if not is_there(seen) and group.vpc != seen.base.scope.address("existing-vpc", "default"):
        yield NO_NETWORK
    if complaint := complaints(NAME.validate_python, group.name):
        yield f"name: {complaint}"
    elif seen.base.expand(group.name) != group.name:
        yield "name: a manifest fills in what stands in braces"
    if complaint := complaints(SecurityGroupSpec.model_validate, {"description": group.description}):
        yield f"description: {complaint}"
    for way, word, rules in (("ingress", "from", group.ingress), ("egress", "to", group.egress)):
        for rule in rules:
            if complaint := rule_fault(rule):
                yield f"{way} {words(rule, word)}: {complaint}"


def of_bastions(seen: Seen) -> Collection[str]:
    """Return the names of the groups that the bastion section has, beside each launch template that it can say."""
    made = [each.name for each in seen.at_home(LaunchTemplate) if understood(each)]
    return {name for each in made for name in (each, f"{each}-endpoint")}


def rule_fault(rule: Rule) -> str:
    """Return why a manifest cannot say a rule; empty when it can."""
    if rule.protocol not in SPOKEN:
        return f"protocol {rule.protocol}"
    if rule.protocol.startswith("icmp") and rule.ends != (-1, -1):
        return "a type of ICMP"
    return complaints(RuleSpec.model_validate, spec([rule], {}, {}))


def complaints(validate: Callable[[object], object], value: object) -> str:
    """Return what a manifest says against a value; empty when it takes it."""
    try:
        validate(value)
    except ValidationError as error:
        return "; ".join(each["msg"] for each in error.errors())
    return ""


def ids_by_address(seen: Seen) -> Mapping[str, str]:
    """Return the ids of the groups of the network by the addresses that rules name them by."""
    scope = seen.base.scope
    network = home_network(seen.facts, scope)
    there = seen.facts.read(security_groups, scope.region)
    inside = (each for each in there if network and each.vpc == network.id)
    return {scope.address("security-group", each.name): str(each.id) for each in inside}


def said(group: SecurityGroup, names: Mapping[str, str], ids: Mapping[str, str]) -> dict[str, Any]:
    """Return what a manifest says of a group, as far as it is no default."""
    value: dict[str, Any] = {}
    if group.description != USUAL:
        value["description"] = group.description
    if group.ingress:
        value["ingress"] = list(grouped(group.ingress, names, ids))
    if set(group.egress) != set(OPEN_EGRESS):
        value["egress"] = list(grouped(group.egress, names, ids))
    return value


def grouped(rules: Iterable[Rule], names: Mapping[str, str], ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield rules as people write them: what differs in the other end alone is one."""
    alike: dict[tuple[object, ...], list[Rule]] = {}
    for rule in rules:
        alike.setdefault((rule.protocol, rule.ends, rule.description), []).append(rule)
    for several in alike.values():
        yield spec(several, names, ids)


def spec(rules: list[Rule], names: Mapping[str, str], ids: Mapping[str, str]) -> dict[str, Any]:
    """Return rules that differ in their other end alone as a manifest writes them."""
    first = rules[0]
    protocol = SPOKEN.get(first.protocol, first.protocol)
    value: dict[str, Any] = {} if protocol == "tcp" else {"protocol": protocol}
    if first.ends and protocol in ("tcp", "udp"):
        low, high = first.ends
        value["ports"] = low if low == high else f"{low}-{high}"
    ends: dict[str, list[str]] = {}
    for rule in rules:
        key, end = end_of(rule, names, ids)
        ends.setdefault(key, []).append(end)
    return {**value, **ends} | ({"description": first.description} if first.description else {})


def end_of(rule: Rule, names: Mapping[str, str], ids: Mapping[str, str]) -> tuple[str, str]:
    """Return the key and the value by which a manifest writes the other end of a rule."""
    if isinstance(rule.other, Reference):
        address = rule.other.address
        return "groups", names.get(address) or ids.get(address, address)
    if rule.other.startswith("pl-"):
        return "prefix_lists", rule.other
    return ("cidr" if "/" in rule.other else "groups"), rule.other
