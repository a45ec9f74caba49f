"""The account of the bastion: the sandbox, in which awsbase itself launches the instance whose user data is booted."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

from awsbase.bastion.settings import started
from awsbase.manifest.load import load
from awsbase.sandbox import Sandbox
from awsbase.testing.sample import go, problems

REGION = "eu-west-1"
LIFETIME = timedelta(hours=4)
MANIFEST = """\
version: 1
account: {{id: "123456789012", name: acme, region: {region}}}
iam:
  groups:
    Admins: {{policies: [awsbase:administrator]}}
    People: {{policies: [awsbase:read-only]}}
  users:
{users}
bastion:
  mode: ssh
  allow: [203.0.113.0/24]
  image: debian
  instance_type: t3.micro
  nat: true
  private_subnets: [{{Name: private}}]
"""


class Account:
    """An account with a private subnet, and a bastion that ends by itself."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "manifest.yaml"
        self.sandbox = Sandbox()
        self.clock = self.sandbox.clock
        ec2 = self.sandbox.client("ec2", REGION)
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnet = ec2.create_subnet(
            VpcId=vpc,
            CidrBlock="172.31.255.0/24",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": "private"}]}],
        )["Subnet"]["SubnetId"]
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

    def bastion_up(self, people: dict[str, tuple[str, str]]) -> None:
        """Start the bastion, as `awsbase bastion up --ttl 4h` does; people are groups and public keys, by name."""
        users = "".join(
            f'    {name}: {{groups: [{group}], ssh_keys: ["{key}"]}}\n' for name, (group, key) in people.items()
        )
        self.file.write_text(MANIFEST.format(region=REGION, users=users))
        sections = started(load(self.file), ends=(self.clock.now() + LIFETIME).replace(second=0, microsecond=0))
        report = go(self.sandbox, "reconcile", [each for name in sections for each in sections[name]])
        assert problems(report) == [], problems(report)

    @property
    def instance(self) -> str | None:
        """The id of the instance that runs, if one does."""
        running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        answer = self.sandbox.client("ec2", REGION).describe_instances(Filters=running)
        found = [each["InstanceId"] for held in answer["Reservations"] for each in held["Instances"]]
        return found[0] if found else None

    @property
    def user_data(self) -> str:
        """The user data of the instance that runs, as EC2 hands it out."""
        answer = self.sandbox.client("ec2", REGION).describe_instance_attribute(
            InstanceId=self.instance, Attribute="userData"
        )
        return base64.b64decode(answer["UserData"]["Value"]).decode()

    def pass_time(self) -> None:
        """Let the time of the bastion be over."""
        self.clock.sleep(LIFETIME.total_seconds() + 60)
