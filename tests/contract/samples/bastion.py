"""Samples of the bastion's kinds: what it is made of, and the ways to it."""

from datetime import UTC, datetime

from awsbase.ensure.connect_endpoint import ConnectEndpoint
from awsbase.ensure.elastic_ip import AddressInUse, ElasticIp
from awsbase.ensure.ending import Ending, ending_role
from awsbase.ensure.image import AMAZON_LINUX
from awsbase.ensure.instance import Instance
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.nat_route import NatRoute
from awsbase.ensure.role import Role
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.subnet import ExistingSubnet
from awsbase.ensure.vpc import ExistingVpc
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, Sample, Tampering
from tests.contract.samples.iam import trusting
from tests.contract.samples.network import ec2

VPC = ExistingVpc(place=HOME)
PUBLIC = ExistingSubnet(place=HOME, vpc=VPC.address, tags={"Name": "public"})
PRIVATE = ExistingSubnet(place=HOME, vpc=VPC.address, tags={"Name": "private"})
GROUP = SecurityGroup(place=HOME, name="bastion", vpc=VPC.address)
ROLE = Role(place=HOME, name="bastion", trust=trusting("ec2.amazonaws.com"))
PROFILE = InstanceProfile(place=HOME, name="bastion", role="bastion", tags={"owner": "platform"})
TEMPLATE = LaunchTemplate(
    place=HOME,
    name="bastion",
    type="t4g.micro",
    image=AMAZON_LINUX,
    profile=PROFILE.address,
    groups=(GROUP.address,),
    user_data="#!/bin/sh\ntrue\n",
)
BASTION = Instance(place=HOME, template=TEMPLATE, subnet=PUBLIC.address, router=True, tags={"owner": "platform"})
ADDRESS = ElasticIp(place=HOME, name="bastion")
IN_USE = AddressInUse(place=HOME, ip=ADDRESS.address, instance=BASTION.address)
WAY_OUT = NatRoute(place=HOME, subnet=PRIVATE.address, instance=BASTION.address)
ENDPOINT = ConnectEndpoint(place=HOME, name="bastion", vpc=VPC.address, subnet=PUBLIC.address, group=GROUP.address)
END = Ending(
    place=HOME,
    name="bastion",
    instance=BASTION.address,
    role="bastion-end",
    at=datetime(2099, 1, 1, 12, tzinfo=UTC),
)
END_ROLE = ending_role(HOME, "bastion-end", BASTION.address, {})

INSTANCE = [VPC, PUBLIC, GROUP, ROLE, PROFILE, TEMPLATE, BASTION]


def subnets(sandbox: Sandbox) -> None:
    """Let the default VPC have a public subnet, and a private one with a route table of its own."""
    client = ec2(sandbox)
    there = sorted(client.describe_subnets()["Subnets"], key=lambda each: each["AvailabilityZone"])
    for subnet, name in zip(there, ("public", "private"), strict=False):
        client.create_tags(Resources=[subnet["SubnetId"]], Tags=[{"Key": "Name", "Value": name}])
    table = client.create_route_table(VpcId=there[1]["VpcId"])["RouteTable"]["RouteTableId"]
    client.associate_route_table(RouteTableId=table, SubnetId=there[1]["SubnetId"])


def bastion(sandbox: Sandbox) -> str:
    """Return the id of the instance that runs."""
    filters = [
        {"Name": "tag:awsbase:address", "Values": [BASTION.address]},
        {"Name": "instance-state-name", "Values": ["running", "stopped"]},
    ]
    return str(ec2(sandbox).describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]["InstanceId"])


def another(sandbox: Sandbox) -> None:
    """Launch a second instance from the template, as a lost reply might."""
    template = ec2(sandbox).describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    tags = [{"Key": "awsbase:address", "Value": BASTION.address}]
    ec2(sandbox).run_instances(
        LaunchTemplate={"LaunchTemplateId": template},
        InstanceType="t4g.small",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )


def other_type(sandbox: Sandbox) -> None:
    id = bastion(sandbox)
    ec2(sandbox).stop_instances(InstanceIds=[id])
    ec2(sandbox).modify_instance_attribute(InstanceId=id, InstanceType={"Value": "t4g.small"})
    ec2(sandbox).start_instances(InstanceIds=[id])


def modified(sandbox: Sandbox) -> None:
    """Let the template say something else by default."""
    template = ec2(sandbox).describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    data = {"InstanceType": "m7g.large", "KeyName": "mine"}
    ec2(sandbox).create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    ec2(sandbox).modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")


def elsewhere(sandbox: Sandbox) -> None:
    """Let the private subnet's way out lead through the internet gateway."""
    client = ec2(sandbox)
    table = next(
        each["RouteTableId"]
        for each in client.describe_route_tables()["RouteTables"]
        if any(one.get("SubnetId") for one in each["Associations"])
    )
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    client.delete_internet_gateway(InternetGatewayId=gateway)


SAMPLES = (
    Sample(
        "bastion",
        INSTANCE,
        before=subnets,
        tamperings={
            "terminated": Tampering(
                lambda aws: ec2(aws).terminate_instances(InstanceIds=[bastion(aws)]),
                ["instance/bastion: create instance", "instance/bastion: update source and destination check"],
            ),
            "stopped": Tampering(
                lambda aws: ec2(aws).stop_instances(InstanceIds=[bastion(aws)]),
                ["instance/bastion: update state"],
            ),
            "metadata without a session": Tampering(
                lambda aws: ec2(aws).modify_instance_metadata_options(InstanceId=bastion(aws), HttpTokens="optional"),
                ["instance/bastion: update metadata service"],
            ),
            "of another type": Tampering(
                other_type,
                [
                    "instance/bastion: replace instance",
                    "instance/bastion: update source and destination check",
                    "instance/bastion: delete superseded instance",
                ],
            ),
            "there twice": Tampering(another, ["instance/bastion: delete superseded instance"]),
            "another template": Tampering(
                modified,
                ["launch-template/bastion: update contents", "launch-template/bastion: update default version"],
            ),
            "role taken away": Tampering(
                lambda aws: aws.client("iam").remove_role_from_instance_profile(
                    InstanceProfileName="bastion", RoleName="bastion"
                ),
                ["instance-profile/bastion: create role bastion"],
                loosens=["instance-profile/bastion: create role bastion"],
            ),
        },
    ),
    Sample(
        "bastion's ways",
        [*INSTANCE, ADDRESS, IN_USE, PRIVATE, WAY_OUT, ENDPOINT, END_ROLE, END],
        before=subnets,
        tamperings={
            "address taken away": Tampering(
                lambda aws: ec2(aws).disassociate_address(
                    AssociationId=ec2(aws).describe_addresses()["Addresses"][0]["AssociationId"]
                ),
                ["elastic-ip-association/bastion: create association"],
            ),
            "way out bent": Tampering(elsewhere, ["nat-route/Name=private: update route to 0.0.0.0/0"]),
            "other time": Tampering(
                lambda aws: aws.client("scheduler", HOME.region).delete_schedule(Name="bastion"),
                ["schedule/bastion: create schedule"],
            ),
        },
    ),
)
