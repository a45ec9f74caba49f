"""What the contract's samples leave out: names as IAM spells them, instances on demand, and rarer repairs."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace

from moto.iam.models import SigningCertificate

from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.root import Root
from awsbase.facts.security_rules import Rule
from awsbase.samples import SAMPLES, notify, opt_ins, organization, secrets
from awsbase.samples.bastion import Bastion
from awsbase.samples.iam import ALICE, BILLING, OPS, RUNNER, full_user
from awsbase.samples.making import make
from awsbase.samples.network import Network
from awsbase.samples.sample import Reached, sandbox
from tests.contract.sample import HOME, Sample, Tampering

# IAM finds what is spelt otherwise all the same; a policy that names it does not.
SPELT_OTHERWISE = ("absent user", "group and user made by hand")

REGION = HOME.region
NETWORK, BASTION = Network(HOME), Bastion(HOME)
ENDING = [*BASTION.ready, BASTION.host, BASTION.end_role, BASTION.end]
OUTWARD = replace(NETWORK.web, egress=(Rule("tcp", (443, 443), "0.0.0.0/0", "the web"),))


def with_certificate(aws: Reached) -> None:
    """Make a user by hand who has one of everything, a signing certificate too."""
    full_user(aws)
    held = sandbox(aws).backend("iam", "aws").get_user("bob").signing_certificates
    held["C" * 24] = SigningCertificate("C" * 24, "bob", "")


def made_by_hand(aws: Reached) -> None:
    """Make the group with other rights and the user in another group, by the very names of the manifest."""
    iam = aws.client("iam")
    iam.create_group(GroupName=OPS.name)
    iam.attach_group_policy(GroupName=OPS.name, PolicyArn=BILLING)
    iam.create_group(GroupName="Old")
    iam.create_user(UserName=ALICE.name)
    iam.add_user_to_group(UserName=ALICE.name, GroupName="Old")


def other_time(aws: Reached) -> None:
    """Put the bastion's end off by hand."""
    scheduler = aws.client("scheduler", REGION)
    held = scheduler.get_schedule(Name=BASTION.end.name)
    kept = {name: held[name] for name in ("Name", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept, ScheduleExpression="at(2099-06-01T00:00:00)")


def other_role(aws: Reached) -> None:
    """Put another role into the bastion's instance profile."""
    iam = aws.client("iam")
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(RUNNER.trust))
    iam.remove_role_from_instance_profile(InstanceProfileName="bastion", RoleName="bastion")
    iam.add_role_to_instance_profile(InstanceProfileName="bastion", RoleName="other")


def bent(aws: Reached) -> None:
    """Let the default route lead to a gateway of nobody's."""
    ec2 = NETWORK.ec2(aws)
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    where = {"RouteTableId": NETWORK.table(aws), "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.replace_route(**where, GatewayId=other)


def other_table(aws: Reached) -> None:
    """Put the subnet into a route table made by hand."""
    ec2 = NETWORK.ec2(aws)
    vpc = NETWORK.found(aws, "vpcs", "VpcId", NETWORK.vpc.address)
    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    held = ec2.describe_route_tables(RouteTableIds=[NETWORK.table(aws)])["RouteTables"][0]
    id = held["Associations"][0]["RouteTableAssociationId"]
    ec2.replace_route_table_association(AssociationId=id, RouteTableId=other)


def without_endpoint(aws: Reached) -> None:
    """Take the route table out of the gateway endpoint."""
    ec2 = NETWORK.ec2(aws)
    endpoint = NETWORK.found(aws, "vpc_endpoints", "VpcEndpointId", NETWORK.s3.address)
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveRouteTableIds=[NETWORK.table(aws)])


def without_ipv6(aws: Reached) -> None:
    """Take the IPv6 block from the subnet."""
    ec2 = NETWORK.ec2(aws)
    (subnet,) = ec2.describe_subnets(Filters=[{"Name": "tag:awsbase:address", "Values": [NETWORK.first.address]}])[
        "Subnets"
    ]
    (block,) = subnet["Ipv6CidrBlockAssociationSet"]
    ec2.disassociate_subnet_cidr_block(AssociationId=block["AssociationId"])


