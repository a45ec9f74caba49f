"""The bastion section: a bastion that awsbase made, told by its launch template, which nothing else has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.engine.resource import Resource
from awsbase.ensure.elastic_ip import addresses
from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.instance import Instance
from awsbase.ensure.instance_connect_endpoint import ConnectEndpoint
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.log_group import log_group
from awsbase.ensure.nat_route import EVERYWHERE, NatRoute
from awsbase.ensure.route_table import route_tables
from awsbase.ensure.schedule import TerminationSchedule
from awsbase.ensure.security_group import security_groups
from awsbase.facts import ec2
from awsbase.facts.authorization import roles
from awsbase.facts.images import DISTRIBUTIONS
from awsbase.facts.instances import instances
from awsbase.manifest.bastion import SSH, Bastion
from awsbase.manifest.blocks import WORLD
from awsbase.records import record
from awsbase.userdata import Mode, Person, login, mode_of, people_in, render

KINDS = (LaunchTemplate, Instance, Ephemeral, TerminationSchedule, ConnectEndpoint, NatRoute)
NO_TEMPLATE = "a manifest says no launch template but that of its bastion, as awsbase sets it up"
OTHERS: Mapping[type[Resource], str] = {
    Instance: "a manifest says no machine but its bastion",
    TerminationSchedule: "a manifest says no schedule but its bastion's end",
}
DIFFERS = "part of a bastion whose user data or machine this version of awsbase would make otherwise"
DEFAULTS = Bastion.model_fields


@record
class SetUp:
    """What the user data of a template sets up."""

    mode: Mode
    people: tuple[Person, ...]
    nat: bool


def draft(seen: Seen, section: Draft) -> None:
    """Write the bastion, if the account has one whose set-up this version of awsbase would write just so."""
    scope, own = seen.base.scope, f"{seen.base.name}-bastion"
    made = sorted(of_bastions(seen), key=lambda each: each.name != own)
    template = made[0] if made else None
    name = template.name if template else own
    host, schedule = scope.address("instance", name), scope.address("schedule", name)
    for kind, why in OTHERS.items():
        for each in seen.of(kind):
            if each.address not in (host, schedule):
                section.cannot(each.address, why)
    for other in made[1:]:
        section.cannot(other.address, NO_TEMPLATE)

    set_up = understood(template) if template else None
    if template is None or set_up is None or host in seen.refuted:
        for address in (template.address if template else "", host, schedule):
            if address not in seen.refuted and any(each.name == address for each in seen.described):
                section.cannot(address, DIFFERS if template else NO_TEMPLATE)
        return
    put_host(section, template, own)
    put_access(seen, section, name, set_up.mode)
    put_rights(seen, section, name)
    put_network(seen, section, name, host, nat=set_up.nat)
    put_times(seen, section, host, schedule)


def of_bastions(seen: Seen) -> list[LaunchTemplate]:
    """Return the templates at home that set up a bastion, or are called as one is."""
    own = f"{seen.base.name}-bastion"
    ours = (each for each in seen.at_home(LaunchTemplate) if each.user_data)
    return [each for each in ours if each.name == own or understood(each)]


def understood(template: LaunchTemplate) -> SetUp | None:
    """Return what a template's user data sets up; None where this version of awsbase would not write it so."""
    text = template.user_data
    mode = mode_of(text)
    if mode is None:
        return None
    people = tuple(people_in(text).values())
    group = None if mode == "ssm" else f"/{template.name}/auth"
    for nat in (False, True):
        try:
            same = render(mode=mode, people=people, log_group=group, nat=nat) == text
        except ValueError:  # more than EC2 takes
            continue
        if same:
            return SetUp(mode, people, nat)
    return None


def people(seen: Seen) -> dict[str, Person]:
    """Return the accounts on the bastion by login: their keys are those of the manifest's users."""
    found = [understood(each) for each in seen.at_home(LaunchTemplate) if each.user_data]
    return {login(each.name): each for one in found if one for each in one.people}


def put(section: Draft, name: str, value: Any) -> None:
    """Write a value that is not the default."""
    if value != DEFAULTS[name].default:
        section.put(name, value=value)


def put_host(section: Draft, template: LaunchTemplate, own: str) -> None:
    """Write what the host is called, its type, image and disk."""
    section.put(value={}, of=template.address)
    if template.name != own:
        section.put("name", value=template.name)
    put(section, "instance_type", template.type)
    put(
        section, "image", next((name for name, each in DISTRIBUTIONS.items() if each == template.image), template.image)
    )
    put(section, "volume_gib", template.volume_gib)


def put_access(seen: Seen, section: Draft, name: str, mode: Mode) -> None:
    """Write how people come in, and from where."""
    put(section, "mode", mode)
    if mode == "ssm":
        return
    scope = seen.base.scope
    group = ec2.the_one(seen.facts.read(security_groups, scope.region), scope.address("security-group", name))
    allowed = [str(each.other) for each in (group.ingress if group else ()) if each.ends == SSH]
    if mode == "ssh":
        section.put("allow", value=allowed)
        if any(each in WORLD for each in allowed):
            section.weaker("i_know", value=True, default="false")
    if have := seen.facts.read(log_group, scope.region, f"/{name}/auth"):
        put(section, "log_retention_days", have.retention)


def put_rights(seen: Seen, section: Draft, name: str) -> None:
    """Write what the host may do, and that its credentials are of no use elsewhere."""
    role = seen.facts.read(roles).get(name.casefold())
    if role is None:
        return
    core = f"arn:{seen.base.scope.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
    put(section, "policies", tuple(map(grant, sorted(role.policies - {core}))))
    if role.boundary:
        section.put("boundary", value=grant(role.boundary))
    if "only-from-vpc" not in role.inline:
        section.weaker("only_from_vpc", value=False, default="true")


def grant(arn: str) -> str:
    """Return a policy as a manifest names it: those of AWS by name."""
    _, aws, name = arn.partition(":iam::aws:policy/")
    return f"aws:{name}" if aws else arn


def put_network(seen: Seen, section: Draft, name: str, address: str, *, nat: bool) -> None:
    """Write whether it has a fixed address, and for which subnets it is the way out."""
    region = seen.base.scope.region
    fixed = ec2.the_one(seen.facts.read(addresses, region), seen.base.scope.address("elastic-ip", name))
    put(section, "fixed_address", fixed is not None)
    if nat:
        section.put("nat", value=True)
        section.put("private_subnets", value=going_out(seen, address))


def going_out(seen: Seen, address: str) -> Sequence[str]:
    """Return the subnets whose default route leads to the instance at an address."""
    region = seen.base.scope.region
    interfaces = {each.interface for each in ec2.ours(seen.facts.read(instances, region), address)}
    tables = [each for each in seen.facts.read(route_tables, region) if each.routes.get(EVERYWHERE) in interfaces]
    return sorted({subnet for each in tables for subnet in each.subnets})


def put_times(seen: Seen, section: Draft, host: str, schedule: str) -> None:
    """Write whether it is there on demand: nothing is there, or what is there has an end that somebody set."""
    ends = any(each.address == schedule for each in seen.of(TerminationSchedule))
    runs = any(each.address == host for each in seen.of(Instance))
    put(section, "on_demand", ends or not runs)
    if ends or not runs:
        section.covers(host, schedule)
