"""Samples of the network's kinds."""

from collections.abc import Iterator
from typing import Any

from awsbase.engine.references import Reference
from awsbase.engine.scope import Scope
from awsbase.ensure.default_groups import DefaultGroups
from awsbase.ensure.default_security_group import ClosedDefaultGroup
from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.gateway_endpoint import GatewayEndpoint
from awsbase.ensure.internet_gateway import InternetGateway
from awsbase.ensure.key_pair import KeyPair
from awsbase.ensure.regions import Regions
from awsbase.ensure.route_table import RouteTable
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.subnet import Subnet
from awsbase.ensure.vpc import Vpc
from awsbase.ensure.vpc_flow_log import VpcFlowLog
from awsbase.facts.security_rules import Rule
from awsbase.manifest.base import Base
from awsbase.manifest.opt_ins import VpcFlowLogs
from awsbase.samples.opt_ins import ready
from awsbase.samples.sample import HOME, OREGON, Reached, Sample, Tampering

ALICE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4nzsZ3Fv3m4GkgPR1ZQ3nVEmUNVx0Vh1KQnMrk0EVq"
BOB_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKz4JtJGNQ9cK2u3JDwZL8AQa1lUe6h0Vf7KQ3Jm8Y2v"


def anywhere(port: int) -> dict[str, object]:
    """Return a rule for everybody."""
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def circle(scope: Scope, vpc: str) -> list[SecurityGroup]:
    """Return three security groups that let each other in."""
    named = {name: scope.address("security-group", name) for name in ("front", "middle", "back")}
    to = {name: Rule("tcp", (5432, 5432), Reference(address)) for name, address in named.items()}
    return [
        SecurityGroup(
            scope=scope,
            name="front",
            vpc=vpc,
            ingress=(to["back"],),
            egress=(to["middle"], Rule("tcp", (443, 443), "0.0.0.0/0")),
            later={named["middle"]: "middle", named["back"]: "back"},
        ),
        SecurityGroup(
            scope=scope,
            name="middle",
            vpc=vpc,
            ingress=(to["front"], to["middle"]),
            egress=(to["back"],),
            later={named["back"]: "back"},
            earlier=(named["front"],),
        ),
        SecurityGroup(
            scope=scope,
            name="back",
            vpc=vpc,
            ingress=(to["middle"],),
            egress=(to["front"],),
            earlier=(named["front"], named["middle"]),
        ),
    ]


