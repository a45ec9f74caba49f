"""What keeps one out of a bastion: each thing that has to be right, looked at, and said in words."""

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
RECONCILE = "`awsbase reconcile` puts it right"
# The agent reports every five minutes or so; younger hosts may not have come to it yet.
YOUNG = 180


@record
class Check:
    """One thing that was looked at: whether it is right, what was found, and what to do if it is not."""

    subject: str
    fine: bool
    said: str
    hint: str | None = None


@record
class Patient:
    """A bastion to be looked at."""

    host: Host
    mode: Mode
    region: str
    nat: bool = False


def examine(facts: Facts, patient: Patient, now: datetime) -> Iterator[Check]:
    """Look at everything that a session depends on, from the instance outwards."""
    facts.prefetch(
        [
            (security_groups, patient.region, patient.host.groups),
            (route_table, patient.region, patient.host.vpc, patient.host.subnet),
            (agent, patient.region, patient.host.id),
            *([(role_policies, patient.host.profile)] if patient.host.profile else []),
        ]
    )
    yield instance(patient)
    yield from doors(facts, patient)
    yield route(facts, patient)
    yield profile(facts, patient)
    yield registration(facts, patient, now)
    if patient.mode == "instance-connect":
        yield endpoint(facts, patient)
    if patient.nat:
        yield forwarding(patient)


def instance(patient: Patient) -> Check:
    """Look whether the instance runs."""
    host = patient.host
    said = f"{host.id} ({host.type}, {host.zone}) is {host.state}"
    return Check("instance", host.state == "running", said, "`awsbase bastion up` starts it")


def security_groups(facts: Facts, region: str, ids: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read security groups with their rules."""
    if not ids:
        return []
    groups: Any = facts.aws.at(region).ec2.describe_security_groups(GroupIds=list(ids))["SecurityGroups"]
    return list(groups)


def doors(facts: Facts, patient: Patient) -> Iterator[Check]:
    """Look who may come in, and whether the agent gets out."""
    groups = facts.read(security_groups, patient.region, patient.host.groups)
    rules = [(rule, source) for group in groups for rule in group["IpPermissions"] for source in sources(rule)]
    named = " and ".join(patient.host.groups) or "no group"
    inbound = ", ".join(f"{ports(rule)} from {source}" for rule, source in rules) or "nothing"
    said = f"{named} lets in {inbound}"
    world = [source for _, source in rules if source in WORLD]
    ssh = any(covers(rule, 22) for rule, _ in rules)
    if world:
        yield Check("security group", False, f"{said}: the whole world may try", RECONCILE)
    elif patient.mode == "ssm":
        fine = not rules or patient.nat
        yield Check("security group", fine, said + ("" if fine else ", and mode ssm needs no open port"), RECONCILE)
    else:
        yield Check("security group", ssh, said + ("" if ssh else f", and mode {patient.mode} needs tcp 22"), RECONCILE)
    out = any(covers(rule, 443) for group in groups for rule in group["IpPermissionsEgress"])
    yield Check("way out", out, f"{named} {'lets' if out else 'does not let'} https out", RECONCILE)


def sources(rule: dict[str, Any]) -> list[str]:
    """Return where a rule lets in from, or out to."""
    return [
        *(each["CidrIp"] for each in rule.get("IpRanges", [])),
        *(each["CidrIpv6"] for each in rule.get("Ipv6Ranges", [])),
        *(each["PrefixListId"] for each in rule.get("PrefixListIds", [])),
        *(each["GroupId"] for each in rule.get("UserIdGroupPairs", [])),
    ]


def covers(rule: dict[str, Any], port: int) -> bool:
    """Tell whether a rule is for a TCP port."""
    if rule["IpProtocol"] == "-1":
        return bool(sources(rule))
    return rule["IpProtocol"] == "tcp" and rule["FromPort"] <= port <= rule["ToPort"] and bool(sources(rule))


def ports(rule: dict[str, Any]) -> str:
    """Say what a rule is for."""
    if rule["IpProtocol"] == "-1":
        return "everything"
    first, last = rule.get("FromPort"), rule.get("ToPort")
    return f"{rule['IpProtocol']} {first}" if first == last else f"{rule['IpProtocol']} {first}-{last}"


def route_table(facts: Facts, region: str, vpc: str, subnet: str) -> dict[str, Any] | None:
    """Read the route table of a subnet: its own, or else the main one of its VPC."""
    ec2 = facts.aws.at(region).ec2
    for filters in (
        [{"Name": "association.subnet-id", "Values": [subnet]}],
        [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}],
    ):
        tables: Any = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        if tables:
            return dict(tables[0])
    return None


def private_ways(facts: Facts, region: str, vpc: str) -> set[str]:
    """Read which services a VPC reaches by interface endpoints of its own."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_vpc_endpoints")
    found = pages.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return {each["ServiceName"].rpartition(".")[2] for page in found for each in page["VpcEndpoints"]}


