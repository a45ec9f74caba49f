"""Samples of the network's kinds."""

from awsbase.ensure.gateway_endpoint import GatewayEndpoint
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.made import Made
from awsbase.ensure.route_table import RouteTable
from awsbase.ensure.security_group import Rule, SecurityGroup
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.vpc import ClosedDefaultGroup, ExistingVpc, Vpc
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, Sample, Tampering

VPC = Vpc(place=HOME, name="acme", cidr="10.42.0.0/24", tags={"owner": "platform"})
CLOSED = ClosedDefaultGroup(place=HOME, vpc=VPC.address)
FIRST = Subnet(place=HOME, name="acme-1", vpc=VPC.address, cidr="10.42.0.0/27", zone=0, ipv6=0)
GATEWAY = InternetGateway(place=HOME, name="acme", vpc=VPC.address)
ROUTES = RouteTable(place=HOME, name="acme", vpc=VPC.address, gateway=GATEWAY.address, subnets=(FIRST.address,))
S3 = GatewayEndpoint(place=HOME, name="acme-s3", vpc=VPC.address, route_tables=(ROUTES.address,))

DEFAULT = ExistingVpc(place=HOME)
WEB = SecurityGroup(
    place=HOME,
    name="web",
    vpc=DEFAULT.address,
    ingress=(
        Rule("tcp", (443, 443), "192.0.2.0/24", "office"),
        Rule("tcp", (8000, 8010), Made("security-group/web"), "each other"),
    ),
    tags={"owner": "platform"},
)
ALICE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4nzsZ3Fv3m4GkgPR1ZQ3nVEmUNVx0Vh1KQnMrk0EVq"
BOB_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKz4JtJGNQ9cK2u3JDwZL8AQa1lUe6h0Vf7KQ3Jm8Y2v"
PAIR = KeyPair(place=HOME, name="alice", public_key=f"{ALICE_KEY} alice@acme", tags={"owner": "platform"})


def ec2(sandbox: Sandbox):  # type: ignore[no-untyped-def]
    return sandbox.client("ec2", HOME.region)


def found(sandbox: Sandbox, kind: str, key: str, address: str) -> str:
    """Return the id of what was made for an address."""
    filters = [{"Name": "tag:awsbase:address", "Values": [address]}]
    answer = getattr(ec2(sandbox), f"describe_{kind}")(Filters=filters)
    items = next(value for name, value in answer.items() if isinstance(value, list))
    return str(items[0][key])


def table(sandbox: Sandbox) -> str:
    return found(sandbox, "route_tables", "RouteTableId", ROUTES.address)


def web(sandbox: Sandbox) -> str:
    return found(sandbox, "security_groups", "GroupId", WEB.address)


def open_default_group(sandbox: Sandbox) -> None:
    vpc = found(sandbox, "vpcs", "VpcId", VPC.address)
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    group = ec2(sandbox).describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    ec2(sandbox).authorize_security_group_ingress(GroupId=group, IpPermissions=[anywhere(22)])


def anywhere(port: int) -> dict[str, object]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def other_table(sandbox: Sandbox) -> None:
    """Put the subnet under a route table of somebody else's."""
    vpc = found(sandbox, "vpcs", "VpcId", VPC.address)
    made = ec2(sandbox).create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    held = ec2(sandbox).describe_route_tables(RouteTableIds=[table(sandbox)])["RouteTables"][0]["Associations"][0]
    ec2(sandbox).replace_route_table_association(AssociationId=held["RouteTableAssociationId"], RouteTableId=made)
    again = ec2(sandbox).describe_route_tables(RouteTableIds=[made])["RouteTables"][0]["Associations"][0]
    assert again["SubnetId"]


SAMPLES = (
    Sample(
        "network",
        [VPC, CLOSED, FIRST, GATEWAY, ROUTES, S3],
        tamperings={
            "no way out": Tampering(
                lambda aws: ec2(aws).delete_route(RouteTableId=table(aws), DestinationCidrBlock="0.0.0.0/0"),
                ["route-table/acme: create route to 0.0.0.0/0"],
            ),
            "a way somewhere else": Tampering(
                lambda aws: ec2(aws).create_route(
                    RouteTableId=table(aws),
                    DestinationCidrBlock="203.0.113.0/24",
                    GatewayId=found(aws, "internet_gateways", "InternetGatewayId", GATEWAY.address),
                ),
                ["route-table/acme: delete route to 203.0.113.0/24"],
            ),
            "default group opened": Tampering(
                open_default_group,
                ["default-security-group/acme: delete rules inward"],
            ),
            "no names": Tampering(
                lambda aws: ec2(aws).modify_vpc_attribute(
                    VpcId=found(aws, "vpcs", "VpcId", VPC.address), EnableDnsHostnames={"Value": False}
                ),
                ["vpc/acme: update DNS host names"],
            ),
            "other tag": Tampering(
                lambda aws: ec2(aws).create_tags(
                    Resources=[found(aws, "vpcs", "VpcId", VPC.address)], Tags=[{"Key": "owner", "Value": "me"}]
                ),
                ["vpc/acme: update tags"],
            ),
        },
    ),
    Sample(
        "security group",
        [DEFAULT, WEB],
        tamperings={
            "opened": Tampering(
                lambda aws: ec2(aws).authorize_security_group_ingress(GroupId=web(aws), IpPermissions=[anywhere(22)]),
                ["security-group/web: delete ingress tcp 22 from 0.0.0.0/0"],
            ),
            "closed": Tampering(
                lambda aws: ec2(aws).revoke_security_group_ingress(
                    GroupId=web(aws),
                    IpPermissions=[
                        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
                    ],
                ),
                ["security-group/web: create ingress tcp 443 from 192.0.2.0/24"],
                loosens=["security-group/web: create ingress tcp 443 from 192.0.2.0/24"],
            ),
            "called otherwise": Tampering(
                lambda aws: ec2(aws).update_security_group_rule_descriptions_ingress(
                    GroupId=web(aws),
                    IpPermissions=[
                        {
                            "IpProtocol": "tcp",
                            "FromPort": 443,
                            "ToPort": 443,
                            "IpRanges": [{"CidrIp": "192.0.2.0/24", "Description": "home"}],
                        }
                    ],
                ),
                ["security-group/web: update description of ingress tcp 443 from 192.0.2.0/24"],
            ),
        },
    ),
    Sample(
        "key pair",
        [PAIR],
        tamperings={
            "deleted": Tampering(
                lambda aws: ec2(aws).delete_key_pair(KeyName="alice"), ["key-pair/alice: create key pair"]
            ),
            "another key": Tampering(
                lambda aws: (
                    ec2(aws).delete_key_pair(KeyName="alice"),
                    ec2(aws).import_key_pair(KeyName="alice", PublicKeyMaterial=BOB_KEY.encode()),
                ),
                ["key-pair/alice: delete other public key", "key-pair/alice: replace key pair"],
            ),
        },
    ),
)
