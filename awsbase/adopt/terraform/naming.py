"""Which address of a manifest an instance in a state has, and how a draft says where a thing comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.adopt.terraform.state import Instance, State
from awsbase.adopt.terraform.types import GLOBAL, Type, types_of
from awsbase.engine.scope import Scope
from awsbase.ensure.subscription import Subscription
from awsbase.records import record

# Things of a bus or group of one's own are none of ours.
APART = {
    "aws_cloudwatch_event_rule": "event_bus_name",
    "aws_cloudwatch_event_target": "event_bus_name",
    "aws_scheduler_schedule": "group_name",
}
DEFAULT = ("", "default")
# The names of buckets are nobody else's in any region.
IN_ANY_REGION = ("bucket", "access-log")


@record
class Place:
    """The accounts and regions of the instances of one provider configuration, as far as their ARNs tell them."""

    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()


@record
class Meant:
    """A thing that an instance stands for, or is a part of, and the addresses of which it has one."""

    type: Type
    addresses: tuple[str, ...]


def places(state: State) -> Mapping[str, Place]:
    """Return where each provider configuration of a state works: an alias is for another account or region."""
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    regions: defaultdict[str, set[str]] = defaultdict(set)
    for each in state.instances:
        region, account = of_arn(each.text("arn"))
        accounts[each.provider] |= {account} - {""}
        regions[each.provider] |= {region} - {""}
    return {name: Place(frozenset(accounts[name]), frozenset(regions[name])) for name in accounts}


def of_arn(arn: str) -> tuple[str, str]:
    """Return the region and the account of an ARN; empty where it names none."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return "", ""
    return parts[3], parts[4] if parts[4].isdigit() else ""


def is_elsewhere(instance: Instance, scope: Scope, place: Place) -> bool:
    """Tell whether an instance is in another account, by its own ARN or by all others of its provider.

    A bucket's name tells it from those of all accounts.
    """
    _, account = of_arn(instance.text("arn"))
    if not account and instance.type.startswith("aws_s3_bucket"):
        return False
    accounts = {account} if account else place.accounts
    return bool(accounts) and scope.account not in accounts


def meant(instance: Instance, scope: Scope, place: Place, known: Mapping[str, str]) -> Iterator[Meant]:
    """Yield what an instance stands for.

    `known` are addresses by ids and ARNs. Once any are known, things with ids are found by them alone.
    """
    if instance.text(APART.get(instance.type, "")) not in DEFAULT:
        return
    for type in types_of(instance.type):
        if type.ids and (known or not type.name):
            found = (known.get(instance.text(attribute), "") for attribute in type.ids)
            yield from (Meant(type, (each,)) for each in found if each.startswith(f"{type.kind}/"))
        else:
            for name in filter(None, names(instance, type, scope)):
                yield Meant(type, tuple(addresses(type.kind, name, scope, regions(instance, place))))


def names(instance: Instance, type: Type, scope: Scope) -> Iterator[str]:
    """Yield the names of the things that an instance stands for."""
    if type.kind == "subscription":
        topic = last(instance.text("topic_arn"))
        protocol, endpoint = instance.text("protocol"), instance.text("endpoint")
        yield Subscription(scope=scope, topic=topic, protocol=protocol, endpoint=endpoint).address.partition("/")[2]
    elif not type.name:
        yield type.template
    elif len(type.name) == 1:
        value = instance.attributes.get(type.name[0], ())
        yield from (as_named(type.kind, each) for each in ([value] if isinstance(value, str) else value))
    else:
        yield type.template.format(*(instance.text(each) for each in type.name))


def as_named(kind: str, value: str) -> str:
    """Return the name of a thing from what Terraform calls it by: its name, or an ARN that holds it."""
    if kind == "key":
        return value.removeprefix("alias/")
    if kind == "contact":
        return value.lower()
    if not value.startswith("arn:"):
        return value
    # The ARN of a secret ends with six characters of AWS's own.
    return last(value)[: -len("-AbCdEf")] if kind == "secret" else last(value)


def last(arn: str) -> str:
    """Return the last part of an ARN."""
    return arn.rpartition(":")[2]


def regions(instance: Instance, place: Place) -> frozenset[str]:
    """Return the regions of which an instance may be in one."""
    own = of_arn(instance.text("arn"))[0] or of_arn(instance.text("topic_arn"))[0] or instance.text("region")
    return frozenset({own}) if own else place.regions


def addresses(kind: str, name: str, scope: Scope, where: frozenset[str]) -> Iterator[str]:
    """Yield the addresses that a thing of a name has in some regions; at home where none is known."""
    if kind in GLOBAL:
        yield f"{kind}/{name}"
        return
    for region in sorted(where) or [scope.home]:
        yield scope.at(region).address(kind, name)


def matching(thing: Meant, managed: Mapping[str, object]) -> str:
    """Return the address of a thing among those that a manifest manages; empty for none, or if it is not clear."""
    if thing.type.kind in IN_ANY_REGION:
        plain = {each.partition("@")[0] for each in thing.addresses}
        found = [each for each in managed if each.partition("@")[0] in plain]
    else:
        found = [each for each in thing.addresses if each in managed]
    return found[0] if len(found) == 1 else ""


def named(draft: Callable[[Seen, Draft], None], state: State) -> Callable[[Seen, Draft], None]:
    """Return the draft of a section that also remarks beside each entry which resource of Terraform it was."""

    def drafted(seen: Seen, section: Draft) -> None:
        draft(seen, section)
        origins = called(state, seen.base.scope, section.places.values())
        for path, address in section.places.items():
            if address in origins:
                section.remarks.setdefault(path, []).append(f"was {origins[address]}")

    return drafted


def called(state: State, scope: Scope, wanted: Iterable[str]) -> Mapping[str, str]:
    """Return by address what Terraform calls a thing."""
    managed = dict.fromkeys(wanted)
    where = places(state)
    found: dict[str, str] = {}
    for each in state.instances:
        place = where.get(each.provider, Place())
        if is_elsewhere(each, scope, place):
            continue
        for thing in meant(each, scope, place, {}):
            if not thing.type.part and (address := matching(thing, managed)):
                found.setdefault(address, each.address)
    return found
