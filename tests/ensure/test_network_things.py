"""What an account has of networks is listed: as it is, or with the reason why no manifest says it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from awsbase.adopt.strangers import told_apart
from awsbase.engine.facts import Facts
from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.engine.things import Described, LeftAlone, NotExpressible, Thing
from awsbase.ensure import declared
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.vpc import Vpc
from awsbase.facts.home_network import home_network
from awsbase.facts.security_groups import maker
from awsbase.facts.security_rules import OPEN_EGRESS, Rule
from awsbase.permissions.documents import fitting, statements
from awsbase.samples.bastion import Bastion
from awsbase.samples.network import ALICE_KEY, Network
from awsbase.sandbox import Rule as SandboxRule
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import account, person
from tests.contract.sample import HOME, go, problems

NETWORK = Network(HOME)
WORDS = (
    *("vpc", "subnet", "internet-gateway", "route-table", "gateway-endpoint", "existing-vpc", "existing-subnet"),
    *("vpc-flow-log", "security-group", "key-pair", "nat-route", "elastic-ip", "elastic-ip-association"),
    "instance-connect-endpoint",
)
FAR = HOME.at("us-east-1")


def things(sandbox: Sandbox, *words: str, scope: Scope = HOME, caller: str | None = None) -> list[Thing]:
    """Return what is listed of some kinds at one place."""
    with ThreadPoolExecutor(4) as readers:
        facts = Facts(account(sandbox, caller).aws, readers)
        kinds = [declared(word) for word in words or WORDS]
        listed = [kind.describe for kind in kinds if kind.describe]
        assert len(listed) == len(kinds)
        away = scope.region != scope.home
        return [
            told_apart(thing, scope)
            for each in listed
            if each.everywhere or not away
            for thing in each.things(facts, scope)
        ]


def names(found: list[Thing], kind: type) -> list[str]:
    return sorted(each.name for each in found if isinstance(each, kind))


def ec2(sandbox: Sandbox, region: str = HOME.region) -> Any:
    return sandbox.client("ec2", region)


def test_an_untouched_account_has_only_what_aws_put_there() -> None:
    found = things(Sandbox())
    assert {type(each) for each in found} == {LeftAlone}
    assert {each.owner for each in found if isinstance(each, LeftAlone)} == {"AWS"}
    kinds = Counter(each.name.partition("/")[0] for each in found)
    assert (kinds["existing-vpc"], kinds["existing-subnet"], kinds["route-table"]) == (1, 3, 1)


def test_a_network_that_awsbase_made_is_described_as_it_was_made() -> None:
    sandbox = Sandbox(pages=2)
    sample = NETWORK.network_sample()
    assert problems(go(sandbox, "reconcile", sample.resources)) == []

    found = things(sandbox)
    have = {each.name: each.resource for each in found if isinstance(each, Described)}
    assert have.keys() == {each.address for each in sample.resources} - {NETWORK.closed.address}
    assert have[NETWORK.vpc.address] == NETWORK.vpc
    zone = f"{HOME.region}a"
    first = NETWORK.first
    want = Subnet(scope=HOME, name=first.name, vpc=first.vpc, cidr=first.cidr, zone=zone, ipv6=first.ipv6)
    assert have[first.address] == want
    for each in (NETWORK.gateway, NETWORK.routes, NETWORK.s3):
        assert have[each.address] == each
    assert names(found, NotExpressible) == []


def test_of_two_vpcs_at_one_address_the_second_is_one_that_is_there() -> None:
    sandbox = Sandbox()
    tags = [{"Key": "awsbase:address", "Value": "vpc/acme"}]
    for block in ("10.0.0.0/16", "10.1.0.0/16"):
        tagged = [{"ResourceType": "vpc", "Tags": tags}]
        ec2(sandbox).create_vpc(CidrBlock=block, TagSpecifications=tagged)
    found = things(sandbox, "vpc", "existing-vpc")
    assert [type(each.resource).__name__ for each in found if isinstance(each, Described)] == ["Vpc", "ExistingVpc"]


def test_the_network_of_a_manifest_is_where_machines_live() -> None:
    sandbox = Sandbox()

    def chosen() -> str | None:
        with ThreadPoolExecutor(1) as pool:
            found = home_network(Facts(account(sandbox, None).aws, pool), HOME)
            return str(found.id) if found else None

    assert chosen() is None
    empty, lived_in = (ec2(sandbox).create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (0, 1))
    assert chosen() == min(empty, lived_in)
    subnet = ec2(sandbox).create_subnet(VpcId=lived_in, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    ec2(sandbox).create_network_interface(SubnetId=subnet)
    assert chosen() == lived_in
    default = ec2(sandbox).describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    for _ in range(2):
        ec2(sandbox).create_network_interface(SubnetId=default["SubnetId"])
    assert chosen() == default["VpcId"]
    go(sandbox, "reconcile", [NETWORK.vpc])
    assert chosen() == NETWORK.found(sandbox, "vpcs", "VpcId", NETWORK.vpc.address)


def test_what_is_shared_by_another_account_is_left_to_it() -> None:
    def shared(request: Any, response: dict[str, Any]) -> None:
        for each in response.get("Vpcs") or response.get("Subnets") or response.get("SecurityGroups") or ():
            each["OwnerId"] = "210987654321"

    sandbox = Sandbox(rules=(SandboxRule("ec2:Describe*", after=shared),))
    vpc = ec2(sandbox).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2(sandbox).create_security_group(GroupName="web", Description="web", VpcId=vpc)
    found = things(sandbox, "existing-vpc", "existing-subnet", "security-group")
    assert {type(each) for each in found} == {LeftAlone}
    assert {each.owner for each in found if isinstance(each, LeftAlone)} == {"account 210987654321"}


def test_parts_of_others_networks_are_named_and_those_of_stacks_are_theirs() -> None:
    sandbox = Sandbox()
    client = ec2(sandbox)
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    way = {"VpcEndpointType": "Gateway", "ServiceName": f"com.amazonaws.{HOME.region}.s3", "RouteTableIds": [table]}
    endpoint = client.create_vpc_endpoint(VpcId=vpc, **way)["VpcEndpoint"]["VpcEndpointId"]
    address = client.allocate_address(Domain="vpc")["PublicIp"]
    sandbox.backend("ec2", HOME.region).get_route_table(table).add_tags({"aws:cloudformation:stack-name": "net"})

    found = things(sandbox)
    assert names(found, Described) == [f"existing-vpc/{vpc}"]
    assert names(found, NotExpressible) == [
        f"elastic-ip/{address}",
        f"gateway-endpoint/{endpoint}",
        f"internet-gateway/{gateway}",
    ]
    (stack,) = (each for each in found if isinstance(each, LeftAlone) and each.name == f"route-table/{table}")
    assert stack.owner == "CloudFormation, stack net"


def test_outside_of_the_home_region_four_calls_tell_all_as_one_of_a_kind() -> None:
    sandbox = Sandbox(pages=1000)
    client = ec2(sandbox, FAR.region)
    vpcs = [client.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in range(2)]
    for name in ("web", "db"):
        client.create_security_group(GroupName=name, Description=name, VpcId=vpcs[0])
    client.import_key_pair(KeyName="alice", PublicKeyMaterial=ALICE_KEY.encode())
    client.allocate_address(Domain="vpc")
    sandbox.calls.clear()

    found = things(sandbox, scope=FAR)
    assert len([call for call in sandbox.calls if call.service == "ec2"]) == 4
    assert names(found, Described) == []
    assert names(found, LeftAlone) == ["existing-vpc/default@us-east-1"]
    told = {each.name: each.fields for each in found if isinstance(each, NotExpressible)}
    assert told["security-group/*@us-east-1"] == ("outside of the home region: db, web",)
    assert told["existing-vpc/*@us-east-1"] == (f"outside of the home region: {', '.join(sorted(vpcs))}",)
    assert told["key-pair/*@us-east-1"] == ("outside of the home region: alice",)
    assert "elastic-ip/*@us-east-1" in told


def rule(**end: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **end}]


def test_security_groups_are_described_with_their_rules_and_those_of_services_are_theirs() -> None:
    sandbox = Sandbox()
    client = ec2(sandbox)
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = client.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    client.create_network_interface(SubnetId=subnet)

    def group(name: str, vpc: str = vpc) -> str:
        return str(client.create_security_group(GroupName=name, Description=f"for {name}", VpcId=vpc)["GroupId"])

    web, db, far = group("web"), group("db"), group("web", other)
    group("launch-wizard-1")
    office = rule(IpRanges=[{"CidrIp": "192.0.2.0/24", "Description": "office"}])
    client.authorize_security_group_ingress(GroupId=web, IpPermissions=office)
    client.authorize_security_group_ingress(GroupId=db, IpPermissions=rule(UserIdGroupPairs=[{"GroupId": web}]))

    found = things(sandbox, "security-group")
    have = {each.name: each.resource for each in found if isinstance(each, Described)}
    assert have.keys() == {"security-group/web", "security-group/db"}
    assert have["security-group/web"] == SecurityGroup(
        scope=HOME,
        name="web",
        vpc=f"existing-vpc/{vpc}",
        description="for web",
        ingress=(Rule("tcp", (443, 443), "192.0.2.0/24"),),
        egress=OPEN_EGRESS[:1],
    )
    (entrance,) = have["security-group/db"].ingress  # type: ignore[attr-defined]
    assert entrance.other == Reference("security-group/web")
    assert names(found, NotExpressible) == [f"security-group/{far}"]
    assert names(found, LeftAlone) == ["security-group/launch-wizard-1"]


def test_services_are_known_by_their_tags_and_names() -> None:
    assert maker("x", {"kubernetes.io/cluster/prod": "owned"}) == (
        "Kubernetes",
        "by its tag kubernetes.io/cluster/prod",
    )
    assert maker("eks-cluster-sg-prod-123", {}) == ("EKS", "by its name eks-cluster-sg-prod-123")
    assert maker("rds-ec2-1", {}) == ("the console of RDS", "by its name rds-ec2-1")
    assert maker("web", {"Name": "web"}) is None


def test_a_rule_for_the_group_of_another_account_has_no_words() -> None:
    def peered(request: Any, response: dict[str, Any]) -> None:
        for group in response["SecurityGroups"]:
            if group["GroupName"] == "web":
                pair = {"GroupId": "sg-12345678", "UserId": "210987654321", "VpcPeeringConnectionId": "pcx-12345678"}
                group["IpPermissions"] = rule(UserIdGroupPairs=[pair])

    sandbox = Sandbox(rules=(SandboxRule("ec2:DescribeSecurityGroups", after=peered),))
    vpc = ec2(sandbox).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2(sandbox).create_security_group(GroupName="web", Description="web", VpcId=vpc)
    assert things(sandbox, "security-group") == [
        NotExpressible("security-group/web", ("ingress: sg-12345678 of account 210987654321",))
    ]


def test_key_pairs_are_described_by_their_public_keys() -> None:
    def old(request: Any, response: dict[str, Any]) -> None:
        for pair in response["KeyPairs"]:
            if pair["KeyName"] == "old":
                del pair["PublicKey"]

    sandbox = Sandbox(rules=(SandboxRule("ec2:DescribeKeyPairs", after=old),))
    for name in ("alice", "old"):
        ec2(sandbox).import_key_pair(KeyName=name, PublicKeyMaterial=ALICE_KEY.encode())
    found = things(sandbox, "key-pair")
    assert [each.resource for each in found if isinstance(each, Described)] == [
        KeyPair(scope=HOME, name="alice", public_key=ALICE_KEY)
    ]
    assert names(found, NotExpressible) == ["key-pair/old"]


def test_the_ways_to_a_bastion_that_awsbase_made_are_described() -> None:
    bastion = Bastion(HOME)
    sandbox = Sandbox(pages=2)
    bastion.up(sandbox)
    words = ("nat-route", "elastic-ip", "elastic-ip-association", "instance-connect-endpoint")
    found = things(sandbox, *words)
    assert {type(each) for each in found} == {Described}
    have = {each.name.partition("/")[0]: each.resource for each in found if isinstance(each, Described)}
    assert have["elastic-ip"] == bastion.ip
    assert have["elastic-ip-association"] == bastion.ip_in_use
    way: Any = have["instance-connect-endpoint"]
    assert (way.name, way.vpc, way.group) == ("bastion", bastion.vpc.address, bastion.group.address)
    route: Any = have["nat-route"]
    assert route.instance == bastion.host.address
    assert route.subnet.startswith("existing-subnet/subnet-")


def test_a_flow_log_of_our_own_vpc_is_described() -> None:
    sample = NETWORK.protected_sample()
    sandbox = Sandbox()
    sample.before(sandbox)
    go(sandbox, "reconcile", sample.resources)
    (found,) = things(sandbox, "vpc-flow-log")
    assert isinstance(found, Described)
    assert found.resource == NETWORK.log


def test_lists_need_no_more_than_they_declare() -> None:
    sandbox = Sandbox(enforce=True)
    Bastion(HOME).up(sandbox)
    kinds = [declared(word) for word in WORDS]
    allowed = [each for kind in kinds if kind.describe for each in kind.describe.permissions(HOME)]
    reader = person(sandbox, *fitting(statements(allowed, "Read")).documents)
    sandbox.calls.clear()
    things(sandbox, caller=reader)
    things(sandbox, scope=FAR, caller=reader)
    assert [call.name for call in sandbox.calls if call.error] == []


def test_a_vpc_of_another_manifest_is_left_to_it() -> None:
    sandbox = Sandbox()
    theirs = Vpc(
        scope=Scope(HOME.account, home=HOME.home, region=HOME.region, name="other"), name="x", cidr="10.0.0.0/16"
    )
    go(sandbox, "reconcile", [theirs])
    found = things(sandbox, "vpc", "existing-vpc")
    (vpc,) = (each for each in found if each.name == "vpc/x")
    assert isinstance(vpc, LeftAlone)
    assert vpc.owner == "the manifest of other"