def route(facts: Facts, patient: Patient) -> Check:
    """Look whether the agent gets from its subnet to Systems Manager."""
    host = patient.host
    table = facts.read(route_table, patient.region, host.vpc, host.subnet)
    routes = table["Routes"] if table else []
    default = next((each for each in routes if each.get("DestinationCidrBlock") == "0.0.0.0/0"), None)
    if default is None:
        if {"ssm", "ssmmessages"} <= facts.read(private_ways, patient.region, host.vpc):
            return Check("route", True, f"{host.subnet} reaches Systems Manager by endpoints of the VPC")
        return Check("route", False, f"{host.subnet} has no way out: no default route", RECONCILE)
    by = next((default[key] for key in ("GatewayId", "NatGatewayId", "NetworkInterfaceId") if default.get(key)), "?")
    if default.get("State") == "blackhole":
        return Check("route", False, f"{host.subnet} goes out by {by}, which is gone", RECONCILE)
    if str(by).startswith("igw-") and not host.public_ip:
        said = f"{host.subnet} goes out by {by}, and {host.id} has no public address to go out with"
        return Check("route", False, said, "`awsbase bastion down` and `up` make one that has")
    return Check("route", True, f"{host.subnet} goes out by {by}")


def role_policies(facts: Facts, arn: str) -> dict[str, set[str]]:
    """Read the roles of an instance profile, each with the names of its policies."""
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


def profile(facts: Facts, patient: Patient) -> Check:
    """Look whether the host has a role that may talk to Systems Manager."""
    arn = patient.host.profile
    if not arn:
        return Check("profile", False, f"{patient.host.id} has no instance profile", RECONCILE)
    name, roles = arn.rpartition("/")[2], facts.read(role_policies, arn)
    if not roles:
        return Check("profile", False, f"the instance profile {name} holds no role", RECONCILE)
    role, policies = next(iter(roles.items()))
    if CORE not in policies:
        return Check("profile", False, f"the role {role} lacks {CORE}", RECONCILE)
    return Check("profile", True, f"the role {role} has {CORE}")


def agent(facts: Facts, region: str, id: str) -> dict[str, Any] | None:
    """Read what Systems Manager knows of an instance; None when it has never heard of it."""
    known: Any = facts.aws.at(region).ssm.describe_instance_information(
        Filters=[{"Key": "InstanceIds", "Values": [id]}]
    )["InstanceInformationList"]
    return next(iter(known), None)


def registration(facts: Facts, patient: Patient, now: datetime) -> Check:
    """Look whether Systems Manager hears of the host."""
    known, host = facts.read(agent, patient.region, patient.host.id), patient.host
    if known is None:
        age = int((now - host.launched).total_seconds())
        if age < YOUNG:
            hint = "a new host takes a minute or two"
        else:
            hint = "the way out, the route and the profile above are what it takes; then `sudo systemctl restart "
            hint += "amazon-ssm-agent`, or `awsbase bastion down` and `up`"
        return Check("Systems Manager", False, f"has never heard of {host.id}, launched {age // 60} min ago", hint)
    status, version = known["PingStatus"], known.get("AgentVersion", "?")
    said = f"hears of {host.id}: {status}, agent {version}"
    return Check("Systems Manager", status == "Online", said, "restart the host, or `awsbase bastion down` and `up`")


def endpoint(facts: Facts, patient: Patient) -> Check:
    """Look whether there is a way in through EC2 Instance Connect."""
    ec2: Any = facts.aws.at(patient.region).ec2
    found = ec2.describe_instance_connect_endpoints(Filters=[{"Name": "vpc-id", "Values": [patient.host.vpc]}])
    states = [each["State"] for each in found["InstanceConnectEndpoints"]]
    if not states:
        return Check("endpoint", False, f"{patient.host.vpc} has no EC2 Instance Connect endpoint", RECONCILE)
    fine = "create-complete" in states
    said = f"{patient.host.vpc} has an EC2 Instance Connect endpoint: {states[0]}"
    return Check("endpoint", fine, said, "it takes some minutes to come up")


def forwarding(patient: Patient) -> Check:
    """Look whether the host may pass on what is not for itself."""
    checks = patient.host.checks_destination
    said = f"the source/destination check is {'on: nothing is forwarded' if checks else 'off'}"
    return Check("nat", not checks, said, RECONCILE)
