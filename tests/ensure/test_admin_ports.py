"""SSH and RDP are closed to the world; wider rules become manual actions."""

from __future__ import annotations

from typing import Any

import pytest

from awsbase.ensure.admin_ports import AdminPorts, Opening, openings
from awsbase.ensure.regions import everywhere
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME as PLACE
from tests.contract.sample import go
from tests.contract.samples.opt_ins import FAR, PORTS, REGIONS, acl_by_hand, vpc
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