def outward(port: int, to: str, **more: str) -> dict[str, object]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": to, **more}]}


def called_otherwise(aws: Reached) -> None:
    rule = outward(443, "0.0.0.0/0", Description="anything")
    NETWORK.ec2(aws).update_security_group_rule_descriptions_egress(
        GroupId=NETWORK.web_group(aws), IpPermissions=[rule]
    )


def wider(aws: Reached) -> None:
    rule = outward(25, "192.0.2.7/32")
    NETWORK.ec2(aws).authorize_security_group_egress(GroupId=NETWORK.web_group(aws), IpPermissions=[rule])


def valueless(aws: Reached) -> None:
    """Make the place for the database's password by hand, without one."""
    aws.client("secretsmanager", REGION).create_secret(Name=secrets.DATABASE.name)


def organized(aws: Reached) -> None:
    """Let the account manage an organization, and root have an MFA device."""
    sandbox(aws).call_moto("organizations:CreateOrganization", FeatureSet="ALL")
    sandbox(aws).root_mfa = True


def unsubscribed(aws: Reached) -> None:
    """Make the topic, and let SNS list and count somebody who is gone, as it does for a while."""
    make(aws, [notify.OPS, notify.BY_QUEUE])
    held = sandbox(aws).backend("sns", REGION).subscriptions
    gone = copy(next(iter(held.values())))
    gone.arn = "Deleted"
    held[gone.arn] = gone


MORE = (
    Sample("user who has to go", [AbsentUser(scope=HOME, name="bob")], before=with_certificate),
    Sample("ephemeral bastion that exists", [*BASTION.ready, BASTION.ephemeral], before=BASTION.up),
    Sample("audit of objects and access, from the first run on", opt_ins.AUDIT),
    Sample("group and user of these names", [OPS, ALICE], before=made_by_hand),
    Sample(
        "bastion that ends later, in another's hands",
        ENDING,
        before=BASTION.subnets,
        tamperings={
            "other time": Tampering(other_time, ["schedule/bastion: update schedule"]),
            "other role": Tampering(
                other_role,
                ["instance-profile/bastion: delete role other", "instance-profile/bastion: create role bastion"],
            ),
        },
    ),
    Sample(
        "network with bent ways",
        [NETWORK.vpc, NETWORK.first, NETWORK.gateway, NETWORK.routes, NETWORK.s3],
        tamperings={
            "bent": Tampering(bent, ["route-table/acme: update route to 0.0.0.0/0"]),
            "other table": Tampering(other_table, ["route-table/acme: update association of subnet/acme-1"]),
            "no endpoint": Tampering(without_endpoint, ["gateway-endpoint/acme-s3: update route tables"]),
            "no IPv6": Tampering(without_ipv6, ["subnet/acme-1: create IPv6 block"]),
        },
    ),
    Sample(
        "security group, outward",
        [NETWORK.default, OUTWARD],
        tamperings={
            "called otherwise": Tampering(
                called_otherwise, ["security-group/web: update description of egress tcp 443 to 0.0.0.0/0"]
            ),
            "wider": Tampering(wider, ["security-group/web: delete egress tcp 25 to 192.0.2.7/32"]),
        },
    ),
    Sample("secret without its value", [secrets.KEY, secrets.DATABASE], before=valueless),
    Sample(
        "topic that the list lags behind",
        [notify.OPS, notify.BY_QUEUE],
        before=unsubscribed,
    ),
    Sample("root of an organization", [Root(scope=HOME)], before=organized),
    Sample(
        "account beside others of an organization",
        [organization.ORGANIZATION, organization.WORKLOADS, organization.DEV],
        before=lambda aws: make(aws, [organization.ORGANIZATION]),
    ),
    Sample(
        "policy over an account that is there",
        [organization.ORGANIZATION, organization.WORKLOADS, organization.SECURITY, organization.LEAVE],
        before=lambda aws: make(aws, [organization.ORGANIZATION, organization.WORKLOADS, organization.DEV]),
    ),
)
# Another home takes the same actions.
AT_HOME = tuple(sample for sample in SAMPLES if {want.scope.home for want in sample.resources} == {HOME.home})
EVERY = (*(sample for sample in AT_HOME if sample.name not in SPELT_OTHERWISE), *MORE)