class Network:
    """A network in one region, and the tamperings with it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.vpc = Vpc(scope=scope, name="acme", cidr="10.42.0.0/24", tags={"owner": "platform"})
        self.closed = ClosedDefaultGroup(scope=scope, vpc=self.vpc.address)
        self.first = Subnet(scope=scope, name="acme-1", vpc=self.vpc.address, cidr="10.42.0.0/27", zone=0, ipv6=0)
        self.gateway = InternetGateway(scope=scope, name="acme", vpc=self.vpc.address)
        self.routes = RouteTable(
            scope=scope, name="acme", vpc=self.vpc.address, gateway=self.gateway.address, subnets=(self.first.address,)
        )
        self.s3 = GatewayEndpoint(
            scope=scope, name="acme-s3", vpc=self.vpc.address, route_tables=(self.routes.address,)
        )

        own, only = (self.vpc.address,), (scope.region,)
        bucket, flow_logs = VpcFlowLogs().resources(Base("acme", scope, {}), only, own)
        groups = DefaultGroups(scope=scope, only=only, but=own)
        self.protection = [Regions(scope=scope, only=only), bucket, flow_logs, groups]
        self.log = VpcFlowLog(
            scope=scope,
            name="acme",
            vpc=self.vpc.address,
            bucket=bucket.address,
            bucket_arn="arn:aws:s3:::acme-flow-logs",
        )

        self.default = ExistingVpc(scope=scope)
        self.web = SecurityGroup(
            scope=scope,
            name="web",
            vpc=self.default.address,
            ingress=(
                Rule("tcp", (443, 443), "192.0.2.0/24", "office"),
                Rule("tcp", (8000, 8010), Reference("security-group/web"), "each other"),
            ),
            tags={"owner": "platform"},
        )
        self.circle = circle(scope, self.default.address)
        self.pair = KeyPair(scope=scope, name="alice", public_key=f"{ALICE_KEY} alice@acme", tags={"owner": "platform"})

    def ec2(self, aws: Reached) -> Any:
        """Return the client of EC2."""
        return aws.client("ec2", self.scope.region)

    def found(self, aws: Reached, kind: str, key: str, address: str) -> str:
        """Return the id of the resource that was made for an address."""
        filters = [{"Name": "tag:awsbase:address", "Values": [address]}]
        response = getattr(self.ec2(aws), f"describe_{kind}")(Filters=filters)
        items = next(value for name, value in response.items() if isinstance(value, list))
        return str(items[0][key])

    def table(self, aws: Reached) -> str:
        """Return the id of the route table."""
        return self.found(aws, "route_tables", "RouteTableId", self.routes.address)

    def web_group(self, aws: Reached) -> str:
        """Return the id of the security group."""
        return self.found(aws, "security_groups", "GroupId", self.web.address)

    def open_default_group(self, aws: Reached) -> None:
        """Open the default group of the VPC."""
        vpc = self.found(aws, "vpcs", "VpcId", self.vpc.address)
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        group = self.ec2(aws).describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
        self.ec2(aws).authorize_security_group_ingress(GroupId=group, IpPermissions=[anywhere(22)])

    def remove_route_table(self, aws: Reached) -> None:
        """Remove the route table from the subnet."""
        table = self.ec2(aws).describe_route_tables(RouteTableIds=[self.table(aws)])["RouteTables"][0]
        id = table["Associations"][0]["RouteTableAssociationId"]
        self.ec2(aws).disassociate_route_table(AssociationId=id)

    def detach(self, aws: Reached) -> None:
        """Detach the internet gateway from the VPC."""
        self.ec2(aws).detach_internet_gateway(
            InternetGatewayId=self.found(aws, "internet_gateways", "InternetGatewayId", self.gateway.address),
            VpcId=self.found(aws, "vpcs", "VpcId", self.vpc.address),
        )

    def remove_endpoint_table(self, aws: Reached) -> None:
        """Remove the route table from the S3 endpoint."""
        self.ec2(aws).modify_vpc_endpoint(
            VpcEndpointId=self.found(aws, "vpc_endpoints", "VpcEndpointId", self.s3.address),
            RemoveRouteTableIds=[self.table(aws)],
        )

    def stop_logging(self, aws: Reached) -> None:
        """Delete the flow log of the VPC."""
        vpc = self.found(aws, "vpcs", "VpcId", self.vpc.address)
        logs = self.ec2(aws).get_paginator("describe_flow_logs").paginate()
        ids = [log["FlowLogId"] for page in logs for log in page["FlowLogs"] if log["ResourceId"] == vpc]
        self.ec2(aws).delete_flow_logs(FlowLogIds=ids)

    def samples(self) -> Iterator[Sample]:
        """Yield all samples of this region."""
        yield self.network_sample()
        yield self.protected_sample()
        yield self.group_sample()
        yield self.circle_sample()
        yield self.pair_sample()

    def network_sample(self) -> Sample:
        """Return the sample of a network."""
        return Sample(
            "network",
            [self.vpc, self.closed, self.first, self.gateway, self.routes, self.s3],
            tamperings={
                "no default route": Tampering(
                    lambda aws: self.ec2(aws).delete_route(
                        RouteTableId=self.table(aws), DestinationCidrBlock="0.0.0.0/0"
                    ),
                    ["route-table/acme: create route to 0.0.0.0/0"],
                ),
                "additional route": Tampering(
                    lambda aws: self.ec2(aws).create_route(
                        RouteTableId=self.table(aws),
                        DestinationCidrBlock="203.0.113.0/24",
                        GatewayId=self.found(aws, "internet_gateways", "InternetGatewayId", self.gateway.address),
                    ),
                    ["route-table/acme: delete route to 203.0.113.0/24"],
                ),
                "subnet without route table": Tampering(
                    self.remove_route_table, ["route-table/acme: create association of subnet/acme-1"]
                ),
                "gateway detached": Tampering(self.detach, ["internet-gateway/acme: create attachment"]),
                "endpoint without route table": Tampering(
                    self.remove_endpoint_table, ["gateway-endpoint/acme-s3: update route tables"]
                ),
                "default group opened": Tampering(
                    self.open_default_group,
                    ["default-security-group/acme: delete rules inward"],
                ),
                "no DNS host names": Tampering(
                    lambda aws: self.ec2(aws).modify_vpc_attribute(
                        VpcId=self.found(aws, "vpcs", "VpcId", self.vpc.address), EnableDnsHostnames={"Value": False}
                    ),
                    ["vpc/acme: update DNS host names"],
                ),
                "other tag": Tampering(
                    lambda aws: self.ec2(aws).create_tags(
                        Resources=[self.found(aws, "vpcs", "VpcId", self.vpc.address)],
                        Tags=[{"Key": "owner", "Value": "me"}],
                    ),
                    ["vpc/acme: update tags"],
                ),
            },
        )

    def protected_sample(self) -> Sample:
        """Return the sample of a network in a protected account."""
        return Sample(
            "network covered by protection",
            [*self.protection, self.vpc, self.closed, self.log],
            before=ready(*self.protection),
            tamperings={
                "default group opened": Tampering(
                    self.open_default_group, ["default-security-group/acme: delete rules inward"]
                ),
                "no longer logged": Tampering(self.stop_logging, ["vpc-flow-log/acme: create VPC flow log"]),
            },
        )

    def group_sample(self) -> Sample:
        """Return the sample of a security group."""
        return Sample(
            "security group",
            [self.default, self.web],
            tamperings={
                "rule added": Tampering(
                    lambda aws: self.ec2(aws).authorize_security_group_ingress(
                        GroupId=self.web_group(aws), IpPermissions=[anywhere(22)]
                    ),
                    ["security-group/web: delete ingress tcp 22 from 0.0.0.0/0"],
                ),
                "rule removed": Tampering(
                    lambda aws: self.ec2(aws).revoke_security_group_ingress(
                        GroupId=self.web_group(aws),
                        IpPermissions=[
                            {
                                "IpProtocol": "tcp",
                                "FromPort": 443,
                                "ToPort": 443,
                                "IpRanges": [{"CidrIp": "192.0.2.0/24"}],
                            }
                        ],
                    ),
                    ["security-group/web: create ingress tcp 443 from 192.0.2.0/24"],
                    risky=["security-group/web: create ingress tcp 443 from 192.0.2.0/24"],
                ),
                "other description": Tampering(
                    lambda aws: self.ec2(aws).update_security_group_rule_descriptions_ingress(
                        GroupId=self.web_group(aws),
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
        )

    def revoke(self, aws: Reached, name: str, way: str, ports: int = 5432) -> None:
        """Close all of a group's rules of one direction for these ports."""
        filters = [{"Name": "group-name", "Values": [name]}]
        (group,) = self.ec2(aws).describe_security_groups(Filters=filters)["SecurityGroups"]
        held = group["IpPermissions" if way == "ingress" else "IpPermissionsEgress"]
        gone = [each for each in held if each.get("FromPort") == ports]
        revoke = getattr(self.ec2(aws), f"revoke_security_group_{way}")
        revoke(GroupId=group["GroupId"], IpPermissions=gone)

    def circle_sample(self) -> Sample:
        """Return the sample of groups that name each other."""
        return Sample(
            "groups that let each other in",
            [self.default, *self.circle],
            tamperings={
                "rule of the first that names the last": Tampering(
                    lambda aws: self.revoke(aws, "front", "ingress"),
                    ["security-group/back: create ingress of security-group/front tcp 5432 from security-group/back"],
                    ["security-group/back: create ingress of security-group/front tcp 5432 from security-group/back"],
                ),
                "rule of the last that names the first": Tampering(
                    lambda aws: self.revoke(aws, "back", "egress"),
                    ["security-group/back: create egress tcp 5432 to security-group/front"],
                ),
            },
        )

    def pair_sample(self) -> Sample:
        """Return the sample of a key pair."""
        return Sample(
            "key pair",
            [self.pair],
            tamperings={
                "deleted": Tampering(
                    lambda aws: self.ec2(aws).delete_key_pair(KeyName="alice"), ["key-pair/alice: create key pair"]
                ),
                "other public key": Tampering(
                    lambda aws: (
                        self.ec2(aws).delete_key_pair(KeyName="alice"),
                        self.ec2(aws).import_key_pair(KeyName="alice", PublicKeyMaterial=BOB_KEY.encode()),
                    ),
                    ["key-pair/alice: delete other public key", "key-pair/alice: replace key pair"],
                    ["key-pair/alice: replace key pair"],
                ),
            },
        )


SAMPLES = tuple(sample.at(scope) for scope in (HOME, OREGON) for sample in Network(scope).samples())
