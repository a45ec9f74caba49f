"""Networks are taken apart in the order that EC2 demands, and nothing of others goes with them.

The contract holds the rest: what was made is taken away, with no more permissions than declared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from awsbase.engine.changes import Mode
from awsbase.engine.facts import Facts
from awsbase.engine.resource import Resource
from awsbase.engine.run import Run, SilentObserver
from awsbase.engine.run_context import RunContext
from awsbase.ensure import KINDS
from awsbase.ensure.instance import Instance
from awsbase.samples.bastion import Bastion
from awsbase.samples.network import Network
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import account
from tests.contract.sample import HOME, Sample, go, problems

NETWORK = Network(HOME)
BASTION = Bastion(HOME)
# What stays when a bastion is taken down: others take these kinds away.
MADE_BY_OTHERS = [BASTION.role, BASTION.profile, BASTION.template, BASTION.end_role, BASTION.end, BASTION.host]


class Removal:
    """What a run that takes resources away plans or does, what it notes, and what is risky about it."""

    def __init__(
        self, sandbox: Sandbox, mode: Mode, resources: Sequence[Resource], *, caller: str | None = None
    ) -> None:
        self.said: list[str] = []
        self.notes: list[str] = []
        self.risky: list[str] = []
        held = account(sandbox, caller)
        with ThreadPoolExecutor(4) as readers:
            facts = Facts(held.aws, readers)
            for each in reversed(resources):
                context = RunContext(mode, held.wire, sandbox.clock, SilentObserver(), threading.Event(), None)
                context.resources = resources
                run = Run(each, held.aws.at(each.scope.region), facts, context, frozenset())
                absent = KINDS[type(each)].absent
                if absent and absent.remove:
                    absent.remove(run, each)
                self.said += [f"{each.address}: {change.action} {change.what}" for change in run.changes]
                self.risky += [f"{each.address}: {change.what}" for change in run.changes if change.risk]
                self.notes += [f"{each.address}: {note}" for note in run.notes]


def ready(sample: Sample) -> Sandbox:
    sandbox = Sandbox(pages=2)
    sample.before(sandbox)
    return sandbox


def built(sample: Sample) -> Sandbox:
    sandbox = ready(sample)
    assert problems(go(sandbox, "reconcile", sample.resources)) == []
    return sandbox


def test_groups_that_name_each_other_let_go_first() -> None:
    sample = NETWORK.circle_sample()
    said = Removal(built(sample), "plan", sample.resources).said
    assert [each.split(" sg-")[0] for each in said] == [
        "security-group/back: delete ingress of security-group/front tcp 5432 from",
        "security-group/back: delete egress of security-group/middle tcp 5432 to",
        "security-group/back: delete security group",
        "security-group/middle: delete egress of security-group/front tcp 5432 to",
        "security-group/middle: delete security group",
        "security-group/front: delete security group",
    ]


def test_a_flow_log_of_this_manifest_is_deleted_and_no_other() -> None:
    sample = NETWORK.protected_sample()
    sandbox = built(sample)
    theirs = len(sandbox.client("ec2", HOME.region).describe_flow_logs(MaxResults=5)["FlowLogs"]) - 1
    assert Removal(sandbox, "reconcile", [NETWORK.log]).said == ["vpc-flow-log/acme: delete VPC flow log"]
    assert len(sandbox.client("ec2", HOME.region).describe_flow_logs()["FlowLogs"]) == theirs


def test_the_ways_to_a_bastion_are_taken_away_and_its_address_is_risky() -> None:
    sample = BASTION.connections_sample()
    before = ready(sample).snapshot()["ec2"]
    sandbox = built(sample)
    mine = [each for each in sample.resources if each not in MADE_BY_OTHERS]

    planned = Removal(sandbox, "plan", mine)
    assert planned.said == [
        "instance-connect-endpoint/bastion: delete instance connect endpoint",
        "nat-route/Name=private: delete route to 0.0.0.0/0",
        "elastic-ip-association/bastion: delete association",
        "elastic-ip/bastion: delete elastic IP",
        "security-group/bastion: delete security group",
    ]
    assert planned.risky == ["elastic-ip/bastion: elastic IP"]

    ways = [each for each in mine if each is not BASTION.group]
    done = Removal(sandbox, "reconcile", ways).said
    client = sandbox.client("ec2", HOME.region)
    client.terminate_instances(InstanceIds=[BASTION.bastion(sandbox)])
    # The interface of the endpoint is still there: EC2 refuses the group for a while.
    done += Removal(sandbox, "reconcile", mine).said
    client.delete_launch_template(LaunchTemplateName="bastion")
    assert done == planned.said
    assert sandbox.snapshot()["ec2"] == before


def test_routes_and_addresses_that_lead_elsewhere_stay() -> None:
    sample = BASTION.connections_sample()
    sandbox = built(sample)
    client = sandbox.client("ec2", HOME.region)
    BASTION.bend_route(sandbox)
    other = launched(sandbox)
    (address,) = client.describe_addresses()["Addresses"]
    client.associate_address(AllocationId=address["AllocationId"], InstanceId=other, AllowReassociation=True)

    removal = Removal(sandbox, "plan", [BASTION.private, BASTION.nat_route, BASTION.ip, BASTION.ip_in_use])
    assert removal.said == []
    assert [note.split(": ", 1)[0] for note in removal.notes] == [
        "elastic-ip-association/bastion",
        "elastic-ip/bastion",
    ]
    assert all(f"leads to {other}" in note for note in removal.notes)


def launched(sandbox: Sandbox) -> str:
    """Launch an instance of somebody else, beyond its first moments."""
    client = sandbox.client("ec2", HOME.region)
    image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    made = client.run_instances(MinCount=1, MaxCount=1, ImageId=image, InstanceType="t3.micro")
    sandbox.clock.advance(600)
    return str(made["Instances"][0]["InstanceId"])


def test_subnets_that_share_a_table_share_its_route() -> None:
    sample = BASTION.connections_sample()
    sandbox = built(sample)
    client = sandbox.client("ec2", HOME.region)
    table, subnet = next(
        (each["RouteTableId"], each["Associations"][0])
        for each in client.describe_route_tables()["RouteTables"]
        if any(one.get("SubnetId") for one in each["Associations"])
    )
    pages = client.get_paginator("describe_subnets").paginate()
    there = sorted((each for page in pages for each in page["Subnets"]), key=lambda each: each["AvailabilityZone"])
    third = there[2]["SubnetId"]
    client.associate_route_table(RouteTableId=table, SubnetId=third)
    also = replace(BASTION.private, tags={}, id=third)
    second = replace(BASTION.nat_route, subnet=also.address)

    assert subnet["SubnetId"] != third
    both = [BASTION.private, also, BASTION.nat_route, second]
    assert Removal(sandbox, "plan", both).said == ["nat-route/Name=private: delete route to 0.0.0.0/0"]


def test_nothing_is_taken_away_that_another_manifest_made() -> None:
    network, mine = Network(replace(HOME, name="another")), Network(HOME)
    theirs, ours = (
        [*each.network_sample().resources, *each.group_sample().resources, each.pair] for each in (network, mine)
    )
    sandbox = Sandbox(pages=2)
    assert problems(go(sandbox, "reconcile", theirs)) == []

    removal = Removal(sandbox, "plan", ours)
    assert removal.said == []
    noted = {note.partition("/")[0] for note in removal.notes if ": kept: it" in note}
    kept = "vpc subnet internet-gateway route-table gateway-endpoint security-group key-pair"
    assert noted == set(kept.split())


def subnet(aws: Sandbox) -> str:
    return NETWORK.found(aws, "subnets", "SubnetId", NETWORK.first.address)


def vpc(aws: Sandbox) -> str:
    return NETWORK.found(aws, "vpcs", "VpcId", NETWORK.vpc.address)


def database(aws: Sandbox) -> None:
    NETWORK.ec2(aws).create_network_interface(SubnetId=subnet(aws), Description="RDSNetworkInterface")


def table_of_others(aws: Sandbox) -> None:
    table = NETWORK.ec2(aws).create_route_table(VpcId=vpc(aws))["RouteTable"]["RouteTableId"]
    endpoint = NETWORK.found(aws, "vpc_endpoints", "VpcEndpointId", NETWORK.s3.address)
    NETWORK.ec2(aws).modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[table])


def subnet_of_others(aws: Sandbox) -> None:
    made = NETWORK.ec2(aws).create_subnet(VpcId=vpc(aws), CidrBlock="10.42.0.128/27")["Subnet"]["SubnetId"]
    NETWORK.ec2(aws).associate_route_table(RouteTableId=NETWORK.table(aws), SubnetId=made)


def main_table(aws: Sandbox) -> None:
    tables = NETWORK.ec2(aws).describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc(aws)]}])["RouteTables"]
    (main,) = (one["RouteTableAssociationId"] for each in tables for one in each["Associations"] if one.get("Main"))
    NETWORK.ec2(aws).replace_route_table_association(AssociationId=main, RouteTableId=NETWORK.table(aws))


def peered(aws: Sandbox) -> None:
    other = NETWORK.ec2(aws).create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    NETWORK.ec2(aws).create_vpc_peering_connection(VpcId=vpc(aws), PeerVpcId=other)


@pytest.mark.parametrize(
    ("spoil", "kept"),
    [
        (database, "gateway-endpoint route-table subnet vpc"),
        (table_of_others, "gateway-endpoint vpc"),
        (subnet_of_others, "route-table vpc"),
        (main_table, "route-table vpc"),
        (lambda aws: NETWORK.ec2(aws).create_network_acl(VpcId=vpc(aws)), "vpc"),
        (lambda aws: NETWORK.ec2(aws).create_egress_only_internet_gateway(VpcId=vpc(aws)), "vpc"),
        (peered, "vpc"),
        (
            lambda aws: NETWORK.ec2(aws).create_security_group(GroupName="db", Description="db", VpcId=vpc(aws)),
            "vpc",
        ),
    ],
    ids=["database", "route table", "subnet", "main table", "network ACL", "egress gateway", "peering", "group"],
)
def test_what_others_use_stays_and_a_note_names_them(spoil: Callable[[Sandbox], object], kept: str) -> None:
    sample = NETWORK.network_sample()
    sandbox = built(sample)
    spoil(sandbox)
    removal = Removal(sandbox, "plan", sample.resources)
    assert {note.partition("/")[0] for note in removal.notes} == set(kept.split())
    assert not [line for line in removal.said if line.partition("/")[0] in kept.split()]
    assert all(": kept: " in note for note in removal.notes)


def rule(group: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": group}]}


def test_a_group_stays_while_others_wear_or_name_it() -> None:
    sample = NETWORK.group_sample()
    sandbox = built(sample)
    client, web = NETWORK.ec2(sandbox), NETWORK.web_group(sandbox)
    default = client.describe_security_groups(GroupIds=[web])["SecurityGroups"][0]["VpcId"]
    there = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [default]}])["Subnets"][0]["SubnetId"]
    made = client.create_network_interface(SubnetId=there, Groups=[web], Description="ELB app/shop/1")
    other = client.create_security_group(GroupName="db", Description="db", VpcId=default)["GroupId"]
    client.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule(web)])

    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    removal = Removal(sandbox, "plan", sample.resources)
    assert removal.said == []
    assert removal.notes == [
        f"security-group/web: kept: others use it: {interface} (ELB app/shop/1), the rules of {other} (db)"
    ]


def test_the_interface_of_our_own_instance_keeps_nothing() -> None:
    sample = BASTION.host_sample()
    sandbox = built(sample)
    assert any(isinstance(each, Instance) for each in sample.resources)
    removal = Removal(sandbox, "plan", [BASTION.vpc, BASTION.group])
    assert removal.said == ["security-group/bastion: delete security group"]
