"""The doctor: checks of everything that a session on a bastion depends on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from awsbase.bastion.host import Host
from awsbase.engine.facts import Facts
from awsbase.records import record
from awsbase.userdata import Mode

WORLD = ("0.0.0.0/0", "::/0")
CORE = "AmazonSSMManagedInstanceCore"
RECONCILE = "`awsbase reconcile` corrects it"
# Seconds: the agent of a younger host may not have registered yet.
YOUNG = 180


@record
class Check:
    """One check: its subject, whether it passed, the finding, and what to do if it failed."""

    subject: str
    fine: bool
    finding: str
    hint: str | None = None


@record
class Examined:
    """A bastion to check."""

    host: Host
    mode: Mode
    region: str
    nat: bool = False


def examine(facts: Facts, bastion: Examined, now: datetime) -> Iterator[Check]:
    """Yield a check of everything that a session depends on, from the instance outwards."""
    facts.prefetch(
        [
            (security_groups, bastion.region, bastion.host.groups),
            (route_table, bastion.region, bastion.host.vpc, bastion.host.subnet),
            (agent, bastion.region, bastion.host.id),
            *([(role_policies, bastion.host.profile)] if bastion.host.profile else []),
        ]
    )
    yield instance(bastion)
    yield from security_group_checks(facts, bastion)
    yield route(facts, bastion)
    yield profile(facts, bastion)
    yield registration(facts, bastion, now)
    if bastion.mode == "instance-connect":
        yield endpoint(facts, bastion)
    if bastion.nat:
        yield forwarding(bastion)


def instance(bastion: Examined) -> Check:
    """Check that the instance runs."""
    host = bastion.host
    finding = f"{host.id} ({host.type}, {host.zone}) is {host.state}"
    return Check("instance", host.state == "running", finding, "`awsbase bastion up` starts it")


def security_groups(facts: Facts, region: str, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return security groups with their rules."""
    if not ids:
        return []
    groups: Any = facts.aws.at(region).ec2.describe_security_groups(GroupIds=list(ids))["SecurityGroups"]
    return list(groups)


def security_group_checks(facts: Facts, bastion: Examined) -> Iterator[Check]:
    """Check who can connect, and that the agent can reach AWS."""
    groups = facts.read(security_groups, bastion.region, bastion.host.groups)
    rules = [(rule, source) for group in groups for rule in group["IpPermissions"] for source in sources(rule)]
    named = " and ".join(bastion.host.groups) or "no group"
    inbound = ", ".join(f"{ports(rule)} from {source}" for rule, source in rules) or "nothing"
    finding = f"{named} lets in {inbound}"
    world = [source for _, source in rules if source in WORLD]
    ssh = any(covers(rule, 22) for rule, _ in rules)
    if world:
        yield Check("security group", False, f"{finding}: open to the whole internet", RECONCILE)
    elif bastion.mode == "ssm":
        fine = not rules or bastion.nat
        yield Check("security group", fine, finding + ("" if fine else ", and mode ssm needs no open port"), RECONCILE)
    else:
        yield Check(
            "security group", ssh, finding + ("" if ssh else f", and mode {bastion.mode} needs tcp 22"), RECONCILE
        )
    out = any(covers(rule, 443) for group in groups for rule in group["IpPermissionsEgress"])
    yield Check("way out", out, f"{named} {'lets' if out else 'does not let'} https out", RECONCILE)


def sources(rule: dict[str, Any]) -> list[str]:
    """Return the sources, or destinations, of a rule."""
    return [
        *(each["CidrIp"] for each in rule.get("IpRanges", [])),
        *(each["CidrIpv6"] for each in rule.get("Ipv6Ranges", [])),
        *(each["PrefixListId"] for each in rule.get("PrefixListIds", [])),
        *(each["GroupId"] for each in rule.get("UserIdGroupPairs", [])),
    ]


def covers(rule: dict[str, Any], port: int) -> bool:
    """Tell whether a rule covers a TCP port."""
    if rule["IpProtocol"] == "-1":
        return bool(sources(rule))
    return rule["IpProtocol"] == "tcp" and rule["FromPort"] <= port <= rule["ToPort"] and bool(sources(rule))


def ports(rule: dict[str, Any]) -> str:
    """Return the ports of a rule as text."""
    if rule["IpProtocol"] == "-1":
        return "everything"
    first, last = rule.get("FromPort"), rule.get("ToPort")
    return f"{rule['IpProtocol']} {first}" if first == last else f"{rule['IpProtocol']} {first}-{last}"


def route_table(facts: Facts, region: str, vpc: str, subnet: str) -> dict[str, Any] | None:
    """Return the route table of a subnet: its own, or the main one of its VPC."""
    ec2 = facts.aws.at(region).ec2
    for filters in (
        [{"Name": "association.subnet-id", "Values": [subnet]}],
        [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}],
    ):
        tables: Any = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        if tables:
            return dict(tables[0])
    return None


