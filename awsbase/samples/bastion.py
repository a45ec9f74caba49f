"""Samples of the bastion's kinds: the instance, and the resources that connect it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from awsbase.engine.scope import Scope
from awsbase.ensure.elastic_ip import ElasticIp
from awsbase.ensure.elastic_ip_association import AddressInUse
from awsbase.ensure.ephemeral import Ephemeral
from awsbase.ensure.existing_subnet import ExistingSubnet
from awsbase.ensure.existing_vpc import ExistingVpc
from awsbase.ensure.instance import Instance
from awsbase.ensure.instance_connect_endpoint import ConnectEndpoint
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.launch_template import LaunchTemplate
from awsbase.ensure.nat_route import NatRoute
from awsbase.ensure.role import Role
from awsbase.ensure.schedule import TerminationSchedule, ending_role
from awsbase.ensure.security_group import SecurityGroup
from awsbase.ensure.terminated import Terminated
from awsbase.facts.images import AMAZON_LINUX
from awsbase.samples.iam import trusting
from awsbase.samples.making import make, take_away
from awsbase.samples.sample import HOME, OREGON, Reached, Sample, Tampering


class Bastion:
    """A bastion in one region with its connections, and the tamperings with them."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.vpc = ExistingVpc(scope=scope)
        self.public = ExistingSubnet(scope=scope, vpc=self.vpc.address, tags={"Name": "public"})
        self.private = ExistingSubnet(scope=scope, vpc=self.vpc.address, tags={"Name": "private"})
        self.group = SecurityGroup(scope=scope, name="bastion", vpc=self.vpc.address)
        self.role = Role(scope=scope, name="bastion", trust=trusting("ec2.amazonaws.com"))
        self.profile = InstanceProfile(scope=scope, name="bastion", role="bastion", tags={"owner": "platform"})
        self.template = LaunchTemplate(
            scope=scope,
            name="bastion",
            type="t4g.micro",
            image=AMAZON_LINUX,
            profile=self.profile.address,
            groups=(self.group.address,),
            subnet=self.public.address,
            user_data="#!/bin/sh\ntrue\n",
        )
        self.host = Instance(scope=scope, template=self.template, router=True, tags={"owner": "platform"})
        self.ip = ElasticIp(scope=scope, name="bastion")
        self.ip_in_use = AddressInUse(scope=scope, ip=self.ip.address, instance=self.host.address)
        self.nat_route = NatRoute(scope=scope, subnet=self.private.address, instance=self.host.address)
        self.endpoint = ConnectEndpoint(
            scope=scope, name="bastion", vpc=self.vpc.address, subnet=self.public.address, group=self.group.address
        )
        self.end = TerminationSchedule(
            scope=scope,
            name="bastion",
            instance=self.host.address,
            role="bastion-end",
            at=datetime(2099, 1, 1, 12, tzinfo=UTC),
        )
        self.end_role = ending_role(scope, "bastion-end", self.host.address, {})

        self.ready = [self.vpc, self.public, self.group, self.role, self.profile, self.template]
        self.connections = [
            self.ip,
            self.ip_in_use,
            self.private,
            self.nat_route,
            self.endpoint,
            self.end_role,
            self.end,
        ]
        self.terminated = Terminated(scope=scope, instance=self.host, schedule=self.end.name, role=self.end.role)
        self.ephemeral = Ephemeral(scope=scope, instance=self.host, command="awsbase bastion up")

    def ec2(self, aws: Reached) -> Any:
        """Return the client of EC2."""
        return aws.client("ec2", self.scope.region)

    def subnets(self, aws: Reached) -> None:
        """Give the default VPC a public subnet, and a private one with its own route table."""
        client = self.ec2(aws)
        there = sorted(client.describe_subnets()["Subnets"], key=lambda each: each["AvailabilityZone"])
        for subnet, name in zip(there, ("public", "private"), strict=False):
            client.create_tags(Resources=[subnet["SubnetId"]], Tags=[{"Key": "Name", "Value": name}])
        table = client.create_route_table(VpcId=there[1]["VpcId"])["RouteTable"]["RouteTableId"]
        client.associate_route_table(RouteTableId=table, SubnetId=there[1]["SubnetId"])

    def without_subnets(self, aws: Reached) -> None:
        """Delete the route table, and take the names off the subnets."""
        client = self.ec2(aws)
        for table in client.describe_route_tables()["RouteTables"]:
            mine = [each for each in table["Associations"] if each.get("SubnetId")]
            for each in mine:
                client.disassociate_route_table(AssociationId=each["RouteTableAssociationId"])
            if mine:
                client.delete_route_table(RouteTableId=table["RouteTableId"])
        for subnet in client.describe_subnets()["Subnets"]:
            if any(each["Key"] == "Name" for each in subnet.get("Tags", [])):
                client.delete_tags(Resources=[subnet["SubnetId"]], Tags=[{"Key": "Name"}])

    def down(self, aws: Reached) -> None:
        """Take the connections away as well."""
        take_away(aws, [*self.ready, self.host, *self.connections])
        self.without_subnets(aws)

    def up(self, aws: Reached) -> None:
        """Create a bastion with all its connections."""
        self.subnets(aws)
        make(aws, [*self.ready, self.host, *self.connections])

    def outdated(self, aws: Reached) -> None:
        """Create a bastion that has to be replaced."""
        self.up(aws)
        self.other_type(aws)

    def bastion(self, aws: Reached) -> str:
        """Return the id of the running or stopped instance."""
        filters = [
            {"Name": "tag:awsbase:address", "Values": [self.host.address]},
            {"Name": "instance-state-name", "Values": ["running", "stopped"]},
        ]
        return str(self.ec2(aws).describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]["InstanceId"])

    def second_instance(self, aws: Reached) -> None:
        """Launch a second instance from the template, as a repeated call after a lost response could."""
        template = self.ec2(aws).describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
        tags = [
            {"Key": "awsbase:address", "Value": self.host.address},
            {"Key": "awsbase:created-by", "Value": self.host.scope.name},
        ]
        self.ec2(aws).run_instances(
            LaunchTemplate={"LaunchTemplateId": template},
            InstanceType="t4g.small",
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )

    def other_type(self, aws: Reached) -> None:
        """Give the instance another type."""
        id = self.bastion(aws)
        self.ec2(aws).stop_instances(InstanceIds=[id])
        self.ec2(aws).modify_instance_attribute(InstanceId=id, InstanceType={"Value": "t4g.small"})
        self.ec2(aws).start_instances(InstanceIds=[id])

    def other_user_data(self, aws: Reached) -> None:
        """Give the instance other user data."""
        id = self.bastion(aws)
        self.ec2(aws).stop_instances(InstanceIds=[id])
        self.ec2(aws).modify_instance_attribute(InstanceId=id, UserData={"Value": b"#!/bin/sh\nfalse\n"})
        self.ec2(aws).start_instances(InstanceIds=[id])

    def modified(self, aws: Reached) -> None:
        """Give the template another default version."""
        template = self.ec2(aws).describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
        data = {"InstanceType": "m7g.large", "KeyName": "mine"}
        self.ec2(aws).create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
        self.ec2(aws).modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")

    def groups_beside(self, aws: Reached) -> None:
        """Let the template say its groups beside the interface, as version 0.2.0 did: no instance starts from it."""
        template = self.ec2(aws).describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
        versions = self.ec2(aws).describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Default"])
        data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        groups = data.pop("NetworkInterfaces")[0]["Groups"]
        data = {**data, "SecurityGroupIds": groups}
        made = self.ec2(aws).create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
        version = str(made["LaunchTemplateVersion"]["VersionNumber"])
        self.ec2(aws).modify_launch_template(LaunchTemplateId=template, DefaultVersion=version)

    def remove_name(self, aws: Reached) -> None:
        """Remove the name tag of the template."""
        template = self.ec2(aws).describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
        self.ec2(aws).delete_tags(Resources=[template], Tags=[{"Key": "Name"}])

    def bend_route(self, aws: Reached) -> None:
        """Replace the NAT route of the private subnet with one through a deleted internet gateway."""
        client = self.ec2(aws)
        table = next(
            each["RouteTableId"]
            for each in client.describe_route_tables()["RouteTables"]
            if any(one.get("SubnetId") for one in each["Associations"])
        )
        gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        client.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        client.delete_internet_gateway(InternetGatewayId=gateway)

    def samples(self) -> Iterator[Sample]:
        """Yield all samples of this region."""
        yield self.host_sample()
        yield self.connections_sample()
        yield Sample(
            "bastion replaced",
            [*self.ready, self.host, *self.connections],
            before=self.outdated,
            after=self.without_subnets,
        )
        yield Sample(
            "bastion terminated",
            [self.terminated],
            before=self.up,
            after=self.down,
            before_costs=[self.host, self.ip],
            shares="the default VPC's subnets",
            tamperings={"started again": Tampering(self.second_instance, ["instance/bastion: delete instance"])},
        )
        yield Sample(
            "ephemeral bastion", [*self.ready, self.ephemeral], before=self.subnets, after=self.without_subnets
        )

    def host_sample(self) -> Sample:
        """Return the sample of the instance."""
        anew = [
            "instance/bastion: replace instance",
            "instance/bastion: update source and destination check",
            "instance/bastion: delete superseded instance",
        ]
        return Sample(
            "bastion",
            [*self.ready, self.host],
            before=self.subnets,
            after=self.without_subnets,
            tamperings={
                "terminated": Tampering(
                    lambda aws: self.ec2(aws).terminate_instances(InstanceIds=[self.bastion(aws)]),
                    ["instance/bastion: create instance", "instance/bastion: update source and destination check"],
                ),
                "stopped": Tampering(
                    lambda aws: self.ec2(aws).stop_instances(InstanceIds=[self.bastion(aws)]),
                    ["instance/bastion: update state"],
                ),
                "IMDSv1 allowed": Tampering(
                    lambda aws: self.ec2(aws).modify_instance_metadata_options(
                        InstanceId=self.bastion(aws), HttpTokens="optional"
                    ),
                    ["instance/bastion: update metadata service"],
                ),
                "other instance type": Tampering(self.other_type, anew),
                "other user data": Tampering(self.other_user_data, anew),
                "second instance": Tampering(self.second_instance, ["instance/bastion: delete superseded instance"]),
                "other template": Tampering(
                    self.modified,
                    ["launch-template/bastion: update contents", "launch-template/bastion: update default version"],
                    ["launch-template/bastion: update contents", "launch-template/bastion: update default version"],
                ),
                "template of an earlier version": Tampering(
                    self.groups_beside,
                    ["launch-template/bastion: update contents", "launch-template/bastion: update default version"],
                    ["launch-template/bastion: update contents", "launch-template/bastion: update default version"],
                ),
                "template without name tag": Tampering(
                    self.remove_name,
                    ["launch-template/bastion: update tags"],
                ),
                "profile with another tag": Tampering(
                    lambda aws: aws.client("iam").tag_instance_profile(
                        InstanceProfileName="bastion", Tags=[{"Key": "owner", "Value": "me"}]
                    ),
                    ["instance-profile/bastion: update tags"],
                ),
                "role removed from profile": Tampering(
                    lambda aws: aws.client("iam").remove_role_from_instance_profile(
                        InstanceProfileName="bastion", RoleName="bastion"
                    ),
                    ["instance-profile/bastion: create role bastion"],
                    risky=["instance-profile/bastion: create role bastion"],
                ),
            },
        )

    def connections_sample(self) -> Sample:
        """Return the sample of what connects the instance."""
        return Sample(
            "bastion connections",
            [*self.ready, self.host, *self.connections],
            before=self.subnets,
            after=self.without_subnets,
            tamperings={
                "address disassociated": Tampering(
                    lambda aws: self.ec2(aws).disassociate_address(
                        AssociationId=self.ec2(aws).describe_addresses()["Addresses"][0]["AssociationId"]
                    ),
                    ["elastic-ip-association/bastion: create association"],
                ),
                "NAT route through another gateway": Tampering(
                    self.bend_route, ["nat-route/Name=private: update route to 0.0.0.0/0"]
                ),
                "schedule deleted": Tampering(
                    lambda aws: aws.client("scheduler", self.scope.region).delete_schedule(Name="bastion"),
                    ["schedule/bastion: create schedule"],
                ),
            },
        )


SAMPLES = tuple(sample.at(scope) for scope in (HOME, OREGON) for sample in Bastion(scope).samples())
