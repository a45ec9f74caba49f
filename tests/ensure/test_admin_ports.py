"""SSH and RDP are closed to the world; wider rules become manual actions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from awsbase.aws import Aws
from awsbase.engine.facts import Facts
from awsbase.ensure.admin_ports import AdminPorts, Opening, open_acls, openings
from awsbase.ensure.regions import everywhere
from awsbase.samples.opt_ins import FAR, PORTS, REGIONS, acl_by_hand, vpc
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME as PLACE
from tests.contract.sample import go
from tests.ensure.planned import HOME, described, planned

WANT = AdminPorts(scope=HOME)


def have(*groups: Opening, acls: tuple[Opening, ...] = ()) -> Any:
    from awsbase.ensure.admin_ports import Openings

    return {(everywhere, openings, None): {"eu-west-1": Openings(groups, acls)}}


def group(ports: tuple[int, int] | None, source: str = "0.0.0.0/0", default: bool = False) -> Opening:
    return Opening("sg-1", "vpc-1", source, ports, default=default)


def acl(ports: tuple[int, int] | None) -> Opening:
    return Opening("acl-1", "vpc-1", "0.0.0.0/0", ports, 100)


@pytest.mark.parametrize(
    ("facts", "changes", "asks"),
    [
        (have(), [], 0),
        (have(group((22, 22))), ["delete port 22 from 0.0.0.0/0 in sg-1 of vpc-1 in eu-west-1"], 0),
        (have(group((3389, 3389), "::/0")), ["delete port 3389 from ::/0 in sg-1 of vpc-1 in eu-west-1"], 0),
        (have(group((0, 65535))), [], 1),
        (have(group(None)), [], 1),
        (have(group((20, 22))), [], 1),
        (have(acls=(acl((22, 22)),)), ["delete port 22 from 0.0.0.0/0 in acl-1 of vpc-1 in eu-west-1"], 0),
        (have(acls=(acl(None),)), [], 1),
        (have(group(None), acls=(acl(None),)), [], 2),
    ],
    ids=[
        "closed",
        "SSH",
        "RDP, IPv6",
        "all ports",
        "all protocols",
        "FTP and SSH",
        "ACL for SSH",
        "ACL as it comes",
        "both wide",
    ],
)
def test_only_rules_for_exactly_the_admin_ports_are_removed(facts: Any, changes: list[str], asks: int) -> None:
    run = planned(WANT, facts)
    assert described(run) == changes
    assert len(run.manual_actions) == asks
    assert bool(run.notes) == bool(changes)


def test_default_groups_are_skipped_when_another_resource_closes_them() -> None:
    default = have(group((22, 22), default=True), group(None, default=True))
    run = planned(AdminPorts(scope=HOME, but_default=True), default)
    assert (described(run), run.manual_actions) == ([], [])
    assert len(described(planned(WANT, default))) == 1


def test_rule_for_the_office_stays() -> None:
    sandbox = Sandbox()
    acl_by_hand(sandbox)
    go(sandbox, "reconcile", [REGIONS, PORTS])
    ec2 = sandbox.client("ec2", FAR)
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["jump"]}])["SecurityGroups"][0]
    left = {
        (rule["FromPort"], source)
        for rule in found["IpPermissions"]
        for source in (
            *(each["CidrIp"] for each in rule["IpRanges"]),
            *(each["CidrIpv6"] for each in rule["Ipv6Ranges"]),
        )
    }
    assert left == {(22, "203.0.113.0/24"), (443, "0.0.0.0/0")}


def test_udp_and_egress_rules_are_ignored() -> None:
    sandbox = Sandbox()
    ec2 = sandbox.client("ec2", FAR)
    id = ec2.create_security_group(GroupName="dns", Description="dns", VpcId=vpc(sandbox))["GroupId"]
    udp = {"IpProtocol": "udp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=[udp])
    plan = go(sandbox, "plan", [REGIONS, AdminPorts(scope=PLACE, only=(FAR,))])
    assert plan.changes == []
    assert [ask.title for ask in plan.manual_actions] == [
        "1 network ACL rule lets the world in on ports 22 or 3389 among others"
    ]


def entry(number: int, action: str, ports: tuple[int, int] | None, source: str = "0.0.0.0/0") -> dict[str, Any]:
    """Return an inward entry of a network ACL, for TCP unless it is for all ports."""
    block = {"Ipv6CidrBlock" if ":" in source else "CidrBlock": source}
    said = {"RuleNumber": number, "RuleAction": action, "Protocol": "6" if ports else "-1", "Egress": False, **block}
    return {**said, "PortRange": {"From": ports[0], "To": ports[1]}} if ports else said


@cache
def account() -> Sandbox:
    """Return one account for all cases: each has an ACL of its own."""
    return Sandbox()


ALL = entry(100, "allow", None)


@pytest.mark.parametrize(
    ("entries", "open_"),
    [
        ([ALL], [100]),
        ([entry(90, "deny", None), ALL], []),
        ([entry(90, "deny", (22, 22)), ALL], [100]),
        ([entry(90, "deny", (22, 22)), entry(91, "deny", (3389, 3389)), ALL], []),
        ([ALL, entry(90, "deny", (0, 65535))], []),
        ([entry(110, "deny", None), ALL], [100]),
        ([entry(90, "deny", None, "10.0.0.0/8"), ALL], [100]),
        ([entry(90, "deny", None, "0.0.0.0/1"), entry(91, "deny", (1, 4000), "128.0.0.0/1"), ALL], []),
        ([entry(90, "deny", None, "::/0"), ALL], [100]),
        ([entry(90, "deny", None, "::/0"), entry(100, "allow", None, "::/0")], []),
        ([entry(90, "deny", (22, 22)), entry(100, "allow", (22, 22)), entry(101, "allow", (3389, 3389))], [101]),
        ([entry(80, "allow", (22, 22)), entry(90, "deny", None), ALL], [80]),
        ([{**entry(90, "deny", None), "Egress": True}, ALL], [100]),
        ([{**entry(90, "deny", (0, 65535)), "Protocol": "17"}, ALL], [100]),
    ],
    ids=[
        "as it comes",
        "everything denied before",
        "one of the ports denied before",
        "both ports denied before",
        "by number, not by place",
        "denied too late",
        "denied to some",
        "denied to both halves of the world",
        "denied to IPv6 alone",
        "IPv6",
        "each port by itself",
        "allowed before it is denied",
        "denied outward",
        "denied to UDP",
    ],
)
def test_the_first_rule_of_an_acl_decides(entries: list[dict[str, Any]], open_: list[int]) -> None:
    sandbox = account()
    ec2 = sandbox.client("ec2", FAR)
    acl = ec2.create_network_acl(VpcId=vpc(sandbox))["NetworkAcl"]["NetworkAclId"]
    for each in entries:
        ec2.create_network_acl_entry(NetworkAclId=acl, **each)
    found = Facts(Aws(sandbox.session(), FAR), ThreadPoolExecutor(1)).read(open_acls, FAR)
    assert [each.number for each in found if each.holder == acl] == open_