def interface_endpoints(facts: Facts, region: str, vpc: str) -> set[str]:
    """Return the services that a VPC reaches by interface endpoints."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_vpc_endpoints")
    found = pages.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return {each["ServiceName"].rpartition(".")[2] for page in found for each in page["VpcEndpoints"]}


def route(facts: Facts, bastion: Examined) -> Check:
    """Check that the agent reaches Systems Manager from its subnet."""
    host = bastion.host
    table = facts.read(route_table, bastion.region, host.vpc, host.subnet)
    routes = table["Routes"] if table else []
    default = next((each for each in routes if each.get("DestinationCidrBlock") == "0.0.0.0/0"), None)
    if default is None:
        if {"ssm", "ssmmessages"} <= facts.read(interface_endpoints, bastion.region, host.vpc):
            return Check("route", True, f"{host.subnet} reaches Systems Manager by endpoints of the VPC")
        return Check("route", False, f"{host.subnet} has no way out: no default route", RECONCILE)
    target = next(
        (default[key] for key in ("GatewayId", "NatGatewayId", "NetworkInterfaceId") if default.get(key)), "?"
    )
    if default.get("State") == "blackhole":
        return Check("route", False, f"{host.subnet} goes out by {target}, which no longer exists", RECONCILE)
    if str(target).startswith("igw-") and not host.public_ip:
        finding = f"{host.subnet} goes out by {target}, and {host.id} has no public address to go out with"
        return Check("route", False, finding, "`awsbase bastion down` and `up` create one that has")
    return Check("route", True, f"{host.subnet} goes out by {target}")


def role_policies(facts: Facts, arn: str) -> dict[str, set[str]]:
    """Return the roles of an instance profile, each with the names of its policies."""
    iam = facts.aws.iam
    roles = iam.get_instance_profile(InstanceProfileName=arn.rpartition("/")[2])["InstanceProfile"]["Roles"]
    return {
        role["RoleName"]: {
            policy["PolicyName"]
            for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role["RoleName"])
            for policy in page["AttachedPolicies"]
        }
        for role in roles
    }


def profile(facts: Facts, bastion: Examined) -> Check:
    """Check that the host has a role that is allowed to use Systems Manager."""
    arn = bastion.host.profile
    if not arn:
        return Check("profile", False, f"{bastion.host.id} has no instance profile", RECONCILE)
    name, roles = arn.rpartition("/")[2], facts.read(role_policies, arn)
    if not roles:
        return Check("profile", False, f"the instance profile {name} holds no role", RECONCILE)
    role, policies = next(iter(roles.items()))
    if CORE not in policies:
        return Check("profile", False, f"the role {role} lacks {CORE}", RECONCILE)
    return Check("profile", True, f"the role {role} has {CORE}")


def agent(facts: Facts, region: str, id: str) -> dict[str, Any] | None:
    """Return what Systems Manager knows about an instance; None when it never registered."""
    known: Any = facts.aws.at(region).ssm.describe_instance_information(
        Filters=[{"Key": "InstanceIds", "Values": [id]}]
    )["InstanceInformationList"]
    return next(iter(known), None)


def registration(facts: Facts, bastion: Examined, now: datetime) -> Check:
    """Check that the host is registered with Systems Manager and online."""
    known, host = facts.read(agent, bastion.region, bastion.host.id), bastion.host
    if known is None:
        age = int((now - host.launched).total_seconds())
        if age < YOUNG:
            hint = "a new host takes a minute or two"
        else:
            hint = "it needs the way out, the route and the profile above; then `sudo systemctl restart "
            hint += "amazon-ssm-agent`, or `awsbase bastion down` and `up`"
        return Check("Systems Manager", False, f"has no registration of {host.id}, launched {age // 60} min ago", hint)
    status, version = known["PingStatus"], known.get("AgentVersion", "?")
    finding = f"has {host.id}: {status}, agent {version}"
    return Check("Systems Manager", status == "Online", finding, "restart the host, or `awsbase bastion down` and `up`")


def endpoint(facts: Facts, bastion: Examined) -> Check:
    """Check that the VPC has an EC2 Instance Connect endpoint."""
    ec2: Any = facts.aws.at(bastion.region).ec2
    found = ec2.describe_instance_connect_endpoints(Filters=[{"Name": "vpc-id", "Values": [bastion.host.vpc]}])
    states = [each["State"] for each in found["InstanceConnectEndpoints"]]
    if not states:
        return Check("endpoint", False, f"{bastion.host.vpc} has no EC2 Instance Connect endpoint", RECONCILE)
    fine = "create-complete" in states
    finding = f"{bastion.host.vpc} has an EC2 Instance Connect endpoint: {states[0]}"
    return Check("endpoint", fine, finding, "a new one is ready after some minutes")


def forwarding(bastion: Examined) -> Check:
    """Check that the host is allowed to forward packets."""
    checks = bastion.host.checks_destination
    finding = f"the source/destination check is {'on: nothing is forwarded' if checks else 'off'}"
    return Check("nat", not checks, finding, RECONCILE)
